"""What the code of one Python file may touch: what it imports, the paths that it writes out, and whether it may do
anything else.

Every part of the file counts, whether it runs or not: this is to be sure of what a script does *not* read.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from prebake.project.python.parse import FILE, MAX_SOURCE
from prebake.project.python.scopes import Import
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Text

_MODULES = frozenset(
    (
        "subprocess",
        "importlib",
        "runpy",
        "imp",
        "pkgutil",
        "ctypes",
        "zipimport",
        "pty",
        "cffi",
        "shelve",
        "code",
        "dill",
    )
)
"""Modules with which code may run, import or read anything."""

_NAMES = {
    "exec": "runs text as code",
    "eval": "runs text as code",
    "compile": "runs text as code",
    "__import__": "imports by name",
    "__file__": "works out paths from its own place",
    "__loader__": "works out paths from its own place",
    "__spec__": "works out paths from its own place",
}
_ATTRIBUTES = {
    **dict.fromkeys(("system", "popen", "startfile", "posix_spawn", "posix_spawnp"), "starts other programs"),
    **dict.fromkeys((f"exec{end}" for end in ("l", "le", "lp", "v", "ve", "vp", "vpe")), "starts other programs"),
    **dict.fromkeys((f"spawn{end}" for end in ("l", "le", "lp", "v", "ve", "vp", "vpe")), "starts other programs"),
    "import_module": "imports by name",
    "chdir": "changes the working directory",
    "fchdir": "changes the working directory",
    "getcwd": "works out paths from the working directory",
    "meta_path": "changes how modules are found",
    "path_hooks": "changes how modules are found",
}
_OPENS = frozenset(
    ("open", "listdir", "scandir", "walk", "glob", "iglob", "rglob", "Path", "PurePath", "PosixPath", "join")
)
"""Functions whose first argument is a path, or the beginning of one."""

_SPEAKS = regex(
    r"(print|debug|info|warning|warn|error|exception|critical|log|format|exit|write|fail|[A-Z]\w*(Error|Exception))$"
)
"""Functions that are given texts for people."""

_PATH = regex(r"[\w./@+][\w./@+ -]*$")
_MOST_LITERAL = 200


class Touches(NamedTuple):
    """What a file may touch.

    ``imports`` are all of its imports. ``literals`` are the texts in it that may be paths. ``variables`` are the
    environment variables that it names, ``None`` where it may look at all. ``problem`` says why it may touch more than
    that, as the rest of a sentence whose subject is the file; ``None`` when it may not.
    """

    imports: tuple[Import, ...]
    literals: tuple[str, ...]
    variables: frozenset[str] | None
    problem: str | None


@lru_cache(maxsize=512)
def touches(text: Text) -> Touches:
    """What a Python file may touch, remembered by content. Never raises."""
    try:
        if len(text.content) > MAX_SOURCE:
            return Touches((), (), None, "is too long to be read")
        # Not as :func:`parse` does, which leaves out the lines that are wrong.
        return _Reader(ast.parse(text.content, FILE)).result()
    except (SyntaxError, ValueError, MemoryError):
        return Touches((), (), None, "is no Python that can be read")
    except RecursionError:
        return Touches((), (), None, "is nested too deeply to be read")


class _Reader:
    def __init__(self, tree: ast.Module) -> None:
        self._problems: list[str] = []
        self._imports: list[Import] = []
        self._literals: dict[str, None] = {}
        self._variables: set[str] = set()
        self._all_variables = False
        self._named: set[int] = set()
        self._spoken: set[int] = set()
        for node in ast.walk(tree):
            self._node(node)

    def result(self) -> Touches:
        """What has been found."""
        variables = None if self._all_variables else frozenset(self._variables)
        problem = self._problems[0] if self._problems else None
        return Touches(tuple(dict.fromkeys(self._imports)), tuple(self._literals), variables, problem)

    def _node(self, node: ast.AST) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                self._import(Import(alias.name))
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                self._import(Import(node.module or "", node.level, alias.name))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node.value.startswith("~") and not node.value.startswith("~/."):
                self._problems.append("names a place in the home folder")
            elif len(node.value) <= _MOST_LITERAL and is_path(node.value):
                self._literals[node.value] = None
        elif isinstance(node, ast.Name) and node.id in _NAMES:
            self._problems.append(_NAMES[node.id])
        elif isinstance(node, ast.Attribute):
            self._attribute(node)
        elif isinstance(node, ast.Call):
            self._call(node)
        elif isinstance(node, (ast.JoinedStr, ast.BinOp)) and id(node) not in self._spoken and _is_made(node):
            self._problems.append("puts a text together that may be a path")
        elif isinstance(node, ast.Subscript) and _last(node.value) == "environ":
            self._variable(node.slice, node.value)

    def _import(self, imported: Import) -> None:
        self._imports.append(imported)
        top = imported.module.partition(".")[0]
        if not imported.level and top in _MODULES and imported.module != "importlib.metadata":
            self._problems.append(f"uses {top}")
        elif not imported.level and imported.name is not None and imported.name in _ATTRIBUTES:
            self._problems.append(_ATTRIBUTES[imported.name])
        elif imported.name in ("environ", "getenv") and top == "os":
            self._all_variables = True

    def _attribute(self, node: ast.Attribute) -> None:
        if node.attr in _ATTRIBUTES:
            self._problems.append(_ATTRIBUTES[node.attr])
        elif node.attr == "path" and isinstance(node.value, ast.Name) and node.value.id == "sys":
            self._problems.append("changes where modules are found")
        elif node.attr == "argv":
            self._problems.append("works with the words of its command line")
        elif node.attr == "environ" and id(node) not in self._named:
            self._all_variables = True

    def _call(self, node: ast.Call) -> None:
        name = _last(node.func)
        if name == "getenv" or (
            name in ("get", "setdefault", "pop")
            and isinstance(node.func, ast.Attribute)
            and _last(node.func.value) == "environ"
        ):
            inner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
            self._variable(node.args[0] if node.args else None, inner)
        elif name in _OPENS and node.args and not _is_text(node.args[0]) and not _joins_text(node):
            self._problems.append("works out a path when it runs")
        elif _SPEAKS.match(name):
            self._spoken.update(id(inner) for value in _arguments(node) for inner in ast.walk(value))

    def _variable(self, name: ast.expr | None, environ: ast.expr) -> None:
        self._named.add(id(environ))
        if isinstance(name, ast.Constant) and isinstance(name.value, str):
            self._variables.add(name.value)
        else:
            self._all_variables = True


def _last(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant)


def _is_string(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _joins_text(node: ast.Call) -> bool:
    """Whether it is ``", ".join(...)``, which makes no path."""
    return isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Constant)


def _arguments(node: ast.Call) -> Iterator[ast.expr]:
    yield from node.args
    yield from (keyword.value for keyword in node.keywords)


def _is_made(node: ast.expr) -> bool:
    """Whether a text is put together of parts: by an f-string, ``+``, ``%`` or ``/``."""
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(value, ast.FormattedValue) for value in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod, ast.Div)):
        sides = (node.left, node.right)
        return any(isinstance(side, ast.JoinedStr) or _is_string(side) for side in sides)
    return False


def is_path(text: str) -> bool:
    """Whether a value of a variable or an argument may be a path."""
    return _PATH.match(text) is not None
