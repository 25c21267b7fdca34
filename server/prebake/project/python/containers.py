"""What is inside of what an expression gives: the entry of a key, and what a loop runs through."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from prebake.project.python.modules import Module
from prebake.project.python.scopes import Scope
from prebake.project.python.values import UNKNOWN, Value, Values, bounded, perhaps, unknown

if TYPE_CHECKING:
    from prebake.project.python.evaluate import Evaluator

_VIEWS = ("keys", "values", "items")
_SAME = ("list", "tuple", "set", "sorted", "reversed", "iter", "tqdm")
"""Functions that give what they are given, one after the other."""


def looked_up(
    evaluator: Evaluator, module: Module, scope: Scope, container: ast.expr, keys: Values, depth: int
) -> Values:
    """An entry of a dict, a list, or data that was read from a file."""
    found: list[Value] = []
    for base in evaluator.evaluate(module, scope, container, depth + 1):
        for key in keys:
            inside = None if base.thing is None else base.thing.item(evaluator, key, depth)
            if not inside:
                inside = unknown(base.source or key.source)
            elif key.variable is not None:
                inside = tuple(value._replace(variable=value.variable or key.variable) for value in inside)
            if key.known and evaluator.names.may_change(container, key.constant):
                inside = (*perhaps(inside), UNKNOWN)
            found += inside if base.certain and key.certain else perhaps(inside)
    return bounded(found)


def elements(
    evaluator: Evaluator, module: Module, scope: Scope, node: ast.expr, depth: int, part: int | None
) -> Values:
    """The values that a loop over an expression runs through; ``part`` is which part of each is meant."""
    view, shown = "keys", node
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _VIEWS:
        view, shown = node.func.attr, node.func.value
        if view == "items":
            view, part = ("keys" if part == 0 else "values"), None
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and scope.lookup(node.func.id) is None:
        name, arguments = node.func.id, node.args
        if name in _SAME and arguments:
            return evaluator.elements(module, scope, arguments[0], depth + 1, part)
        if name == "enumerate" and arguments and part is not None:
            return evaluator.elements(module, scope, arguments[0], depth + 1) if part == 1 else (UNKNOWN,)
        if name == "zip" and part is not None and part < len(arguments):
            return evaluator.elements(module, scope, arguments[part], depth + 1)
    found: list[Value] = []
    for base in evaluator.evaluate(module, scope, shown, depth + 1):
        inside = None if base.thing is None else base.thing.elements(evaluator, view, depth)
        found += unknown(base.source) if inside is None else inside if base.certain else perhaps(inside)
    if evaluator.names.may_change(shown, None):
        found.append(UNKNOWN)
    if part is not None:
        pieces = [None if value.thing is None else value.thing.item(evaluator, Value(part), depth) for value in found]
        found = [value for piece in pieces for value in (piece or (UNKNOWN,))]
    return bounded(found) or (UNKNOWN,)
