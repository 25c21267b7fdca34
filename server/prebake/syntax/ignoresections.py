"""The sections of an ignore file: what its author's comments divide it into."""

from __future__ import annotations

from collections.abc import Sequence

from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.ignorefile import Comment, IgnoreFile, Pattern
from prebake.text import Span

_FRAME = " \t#=-*~+_/"
"""What comments are decorated with."""
_DIRECTIVE = regex(r"\s*prebake:")


class Section(NamedTuple):
    """Patterns below a block of comment lines. ``title`` is the block's first line that says something; it is empty,
    and there are no ``comments``, for patterns above the first such block.
    """

    title: str
    comments: tuple[Comment, ...]
    patterns: tuple[Pattern, ...]

    @property
    def span(self) -> Span:
        """From the first comment line to the last pattern."""
        first = self.comments[0].span if self.comments else self.patterns[0].span
        return Span(first.start, self.patterns[-1].span.end)


def sections(file: IgnoreFile) -> tuple[Section, ...]:
    """The sections in order. Comments with no pattern between them and the next block, and those that say nothing, are
    the heads of none.
    """
    found: list[Section] = []
    head: tuple[Comment, ...] = ()
    below: list[Pattern] = []

    def close() -> None:
        if below:
            found.append(Section(_title(head), head, tuple(below)))
            below.clear()

    comments = list(_blocks(file.comments))[::-1]
    for pattern in file.patterns:
        while comments and comments[-1][0].line < pattern.line:
            block = comments.pop()
            if _title(block):
                close()
                head = block
        below.append(pattern)
    close()
    return tuple(found)


def _blocks(comments: Sequence[Comment]) -> list[tuple[Comment, ...]]:
    """Comments on neighbouring lines together."""
    blocks: list[list[Comment]] = []
    for comment in comments:
        if blocks and blocks[-1][-1].line == comment.line - 1:
            blocks[-1].append(comment)
        else:
            blocks.append([comment])
    return [tuple(block) for block in blocks]


def _title(block: Sequence[Comment]) -> str:
    """The first line that says something to a reader."""
    for comment in block:
        text = comment.text.strip(_FRAME)
        if any(char.isalnum() for char in text) and not _DIRECTIVE.match(comment.text):
            return text
    return ""
