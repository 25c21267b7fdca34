"""Positions and ranges between the client's coordinates and the project's.

Inside, a position is a 0-based line and a 0-based code point, lines end at ``\\n`` or ``\\r\\n``, and a byte order mark
takes no room. A client counts code units of the negotiated encoding, may end a line at a lone ``\\r`` as well, and
counts a byte order mark that is part of the text it sent.
"""

from __future__ import annotations

from bisect import bisect_right

from lsprotocol import types

from prebake.text import Position, Span, Text

Encoding = types.PositionEncodingKind | str


def units(text: str, encoding: Encoding) -> int:
    """The length of a text in code units of a position encoding. Lone surrogates count as they would if encoded."""
    if encoding == types.PositionEncodingKind.Utf32 or text.isascii():
        return len(text)
    if encoding == types.PositionEncodingKind.Utf8:
        return len(text.encode("utf-8", "surrogatepass"))
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def column(line: str, character: int, encoding: Encoding) -> int:
    """The code point at which ``character`` code units of a line have passed.

    A place inside of a character is that character's start, one past the line's end is its end.
    """
    if encoding == types.PositionEncodingKind.Utf32 or line.isascii():
        return min(max(character, 0), len(line))
    low, high = 0, len(line)
    while low < high:
        middle = (low + high + 1) // 2
        if units(line[:middle], encoding) <= character:
            low = middle
        else:
            high = middle - 1
    return low


class Coordinates:
    """The client's coordinates of one text."""

    def __init__(self, text: Text, encoding: Encoding, *, counts_bom: bool = False) -> None:
        """Coordinates in code units of ``encoding``. ``counts_bom``: the text's byte order mark is a character of its
        first line for the client, because the client sent it.
        """
        self.text = text
        self._encoding = encoding
        self._lead = 1 if counts_bom and text.bom else 0
        content = text.content
        self._starts = None if content.count("\r") == content.count("\r\n") else _line_starts(content)

    def offset(self, position: types.Position) -> int:
        """The index into the text's content of a client's position; it is moved to the nearest place that exists.

        The place before a byte order mark that the client counts is -1.
        """
        number, character = position.line, position.character
        if number < 0:
            return -self._lead
        start, line = self._line(number)
        if line is None:
            return start
        lead = self._lead if number == 0 else 0
        return start + column("\ufeff" * lead + line, character, self._encoding) - lead

    def _line(self, number: int) -> tuple[int, str | None]:
        """The index at which the client's line starts and the line; no line past the last."""
        content = self.text.content
        if self._starts is None:
            inside = number < self.text.line_count
            return self.text.line_start(number), self.text.line(number) if inside else None
        if number >= len(self._starts):
            return len(content), None
        start = self._starts[number]
        end = self._starts[number + 1] if number + 1 < len(self._starts) else len(content)
        return start, content[start:end].rstrip("\r\n")

    def from_client(self, position: types.Position) -> Position:
        """A client's position in the project's coordinates."""
        return self.text.position(self.offset(position))

    def span(self, span: types.Range) -> Span:
        """A client's range in the project's coordinates."""
        return Span(self.from_client(span.start), self.from_client(span.end))

    def position(self, position: Position) -> types.Position:
        """One of the project's positions in the client's coordinates."""
        offset = self.text.offset(position)
        if self._starts is None:
            number, start = position.line, self.text.line_start(position.line)
            if position.line >= self.text.line_count:
                number, start = self.text.line_count - 1, self.text.line_start(self.text.line_count - 1)
        else:
            number = bisect_right(self._starts, offset) - 1
            start = self._starts[number]
        lead = "\ufeff" * self._lead if number == 0 else ""
        return types.Position(number, units(lead + self.text.content[start:offset], self._encoding))

    def range(self, span: Span) -> types.Range:
        """One of the project's spans in the client's coordinates."""
        return types.Range(self.position(span.start), self.position(span.end))


def _line_starts(content: str) -> list[int]:
    """Where the lines start that the protocol sees: they end at ``\\n``, ``\\r\\n`` and ``\\r``."""
    starts = [0]
    for at, character in enumerate(content):
        if character == "\n" or (character == "\r" and content[at + 1 : at + 2] != "\n"):
            starts.append(at + 1)
    return starts
