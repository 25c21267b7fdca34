"""Text edits and their application."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate, takewhile

from prebake.records import NamedTuple
from prebake.text import Position, Span, Text

_MOST_PAIRS = 1_000_000
"""Bound on the pairs of changed lines that are all compared."""


class EditError(ValueError):
    """Edits overlap, so that their result would depend on the order in which they are applied."""


class TextEdit(NamedTuple):
    """Replace ``span`` of a text by ``new_text``. An empty span inserts; inserts at one place keep the order they are
    given in.
    """

    span: Span
    new_text: str

    @classmethod
    def insert(cls, at: Position, new_text: str) -> TextEdit:
        """An edit that removes nothing."""
        return cls(Span(at, at), new_text)


class FileEdit(NamedTuple):
    """The edits of one file.

    ``path`` is absolute. ``base`` is the text they were computed from: applying them to anything else is refused.
    ``None`` means that the file does not exist and is created; then there is one edit, an insert at the start.
    """

    path: str
    base: Text | None
    edits: tuple[TextEdit, ...]

    @property
    def creates(self) -> bool:
        """Whether the edit creates its file."""
        return self.base is None

    def apply(self) -> Text:
        """The file's text after the edits."""
        return apply(self.base or Text(""), self.edits)


def apply(text: Text, edits: Iterable[TextEdit]) -> Text:
    """Apply edits that all refer to the original text.

    Raises:
        EditError: two edits overlap.
    """
    pieces: list[str] = []
    done = 0
    located = sorted(
        (
            (text.offset(edit.span.start), text.offset(edit.span.end), number, edit.new_text)
            for number, edit in enumerate(edits)
        ),
        key=lambda item: (item[0], item[1] != item[0], item[2]),
    )
    for start, end, _, new_text in located:
        if start < done or end < start:
            raise EditError(f"edits overlap at offset {start}")
        pieces += (text.content[done:start], new_text)
        done = end
    pieces.append(text.content[done:])
    return Text("".join(pieces), bom=text.bom)


def without_lines(text: Text, numbers: Iterable[int]) -> tuple[TextEdit, ...]:
    """The edits that remove lines with their line ends; with the line end before them, where a last line has none."""
    runs: list[tuple[int, int]] = []
    for number in sorted(set(numbers)):
        if runs and runs[-1][1] == number:
            runs[-1] = (runs[-1][0], number + 1)
        else:
            runs.append((number, number + 1))
    edits: list[TextEdit] = []
    for first, behind in runs:
        start = text.line_start(first)
        if behind == text.line_count and start:
            start -= 2 if text.content.endswith("\r\n", 0, start) else 1
        edits.append(TextEdit(text.span(start, text.line_start(behind)), ""))
    return tuple(edits)


def with_lines(text: Text, number: int, lines: Iterable[str]) -> TextEdit:
    """An edit that puts whole lines behind a line, with the text's own line ends."""
    if number + 1 < text.line_count:
        return TextEdit.insert(Position(number + 1, 0), "".join(f"{line}{text.newline}" for line in lines))
    return TextEdit.insert(text.line_span(number).end, "".join(f"{text.newline}{line}" for line in lines))


def difference(path: str, before: Text | None, after: Text) -> FileEdit:
    """The line-wise edits that turn one text into another; what is common at both ends and in between is left alone."""
    if before is None:
        return FileEdit(path, None, (TextEdit.insert(Position(0, 0), after.content),))
    from difflib import SequenceMatcher

    old, new = _lines(before), _lines(after)
    offsets = (0, *accumulate(map(len, old)))
    first = _common(old, new)
    last = _common(old[first:][::-1], new[first:][::-1])
    changed_old, changed_new = old[first : len(old) - last], new[first : len(new) - last]
    edits = []
    # Lines that stand there over and over would each be compared with each: in long texts they are no anchors.
    matcher = SequenceMatcher(None, changed_old, changed_new, len(changed_old) * len(changed_new) > _MOST_PAIRS)
    for tag, old_start, old_end, new_start, new_end in matcher.get_opcodes():
        if tag != "equal":
            span = before.span(offsets[first + old_start], offsets[first + old_end])
            edits.append(TextEdit(span, "".join(changed_new[new_start:new_end])))
    return FileEdit(path, before, tuple(edits))


def _common(one: Iterable[str], other: Iterable[str]) -> int:
    """How many lines two texts begin with in common."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _lines(text: Text) -> list[str]:
    pieces = text.content.split("\n")
    return [piece + "\n" for piece in pieces[:-1]] + ([pieces[-1]] if pieces[-1] else [])
