"""An instruction's lines joined to the one line that Docker reads, each character still knowing where it stands."""

from __future__ import annotations

from bisect import bisect_right
from itertools import chain

from prebake.syntax.fragment import Fragment
from prebake.syntax.tokens import BLANKS


def continuation_end(line: str, escape: str) -> int:
    """Where the content of a line ends that goes on in the next one, or -1 when it does not.

    A line goes on when an escape character stands last, blanks aside, and no second one before it. ``line`` may end
    with ``\\r``.
    """
    trimmed = line.rstrip("\r").rstrip(" \t")
    if trimmed.endswith(escape):
        end = len(trimmed) - 1
        if not end or trimmed[end - 1] != escape:
            return end
    return -1


_LONGEST_LINE = 65_535  # bytes: BuildKit refuses a file with a longer line
_LONGEST = 1_000_000  # characters of a joined line; more is no Dockerfile, and reading it would take seconds


class Logical:
    """The joined line.

    ``text`` is without comment lines, blank lines, line ends and the escape characters that join. Lines of more than
    65,535 characters, and what goes beyond a million characters, are cut off; ``cut`` says so.
    """

    __slots__ = ("_indexes", "_offsets", "cut", "text")

    def __init__(self, source: str, escape: str) -> None:
        pieces: list[str] = []
        self._indexes: list[int] = []
        self._offsets: list[int] = []
        offset = length = 0
        first = True
        self.cut: str | None = None
        for line in source.split("\n"):
            stripped = line.lstrip(BLANKS)
            if first or (stripped and stripped[0] != "#"):
                end = continuation_end(line, escape)
                piece = line[:end] if end >= 0 else line.rstrip("\r")
                if len(piece) > _LONGEST_LINE:
                    piece = piece[:_LONGEST_LINE]
                    self.cut = f"a line is longer than the {_LONGEST_LINE} bytes that BuildKit reads"
                if length + len(piece) > _LONGEST:
                    self.cut = f"an instruction of more than {_LONGEST} characters is not read to its end"
                    break
                if piece or first:
                    self._indexes.append(length)
                    self._offsets.append(offset)
                    pieces.append(piece)
                    length += len(piece)
                first = False
            offset += len(line) + 1
        self.text = "".join(pieces)

    def start(self, index: int) -> int:
        """The offset in the source of the character at ``index``; for the text's length, where the text ends."""
        if index >= len(self.text):
            return self.end(index)
        piece = bisect_right(self._indexes, index) - 1
        return self._offsets[piece] + index - self._indexes[piece]

    def end(self, index: int) -> int:
        """The offset in the source just behind the character before ``index``."""
        if index <= 0:
            return self._offsets[0]
        piece = bisect_right(self._indexes, index - 1) - 1
        return self._offsets[piece] + index - self._indexes[piece]

    def fragment(self, start: int, end: int) -> Fragment:
        """The part of the text between two indexes."""
        if start >= end:
            return Fragment("", (self.start(start),))
        first = bisect_right(self._indexes, start) - 1
        last = bisect_right(self._indexes, end - 1) - 1
        text = self.text[start:end]
        shift = self._offsets[first] - self._indexes[first]
        if first == last:
            return Fragment.whole(text, start + shift)
        ranges = [range(start + shift, self._indexes[first + 1] + shift)]
        for piece in range(first + 1, last + 1):
            shift = self._offsets[piece] - self._indexes[piece]
            until = self._indexes[piece + 1] + shift if piece < last else end + shift + 1
            ranges.append(range(self._offsets[piece], until))
        return Fragment(text, tuple(chain.from_iterable(ranges)))
