from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.syntax.glob import GlobError, alternatives, clean, problem, wildcard


@pytest.mark.parametrize(
    ("path", "cleaned"),
    [
        ("", "."),
        ("a//b/./c/", "a/b/c"),
        ("a/../../b", "../b"),
        ("/../a", "/a"),
        ("/", "/"),
        ("a/..", "."),
    ],
)
def test_clean_gives_the_shortest_equal_path(path: str, cleaned: str) -> None:
    assert clean(path) == cleaned


@pytest.mark.parametrize(
    ("pattern", "name", "matches"),
    [
        ("*.txt", "requirements.txt", True),
        ("*.txt", "requirements.in", False),
        ("req*s*.txt", "requirements-dev.txt", True),
        ("a?c", "abc", True),
        ("a?c", "ac", False),
        ("[a-c]x", "bx", True),
        ("[^a-c]x", "bx", False),
        ("[^a-c]x", "zx", True),
        ("[c-a]x", "bx", False),
        (r"a\*", "a*", True),
        (r"a\*", "ab", False),
        ("*a*b", "xaxxb", True),
        ("*a*b", "xbxxa", False),
        ("*", "", True),
    ],
)
def test_wildcards_of_sources_stay_in_one_component(pattern: str, name: str, matches: bool) -> None:
    expression = wildcard(pattern)
    assert expression is not None
    assert (expression.match(name) is not None) == matches


def test_a_literal_source_is_no_wildcard() -> None:
    assert wildcard("requirements.txt") is None


@pytest.mark.parametrize("pattern", ["[", "[a", "[]a]", "[a-", "[-a]", "[x-]", "a\\", "[a-b-c]", "[\\"])
def test_malformed_wildcards_are_refused(pattern: str) -> None:
    with pytest.raises(GlobError):
        wildcard(pattern)
    assert problem(pattern) is not None


@pytest.mark.parametrize(
    ("pattern", "word"),
    [(r"src\lib", "escape"), ("[z-a]", "empty"), ("[[:letter:]]", "class"), (r"venv\Lib*", "escape"), ("a*{2}", "{2}")],
)
def test_patterns_that_fail_when_they_are_matched_are_refused_with_the_reason(pattern: str, word: str) -> None:
    found = problem(pattern)
    assert found is not None
    assert word in found


def test_a_hostile_wildcard_is_matched_in_linear_time() -> None:
    expression = wildcard("*a" * 60 + "b")
    assert expression is not None
    assert expression.match("a" * 255) is None


@given(st.text())
def test_any_text_gives_atoms_or_a_reason(pattern: str) -> None:
    found = problem(pattern)
    if found is None:
        assert alternatives(pattern)
    else:
        assert found
