from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.project.ignore.rules import rules_of
from prebake.syntax.ignorefile import example, parse_ignore
from prebake.text import Text


def read(content: str) -> list[str]:
    """The patterns as Docker lists them."""
    return [("!" if pattern.negated else "") + pattern.pattern for pattern in parse_ignore(Text(content)).patterns]


def test_a_file_as_docker_reads_it() -> None:
    content = "test1\n/test2\n/a/file/here\n\nlastfile\n# this is a comment\n! /inverted/abs/path\n!\n! "
    assert read(content) == ["test1", "test2", "a/file/here", "lastfile", "!inverted/abs/path", "!", "!"]


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("  a  ", "a"),
        ("a/", "a"),
        ("./a//b/../c", "a/c"),
        (" # x", "# x"),
        ("! a", "!a"),
        ("!/a/", "!a"),
        ("!!a", "!!a"),
        ("/!a", "!a"),
        ("\u00a0a\u2003", "a"),
        ("a b", "a b"),
        ("/ ./**b", "**b"),
    ],
)
def test_a_line_is_trimmed_and_cleaned(line: str, pattern: str) -> None:
    assert read(line) == [pattern]


def test_a_comment_begins_in_the_first_column_only() -> None:
    file = parse_ignore(Text("# one\n #two\n#\n"))
    assert [(comment.line, comment.text) for comment in file.comments] == [(0, " one"), (2, "")]
    assert [pattern.pattern for pattern in file.patterns] == ["#two"]


def test_positions_are_those_of_the_text_between_the_blanks() -> None:
    text = Text("\ufeff# é\r\n  ünter/*.log \r\n")
    (pattern,) = parse_ignore(text).patterns
    assert (pattern.line, pattern.start, pattern.end) == (1, 2, 13)
    assert text.slice(pattern.span) == pattern.raw == "ünter/*.log"
    (comment,) = parse_ignore(text).comments
    assert text.slice(comment.span) == "# é"


def test_a_byte_order_mark_and_crlf_are_no_part_of_a_pattern() -> None:
    assert [p.pattern for p in parse_ignore(Text.from_bytes(b"\xef\xbb\xbfa\r\nb\r\n")).patterns] == ["a", "b"]


@pytest.mark.parametrize("line", ["!", "! ", "!/", "/!", "[a", "a\\", "[z-a]", r"src\lib"])
def test_what_stops_the_build_has_a_problem(line: str) -> None:
    file = parse_ignore(Text(f"ok\n{line}\n"))
    assert file.problem is not None
    assert file.problem.line == 1
    assert file.patterns[0].problem is None


def test_a_line_of_64_kib_stops_the_build_and_one_byte_less_does_not() -> None:
    assert parse_ignore(Text("a" * 65_535 + "\nb")).problem is None
    file = parse_ignore(Text("x\n" + "a" * 65_536 + "\nb"))
    assert file.problem is not None
    assert file.problem.line == 1
    assert "64 KiB" in (file.problem.problem or "")


def test_the_line_limit_counts_bytes() -> None:
    assert parse_ignore(Text("é" * 32_767)).problem is None
    assert parse_ignore(Text("é" * 32_768)).problem is not None


@given(st.text())
def test_every_pattern_lies_where_it_says(content: str) -> None:
    text = Text(content)
    for pattern in parse_ignore(text).patterns:
        assert text.slice(pattern.span) == pattern.raw
        assert pattern.raw.strip(" \t") == pattern.raw != ""


@given(st.text(alphabet="ab*?!/.[]\\ #\n\r^-|{2}"))
def test_reading_what_was_read_gives_the_same(content: str) -> None:
    """A cleaned pattern is its own cleaned pattern, as long as its first character has no meaning to the reader."""
    for pattern in parse_ignore(Text(content)).patterns:
        if pattern.problem is None and not pattern.pattern.startswith(("!", "#", "/", " ")):
            (again,) = parse_ignore(Text(("!" if pattern.negated else "") + pattern.pattern)).patterns
            assert (again.pattern, again.negated) == (pattern.pattern, pattern.negated)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("**/*.py[cod]", "x.pyc"), ("/data/", "data"), ("a\\*b", "a*b"), ("**/node_modules", "node_modules"),
        ("src/**/*.log", "src/x.log"), ("*.egg-info", "x.egg-info"),
    ],
)  # fmt: skip
def test_an_example_is_matched(pattern: str, path: str) -> None:
    assert example(pattern) == path
    assert not rules_of(Text(pattern), "").sends(path)


@pytest.mark.parametrize(
    ("line", "is_for_top"),
    [("*.pyc", True), ("node_modules/", True), ("/node_modules", False), ("./a", False), ("**/a", False), ("!a", False),
     ("a/b", False), ("[a", False)],
)  # fmt: skip
def test_a_pattern_for_the_top_that_does_not_say_so(line: str, is_for_top: bool) -> None:
    (pattern,) = parse_ignore(Text(line)).patterns
    assert pattern.is_for_top == is_for_top
