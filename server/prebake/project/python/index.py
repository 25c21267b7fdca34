"""One Python file as scopes. Made once per content; knows no other file."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

from prebake.project.python.parse import parse
from prebake.project.python.scopes import (
    FUNCTIONS,
    MAIN,
    MODULE,
    Binding,
    Call,
    Guard,
    Import,
    ModuleIndex,
    Reference,
    Scope,
    dotted,
)
from prebake.text import Text

_CHANGES = frozenset(("update", "append", "extend", "insert", "remove", "clear", "pop", "popitem", "setdefault", "add"))
"""Methods that change a dict, a list or a set."""
_NOTED = frozenset(("add_argument", "set_defaults", "read", "read_file", "run", "Fire", "cli", "start"))
"""Methods by which a program says what comes from its command line, a file or a request."""

_LEAVING = (ast.Return, ast.Continue, ast.Break)
"""Statements that end a block without an error: what raises one tells what the program cannot run without."""


@lru_cache(maxsize=4096)
def index(text: Text) -> ModuleIndex:
    """The scopes of a Python file, remembered by content. Never raises."""
    try:
        return _Indexer(parse(text)).result
    except RecursionError:
        return _Indexer(ast.Module(body=[], type_ignores=[])).result


class _Indexer:
    def __init__(self, tree: ast.Module) -> None:
        self._top = Scope("module", MODULE, tree, None)
        self.result = ModuleIndex({MODULE: self._top})
        self._globals: dict[Scope, set[str]] = {}
        self._block(tree.body, self._top, ())
        for scope in self.result.scopes.values():
            scope.references = [item for item in dict.fromkeys(scope.references) if self._leads_on(item, scope)]

    def _leads_on(self, reference: Reference, scope: Scope) -> bool:
        """Whether a name may stand for code: an import, function or class, or what a star import brings. What a
        variable holds is referred to where it is assigned.
        """
        if reference.chain[0] in ("self", "cls"):
            return False
        found = scope.lookup(reference.chain[0])
        if found is None:
            return bool(scope.stars or self._top.stars)
        return any(binding.target is not None for binding in found[1])

    def _block(self, body: Iterable[ast.stmt], scope: Scope, guards: tuple[Guard, ...]) -> None:
        for statement in body:
            self._statement(statement, scope, guards)
            if isinstance(statement, ast.If):
                guards = (*guards, *(Guard("rest", test) for test in _left(statement)))

    def _statement(self, node: ast.stmt, scope: Scope, guards: tuple[Guard, ...]) -> None:
        if isinstance(node, FUNCTIONS):
            self._function(node, scope, guards)
        elif isinstance(node, ast.ClassDef):
            self._class(node, scope, guards)
        elif isinstance(node, (ast.Import, ast.ImportFrom)):
            self._import(node, scope, guards)
        elif isinstance(node, ast.If):
            self._if(node, scope, guards)
        elif isinstance(node, (ast.Try, ast.TryStar)):
            self._try(node, scope, guards)
        elif isinstance(node, ast.Match):
            self._expression(node.subject, scope, guards)
            for number, case in enumerate(node.cases):
                self._other(case, scope, (*guards, Guard("choice", None, choice=node, branch=number)))
        elif isinstance(node, ast.Assign):
            self._expression(node.value, scope, guards)
            for target in node.targets:
                self._bind_target(target, node.value, scope, guards)
        elif isinstance(node, ast.AnnAssign):
            self._annotation(node.annotation, scope, guards)
            if node.value is not None:
                self._expression(node.value, scope, guards)
                self._bind_target(node.target, node.value, scope, guards)
        elif isinstance(node, ast.AugAssign):
            self._expression(node.value, scope, guards)
            self._bind_target(node.target, None, scope, guards)
        elif isinstance(node, (ast.For, ast.AsyncFor)):
            self._expression(node.iter, scope, guards)
            self._bind_target(node.target, node.iter, scope, guards, "loop")
            self._block(node.body, scope, guards)
            self._block(node.orelse, scope, guards)
        elif isinstance(node, ast.Global):
            self._globals.setdefault(scope, set()).update(node.names)
        else:
            self._other(node, scope, guards)

    def _other(self, node: ast.AST, scope: Scope, guards: tuple[Guard, ...]) -> None:
        """``with``, ``while``, ``return``, expression statements and what else there is."""
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                self._statement(child, scope, guards)
            elif isinstance(child, ast.expr):
                self._expression(child, scope, guards)
            else:
                if isinstance(child, ast.withitem) and child.optional_vars is not None:
                    opened = child.context_expr if _opens(child.context_expr) else None
                    self._bind_target(child.optional_vars, opened, scope, guards)
                self._other(child, scope, guards)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: Scope, guards: tuple[Guard, ...]) -> None:
        inner = self._scope("function", node.name, node, scope)
        arguments = node.args
        for default in (*arguments.defaults, *(item for item in arguments.kw_defaults if item is not None)):
            self._expression(default, scope, guards)
        for decorator in node.decorator_list:
            self._expression(decorator, scope, guards)
            chain = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
            inner.decorators.append(chain or ("<unknown>",))
        positional = [*arguments.posonlyargs, *arguments.args]
        values: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        values += arguments.defaults
        for item, value in (
            *zip(positional, values, strict=True),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ):
            self._bind(item.arg, Binding("param", scope, value), inner)
            if item.annotation is not None:
                self._annotation(item.annotation, scope, guards)
        for extra in (arguments.vararg, arguments.kwarg):
            if extra is not None:
                self._bind(extra.arg, Binding("opaque", inner), inner)
        self._bind(node.name, Binding("def", scope, target=inner, guards=guards), scope)
        scope.children.append((inner, guards))
        self._block(node.body, inner, ())

    def _class(self, node: ast.ClassDef, scope: Scope, guards: tuple[Guard, ...]) -> None:
        inner = self._scope("class", node.name, node, scope)
        for decorator in node.decorator_list:
            self._expression(decorator, scope, guards)
            inner.decorators.append(
                dotted(decorator.func if isinstance(decorator, ast.Call) else decorator) or ("<unknown>",)
            )
        for keyword in node.keywords:
            self._expression(keyword.value, scope, guards)
        self._bind(node.name, Binding("class", scope, target=inner, guards=guards), scope)
        scope.children.append((inner, guards))
        self._block(node.body, inner, ())

    def _scope(self, kind: Literal["class", "function"], name: str, node: ast.AST, parent: Scope) -> Scope:
        qualified = f"{parent.name}.{name}" if parent.kind in ("class", "function") else name
        inner = Scope(kind, qualified, node, parent)
        self.result.scopes[qualified] = inner
        return inner

    def _import(self, node: ast.Import | ast.ImportFrom, scope: Scope, guards: tuple[Guard, ...]) -> None:
        if isinstance(node, ast.Import):
            for alias in node.names:
                imported = Import(alias.name)
                scope.imports.append((imported, guards))
                bound = imported if alias.asname else Import(alias.name.partition(".")[0])
                self._bind(alias.asname or bound.module, Binding("import", scope, target=bound, guards=guards), scope)
            return
        for alias in node.names:
            imported = Import(node.module or "", node.level, alias.name)
            scope.imports.append((imported, guards))
            if alias.name == "*":
                scope.stars.append(imported)
            else:
                self._bind(alias.asname or alias.name, Binding("import", scope, target=imported, guards=guards), scope)

    def _if(self, node: ast.If, scope: Scope, guards: tuple[Guard, ...]) -> None:
        main = _is_main_test(node.test)
        if main is not None and scope.kind == "module":
            started = self.result.scopes.get(MAIN)
            if started is None:
                started = Scope("main", MAIN, node, self._top, self._top.bindings)
                self.result.scopes[MAIN] = started
            self._block(node.body if main else node.orelse, started, guards)
            self._block(node.orelse if main else node.body, scope, guards)
            return
        if _is_type_checking(node.test):
            self._block(node.orelse, scope, guards)
            return
        self._expression(node.test, scope, guards)
        self._block(node.body, scope, (*guards, Guard("if", node.test)))
        self._block(node.orelse, scope, (*guards, Guard("else", node.test)))

    def _try(self, node: ast.Try | ast.TryStar, scope: Scope, guards: tuple[Guard, ...]) -> None:
        self._block(node.body, scope, guards)
        for handler in node.handlers:
            if handler.name:
                self._bind(handler.name, Binding("opaque", scope), scope)
            self._block(handler.body, scope, (*guards, Guard("except", None, tuple(node.body))))
        self._block((*node.orelse, *node.finalbody), scope, guards)

    def _annotation(self, node: ast.expr, scope: Scope, guards: tuple[Guard, ...]) -> None:
        """An annotation uses nothing, except what is called in it: ``Annotated[Model, Depends(load)]``."""
        for child in ast.walk(node):
            if isinstance(child, ast.Call):
                self._expression(child, scope, guards)

    def _expression(self, node: ast.expr, scope: Scope, guards: tuple[Guard, ...]) -> None:
        chain = dotted(node)
        if chain is not None:
            scope.references.append(Reference(chain, guards))
            scope.attributes.update(chain[1:])
            return
        if isinstance(node, ast.Call):
            scope.calls.append(Call(node, scope, guards))
            if isinstance(node.func, ast.Attribute):
                if node.func.attr in _CHANGES:
                    self._changed(node.func.value, node, scope)
                elif node.func.attr in _NOTED:
                    self.result.noted.append((node.func.attr, scope.calls[-1]))
        elif isinstance(node, ast.Attribute):
            scope.attributes.add(node.attr)
        elif isinstance(node, ast.IfExp):
            self._expression(node.test, scope, guards)
            self._expression(node.body, scope, (*guards, Guard("if", node.test)))
            self._expression(node.orelse, scope, (*guards, Guard("else", node.test)))
            return
        elif isinstance(node, ast.NamedExpr):
            self._bind_target(node.target, node.value, scope, guards)
        elif isinstance(node, ast.Lambda):
            for item in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs):
                self._bind(item.arg, Binding("opaque", scope), scope)
        elif isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)):
            for generator in node.generators:
                self._bind_target(generator.target, generator.iter, scope, guards, "loop")
        elif isinstance(node, ast.Dict) and len(node.values) > 1:
            for number, value in enumerate(node.values):
                if isinstance(value, ast.Lambda):
                    self._expression(value, scope, (*guards, Guard("choice", None, choice=node, branch=number)))
            for child in _expressions(node):
                if not isinstance(child, ast.Lambda):
                    self._expression(child, scope, guards)
            return
        for child in _expressions(node):
            self._expression(child, scope, guards)

    def _bind_target(
        self,
        target: ast.expr,
        value: ast.expr | None,
        scope: Scope,
        guards: tuple[Guard, ...],
        kind: Literal["assign", "loop"] = "assign",
    ) -> None:
        known = (
            Binding(kind, scope, value, guards=guards) if value is not None else Binding("opaque", scope, guards=guards)
        )
        if isinstance(target, ast.Name):
            self._bind(target.id, known, scope)
        elif isinstance(target, ast.Attribute):
            owner = scope.enclosing_class
            if isinstance(target.value, ast.Name) and target.value.id in ("self", "cls") and owner is not None:
                owner.members.setdefault(target.attr, []).append(known)
            else:
                self.result.assigned.add(target.attr)
            self._expression(target.value, scope, guards)
        elif isinstance(target, (ast.Tuple, ast.List)):
            self._unpack(target, value, scope, guards, kind)
        elif isinstance(target, ast.Starred):
            self._bind_target(target.value, None, scope, guards)
        elif isinstance(target, ast.Subscript):
            self._set_entry(target, value if kind == "assign" else None, scope)
            self._expression(target.value, scope, guards)
            self._expression(target.slice, scope, guards)

    def _unpack(
        self,
        target: ast.Tuple | ast.List,
        value: ast.expr | None,
        scope: Scope,
        guards: tuple[Guard, ...],
        kind: Literal["assign", "loop"],
    ) -> None:
        values: list[ast.expr | None] = [None] * len(target.elts)
        starred = any(isinstance(item, ast.Starred) for item in target.elts)
        if kind == "loop" and value is not None and not starred:
            for number, item in enumerate(target.elts):
                if isinstance(item, ast.Name):
                    self._bind(item.id, Binding("loop", scope, value, guards=guards, part=number), scope)
                else:
                    self._bind_target(item, None, scope, guards)
            return
        if kind == "assign" and value is not None and not starred:
            if not isinstance(value, (ast.Tuple, ast.List)):
                values = [_entry(value, number) for number in range(len(target.elts))]
            elif len(value.elts) == len(target.elts) and not any(isinstance(item, ast.Starred) for item in value.elts):
                values = list(value.elts)
        for item, part in zip(target.elts, values, strict=True):
            self._bind_target(item, part, scope, guards)

    def _set_entry(self, target: ast.Subscript, value: ast.expr | None, scope: Scope) -> None:
        key = target.slice.value if isinstance(target.slice, ast.Constant) else None
        chain = dotted(target.value)
        if chain is not None and chain[-1] == "environ":
            self.result.environment.append((key if isinstance(key, str) else None, value, scope, False))
        else:
            self._change(target.value, key, scope)

    def _changed(self, container: ast.expr, call: ast.Call, scope: Scope) -> None:
        """A method that changes a dict or a list was called."""
        chain = dotted(container)
        first = call.args[0] if call.args else None
        key = first.value if isinstance(first, ast.Constant) else None
        if chain is not None and chain[-1] == "environ":
            method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            if method == "setdefault" and isinstance(key, str) and len(call.args) > 1:
                self.result.environment.append((key, call.args[1], scope, True))
            elif method != "pop":
                self.result.environment.append((None, None, scope, False))
            return
        if isinstance(call.func, ast.Attribute) and call.func.attr not in ("setdefault", "pop"):
            key = None
        self._change(container, key, scope)

    def _change(self, node: ast.expr, key: object, scope: Scope) -> None:
        while isinstance(node, ast.Subscript):
            node = node.value
        chain = dotted(node)
        if chain is not None:
            self.result.changed.add((chain[-1], key))
        if key is not None and (chain is None or _is_parameter(chain, scope)):
            self.result.changed.add(("*", key))  # it has another name where it comes from

    def _bind(self, name: str, binding: Binding, scope: Scope) -> None:
        home = self._top if name in self._globals.get(scope, ()) else scope
        home.bindings.setdefault(name, []).append(binding)


def _left(node: ast.If) -> Iterator[ast.expr]:
    """The tests of an ``if`` and its ``elif`` that fail when what stands behind it runs."""
    while isinstance(node.body[-1], _LEAVING):
        yield node.test
        if len(node.orelse) != 1 or not isinstance(node.orelse[0], ast.If):
            return
        node = node.orelse[0]


def _expressions(node: ast.AST) -> Iterator[ast.expr]:
    """The expressions directly below a node, those inside helper nodes (keywords, comprehensions) included."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr):
            yield child
        elif isinstance(child, (ast.keyword, ast.comprehension)):
            yield from _expressions(child)


