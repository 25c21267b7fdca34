"""The source line under a finding, with carets below its span."""

from __future__ import annotations

from prebake.cli.output import printable_character
from prebake.regex import regex
from prebake.text import Span, Text

_TAB = 4
_WIDEST = 160
"""Columns of source that are shown; of a longer line the part around the span."""
_BEFORE = 40
_CUT = "..."
_SECRET = regex(r"(?i)token|key|secret|hf_|sk-|gh[pousr]_|github_pat|glpat|xox|aiza|npm_|pypi-|dckr_|gsk_|nvapi|_pat")
"""What a line with a token in it has: those are made unreadable, since logs of CI are read by many."""


def snippet(text: Text, span: Span) -> tuple[str, str, str]:
    """The number (1-based) of a span's first line, that line, and the carets below it.

    Tabs become spaces; a wide character has two carets, a combining one none. Of a span over several lines the first
    line is shown, up to its end.
    """
    number, start = span.start
    line = text.line(number)
    if _SECRET.search(line):
        from prebake.project.measuring.secrets import masked

        line = masked(line)
    visible_end = len(line.rstrip())
    end = span.end.column if span.end.line == number else max(visible_end, start)
    end = min(max(end, start), len(line))
    first = 0
    if len(line) > _WIDEST:
        first = max(0, min(start - _BEFORE, len(line) - _WIDEST))
    last = min(first + _WIDEST, visible_end)
    shown, columns = _columns(line[first:last])
    before, after = columns[min(max(start - first, 0), len(columns) - 1)], columns[max(min(end, last) - first, 0)]
    lead = _CUT if first else ""
    tail = _CUT if last < visible_end else ""
    carets = " " * (len(lead) + before) + "^" * max(after - before, 1)
    return str(number + 1), lead + shown + tail, carets


def width(text: str) -> int:
    """The number of columns that text without control characters takes on a terminal."""
    return len(text) if text.isascii() else _columns(text)[1][-1]


def _columns(piece: str) -> tuple[str, list[int]]:
    """What is shown of a piece of a line, and the column at which each of its characters begins (and the last ends)."""
    if piece.isascii() and piece.isprintable():
        return piece, list(range(len(piece) + 1))
    from unicodedata import combining, east_asian_width

    shown: list[str] = []
    columns = [0]
    for char in piece:
        column = columns[-1]
        if char == "\t":
            text = " " * (_TAB - column % _TAB)
        else:
            text = printable_character(char)
        if text != char:
            width = len(text)
        elif combining(char) or char in "\u200b\u200d\ufe0f":
            width = 0
        else:
            width = 2 if east_asian_width(char) in "WF" else 1
        shown.append(text)
        columns.append(column + width)
    return "".join(shown), columns
