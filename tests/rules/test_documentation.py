"""Rules describe themselves completely."""

from __future__ import annotations

import pytest

from prebake.rules import REGISTRY, all_rules, by_code
from prebake.rules.base import Rule


@pytest.mark.parametrize("rule", all_rules(), ids=lambda rule: rule.code)
def test_page_has_every_heading_in_order(rule: type[Rule]) -> None:
    headings = [line.removeprefix("## ") for line in rule.page().splitlines() if line.startswith("## ")]
    assert [heading.replace("slow", "bad") for heading in headings] == [
        "What it does",
        "Why it is bad",
        "Example",
        "Use instead",
        "Fix safety",
        "References",
    ]


def test_codes_and_names_are_unique_and_sorted() -> None:
    codes = [rule.code for rule in all_rules()]
    assert codes == sorted(set(codes))
    assert len({rule.name for rule in all_rules()}) == len(codes)


def test_the_registry_names_each_rule_as_it_names_itself() -> None:
    assert [(entry.code, entry.name) for entry in REGISTRY] == [(rule.code, rule.name) for rule in all_rules()]


def test_rules_are_found_by_code_and_by_name() -> None:
    for rule in all_rules():
        assert by_code(rule.code.lower()) is rule
        assert by_code(rule.name) is rule
    assert by_code("PB000") is None
