"""Whether conditions hold when a container starts."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import TYPE_CHECKING

from prebake.project.python.modules import Module
from prebake.project.python.scopes import Scope

if TYPE_CHECKING:
    from prebake.project.python.evaluate import Evaluator


def truth(evaluator: Evaluator, module: Module, scope: Scope, node: ast.expr, depth: int) -> bool | None:
    """Whether a condition holds; ``None`` when that is not known."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        inner = evaluator.truth(module, scope, node.operand, depth + 1)
        return None if inner is None else not inner
    if isinstance(node, ast.BoolOp):
        decisive = isinstance(node.op, ast.Or)
        parts = [evaluator.truth(module, scope, part, depth + 1) for part in node.values]
        return decisive if decisive in parts else None if None in parts else not decisive
    if isinstance(node, ast.Compare):
        return _compared(evaluator, module, scope, node, depth)
    return _agreed(value.truth for value in evaluator.evaluate(module, scope, node, depth + 1))


def _compared(evaluator: Evaluator, module: Module, scope: Scope, node: ast.Compare, depth: int) -> bool | None:
    if len(node.ops) != 1:
        return None
    operator = node.ops[0]
    left = evaluator.evaluate(module, scope, node.left, depth + 1)
    if isinstance(operator, (ast.In, ast.NotIn)):
        right = evaluator.elements(module, scope, node.comparators[0], depth + 1)
        if not all(value.known for value in (*left, *right)):
            return None
        held = _agreed(value.constant in [item.constant for item in right] for value in left)
        return None if held is None else held is isinstance(operator, ast.In)
    if not isinstance(operator, (ast.Eq, ast.NotEq, ast.Is, ast.IsNot)):
        return None
    right = evaluator.evaluate(module, scope, node.comparators[0], depth + 1)
    if not all(value.known for value in (*left, *right)):
        return None
    equal = _agreed(one.constant == other.constant for one in left for other in right)
    return None if equal is None else equal is isinstance(operator, (ast.Eq, ast.Is))


def _agreed(answers: Iterable[bool | None]) -> bool | None:
    distinct = set(answers)
    return distinct.pop() if len(distinct) == 1 else None
