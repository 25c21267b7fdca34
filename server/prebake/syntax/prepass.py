"""The pre-pass: which lines of a Dockerfile belong together.

It reads physical lines only and follows BuildKit's parser (frontend/dockerfile/parser): directives at the top,
comments, continuations, here-document bodies. Every line belongs to one statement or to none; nothing is lost and
nothing raises.
"""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property

from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.header import Header, header
from prebake.syntax.logical import continuation_end
from prebake.syntax.tokens import BLANKS, Directive

_DIRECTIVE = regex(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(\S.*)")
_KNOWN = ("syntax", "escape", "check")


class Body(NamedTuple):
    """Where a here-document's body stands: offsets in the text."""

    start: int
    end: int
    terminator_end: int


class Statement(NamedTuple):
    """The lines of one instruction: 0-based line numbers, offsets in the text.

    ``header_line`` and ``header_end`` end the lines before the first here-document body, ``end_line`` and ``end`` the
    whole. ``bodies`` are those that have a terminator; ``unterminated`` is the name of the first that has none.
    """

    header: Header
    line: int
    header_line: int
    end_line: int
    start: int
    header_end: int
    end: int
    bodies: tuple[Body, ...] = ()
    unterminated: str | None = None


class Lines(NamedTuple):
    """What the pre-pass found.

    ``comments`` are the numbers of the comment lines. ``frontend`` are the directives among which BuildKit looks
    for the frontend: unlike the parser it passes over a first line with ``#!``.
    """

    lines: list[str]
    escape: str
    directives: tuple[Directive, ...]
    statements: list[Statement]
    comments: list[int]
    frontend: tuple[Directive, ...]


def scan(content: str) -> Lines:
    """Group the lines of a text (without byte order mark)."""
    lines = content.split("\n")
    if not lines[-1]:
        lines.pop()  # what follows the last line end is no line
    directives, escape = _directives(lines)
    statements: list[Statement] = []
    comments: list[int] = []
    terminators = _Terminators(lines) if "<<" in content else None
    count = len(lines)
    number = len(directives)
    offset = sum(len(line) + 1 for line in lines[:number])
    while number < count:
        line = lines[number]
        stripped = line.lstrip(BLANKS)
        if not stripped or stripped[0] == "#":
            if stripped:
                comments.append(number)
            offset += len(line) + 1
            number += 1
            continue
        first, start = number, offset
        offset += len(line) + 1
        number += 1
        if escape in line and continuation_end(line, escape) >= 0:
            while number < count:
                line = lines[number]
                stripped = line.lstrip(BLANKS)
                if stripped and stripped[0] == "#":
                    comments.append(number)
                    stripped = ""
                offset += len(line) + 1
                number += 1
                if stripped and (escape not in line or continuation_end(line, escape) < 0):
                    break
        end = _end(line, offset)
        source = content[start:end]
        found = header(source, escape)
        if terminators is None or "<<" not in source or not found.heredoc_names:
            statements.append(Statement(found, first, number - 1, number - 1, start, end, end))
            continue
        header_line, header_end = number - 1, end
        bodies: list[Body] = []
        unterminated = None
        for name in found.heredoc_names:
            at = terminators.find(name.name, number, chomp=name.chomp)
            if at is None:
                unterminated = name.name
                break
            body_start = offset
            offset += sum(len(line) + 1 for line in lines[number:at])
            body_end = offset
            offset += len(lines[at]) + 1
            number = at + 1
            end = _end(lines[at], offset)
            bodies.append(Body(body_start, body_end, end))
        statements.append(
            Statement(found, first, header_line, number - 1, start, header_end, end, tuple(bodies), unterminated)
        )
    frontend = _directives(lines[1:])[0] if content.startswith("#!") else directives
    return Lines(lines, escape, directives, statements, comments, frontend)


def _end(line: str, offset: int) -> int:
    """The end of a line without its line end, given where the next one starts."""
    return offset - 1 - line.endswith("\r")


def _directives(lines: list[str]) -> tuple[tuple[Directive, ...], str]:
    found: list[Directive] = []
    escape = "\\"
    seen: set[str] = set()
    for number, line in enumerate(lines):
        match = _DIRECTIVE.fullmatch(line.strip(BLANKS))
        if match is None:
            break
        name, value = match[1].lower(), match[2]
        if name not in _KNOWN:
            break
        problem = None
        if name in seen:
            problem = f"only one {name} directive is allowed"
        elif name == "escape":
            if value in ("\\", "`"):
                escape = value
            else:
                problem = "the escape character is either \\ or `"
        seen.add(name)
        found.append(Directive(name, value, number, problem))
    return tuple(found), escape


class _Terminators:
    """Finds the line that ends a here-document without reading the rest of the file again for each."""

    def __init__(self, lines: list[str]) -> None:
        self._lines = lines

    @cached_property
    def _plain(self) -> dict[str, list[int]]:
        return _index([line.rstrip("\r") for line in self._lines])

    @cached_property
    def _chomped(self) -> dict[str, list[int]]:
        return _index([line.rstrip("\r").lstrip("\t") for line in self._lines])

    def find(self, name: str, line: int, *, chomp: bool) -> int | None:
        """The first line from ``line`` that is ``name`` alone."""
        numbers = (self._chomped if chomp else self._plain).get(name, [])
        at = bisect_left(numbers, line)
        return numbers[at] if at < len(numbers) else None


def _index(lines: list[str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for number, line in enumerate(lines):
        found.setdefault(line, []).append(number)
    return found
