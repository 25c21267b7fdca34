"""`prebake rule`."""

from __future__ import annotations

from prebake.rules import all_rules
from tests.cli.conftest import Run


def test_the_table_lists_all_rules(run: Run) -> None:
    head, *rows = run("rule").out.splitlines()
    assert head.split()[:3] == ["code", "name", "severity"]
    assert [row.split()[:3] for row in rows] == [[rule.code, rule.name, str(rule.severity)] for rule in all_rules()]


def test_a_page_is_found_by_code_and_by_name(run: Run) -> None:
    for rule in all_rules():
        page = run("rule", rule.code.lower())
        assert page.status == 0
        assert page.out.startswith(f"# {rule.name} ({rule.code})\n\nUsual severity: **{rule.severity}**.\n")
        assert "## Fix safety" in page.out
        assert run("rule", rule.name).out == page.out


def test_an_unknown_rule_is_bad_usage(run: Run) -> None:
    done = run("rule", "PB000")
    assert (done.status, done.out) == (2, "")
    assert "PB000" in done.err
