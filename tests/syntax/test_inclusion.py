"""What is said of two patterns holds for every path."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prebake.syntax.glob import problem
from prebake.syntax.ignorefile import parse_ignore
from prebake.syntax.inclusion import Budget, are_apart, includes
from prebake.text import Text

PLENTY = 100_000


@pytest.mark.parametrize(
    ("outer", "inner", "same_path", "below"),
    [
        ("**/*.pyc", "*.pyc", True, True),
        ("*.pyc", "**/*.pyc", False, False),
        ("**/*.py[cod]", "src/**/*.pyc", True, True),
        ("*", "a/b", False, True),
        ("**", "a/b", True, True),
        ("data", "data/**", False, True),
        ("data/**", "data", False, False),
        ("?*", "*", True, True),  # no path is empty
        ("**/a", "**/**/a", True, True),
        ("**/__pycache__", "src/__pycache__/*.pyc", False, True),
        ("[^a]", "[!a]", False, False),
        ("a|b*", "ab", True, True),  # beside a wildcard, Docker lets both ends of alternatives open
        (r"\*", r"\*", True, True),
        (r"\d", "1", False, False),  # not compared
        ("é*", "éa", False, False),  # not compared
    ],
)
def test_inclusion(outer: str, inner: str, *, same_path: bool, below: bool) -> None:
    assert includes(outer, inner, Budget(PLENTY)) == same_path
    assert includes(outer, inner, Budget(PLENTY), below=True) == below


@pytest.mark.parametrize(
    ("pattern", "other", "apart"),
    [
        ("*.md", "data", True),
        ("*.md", "*.txt", True),
        ("*.md", "*", False),
        ("data/*.md", "data", False),
        ("data", "data/*.md", True),
        ("src", "**/*.pyc", True),
        ("*/a", "b", False),
    ],
)
def test_patterns_that_have_nothing_in_common(pattern: str, other: str, *, apart: bool) -> None:
    assert are_apart(pattern, other, Budget(PLENTY)) == apart


def test_without_a_budget_nothing_is_claimed() -> None:
    assert not includes("**", "a", Budget(1))
    assert not are_apart("a", "b", Budget(0))
    assert not includes("*" + "a" * 500, "a" * 500, Budget(PLENTY))


PIECES = st.sampled_from(("a", "b", "ab", "*", "**", "?", "*b", "a*", "[ab]", "[^a]", "x{2}", "*|b", "."))
PATTERNS = st.lists(PIECES, min_size=1, max_size=3).map("/".join)
PATHS = tuple("/".join(parts) for depth in (1, 2, 3) for parts in product(("a", "b", "ab", "xx", ".a"), repeat=depth))


@settings(max_examples=300, deadline=None)
@given(PATTERNS, PATTERNS)
def test_claims_hold(outer: str, inner: str) -> None:
    from prebake.project.ignore.docker_pattern import DockerPattern

    sources = parse_ignore(Text(f"{outer}\n{inner}")).patterns
    if len(sources) != 2 or any(problem(source.pattern) for source in sources):
        return
    one, two = (DockerPattern(source) for source in sources)
    first, second = one.source.pattern, two.source.pattern
    matched = {path for path in PATHS if two.matches(path)}
    if includes(first, second, Budget(PLENTY)):
        assert all(one.matches(path) for path in matched)
    if includes(first, second, Budget(PLENTY), below=True):
        assert all(one.takes_in(path) for path in matched)
    if are_apart(second, first, Budget(PLENTY)):
        assert not any(one.takes_in(path) for path in matched)
