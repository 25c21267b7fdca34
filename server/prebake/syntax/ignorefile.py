"""Reading an ignore file (``.dockerignore``) the way Docker reads it, with the place of every pattern."""

from __future__ import annotations

import re
from functools import lru_cache

from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.glob import clean, problem
from prebake.text import Position, Span, Text

MAX_LINE = 64 * 1024 - 1
"""Docker's line limit in bytes, the line feed not counted; a longer line stops the build."""

ESCAPE = regex(r"\\(.)")
"""A character that stands for itself."""
_BRACKET = regex(r"(?<!\\)\[\^?\\?(.)[^\]]*\]")
_STAR = regex(r"(?<!\\)[*?]+")
# What Go takes for white space, which is not what Python's str.strip() takes for it.
_BLANK = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008"
    "\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)


class Pattern(NamedTuple):
    """A pattern line.

    ``raw`` is the text between the blanks around it, at 0-based ``line`` from column ``start`` to ``end``, in code
    points. ``pattern`` is what is matched: no ``!``, no surrounding slashes, ``.`` and ``..`` resolved. ``problem``
    says why Docker stops the build here; such a pattern matches nothing.
    """

    raw: str
    pattern: str
    negated: bool
    line: int
    start: int
    end: int
    problem: str | None = None

    @property
    def span(self) -> Span:
        """Where the pattern stands."""
        return Span(Position(self.line, self.start), Position(self.line, self.end))

    @property
    def is_for_top(self) -> bool:
        """Whether it takes away what lies at the top of the context only, and does not say so as ``/name`` does."""
        return (
            self.problem is None
            and not self.negated
            and "/" not in self.pattern
            and not self.raw.startswith(("/", "./", "\\"))
        )


class Comment(NamedTuple):
    """A comment line: its 0-based number, and its text behind the ``#``."""

    line: int
    text: str

    @property
    def span(self) -> Span:
        """Where the comment stands, ``#`` included."""
        return Span(Position(self.line, 0), Position(self.line, len(self.text) + 1))


class IgnoreFile(NamedTuple):
    """The patterns and comments of an ignore file, in order."""

    text: Text
    patterns: tuple[Pattern, ...]
    comments: tuple[Comment, ...]

    @property
    def problem(self) -> Pattern | None:
        """The first pattern at which Docker stops the build."""
        return next((pattern for pattern in self.patterns if pattern.problem), None)


@lru_cache(maxsize=256)
def parse_ignore(text: Text) -> IgnoreFile:
    """Read an ignore file; never raises. A ``#`` begins a comment only in the first column."""
    patterns: list[Pattern] = []
    comments: list[Comment] = []
    for number, line in enumerate(text.content.split("\n")):
        # Only a long line is worth the encoding; a code point has at most four bytes.
        if len(line) > MAX_LINE // 4 and len(line.encode("utf-8", "surrogateescape")) > MAX_LINE:
            patterns.append(
                Pattern(line[:80], "", False, number, 0, len(line.removesuffix("\r")), "the line is longer than 64 KiB")
            )
            break
        line = line.removesuffix("\r")
        if line.startswith("#"):
            comments.append(Comment(number, line[1:]))
            continue
        raw = line.strip(_BLANK)
        if raw:
            start = len(line) - len(line.lstrip(_BLANK))
            patterns.append(_pattern(raw, number, start))
    return IgnoreFile(text, tuple(patterns), tuple(comments))


def _pattern(raw: str, line: int, start: int) -> Pattern:
    negated = raw.startswith("!")
    body = raw.removeprefix("!").strip(_BLANK)
    if body:
        body = clean(body)
        body = body[1:] if len(body) > 1 and body.startswith("/") else body
    # Docker does all of it twice, which matters for oddities: `/!a` is an exception for `a`.
    body = body.rstrip(_BLANK) if negated else body.strip(_BLANK)
    if body not in ("", "/"):
        body = clean(body)
    if not negated and body.startswith("!"):
        negated, body = True, body[1:]
    if negated and body in ("", "/"):
        fault: str | None = "an exception needs a path behind '!'"
    else:
        fault = problem(body)
    return Pattern(raw, body, negated, line, start, start + len(raw), fault)


def can_name(path: str) -> bool:
    """Whether a line can be about a path: there is none for one with a line's end in it or blanks around it."""
    return path == path.strip(_BLANK) and "\n" not in path


def example(pattern: str) -> str:
    """A path that a pattern matches at the context's top, as far as examples go: any characters are an ``x``, and of a
    bracket its first one.
    """
    plain = _BRACKET.sub(r"\1", pattern.strip("/").replace("**/", ""))
    return ESCAPE.sub(r"\1", _STAR.sub("x", plain))


def literal(path: str) -> str:
    """A pattern that matches a path and nothing else, for one that a line can be about."""
    text = re.sub(r"([*?\[\]\\^{|}])", r"\\\1", path)
    return f"\\{text}" if text.startswith(("!", "#")) else text
