"""What a dotted name means, across the modules of a program."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import islice

from prebake.project.python.modules import Module, Modules
from prebake.project.python.scopes import FUNCTIONS, Binding, Call, Import, Scope, dotted
from prebake.records import NamedTuple

_MAX_DEPTH = 12
_MAX_TARGETS = 16


class External(NamedTuple):
    """Something of a library: ``transformers.AutoModel.from_pretrained``; ``()`` stands behind what is called."""

    name: str


class Code(NamedTuple):
    """A module, class or function of the project."""

    module: Module
    scope: Scope


class Instance(NamedTuple):
    """An object of a class of the project; ``call`` made it, in ``origin`` (``None`` for ``self``)."""

    module: Module
    scope: Scope
    call: ast.Call | None = None
    origin: Scope | None = None


class Data(NamedTuple):
    """A variable of the project: how it is bound, in which module. ``owner`` is the scope (or class) that holds it;
    ``through`` the object it was reached by, for an attribute.
    """

    module: Module
    owner: Scope
    name: str
    bindings: tuple[Binding, ...]
    through: Instance | None = None


Target = External | Code | Instance | Data


class Names:
    """Resolves names in the modules of one program. Never loops: every step is bounded in depth."""

    def __init__(self, modules: Modules) -> None:
        self._modules = modules
        self._memory: dict[tuple[Scope, tuple[str, ...]], tuple[tuple[Target, ...], frozenset[str]]] = {}
        self._variables: dict[Data, tuple[tuple[Target, ...], frozenset[str]]] = {}
        self.asked: set[str] = set()
        """The paths of the modules that answers were taken from since this was last emptied."""
        self._derived: dict[Scope, list[Code]] = {}
        self._counted = -1
        self._entries: dict[str, set[object]] = {}
        self._assigned: set[str] = set()
        self._environment: list[tuple[Module, str | None, ast.expr | None, Scope, bool]] = []
        self._noted: dict[str, list[tuple[Module, Call]]] = {}
        self._merged = 0

    @property
    def modules(self) -> Modules:
        """The modules of the program."""
        return self._modules

    def may_change(self, container: ast.expr, key: object) -> bool:
        """Whether some module sets an entry of a dict or a list of that name; ``key`` is ``None`` for any entry."""
        while isinstance(container, ast.Subscript):
            container = container.value
        name = (dotted(container) or ("",))[-1]
        self._merge()
        found = self._entries.get(name, ())
        if key is None:
            return bool(found)
        return key in found or None in found or key in self._entries.get("*", ())

    def _merge(self) -> None:
        """Note what the modules do that have been read since the last time."""
        known = self._modules.known
        if len(known) == self._merged:
            return
        for module in tuple(known)[self._merged :]:
            self._assigned |= module.index.assigned
            self._environment += [(module, *item) for item in module.index.environment]
            for method, call in module.index.noted:
                self._noted.setdefault(method, []).append((module, call))
            for container, entry in module.index.changed:
                self._entries.setdefault(container, set()).add(entry)
        self._merged = len(known)

    def calls_of(self, method: str) -> list[tuple[Module, Call]]:
        """All calls of a method that the index notes, in the modules read so far."""
        self._merge()
        return self._noted.get(method, [])

    def assigned_variables(self, name: str, *, is_set: bool) -> Iterator[tuple[Module, Scope, ast.expr | None]]:
        """What the program itself sets an environment variable to; ``is_set``: it is set before."""
        self._merge()
        for module, variable, value, scope, is_default in self._environment:
            if (variable is None or variable == name) and not (is_default and is_set):
                yield module, scope, value

    def subclasses(self, owner: Scope) -> tuple[Code, ...]:
        """The classes of the modules read so far that derive from a class of the project, directly or not."""
        count = len(self._modules.known)
        if count != self._counted:
            self._counted, self._derived = count, {}
            for module in tuple(self._modules.known):
                for scope in module.index.scopes.values():
                    if scope.kind == "class":
                        for base in self.bases(module, scope):
                            if isinstance(base, Code):
                                self._derived.setdefault(base.scope, []).append(Code(module, scope))
        found: dict[Code, None] = {}
        pending = list(self._derived.get(owner, ()))
        while pending:
            derived = pending.pop()
            if derived not in found and derived.scope is not owner:
                found[derived] = None
                pending += self._derived.get(derived.scope, ())
        return tuple(found)

    def assigned_elsewhere(self, name: str) -> bool:
        """Whether some module sets an attribute of this name on an object other than ``self``: its value is then not
        what its class or module says.
        """
        self._merge()
        return name in self._assigned

    def targets(self, module: Module, scope: Scope, node: ast.expr, depth: int = 0) -> tuple[Target, ...]:
        """What an expression can stand for: names, attributes, calls (the object that a class makes) and choices."""
        if depth > _MAX_DEPTH:
            return ()
        chain = dotted(node)
        if chain is not None:
            return self.resolve(module, scope, chain, depth)
        if isinstance(node, ast.Attribute):
            found = self.targets(module, scope, node.value, depth + 1)
            return tuple(member for target in found for member in self.members(target, node.attr, depth + 1))
        if isinstance(node, ast.Call):
            return tuple(self._made(module, scope, node, depth + 1))
        if isinstance(node, ast.Await):
            return self.targets(module, scope, node.value, depth + 1)
        if isinstance(node, ast.IfExp):
            return (
                *self.targets(module, scope, node.body, depth + 1),
                *self.targets(module, scope, node.orelse, depth + 1),
            )
        if isinstance(node, ast.BoolOp):
            return tuple(target for value in node.values for target in self.targets(module, scope, value, depth + 1))
        return ()

    def _made(self, module: Module, scope: Scope, node: ast.Call, depth: int) -> Iterator[Target]:
        for target in self.followed(self.targets(module, scope, node.func, depth), depth):
            if isinstance(target, External):
                yield External(f"{target.name}()")
            elif isinstance(target, Code) and target.scope.kind == "class":
                yield Instance(target.module, target.scope, node, scope)
            elif isinstance(target, Code) and isinstance(target.scope.node, FUNCTIONS):
                for value in returned(target.scope.node):
                    yield from self.targets(target.module, target.scope, value, depth + 1)

    def followed(self, targets: tuple[Target, ...], depth: int = 0) -> tuple[Target, ...]:
        """The targets with variables replaced by what they are bound to."""
        found: list[Target] = []
        for target in targets:
            if isinstance(target, Data):
                found += self._variable(target, depth)
            else:
                found.append(target)
        return _bounded(found)

    def _variable(self, data: Data, depth: int) -> tuple[Target, ...]:
        if data not in self._variables and depth <= _MAX_DEPTH:
            self._variables[data] = ((), frozenset())  # a variable that is bound to itself
            outer, self.asked = self.asked, {data.module.path}
            found: list[Target] = []
            for binding in data.bindings:
                if binding.kind == "assign" and binding.value is not None:
                    reached = self.targets(data.module, binding.scope, binding.value, depth + 1)
                    found += self.followed(reached, depth + 2)
            self._variables[data] = (_bounded(found), frozenset(self.asked))
            self.asked = outer
        targets, asked = self._variables.get(data, ((), ()))
        self.asked.update(asked)
        return targets

    def resolve(self, module: Module, scope: Scope, chain: tuple[str, ...], depth: int = 0) -> tuple[Target, ...]:
        """What a dotted name stands for, read in a scope of a module; empty for built-ins and the unknown."""
        if depth > _MAX_DEPTH:
            return ()
        key = (scope, chain)
        if key not in self._memory:
            self._memory[key] = ((), frozenset())  # a name that is defined by itself
            outer, self.asked = self.asked, {module.path}
            self._memory[key] = (_bounded(self._resolve(module, scope, chain, depth)), frozenset(self.asked))
            self.asked = outer
        targets, asked = self._memory[key]
        self.asked |= asked
        return targets

    def _resolve(self, module: Module, scope: Scope, chain: tuple[str, ...], depth: int) -> Iterator[Target]:
        head, rest = chain[0], chain[1:]
        owner = scope.enclosing_class
        if head in ("self", "cls") and owner is not None:
            yield from self._chain((Instance(module, owner),), rest, depth)
            return
        found = scope.lookup(head)
        if found is None:
            yield from self._chain(tuple(self._starred(module, scope, head, depth)), rest, depth)
            return
        yield from self._chain(tuple(self._bound(module, *found, head, depth)), rest, depth)

    def _chain(self, targets: tuple[Target, ...], rest: tuple[str, ...], depth: int) -> tuple[Target, ...]:
        for name in rest:
            targets = _bounded(member for target in targets for member in self.members(target, name, depth + 1))
        return targets

    def _bound(
        self,
        module: Module,
        owner: Scope,
        bindings: list[Binding],
        name: str,
        depth: int,
        through: Instance | None = None,
    ) -> Iterator[Target]:
        data = []
        for binding in bindings:
            if isinstance(binding.target, Scope):
                yield Code(module, binding.target)
            elif isinstance(binding.target, Import):
                yield from self._imported(module, binding.target, depth)
            else:
                data.append(binding)
        if data:
            yield Data(module, owner, name, tuple(data), through)

    def _imported(self, module: Module, imported: Import, depth: int) -> Iterator[Target]:
        name = module.absolute(imported)
        if name is None:
            return
        found = self._modules.find(name) if name else None
        if imported.name is None:
            yield Code(found, found.index.top) if found is not None else External(name)
            return
        if found is not None and found is not module:
            members = tuple(self._module_member(found, imported.name, depth + 1))
            if members:
                yield from members
                return
        inner = self._modules.find(f"{name}.{imported.name}" if name else imported.name)
        if inner is not None:
            yield Code(inner, inner.index.top)
        elif found is None and not imported.level:
            yield External(f"{name}.{imported.name}")

    def _starred(self, module: Module, scope: Scope, name: str, depth: int) -> Iterator[Target]:
        """A name that no statement binds may come from ``from x import *``."""
        if depth > _MAX_DEPTH:
            return
        stars = (*scope.stars, *module.index.top.stars) if scope is not module.index.top else scope.stars
        outside = []
        for star in stars:
            source = module.absolute(star)
            found = self._modules.find(source) if source else None
            if found is not None:
                members = tuple(self._module_member(found, name, depth + 1))
                if members:
                    yield from members
                    return
            elif source and not star.level:
                outside.append(External(f"{source}.{name}"))
        yield from outside

    def _module_member(self, module: Module, name: str, depth: int) -> Iterator[Target]:
        if depth > _MAX_DEPTH:
            return
        self.asked.add(module.path)
        top = module.index.top
        if name in top.bindings:
            yield from self._bound(module, top, top.bindings[name], name, depth)
            return
        inner = self._modules.find(f"{module.name}.{name}") if module.is_package and module.name else None
        if inner is not None:
            yield Code(inner, inner.index.top)
        else:
            yield from self._starred(module, top, name, depth + 1)

    def members(self, target: Target, name: str, depth: int = 0) -> tuple[Target, ...]:
        """What the attribute ``name`` of a target is."""
        if depth > _MAX_DEPTH:
            return ()
        if isinstance(target, External):
            return (External(f"{target.name}.{name}"),)
        if isinstance(target, Data):
            found = self.followed((target,), depth + 1)
            return tuple(member for item in found for member in self.members(item, name, depth + 1))
        if target.scope.kind in ("module", "main"):
            return tuple(self._module_member(target.module, name, depth))
        if target.scope.kind == "class":
            return self._class_member(target, name, depth)
        return ()

    def _class_member(self, target: Code | Instance, name: str, depth: int) -> tuple[Target, ...]:
        self.asked.add(target.module.path)
        through = target if isinstance(target, Instance) else None
        scope = target.scope
        bindings = [*scope.members.get(name, ()), *scope.bindings.get(name, ())]
        if bindings:
            return tuple(self._bound(target.module, scope, bindings, name, depth, through))
        found: list[Target] = []
        for base in self.bases(target.module, scope, depth + 1):
            if isinstance(base, Code):
                inherited = base if through is None else Instance(base.module, base.scope, through.call, through.origin)
                found += self.members(inherited, name, depth + 1)
            elif isinstance(base, External):
                found.append(External(f"{base.name}.{name}"))
        return tuple(found)

    def bases(self, module: Module, scope: Scope, depth: int = 0) -> tuple[Target, ...]:
        """The base classes of a class: of the project, or a library's."""
        if not isinstance(scope.node, ast.ClassDef) or scope.parent is None:
            return ()
        self.asked.add(module.path)
        return tuple(
            target
            for base in scope.node.bases
            for target in self.targets(
                module, scope.parent, base.value if isinstance(base, ast.Subscript) else base, depth
            )
            if not (isinstance(target, Code) and target.scope is scope)
        )


def _bounded(targets: Iterable[Target]) -> tuple[Target, ...]:
    return tuple(islice(dict.fromkeys(targets), _MAX_TARGETS))


@lru_cache(maxsize=4096)
def returned(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[ast.expr, ...]:
    """The expressions that a function returns, those of functions inside it not included."""
    found: list[ast.expr] = []
    pending: list[ast.AST] = [*reversed(function.body)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Return) and node.value is not None:
            found.append(node.value)
        elif isinstance(node, ast.stmt | ast.ExceptHandler | ast.match_case) and not isinstance(
            node, (*FUNCTIONS, ast.ClassDef)
        ):
            pending += reversed([*ast.iter_child_nodes(node)])
    return tuple(found)
