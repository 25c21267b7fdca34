"""Calls that are to load a model from a folder instead of by its id: the smallest edit of the Python file."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from prebake.edits import TextEdit
from prebake.project.python.parse import call_at, parse, span_of
from prebake.project.python.scopes import FUNCTIONS, dotted
from prebake.project.python.values import argument
from prebake.records import NamedTuple
from prebake.text import Span, Text

_READERS = frozenset((("os", "getenv"), ("os", "environ", "get"), ("getenv",), ("environ", "get")))


class Unclear(Exception):
    """Why the code is not edited: a sentence without its full stop."""


class Site(NamedTuple):
    """A call, by its place, the parameter that has the id, and the text that it is. ``varies`` says that an environment
    variable may give another one.
    """

    span: Span
    parameter: tuple[str, int | None]
    written: str
    varies: bool


def retarget(text: Text, sites: Iterable[Site], folder: str) -> tuple[TextEdit, ...]:
    """The edits that make all these calls of one file load from ``folder``, which has no quotes or backslashes.

    Where the id stands in the call, it is replaced there; where the calls alone use a constant, a parameter's default
    or the default of an environment variable, that is; else the argument is.

    Raises:
        Unclear: the id is not written in this file, or serves something else as well.
    """
    found = list(sites)
    passed = {id(node): (site, node) for site in found if (node := _passed(text, site)) is not None}
    if len(passed) < len({site.span for site in found}):
        raise Unclear("the code does not write the id where it loads the model")
    tree = parse(text)
    literals: dict[int, ast.expr] = {}
    for site, node in passed.values():
        place = _place(tree, site, node, set(passed))
        literals[id(place)] = place
    return tuple(_replaced(text, node, folder) for node in literals.values())


def _passed(text: Text, site: Site) -> ast.expr | None:
    call = call_at(text, site.span)
    node = None if call is None else argument(call, *site.parameter)
    return node if isinstance(node, ast.expr) else None


def _place(tree: ast.Module, site: Site, node: ast.expr, ours: set[int]) -> ast.expr:
    """The expression that is replaced by the folder."""
    literal = _literal(node, site.written)
    if literal is not None:
        return literal
    if isinstance(node, ast.Name):
        literal = _bound(tree, node, site, ours)
        if literal is not None:
            return literal
    if site.varies:
        raise Unclear("an environment variable decides the id in a way that an edit of its default does not change")
    return node


def _literal(node: ast.expr, written: str) -> ast.expr | None:
    """The string itself, or the default that reading an environment variable has."""
    if isinstance(node, ast.Constant):
        return node if node.value == written else None
    if isinstance(node, ast.Call) and dotted(node.func) in _READERS:
        default = argument(node, "default", 1)
        if isinstance(default, ast.Constant) and default.value == written:
            return default
    return None


def _bound(tree: ast.Module, name: ast.Name, site: Site, ours: set[int]) -> ast.expr | None:
    """The string that a name stands for, where it stands for nothing else and only our calls use it."""
    values: list[ast.expr | None] = list(_bindings(tree, name.id))
    used = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == name.id and isinstance(node.ctx, ast.Load)
    ]
    value = values[0] if len(values) == 1 else None
    literal = None if value is None else _literal(value, site.written)
    if literal is not None and all(id(node) in ours for node in used):
        return literal
    is_parameter = any(
        isinstance(node, (*FUNCTIONS, ast.Lambda)) and any(item.arg == name.id for item in _parameters(node.args))
        for node in ast.walk(tree)
    )
    if is_parameter or len(values) > 1 or (values and value is None):
        raise Unclear(f"{name.id}, which has the id, may have another value, or serves something else")
    return None


def _bindings(tree: ast.Module, name: str) -> Iterator[ast.expr | None]:
    """What a name is bound to anywhere in the file: ``None`` for what is no plain assignment or default."""
    plain: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and _is(node.targets[0], name):
            plain.add(id(node.targets[0]))
            yield node.value
        elif isinstance(node, ast.AnnAssign) and _is(node.target, name):
            plain.add(id(node.target))
            yield node.value
        elif isinstance(node, (*FUNCTIONS, ast.Lambda)):
            yield from _defaults(node.args, name)
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store) and id(node) not in plain:
            yield None


def _is(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _parameters(arguments: ast.arguments) -> list[ast.arg]:
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def _defaults(arguments: ast.arguments, name: str) -> Iterator[ast.expr | None]:
    positional = [*arguments.posonlyargs, *arguments.args]
    missing: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults = [*missing, *arguments.defaults, *arguments.kw_defaults]
    for parameter, default in zip(_parameters(arguments), defaults, strict=True):
        if parameter.arg == name:
            yield default


def _replaced(text: Text, node: ast.expr, folder: str) -> TextEdit:
    span = span_of(text, node)
    quote = text.slice(span)[:1]
    quote = quote if quote in ("'", '"') and isinstance(node, ast.Constant) else '"'
    return TextEdit(span, f"{quote}{folder}{quote}")
