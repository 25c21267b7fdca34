"""What each scope of a program leads to: the modules it imports, the code it refers to, the calls it makes.

A trace depends on its own file and on those that names were looked up in, and on nothing else: it is kept while they
stay as they are, so that an edit of one file costs what the traces around that file cost.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Mapping

from prebake.project.python.evaluate import Evaluator
from prebake.project.python.modules import Module, Modules
from prebake.project.python.names import Code, External, Instance, Names, Target
from prebake.project.python.scopes import Call, Guard, Import, Scope
from prebake.project.python.values import argument
from prebake.records import NamedTuple

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


_IMPORTERS = frozenset(("importlib.import_module", "__import__", "runpy.run_module"))
_TASKS = {
    "celery.Celery": ("include", None, ""),
    "celery.Celery().autodiscover_tasks": ("packages", 0, ".tasks"),
}
"""Calls that import the modules that a list names: its parameter, its position, and what is put behind the names."""


class Trace(NamedTuple):
    """What a scope leads to when it runs.

    ``imports`` are the dotted names of modules of the project. ``children`` are the classes that it defines, and the
    functions that a decorator registers, each with whether one does; ``uses`` the code that it refers to. ``outside``
    are the calls of libraries with the names of what is called, ``called`` the functions and classes of the project
    that it calls. Of a class: its ``bases`` in the project, all its ``methods``, and whether a library may call them.
    ``asked`` are the paths of the other files that all this depends on.
    """

    imports: tuple[str, ...]
    children: tuple[tuple[Scope, bool], ...]
    uses: tuple[tuple[Module, Scope], ...]
    calls: tuple[Call, ...]
    outside: tuple[tuple[Call, tuple[str, ...]], ...]
    called: tuple[tuple[Scope, Call], ...]
    bases: tuple[tuple[Module, Scope], ...]
    methods: tuple[tuple[Scope, bool], ...]
    by_library: bool
    asked: frozenset[str]


class Traces:
    """The traces of a program's scopes, by the files that these are in."""

    def __init__(self) -> None:
        self._traces: dict[str, dict[Scope, Trace]] = {}
        self._askers: dict[str, set[str]] = {}

    def get(self, path: str, scope: Scope) -> Trace | None:
        """The trace of a scope of a file, where it is known."""
        return self._traces.get(path, _NONE).get(scope)

    def add(self, path: str, scope: Scope, trace: Trace) -> None:
        """Keep the trace of a scope of a file."""
        self._traces.setdefault(path, {})[scope] = trace
        for asked in trace.asked:
            self._askers.setdefault(asked, set()).add(path)

    def without(self, changed: Collection[str]) -> Traces:
        """The traces that still hold when some files have changed; these stay as they are."""
        other = Traces()
        other._askers = {path: set(askers) for path, askers in self._askers.items()}
        touched = {asker for path in changed for asker in self._askers.get(path, ())}
        for path, traces in self._traces.items():
            if path in changed:
                continue
            other._traces[path] = dict(traces)
            if path in touched:
                kept = (item for item in traces.items() if item[1].asked.isdisjoint(changed))
                other._traces[path] = dict(kept)
        return other


_NONE: Mapping[Scope, Trace] = {}


