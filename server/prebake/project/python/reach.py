"""Which code of a program runs: the module level of what is imported, and what reached code refers to.

A class that is imported and never used is not reached, neither is a function that nobody names. Methods of a used class
are reached when some reached code names an attribute like them, or when a library may call them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping

from prebake.project.python.evaluate import Evaluator
from prebake.project.python.modules import Module, Modules
from prebake.project.python.names import Code, External, Instance, Names, Target
from prebake.project.python.scopes import MAIN, Call, Guard, Import, Scope
from prebake.records import NamedTuple

_MAX_SCOPES = 20_000

# Decorators that hand the function back, changed or not, and call it only when its name is called.
_PLAIN_DECORATORS = frozenset(
    {
        "property",
        "setter",
        "getter",
        "deleter",
        "staticmethod",
        "classmethod",
        "cached_property",
        "lru_cache",
        "cache",
        "cached",
        "wraps",
        "contextmanager",
        "asynccontextmanager",
        "no_grad",
        "inference_mode",
        "abstractmethod",
        "overload",
        "override",
        "final",
        "dataclass",
        "cache_resource",
        "cache_data",
        "experimental_singleton",
        "experimental_memo",
        "retry",
        "jit",
        "njit",
        "deprecated",
        "singledispatch",
        "total_ordering",
        "fixture",
        "field_validator",
        "model_validator",
        "validator",
        "root_validator",
        "command",
        "group",
    }
)
_PLAIN_BASES = frozenset(
    {
        "object",
        "abc.ABC",
        "typing.Protocol",
        "typing.NamedTuple",
        "typing.Generic",
        "typing.TypedDict",
        "enum.Enum",
        "enum.IntEnum",
        "enum.StrEnum",
        "pydantic.BaseModel",
        "pydantic_settings.BaseSettings",
        "Exception",
        "ValueError",
        "RuntimeError",
    }
)
_RUNNERS = frozenset(("uvicorn.run", "uvicorn.Config", "granian.Granian", "hypercorn.run"))


class Entry(NamedTuple):
    """Where a program starts: a module; ``main`` when it is ``__main__``; ``name`` is what is called in it."""

    module: Module
    main: bool = False
    name: str | None = None


class Reached(NamedTuple):
    """The calls of a program that run, each with its module, in the order they were found."""

    calls: tuple[tuple[Module, Call], ...]
    modules: tuple[Module, ...]
    names: Names
    evaluator: Evaluator


def reach(
    modules: Modules, entries: Iterable[Entry], environment: Mapping[str, str | None], arguments: Iterable[str] = ()
) -> Reached:
    """Follow a program from its entries.

    ``environment`` are the variables set when it starts, ``None`` for an unknown value; ``arguments`` the words of its
    command line, by which commands of a command-line program are chosen.
    """
    words = tuple(arguments)
    walk = _Walk(modules, environment, words)
    for entry in entries:
        walk.enter(entry)
    walk.run()
    evaluator = Evaluator(walk.names, environment, walk.callers, words)
    return Reached(tuple(walk.calls), tuple(walk.modules_seen), walk.names, evaluator)


class _Walk:
    def __init__(self, modules: Modules, environment: Mapping[str, str | None], arguments: tuple[str, ...]) -> None:
        self._modules = modules
        self._arguments = arguments
        self.names = Names(modules)
        self._early = Evaluator(self.names, environment, None, arguments)
        self._pending: list[tuple[Module, Scope]] = []
        self._seen: set[Scope] = set()
        self._used: set[Scope] = set()
        self._attributes: set[str] = set()
        self._waiting: dict[str, list[tuple[Module, Scope]]] = {}
        self._held: dict[tuple[str, ast.expr], bool] = {}
        self.modules_seen: dict[Module, None] = {}
        self.calls: list[tuple[Module, Call]] = []
        self.callers: dict[Scope, list[tuple[Module, Call]]] = {}

    def enter(self, entry: Entry) -> None:
        self._import_name(entry.module.name)
        self._module(entry.module)
        if entry.main and MAIN in entry.module.index.scopes:
            self._add(entry.module, entry.module.index.scopes[MAIN])
        if entry.name:
            for target in self.names.resolve(entry.module, entry.module.index.top, tuple(entry.name.split("."))):
                self._use(target)

    def run(self) -> None:
        while self._pending and len(self._seen) < _MAX_SCOPES:
            self._visit(*self._pending.pop())

    def _add(self, module: Module, scope: Scope) -> None:
        if scope not in self._seen:
            self._seen.add(scope)
            self._pending.append((module, scope))

    def _module(self, module: Module) -> None:
        self.modules_seen.setdefault(module)
        self._add(module, module.index.top)

    def _visit(self, module: Module, scope: Scope) -> None:
        for imported, guards in scope.imports:
            if self._runs(module, scope, guards):
                self._import(module, imported)
        for child, guards in scope.children:
            if self._runs(module, scope, guards):
                self._define(module, child)
        for reference in scope.references:
            if self._runs(module, scope, reference.guards):
                for target in self.names.resolve(module, scope, reference.chain):
                    self._use(target)
        for call in scope.calls:
            if self._runs(module, scope, call.guards):
                self._call(module, scope, call)
        for name in scope.attributes - self._attributes:
            self._attributes.add(name)
            for home, method in self._waiting.pop(name, ()):
                self._add(home, method)

    def _runs(self, module: Module, scope: Scope, guards: tuple[Guard, ...]) -> bool:
        for guard in guards:
            if guard.test is None:
                continue
            key = (guard.kind, guard.test)
            if key not in self._held:
                self._held[key] = self._early.runs(module, scope, (guard,)) is not False
            if not self._held[key]:
                return False
        return True

    def _import(self, module: Module, imported: Import) -> None:
        name = module.absolute(imported)
        if name is None:
            return
        self._import_name(name)
        if imported.name is not None and imported.name != "*":
            inner = self._modules.find(f"{name}.{imported.name}" if name else imported.name)
            package = self._modules.find(name) if name else None
            if inner is not None and (package is None or imported.name not in package.index.top.bindings):
                self._module(inner)

    def _import_name(self, name: str) -> None:
        parts = name.split(".") if name else []
        for count in range(1, len(parts) + 1):
            found = self._modules.find(".".join(parts[:count]))
            if found is not None:
                self._module(found)

    def _define(self, module: Module, scope: Scope) -> None:
        """A ``def`` or ``class`` statement runs: a class body with it, the rest only when a decorator registers it."""
        if scope.kind == "class":
            self._add(module, scope)
        elif scope.parent is not None and scope.parent.kind == "class" and scope.parent not in self._used:
            return
        if any(self._registers(module, scope, chain) for chain in scope.decorators):
            self._use(Code(module, scope))

    def _registers(self, module: Module, scope: Scope, chain: tuple[str, ...]) -> bool:
        if chain[-1] == "command" and len(chain) > 1 and scope.kind == "function" and scope.parent is not None:
            names = {child.node.name for child, _ in scope.parent.children if isinstance(child.node, ast.FunctionDef)}
            asked = {word.replace("-", "_") for word in self._arguments} & names
            return not asked or scope.name.rpartition(".")[2] in asked
        if chain[-1] in _PLAIN_DECORATORS or scope.parent is None or chain == ("<unknown>",):
            return False
        targets = self.names.resolve(module, scope.parent, chain)
        own = targets and all(isinstance(target, Code) for target in targets)
        return not own or chain[-1].startswith("register")

    def _use(self, target: Target) -> None:
        if isinstance(target, Instance) or (isinstance(target, Code) and target.scope.kind == "class"):
            self._use_class(target.module, target.scope)
        elif isinstance(target, Code):
            if target.scope.kind == "module":
                self._module(target.module)
            else:
                self._add(target.module, target.scope)

    def _use_class(self, module: Module, scope: Scope) -> None:
        if scope in self._used:
            return
        self._used.add(scope)
        self._add(module, scope)
        bases = self.names.bases(module, scope)
        for base in bases:
            self._use(base)
        by_library = any(isinstance(base, External) and base.name not in _PLAIN_BASES for base in bases)
        for method, _ in scope.children:
            name = method.name.rpartition(".")[2]
            if method.kind != "function":
                continue
            self._define(module, method)
            if by_library or (name.startswith("__") and name.endswith("__")) or name in self._attributes:
                self._add(module, method)
            else:
                self._waiting.setdefault(name, []).append((module, method))

    def _call(self, module: Module, scope: Scope, call: Call) -> None:
        self.calls.append((module, call))
        for target in self.names.followed(self.names.targets(module, scope, call.node.func)):
            self._use(target)
            if isinstance(target, Code):
                self.callers.setdefault(target.scope, []).append((module, call))
                if target.scope.kind == "class":
                    self._constructed(target, module, call)
            elif isinstance(target, External):
                self._started(module, scope, call, target.name)

    def _constructed(self, target: Code, module: Module, call: Call) -> None:
        for made in self.names.members(target, "__init__"):
            if isinstance(made, Code):
                self.callers.setdefault(made.scope, []).append((module, call))

    def _started(self, module: Module, scope: Scope, call: Call, name: str) -> None:
        """``uvicorn.run("package.module:app")`` and ``importlib.import_module("package.module")`` import by text."""
        if name not in _RUNNERS and name not in ("importlib.import_module", "__import__"):
            return
        if not call.node.args:
            return
        for value in self._early.evaluate(module, scope, call.node.args[0]):
            wanted, _, attribute = (value.text or "").partition(":")
            if not wanted or wanted.startswith("."):
                continue
            self._import_name(wanted)
            found = self._modules.find(wanted)
            if found is not None and attribute:
                self.enter(Entry(found, name=attribute))
