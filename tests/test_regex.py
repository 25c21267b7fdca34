"""Expressions that are compiled when they are first used."""

from __future__ import annotations

import importlib
import pkgutil
import re

import pytest

import prebake
from prebake.regex import regex


def test_it_does_what_a_compiled_expression_does() -> None:
    words = regex(r"(\w)\w*", re.ASCII)
    assert [found[1] for found in words.finditer("one two")] == ["o", "t"]
    assert words.sub("x", "one two") == "x x"
    assert words.fullmatch("é") is None
    assert words.pattern == r"(\w)\w*"


def test_every_expression_of_the_package_is_right() -> None:
    found = 0
    for module in pkgutil.walk_packages(prebake.__path__, "prebake."):
        if module.name.startswith("prebake.lsp") or module.name.endswith("__main__"):
            continue
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, type(regex(""))):
                assert isinstance(value.pattern, str)
                found += 1
    assert found > 50


def test_a_wrong_expression_is_said_when_it_is_used() -> None:
    wrong = regex("(")
    with pytest.raises(re.error):
        wrong.match("")
