"""The recipe of a target of a Makefile: what `make TARGET` runs."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Text

_MOST_LINES = 5000
_MOST_TEXT = 200_000
_MOST_NEEDS = 4
"""Bound on targets that need targets."""

_REFERENCE = regex(r"\$[({](\w+)[)}]")
_VARIABLE = regex(r"(?:export[ \t]+)?(\w+)[ \t]*(?::|\?)?=[ \t]*(.*)")


class Line(NamedTuple):
    """A command of a recipe: the 0-based line that it begins in, and its text, variables of the Makefile replaced."""

    number: int
    command: str


def recipe_of(text: Text, target: str | None) -> Iterator[Line]:
    """The recipe of a target and, before it, of those that it needs; of the first target where none is named."""
    lines = list(_joined(text))
    variables: dict[str, str] = {}
    for _, line in lines:
        match = None if line.startswith("\t") else _VARIABLE.fullmatch(line)
        if match is not None:
            variables.setdefault(match[1], match[2].strip())
    yield from _recipe(lines, target, variables, 0)


def _joined(text: Text) -> Iterator[tuple[int, str]]:
    """The lines, those that a backslash continues as one."""
    first = 0
    parts: list[str] = []
    for number in range(min(text.line_count, _MOST_LINES)):
        line = text.line(number)
        first = first if parts else number
        parts.append(line.removesuffix("\\"))
        if not line.endswith("\\"):
            yield first, " ".join(parts)
            parts = []


def _recipe(lines: list[tuple[int, str]], target: str | None, variables: dict[str, str], depth: int) -> Iterator[Line]:
    for at, (_, line) in enumerate(lines):
        names, colon, needs = line.partition(":")
        if line.startswith(("\t", " ", "#", ".")) or not colon or needs.startswith("=") or "=" in names:
            continue
        if target is not None and target not in names.split():
            continue
        for need in needs.split() if depth < _MOST_NEEDS else ():
            yield from _recipe(lines, need, variables, depth + 1)
        for number, command in lines[at + 1 :]:
            if command.startswith("\t"):
                yield Line(number, _replaced(command, variables))
            elif command.strip():
                return
        return


def _replaced(line: str, variables: dict[str, str]) -> str:
    line = line.strip().lstrip("@-+ ")
    for _ in range(3):
        line = _REFERENCE.sub(lambda found: variables.get(found[1], f"${{{found[1]}}}"), line.replace("$$", "\1"))
        line = line.replace("\1", "$")
        if len(line) > _MOST_TEXT:
            return ""
    return line
