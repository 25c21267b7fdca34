"""The source line and its carets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.cli.snippet import snippet
from prebake.text import Position, Span, Text


def shown(line: str, start: int, end: int) -> tuple[str, str]:
    number, source, carets = snippet(Text(f"first\n{line}\n"), Span(Position(1, start), Position(1, end)))
    assert number == "2"
    return source, carets


@pytest.mark.parametrize(
    ("line", "start", "end", "source", "carets"),
    [
        ("COPY . .", 0, 4, "COPY . .", "^^^^"),
        ("COPY . .", 5, 6, "COPY . .", "     ^"),
        ("COPY . .", 8, 8, "COPY . .", "        ^"),
        ("", 0, 0, "", "^"),
        ("a  ", 0, 3, "a", "^"),
        ("\tCOPY\tx", 1, 5, "    COPY    x", "    ^^^^"),
        ("\tCOPY\tx", 6, 7, "    COPY    x", "            ^"),
        ("日本 x", 0, 2, "日本 x", "^^^^"),
        ("日本 x", 3, 4, "日本 x", "     ^"),
        ("e\u0301 x", 3, 4, "e\u0301 x", "  ^"),
        ("\U0001f600 x", 2, 3, "\U0001f600 x", "   ^"),
        ("\x1b[1m x", 5, 6, "\\x1b[1m x", "        ^"),
    ],
)
def test_carets_stand_below_what_is_meant(line: str, start: int, end: int, source: str, carets: str) -> None:
    assert shown(line, start, end) == (source, carets)


def test_of_several_lines_the_first_is_shown() -> None:
    text = Text("RUN a \\  \n  b\n")
    assert snippet(text, Span(Position(0, 0), Position(1, 3))) == ("1", "RUN a \\", "^^^^^^^")


def test_of_a_long_line_the_part_around_the_span_is_shown() -> None:
    line = "x" * 5_000 + "HERE" + "y" * 5_000
    source, carets = shown(line, 5_000, 5_004)
    assert len(source) < 200
    assert source[carets.index("^") : len(carets)] == "HERE"
    assert source.startswith("...") and source.endswith("...")
    source, carets = shown(line, 0, 10_004)
    assert set(carets) == {"^"} and len(carets) < 200


@given(st.text(max_size=400), st.integers(0, 3), st.integers(0, 420), st.integers(0, 3), st.integers(0, 420))
def test_any_span_of_any_text_can_be_shown(content: str, line: int, column: int, more: int, end: int) -> None:
    span = Span(Position(line, column), Position(line + more, end))
    _, source, carets = snippet(Text(content), span)
    assert "\n" not in source and "\x1b" not in source
    assert carets.lstrip(" ").strip("^") == "" and "^" in carets
