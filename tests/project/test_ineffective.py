"""Patterns that could be left out: what is claimed holds on every tree."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prebake.config import Builder
from prebake.project.ignore.ineffective import ineffective
from prebake.project.ignore.rules import IgnoreRules, rules_of
from prebake.text import Text


def found(*lines: str) -> list[tuple[int, str, int | None]]:
    """Line (from 1), reason, and the line of the pattern that does the work."""
    return [
        (item.pattern.line + 1, item.reason, item.by.line + 1 if item.by else None)
        for item in ineffective(Text("\n".join(lines)))
    ]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["a", "b", "a"], [(3, "duplicate", 1)]),
        (["a", "./a/"], [(2, "duplicate", 1)]),
        (["**/*.pyc", "*.pyc"], [(2, "covered", 1)]),
        (["*.pyc", "**/*.py[cod]"], [(1, "covered", 2)]),
        (["**/__pycache__", "src/__pycache__"], [(2, "covered", 1)]),
        (["**/__pycache__", "src/**/__pycache__/*.pyc"], [(2, "covered", 1)]),
        (["data", "data/raw", "data/**", "data/*.csv"], [(2, "covered", 1), (3, "covered", 1), (4, "covered", 1)]),
        (["*", "node_modules", "!src"], [(2, "covered", 1)]),
        (["*", "!src", "!src"], [(3, "duplicate", 2)]),
        (["*", "!**/*.py", "!src/*.py"], [(3, "covered", 2)]),
        (["**/a", "**/**/a"], [(2, "covered", 1)]),
        (["."], [(1, "never", None)]),
        (["a", "..", "../x", "/"], [(2, "never", None), (3, "never", None), (4, "never", None)]),
        (["*", "!."], [(2, "never", None)]),
        (["!a"], [(1, "nothing-to-except", None)]),
        (["!a/keep", "b", "a"], [(1, "nothing-to-except", 3)]),
        (["data", "!README.md"], [(2, "nothing-to-except", None)]),
        (["data", "*.txt", "!*.md"], [(3, "nothing-to-except", None)]),
        # An exception for a folder is compared with the folder alone, which is not ignored: the files stay ignored.
        (["**/*.pyc", "!src"], [(2, "nothing-to-except", None)]),
    ],
    ids=lambda value: " ".join(map(str, value)),
)
def test_what_could_be_left_out(lines: list[str], expected: list[tuple[int, str, int | None]]) -> None:
    assert found(*lines) == expected


@pytest.mark.parametrize(
    "lines",
    [
        ["a", "b"],
        ["*.pyc", "src/*.pyc"],
        ["a", "!a/b", "a"],  # the walk does not compare `a` with what is ignored already: the last line takes `a/b`
        ["a", "!a/b", "a/b"],
        ["a", "!a/b", "a", "a/b"],  # without the last line, `a/b` is sent: `a` was ignored before
        ["**/*.pyc", "!**/keep.pyc", "src/a.pyc"],
        ["*", "!src", "src/__pycache__", "**/__pycache__/x"],
        ["data", "!data/keep"],
        ["*.md", "!README.md"],
        ["*", "!src", "!src/a"],  # an exception counts only where something is ignored
        ["data/*", "!data/*.md"],
        ["a[b", "a", "a"],  # the build stops
        ["[^a]b", "[!a]b"],
        ["*.tar.gz", "*.gz[ip]"],
        ["a|b", "a"],
        [r"src\d*", r"src\data"],  # digits, to Docker: not compared
        ["ä*", "äb*"],
    ],
    ids=" ".join,
)
def test_what_has_an_effect_is_left_alone(lines: list[str]) -> None:
    assert found(*lines) == []


@pytest.mark.parametrize("builder", ["legacy", "buildah"])
def test_an_exception_that_leads_into_a_folder_stays_where_it_is_needed_for_that(builder: Builder) -> None:
    """Without the last line these builders would not look into `data`: what the other one brings back would be lost."""
    lines = Text("data\n!**/*.csv\n!data/labels.csv")
    assert [item.reason for item in ineffective(lines)] == ["covered"]
    assert ineffective(lines, builder) == ()
    assert [item.reason for item in ineffective(Text("!a\na\na\n!b\n!b"), builder)] == ["duplicate", "duplicate"]


def test_thousands_of_patterns_are_no_matter() -> None:
    lines = [f"dir{number}/**/*.x{number}[ab]" for number in range(3000)] + ["dir7"]
    assert ("covered" in {reason for _, reason, _ in found(*lines)}) is True
    many = [f"*a*b*{number}*c*d*e*f*g" for number in range(300)]
    assert found(*many) == []


NAMES = ("a", "b", "ab", "c.py", "d.py", "x")
PIECES = st.sampled_from((*NAMES, "*", "**", "?", "*.py", "[a-b]", "[^a]", "a*", "*b*", ".", ".."))
PATTERNS = st.builds(
    lambda negated, parts: ("!" if negated else "") + "/".join(parts),
    st.sampled_from((False, False, True)),
    st.lists(PIECES, min_size=1, max_size=3),
)
FILES = st.lists(PATTERNS, min_size=1, max_size=8)
TREE = tuple("/".join(parts) for depth in (1, 2, 3) for parts in product(NAMES, repeat=depth))


def without(lines: list[str], reported: set[int]) -> Iterator[IgnoreRules]:
    """The rules without each of the reported lines, and without all of them."""
    for gone in (*({line} for line in reported), reported):
        yield rules_of(Text("\n".join(line for number, line in enumerate(lines) if number not in gone)), "/x")


@settings(max_examples=100, deadline=None)
@given(FILES)
def test_without_what_is_reported_the_walk_sends_the_same(lines: list[str]) -> None:
    reported = {item.pattern.line for item in ineffective(Text("\n".join(lines)))}
    before = rules_of(Text("\n".join(lines)), "/x")
    sent = [path for path in TREE if before.sends(path)] if reported else []
    empty = [path for path in sent if before.arrives_empty(path)]
    for after in without(lines, reported) if reported else ():
        assert [path for path in TREE if after.sends(path)] == sent
        assert [path for path in sent if after.arrives_empty(path)] == empty


@settings(max_examples=100, deadline=None)
@given(FILES)
def test_without_what_is_reported_each_path_alone_is_answered_the_same(lines: list[str]) -> None:
    reported = {item.pattern.line for item in ineffective(Text("\n".join(lines)), "kaniko")}
    before = rules_of(Text("\n".join(lines)), "/x")
    sent = [path for path in TREE[:60] if before.sends_alone(path)] if reported else []
    for after in without(lines, reported) if reported else ():
        assert [path for path in TREE[:60] if after.sends_alone(path)] == sent


@given(st.text(max_size=60))
def test_any_file_gets_an_answer(content: str) -> None:
    text = Text(content)
    assert all(item.pattern in rules_of(text, "/x").patterns for item in ineffective(text))
