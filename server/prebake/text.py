"""Text of a file with exact positions: the coordinates that every other module speaks.

Lines end at ``\\n`` or ``\\r\\n`` only, as in Docker's own parser and unlike :meth:`str.splitlines`, which also splits
at form feeds and Unicode separators. Positions are 0-based lines and 0-based code points. A byte order mark is
remembered but is no part of the content.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property

from prebake.records import NamedTuple

MAX_BY_HAND = 300_000
"""Longer configuration (in code points) is not read: nobody writes it by hand, and it may take more than a second."""

_BOM = b"\xef\xbb\xbf"


class Position(NamedTuple):
    """A place between two characters: 0-based line, 0-based column in code points."""

    line: int
    column: int


class Span(NamedTuple):
    """A half-open range of text from ``start`` to ``end``."""

    start: Position
    end: Position

    def contains(self, position: Position) -> bool:
        """Whether a position lies in the span, its end included (so that a caret behind the last character counts)."""
        return self.start <= position <= self.end


class Text:
    """The decoded content of one file.

    Bytes that are not UTF-8 become lone surrogates (``surrogateescape``), so that writing the text back gives the same
    bytes.
    """

    def __init__(self, content: str, *, bom: bool = False) -> None:
        if content.startswith("\ufeff"):
            content, bom = content[1:], True
        self.content = content
        self.bom = bom

    @classmethod
    def from_bytes(cls, data: bytes) -> Text:
        """Decode UTF-8 with or without a byte order mark; never fails."""
        bom = data.startswith(_BOM)
        return cls(data[len(_BOM) if bom else 0 :].decode("utf-8", "surrogateescape"), bom=bom)

    def to_bytes(self) -> bytes:
        """The bytes to write: what :meth:`from_bytes` read, for unchanged content.

        Surrogates that stand for no byte (an editor's JSON can hold them) become the replacement character.
        """
        try:
            data = self.content.encode("utf-8", "surrogateescape")
        except UnicodeEncodeError:
            data = self.content.encode("utf-16", "surrogatepass").decode("utf-16", "replace").encode("utf-8")
        return (_BOM if self.bom else b"") + data

    @cached_property
    def size(self) -> int:
        """The number of bytes that are written."""
        return len(self.to_bytes())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Text) and self.content == other.content and self.bom == other.bom

    def __hash__(self) -> int:
        return hash((self.content, self.bom))

    def __repr__(self) -> str:
        return f"Text({self.content[:40]!r}, lines={self.line_count})"

    @cached_property
    def _starts(self) -> list[int]:
        starts = [0]
        find = self.content.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        return starts

    @property
    def line_count(self) -> int:
        """Number of lines, the empty one after a final line end included; at least 1."""
        return len(self._starts)

    def line(self, number: int) -> str:
        """One line without its line end; the empty string past the last line."""
        if not 0 <= number < len(self._starts):
            return ""
        end = self._starts[number + 1] if number + 1 < len(self._starts) else len(self.content)
        line = self.content[self._starts[number] : end]
        return line[:-2] if line.endswith("\r\n") else line.removesuffix("\n")

    def offset(self, position: Position) -> int:
        """The index into ``content``; a column past the line's end is moved back to it, a line past the last to the
        text's end.
        """
        line, column = position
        if line < 0:
            return 0
        if line >= len(self._starts):
            return len(self.content)
        return self._starts[line] + min(max(column, 0), len(self.line(line)))

    def line_start(self, number: int) -> int:
        """The index of a line's first character; the text's length for a line past the last."""
        return self._starts[number] if 0 <= number < len(self._starts) else len(self.content)

    def line_span(self, number: int) -> Span:
        """The span of a line without its line end."""
        return Span(Position(number, 0), Position(number, len(self.line(number))))

    def position(self, offset: int) -> Position:
        """The position of an index into ``content``."""
        offset = min(max(offset, 0), len(self.content))
        line = bisect_right(self._starts, offset) - 1
        return Position(line, offset - self._starts[line])

    def span(self, start: int, end: int) -> Span:
        """The span between two indexes into ``content``."""
        return Span(self.position(start), self.position(end))

    def slice(self, span: Span) -> str:
        """The text inside a span."""
        return self.content[self.offset(span.start) : self.offset(span.end)]

    @property
    def newline(self) -> str:
        """The line end that new lines should use: that of the first line, or ``\\n``."""
        at = self.content.find("\n")
        return "\r\n" if at > 0 and self.content[at - 1] == "\r" else "\n"


_UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


def shortened(text: str, most: int = 60) -> str:
    """A text in one line of at most so many characters, for messages: white space folded, what is too much cut off,
    and what cannot be printed replaced, however hostile it is.
    """
    line = " ".join(text.split())
    return printable(line if len(line) <= most else f"{line[: most - 3]}...")


def printable(text: str) -> str:
    """A text as one line in which nothing moves a cursor or changes the direction of writing, however hostile it is."""
    return text if text.isprintable() else "".join(char if char.isprintable() else _UNPRINTABLE for char in text)
