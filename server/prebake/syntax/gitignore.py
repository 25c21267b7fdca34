"""What a line of a ``.gitignore`` is in an ignore file of Docker's, where the two can say the same.

Git looks for a name without a slash in every folder, Docker only at the top of the context; git lets a line behind a
slash hold for folders only, Docker knows no such thing; git negates a bracket with ``!``, Docker with ``^``. A line
that means something else to Docker however it is written is left out.
"""

from __future__ import annotations

import re
from functools import lru_cache

from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.ignorefile import literal
from prebake.text import Text

_BRACKET = regex(r"\[([!^]?)((?:[A-Za-z0-9_.](?:-[A-Za-z0-9])?)+)\]")
_RANGE = regex(r"([A-Za-z0-9])-([A-Za-z0-9])")


class GitPattern(NamedTuple):
    """A line in Docker's terms, seen from the context root, without its ``!``. ``folders``: to git it means folders
    only.
    """

    pattern: str
    negated: bool
    folders: bool

    @property
    def line(self) -> str:
        """The line of an ignore file."""
        return f"!{self.pattern}" if self.negated else self.pattern


@lru_cache(maxsize=256)
def translated(text: Text, folder: str = "", below: tuple[str, ...] = ()) -> tuple[GitPattern, ...]:
    """The lines of a ``.gitignore`` that can be said to Docker, in order.

    The file lies in ``folder`` of the context, or, with ``below``, in a folder around it: these are then the names that
    lead from there to the context.
    """
    found = (_translated(line.removesuffix("\r"), folder, below) for line in text.content.split("\n"))
    return tuple(pattern for pattern in found if pattern is not None)


def _translated(line: str, folder: str, below: tuple[str, ...]) -> GitPattern | None:
    line = line.rstrip(" ")  # an escaped blank leaves a backslash, which is refused
    if not line or line.startswith("#"):
        return None
    negated = line.startswith("!")
    body = line.removeprefix("!")
    if body.startswith(("\\#", "\\!")):
        body = body[1:]
    folders = body.endswith("/")
    body = body.removesuffix("/")
    anchored = "/" in body
    parts = [_part(part) for part in body.removeprefix("/").split("/")]
    if any(part is None for part in parts) or all(part in ("*", "**") for part in parts):
        return None
    known = [part for part in parts if part is not None]
    if anchored and below:
        if known[: len(below)] != [_part(name) for name in below] or len(known) == len(below):
            return None
        known = known[len(below) :]
    elif not anchored:
        known.insert(0, "**")
    known = [*(literal(part) for part in folder.split("/") if part), *known]
    pattern = "/".join(known)
    if pattern != pattern.strip():
        return None
    return GitPattern(f"\\{pattern}" if pattern.startswith(("#", "!")) else pattern, negated, folders)


def _part(part: str) -> str | None:
    """One component of a path in Docker's terms; ``None`` where there is no saying it."""
    if part == "**":
        return part
    if part in ("", ".", "..") or "**" in part or "\\" in part:
        return None
    pieces: list[str] = []
    at = 0
    for found in _BRACKET.finditer(part):
        if any(low > high for low, high in _RANGE.findall(found[2])):
            return None
        pieces += [_plain(part[at : found.start()]), f"[{'^' if found[1] else ''}{found[2]}]"]
        at = found.end()
    pieces.append(_plain(part[at:]))
    rest = _BRACKET.sub("", part)
    return None if "[" in rest or "]" in rest else "".join(pieces)


def _plain(text: str) -> str:
    return re.sub(r"([\^{|}])", r"\\\1", text)
