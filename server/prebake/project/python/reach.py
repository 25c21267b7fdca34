"""Which code of a program runs: the module level of what is imported, and what reached code refers to.

A class that is imported and never used is not reached, neither is a function that nobody names. Methods of a used class
are reached when some reached code names an attribute like them, or when a library may call them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from prebake.project.python.evaluate import Evaluator
from prebake.project.python.modules import Module, Modules
from prebake.project.python.names import Code, Instance, Names
from prebake.project.python.scopes import MAIN, Call, Scope
from prebake.project.python.traces import Trace, Tracer, Traces, prefixes
from prebake.records import NamedTuple

_MAX_SCOPES = 20_000


class Entry(NamedTuple):
    """Where a program starts: a module; ``main`` when it is ``__main__``; ``name`` is what is called in it."""

    module: Module
    main: bool = False
    name: str | None = None


class Reached(NamedTuple):
    """What of a program runs: ``visits`` are its scopes, each with its module and what it leads to, in the order in
    which they were found. ``traces`` are for :func:`reach` to be given again.
    """

    visits: tuple[tuple[Module, Trace], ...]
    modules: tuple[Module, ...]
    names: Names
    evaluator: Evaluator
    traces: Traces

    @property
    def calls(self) -> Iterator[tuple[Module, Call]]:
        """The calls that run, each with its module."""
        return ((module, call) for module, trace in self.visits for call in trace.calls)

    @property
    def outside(self) -> Iterator[tuple[Module, Call, tuple[str, ...]]]:
        """Those of libraries, with the names of what is called."""
        return ((module, call, names) for module, trace in self.visits for call, names in trace.outside)


class _Callers(Mapping[Scope, list[tuple[Module, Call]]]):
    """The reached calls of each function and class; found when the first is asked for."""

    def __init__(self, visits: Sequence[tuple[Module, Trace]]) -> None:
        self._visits = visits

    @cached_property
    def _found(self) -> dict[Scope, list[tuple[Module, Call]]]:
        found: dict[Scope, list[tuple[Module, Call]]] = {}
        for module, trace in self._visits:
            for called, call in trace.called:
                found.setdefault(called, []).append((module, call))
        return found

    def __getitem__(self, scope: Scope) -> list[tuple[Module, Call]]:
        return self._found[scope]

    def __iter__(self) -> Iterator[Scope]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


def reach(
    modules: Modules,
    entries: Iterable[Entry],
    environment: Mapping[str, str | None],
    arguments: Iterable[str] = (),
    traces: Traces | None = None,
) -> Reached:
    """Follow a program from its entries.

    ``environment`` are the variables set when it starts, ``None`` for an unknown value; ``arguments`` the words of its
    command line, by which commands of a command-line program are chosen. ``traces`` are those of the same program with
    the same ``modules``, as far as they still hold (:meth:`Traces.without`).
    """
    words = tuple(arguments)
    walk = _Walk(modules, environment, words, traces or Traces())
    for entry in entries:
        walk.enter(entry)
    walk.run()
    evaluator = Evaluator(walk.names, environment, _Callers(walk.visits), words)
    return Reached(tuple(walk.visits), tuple(walk.modules_seen), walk.names, evaluator, walk.traces)


class _Walk:
    def __init__(
        self, modules: Modules, environment: Mapping[str, str | None], arguments: tuple[str, ...], traces: Traces
    ) -> None:
        self._modules = modules
        self.names = Names(modules)
        self.traces = traces
        early = Evaluator(self.names, environment, None, arguments)
        self._tracer = Tracer(modules, self.names, early, frozenset(arguments))
        self._pending: list[tuple[Module, Scope]] = []
        self._seen: set[Scope] = set()
        self._used: set[Scope] = set()
        self._attributes: set[str] = set()
        self._waiting: dict[str, list[tuple[Module, Scope]]] = {}
        self.modules_seen: dict[Module, None] = {}
        self.visits: list[tuple[Module, Trace]] = []

    def enter(self, entry: Entry) -> None:
        for name in prefixes(entry.module.name):
            self._import(name)
        self._module(entry.module)
        if entry.main and MAIN in entry.module.index.scopes:
            self._add(entry.module, entry.module.index.scopes[MAIN])
        if entry.name:
            for target in self.names.resolve(entry.module, entry.module.index.top, tuple(entry.name.split("."))):
                if isinstance(target, (Code, Instance)):
                    self._use(target.module, target.scope)

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

    def _import(self, name: str) -> None:
        found = self._modules.find(name)
        if found is not None:
            self._module(found)

    def _trace(self, module: Module, scope: Scope) -> Trace:
        trace = self.traces.get(module.path, scope)
        if trace is None:
            trace = self._tracer.trace(module, scope)
            self.traces.add(module.path, scope, trace)
        return trace

    def _visit(self, module: Module, scope: Scope) -> None:
        trace = self._trace(module, scope)
        self.visits.append((module, trace))
        for name in trace.imports:
            self._import(name)
        for child, registered in trace.children:
            self._define(module, child, registered)
        for home, used in trace.uses:
            if used not in self._seen or used.kind == "class":
                self._use(home, used)
        if not scope.attributes <= self._attributes:
            for name in scope.attributes - self._attributes:
                self._attributes.add(name)
                for home, method in self._waiting.pop(name, ()):
                    self._add(home, method)

    def _define(self, module: Module, scope: Scope, registered: bool) -> None:
        """A ``def`` or ``class`` statement runs: a class body with it, the rest only when a decorator registers it."""
        if scope.kind == "class":
            self._add(module, scope)
        elif scope.parent is not None and scope.parent.kind == "class" and scope.parent not in self._used:
            return
        if registered:
            self._use(module, scope)

    def _use(self, module: Module, scope: Scope) -> None:
        if scope.kind == "class":
            self._use_class(module, scope)
        elif scope.kind == "module":
            self._module(module)
        else:
            self._add(module, scope)

    def _use_class(self, module: Module, scope: Scope) -> None:
        if scope in self._used:
            return
        self._used.add(scope)
        self._add(module, scope)
        trace = self._trace(module, scope)
        for home, base in trace.bases:
            self._use(home, base)
        for method, registered in trace.methods:
            name = method.name.rpartition(".")[2]
            self._define(module, method, registered)
            if trace.by_library or (name.startswith("__") and name.endswith("__")) or name in self._attributes:
                self._add(module, method)
            else:
                self._waiting.setdefault(name, []).append((module, method))
