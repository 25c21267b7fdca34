"""``prebake rule``: the page of a rule, or a table of all."""

from __future__ import annotations

from prebake.cli.output import standard_error, standard_output
from prebake.rules import all_rules, by_code
from prebake.rules.base import Rule


def run(code: str | None) -> int:
    """Print the page of the rule with this code or name, or a table of all rules; 2 when there is no such rule."""
    output = standard_output()
    if code is None:
        for line in _table():
            output.line(line)
    elif (rule := by_code(code)) is not None:
        output.write(f"# {rule.name} ({rule.code})\n\nUsual severity: **{rule.severity}**.\n\n{rule.page()}\n")
    else:
        standard_error().line(f"prebake: no rule is called {code!r}: `prebake rule` lists them")
        return 2
    output.flush()
    return 0


def _table() -> list[str]:
    rows = [("code", "name", "severity", "what it finds"), *(_row(rule) for rule in all_rules())]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _row(rule: type[Rule]) -> tuple[str, str, str, str]:
    return rule.code, rule.name, str(rule.severity), rule.summary().rstrip(".")
