"""What the index of a Python file is made of: scopes, and what they bind, refer to, call and import."""

from __future__ import annotations

import ast
from typing import Literal

from prebake.records import NamedTuple

MODULE = ""
"""The qualified name of a module's own scope."""
MAIN = "<main>"
"""The qualified name of what stands under ``if __name__ == "__main__":``."""

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Import(NamedTuple):
    """``import module`` (``name`` is ``None``) or ``from module import name``; ``level`` counts the leading dots."""

    module: str
    level: int = 0
    name: str | None = None


class Guard(NamedTuple):
    """A condition under which code runs.

    ``if``/``else``: ``test`` decides. ``rest``: what stands behind an ``if`` that leaves the block, and so only runs
    when ``test`` fails. ``except``: only when ``body`` of the ``try`` failed. ``choice``: one branch of ``choice``, a
    ``match`` or a mapping of lambdas, of which one runs, nobody knows which.
    """

    kind: Literal["if", "else", "rest", "except", "choice"]
    test: ast.expr | None
    body: tuple[ast.stmt, ...] = ()
    choice: ast.AST | None = None
    branch: int = 0


class Binding(NamedTuple):
    """One way in which a name gets its value.

    ``value`` is the assigned expression, the iterable of a ``for``, or a parameter's default; ``part`` says which part
    of each item is meant where a ``for`` unpacks them. ``opaque`` stands for everything that says nothing of the value
    (``with ... as``, ``+=``).
    """

    kind: Literal["import", "def", "class", "assign", "loop", "param", "opaque"]
    scope: Scope
    value: ast.expr | None = None
    target: Import | Scope | None = None
    guards: tuple[Guard, ...] = ()
    part: int | None = None


class Call(NamedTuple):
    """A call, where it stands, and the conditions around it inside its scope."""

    node: ast.Call
    scope: Scope
    guards: tuple[Guard, ...]


class Reference(NamedTuple):
    """A dotted name that is read and may stand for code of some file, with the conditions around it."""

    chain: tuple[str, ...]
    guards: tuple[Guard, ...]


class Scope:
    """A module, a class body, a function, or the block under ``if __name__ == "__main__":``."""

    __slots__ = (
        "attributes",
        "bindings",
        "calls",
        "children",
        "decorators",
        "imports",
        "kind",
        "members",
        "name",
        "node",
        "parent",
        "references",
        "stars",
    )

    def __init__(
        self,
        kind: Literal["module", "main", "class", "function"],
        name: str,
        node: ast.AST,
        parent: Scope | None,
        bindings: dict[str, list[Binding]] | None = None,
    ) -> None:
        """``bindings`` are those of another scope, to be shared with it."""
        self.kind = kind
        self.name = name
        self.node = node
        self.parent = parent
        self.bindings: dict[str, list[Binding]] = {} if bindings is None else bindings
        self.calls: list[Call] = []
        self.references: list[Reference] = []
        self.attributes: set[str] = set()
        self.imports: list[tuple[Import, tuple[Guard, ...]]] = []
        self.children: list[tuple[Scope, tuple[Guard, ...]]] = []
        self.decorators: list[tuple[str, ...]] = []
        self.members: dict[str, list[Binding]] = {}
        self.stars: list[Import] = []

    @property
    def enclosing_class(self) -> Scope | None:
        """The class whose method (or a function inside it) this is."""
        scope = self
        while scope.parent is not None:
            if scope.parent.kind == "class":
                return scope.parent
            scope = scope.parent
        return None

    def lookup(self, name: str) -> tuple[Scope, list[Binding]] | None:
        """The scope that binds a name as Python's rules find it inside this file, and how; ``None`` for a built-in."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.bindings and (scope is self or scope.kind != "class"):
                return scope, scope.bindings[name]
            scope = scope.parent
        return None

    def parameters(self) -> list[str]:
        """A function's positional parameters, then the keyword-only ones."""
        if not isinstance(self.node, FUNCTIONS):
            return []
        arguments = self.node.args
        return [item.arg for item in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]


class ModuleIndex:
    """The scopes of one file by qualified name (``""`` is the module itself).

    ``assigned`` are the names of attributes that it sets on objects other than ``self``. ``changed`` are the entries of
    dicts and lists that it sets: the name of the container (``"*"`` for one that may be any) and the key, ``None`` for
    an unknown one. ``environment`` are the variables that it sets: the name, the value, where, and whether only if it
    is not set. ``noted`` are the calls of some methods that say what other calls give, by the name of the method.
    """

    __slots__ = ("assigned", "changed", "environment", "noted", "scopes")

    def __init__(self, scopes: dict[str, Scope]) -> None:
        self.scopes = scopes
        self.assigned: set[str] = set()
        self.changed: set[tuple[str, object]] = set()
        self.noted: list[tuple[str, Call]] = []
        self.environment: list[tuple[str | None, ast.expr | None, Scope, bool]] = []

    def shared(self) -> list[object]:
        """What counts for a whole program, whoever imports this file; equal where an edit has not changed it."""
        own = [_plain(getattr(self, name)) for name in ModuleIndex.__slots__ if name != "scopes"]
        classes = (scope for scope in self.scopes.values() if scope.kind == "class")
        return [*own, [(scope.name, _bases(scope.node)) for scope in classes]]

    @property
    def top(self) -> Scope:
        """The module's own scope."""
        return self.scopes[MODULE]


def _plain(value: object) -> object:
    """A value without places in the text, to be compared."""
    if isinstance(value, ast.AST):
        return ast.dump(value)
    if isinstance(value, Scope):
        return value.name
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value


def _bases(node: ast.AST) -> list[str]:
    return [ast.dump(base) for base in node.bases] if isinstance(node, ast.ClassDef) else []


def place_of(function: Scope, name: str) -> int | None:
    """At which position callers pass a parameter; ``None`` when only by keyword. ``self`` and ``cls`` do not count."""
    if not isinstance(function.node, FUNCTIONS):
        return None
    arguments = function.node.args
    names = [item.arg for item in (*arguments.posonlyargs, *arguments.args)]
    if name not in names:
        return None
    bound = (
        function.parent is not None and function.parent.kind == "class" and ("staticmethod",) not in function.decorators
    )
    return names.index(name) - bound


def dotted(node: ast.AST) -> tuple[str, ...] | None:
    """``a.b.c`` as its names; ``None`` for anything else."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    return (node.id, *reversed(names))
