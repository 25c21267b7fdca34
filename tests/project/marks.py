"""The values that programs for tests pass to ``mark``."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from prebake.project.python.values import Value
from tests.project.programs import run


def values(
    source: str,
    files: Mapping[str, str] | None = None,
    *,
    environment: Mapping[str, str | None] | None = None,
    arguments: tuple[str, ...] = (),
) -> list[Value]:
    """The values of the argument of every reached ``mark(...)`` of a program."""
    reached = run({"main.py": source, **(files or {})}, environment=environment, arguments=arguments)
    return [
        value
        for module, call in reached.calls
        if isinstance(call.node.func, ast.Name) and call.node.func.id == "mark"
        for value in reached.evaluator.evaluate(module, call.scope, call.node.args[0])
    ]


def certain(found: list[Value]) -> list[str | None]:
    """The texts that are surely used; ``None`` for what is not known."""
    return [value.text for value in found if value.certain]


def possible(found: list[Value]) -> set[str | None]:
    """The texts that are used perhaps."""
    return {value.text for value in found if not value.certain}