class Tracer:
    """Makes traces."""

    def __init__(self, modules: Modules, names: Names, evaluator: Evaluator, arguments: frozenset[str]) -> None:
        """``evaluator`` decides conditions; ``arguments`` are the words of the command line."""
        self._modules = modules
        self._names = names
        self._evaluator = evaluator
        self._arguments = arguments
        self._held: dict[tuple[str, ast.expr], bool] = {}

    def trace(self, module: Module, scope: Scope) -> Trace:
        """The trace of a scope."""
        self._names.asked = set()
        self._held.clear()
        imports: dict[str, None] = {}
        uses: dict[tuple[Module, Scope], None] = {}
        for imported, guards in scope.imports:
            if self._runs(module, scope, guards):
                imports.update(dict.fromkeys(self._imported(module, imported)))
        # Methods are those of a class that is used.
        inner = [child for child, guards in scope.children if self._runs(module, scope, guards)]
        inner = [child for child in inner if child.kind == "class" or scope.kind != "class"]
        children = ((child, self._registered(module, child)) for child in inner)
        for reference in scope.references:
            if self._runs(module, scope, reference.guards):
                uses.update(_used(self._names.resolve(module, scope, reference.chain)))
        calls = tuple(call for call in scope.calls if self._runs(module, scope, call.guards))
        outside: list[tuple[Call, tuple[str, ...]]] = []
        called: list[tuple[Scope, Call]] = []
        for call in calls:
            targets = self._names.followed(self._names.targets(module, scope, call.node.func))
            uses.update(_used(targets))
            names = tuple(target.name for target in targets if isinstance(target, External))
            if names:
                outside.append((call, names))
                for name in names:
                    self._started(module, scope, call, name, imports, uses)
            called += ((made, call) for target in targets for made in self._called(target))
        bases: tuple[Target, ...] = ()
        methods: tuple[tuple[Scope, bool], ...] = ()
        if scope.kind == "class":
            bases = self._names.bases(module, scope)
            functions = (child for child, _ in scope.children if child.kind == "function")
            methods = tuple((child, self._registered(module, child)) for child in functions)
        return Trace(
            tuple(name for name in imports if self._modules.find(name) is not None),
            tuple(child for child in children if child[0].kind == "class" or child[1]),
            tuple(uses),
            calls,
            tuple(outside),
            tuple(called),
            tuple(_used(bases)),
            methods,
            any(isinstance(base, External) and base.name not in _PLAIN_BASES for base in bases),
            frozenset(self._names.asked - {module.path}),
        )

    def _runs(self, module: Module, scope: Scope, guards: tuple[Guard, ...]) -> bool:
        for guard in guards:
            if guard.test is None or guard.kind == "rest":  # asked of the downloads only: there are many
                continue
            key = (guard.kind, guard.test)
            if key not in self._held:
                self._held[key] = self._evaluator.runs(module, scope, (guard,)) is not False
            if not self._held[key]:
                return False
        return True

    def _imported(self, module: Module, imported: Import) -> list[str]:
        name = module.absolute(imported)
        if name is None:
            return []
        found = prefixes(name)
        if imported.name is not None and imported.name != "*":
            package = self._modules.find(name) if name else None
            if package is not None:
                self._names.asked.add(package.path)
            if package is None or imported.name not in package.index.top.bindings:
                found.append(f"{name}.{imported.name}" if name else imported.name)
        return found

    def _registered(self, module: Module, scope: Scope) -> bool:
        return any(self._registers(module, scope, chain) for chain in scope.decorators)

    def _registers(self, module: Module, scope: Scope, chain: tuple[str, ...]) -> bool:
        if chain[-1] == "command" and len(chain) > 1 and scope.kind == "function" and scope.parent is not None:
            names = {child.node.name for child, _ in scope.parent.children if isinstance(child.node, ast.FunctionDef)}
            asked = {word.replace("-", "_") for word in self._arguments} & names
            return not asked or scope.name.rpartition(".")[2] in asked
        if chain[-1] in _PLAIN_DECORATORS or scope.parent is None or chain == ("<unknown>",):
            return False
        targets = self._names.resolve(module, scope.parent, chain)
        own = targets and all(isinstance(target, Code) for target in targets)
        return not own or chain[-1].startswith("register")

    def _called(self, target: Target) -> list[Scope]:
        """The function or class that is called, and the ``__init__`` of the class."""
        if not isinstance(target, Code):
            return []
        found = [target.scope]
        if target.scope.kind == "class":
            found += [made.scope for made in self._names.members(target, "__init__") if isinstance(made, Code)]
        return found

    def _started(
        self,
        module: Module,
        scope: Scope,
        call: Call,
        name: str,
        imports: dict[str, None],
        uses: dict[tuple[Module, Scope], None],
    ) -> None:
        """What is imported by text: ``uvicorn.run("package.module:app")``, ``import_module("package.module")``."""
        for wanted in self._named(module, scope, call.node, name):
            dotted_name, _, attribute = wanted.partition(":")
            imports.update(dict.fromkeys(prefixes(dotted_name)))
            found = self._modules.find(dotted_name) if attribute else None
            if found is not None:
                uses.update(_used(self._names.resolve(found, found.index.top, tuple(attribute.split(".")))))

    def _named(self, module: Module, scope: Scope, node: ast.Call, name: str) -> list[str]:
        if name in _TASKS:
            parameter, position, tail = _TASKS[name]
            passed = argument(node, parameter, position)
            if not isinstance(passed, ast.expr):
                return []
            found = self._evaluator.elements(module, scope, passed)
            return [value.text + tail for value in found if value.text]
        if (name not in _RUNNERS and name not in _IMPORTERS) or not node.args:
            return []
        texts = [value.text or "" for value in self._evaluator.evaluate(module, scope, node.args[0])]
        found_names = [
            text if not text.startswith(".") else self._relative(module, scope, node, text) for text in texts
        ]
        return [text for text in found_names if text]

    def _relative(self, module: Module, scope: Scope, node: ast.Call, text: str) -> str:
        """The module that ``import_module(".name", package)`` means; empty where that is not known."""
        passed = argument(node, "package", 1)
        if isinstance(passed, ast.Name) and passed.id in ("__package__", "__name__"):
            package = module.name
            if not module.is_package and passed.id == "__package__":
                package = package.rpartition(".")[0]
        elif isinstance(passed, ast.expr):
            values = self._evaluator.evaluate(module, scope, passed)
            package = (values[0].text or "") if len(values) == 1 else ""
        else:
            return ""
        inner = text.lstrip(".")
        parts = package.split(".")
        above = len(text) - len(inner) - 1
        return ".".join([*parts[: len(parts) - above], inner]) if package and above < len(parts) else ""


def prefixes(name: str) -> list[str]:
    """The packages that importing a dotted name imports, and itself."""
    parts = name.split(".") if name else []
    return [".".join(parts[:count]) for count in range(1, len(parts) + 1)]


def _used(targets: tuple[Target, ...]) -> dict[tuple[Module, Scope], None]:
    return {(target.module, target.scope): None for target in targets if isinstance(target, (Code, Instance))}