def _is_parameter(chain: tuple[str, ...], scope: Scope) -> bool:
    return len(chain) == 1 and any(item.kind == "param" for item in scope.bindings.get(chain[0], ()))


def _entry(value: ast.expr, number: int) -> ast.expr:
    """``value[number]``, which unpacking takes."""
    entry = ast.Subscript(value, ast.copy_location(ast.Constant(number), value), ast.Load())
    return ast.copy_location(entry, value)


def _opens(node: ast.expr) -> bool:
    """Whether an expression opens a file: what ``with`` gives is then what the expression gives."""
    if not isinstance(node, ast.Call):
        return False
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return name == "open"


def _is_main_test(test: ast.expr) -> bool | None:
    """Whether a test is ``__name__ == "__main__"`` (``False`` for ``!=``); ``None`` for any other test."""
    if not (isinstance(test, ast.Compare) and len(test.ops) == 1):
        return None
    sides = [test.left, *test.comparators]
    names = any(isinstance(side, ast.Name) and side.id == "__name__" for side in sides)
    texts = any(isinstance(side, ast.Constant) and side.value == "__main__" for side in sides)
    if not (names and texts):
        return None
    return True if isinstance(test.ops[0], ast.Eq) else False if isinstance(test.ops[0], ast.NotEq) else None


def _is_type_checking(test: ast.expr) -> bool:
    chain = dotted(test)
    return chain is not None and chain[-1] == "TYPE_CHECKING"
