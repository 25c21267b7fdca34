"""The comments that silence findings, as they are written: ``# prebake: ignore[PB201] why`` and ``ignore-file``."""

from __future__ import annotations

import re
from functools import lru_cache

from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Position, Span, Text

_COMMENT = regex(r"#\s*prebake:\s*(ignore(?:-file)?)\s*(?:\[([^\]]*)\])?", re.IGNORECASE)


class Silencer(NamedTuple):
    """A code or name of a rule in such a comment, in lower case; the empty one stands for all rules, in a comment that
    names none.

    ``place`` is where it stands, ``comment`` from the ``#`` to the bracket behind the names. ``for_file``: the comment
    counts for its whole file.
    """

    rule: str
    place: Span
    comment: Span
    for_file: bool

    @property
    def line(self) -> int:
        """The line of the comment."""
        return self.comment.start.line


@lru_cache(maxsize=64)
def silencers(text: Text) -> tuple[Silencer, ...]:
    """The silencers of a file in order, whatever the file; in a string or a here-document they look the same."""
    if "prebake" not in text.content:
        return ()
    found: list[Silencer] = []
    for number in range(text.line_count):
        line = text.line(number)
        for match in _COMMENT.finditer(line) if "prebake" in line.lower() else ():
            comment = _span(number, *match.span())
            for_file = match[1].lower() != "ignore"
            if match[2] is None:
                found.append(Silencer("", comment, comment, for_file))
                continue
            at = match.start(2)
            for item in match[2].split(","):
                name = item.strip()
                start = at + len(item) - len(item.lstrip())
                if name:
                    found.append(Silencer(name.lower(), _span(number, start, start + len(name)), comment, for_file))
                at += len(item) + 1
    return tuple(found)


def names_of(text: Text, line: int, *, for_file: bool) -> tuple[Span, str] | None:
    """Where the first comment of a line that names rules has its names, and these as they are written; they may be
    none.
    """
    for match in _COMMENT.finditer(text.line(line)):
        if (match[1].lower() != "ignore") == for_file and match[2] is not None:
            return _span(line, *match.span(2)), match[2]
    return None


def _span(line: int, start: int, end: int) -> Span:
    return Span(Position(line, start), Position(line, end))
