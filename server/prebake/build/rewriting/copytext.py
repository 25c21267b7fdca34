"""The text of COPY instructions that are made from another one, in its style."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Collection, Iterable

from prebake.build.copies import Copy
from prebake.build.paths import inside
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Word

_KEPT_FLAGS = frozenset(("chown", "chmod", "link", "parents"))
_SPECIAL = frozenset("*?[]\\$\"'`\n\r")
"""Characters of a path to which Docker gives a meaning."""


class Unwritable(Exception):
    """The instruction cannot be written in the style of the other; the message says why."""


class Piece(NamedTuple):
    """A file (or folder) to be copied: where it is in the context, and where it has to go. ``wild``: by a wildcard that
    matches it alone, since it need not be there.
    """

    context: str
    image: str
    folder: bool
    wild: bool = False


def copies_of(copy: Copy, pieces: Iterable[Piece]) -> list[str]:
    """COPY instructions for some of what another one copies, to the same places, with its options: one for each folder.

    Raises:
        Unwritable: a name or the destination cannot be spelled safely.
    """
    groups: dict[str, list[Piece]] = {}
    for piece in pieces:
        groups.setdefault(piece.image if piece.folder else posixpath.dirname(piece.image) or ".", []).append(piece)
    return [_copy_of(copy, place, group) for place, group in groups.items()]


def _copy_of(copy: Copy, place: str, pieces: list[Piece]) -> str:
    instruction = copy.instruction
    raw = instruction.raw
    keyword = raw[: len(raw) - len(raw.lstrip())] + _cased(raw.split(None, 1)[0])
    flags = [raw[flag.start : flag.end] for flag in instruction.flags if flag.name in _KEPT_FLAGS]
    for piece in pieces:
        if set(piece.context) & _SPECIAL:
            raise Unwritable(f"{piece.context} has a character in its name that Docker takes for something else")
    dotted = any(word.value.startswith("./") for word in _words(copy)[:-1])
    sources = [_source(piece, dotted) for piece in pieces]
    if "parents" in {flag.name for flag in instruction.flags}:
        for piece in pieces:
            if posixpath.join(copy.destination or "", piece.context) != piece.image:
                raise Unwritable(f"its --parents does not keep the whole path of {piece.context}")
        words = [*sources, _words(copy)[-1].value]
    else:
        words = [*sources, _destination(copy, place, len(sources), pieces[0].folder)]
    if instruction.json is None and not any(" " in word for word in words):
        return " ".join([keyword, *flags, *words])
    return " ".join([keyword, *flags, json.dumps(words, ensure_ascii=False)])


def _cased(keyword: str) -> str:
    return "copy" if keyword.islower() else "COPY" if keyword.isupper() else "Copy"


def _words(copy: Copy) -> tuple[Word, ...]:
    return copy.instruction.words if copy.instruction.json is None else copy.instruction.json


def _source(piece: Piece, dotted: bool) -> str:
    dotted = dotted or piece.context.startswith(("--", "<<"))  # an option or a here-document otherwise
    return ("./" if dotted else "") + piece.context + ("/" if piece.folder else "*" if piece.wild else "")


def _destination(copy: Copy, place: str, count: int, folder: bool) -> str:
    """The destination for files that go to ``place``, as an addition to the one that is written."""
    word = _words(copy)[-1]
    written = word.value
    if copy.instruction.json is None and word.raw != word.value and "$" in word.raw:
        raise Unwritable(f"its destination {word.raw} is quoted and holds a variable")
    below = inside(place, copy.destination or "")
    if below is None:
        # A single file with a name of its own: what it is copied to is the file, and its folder is one up.
        raise Unwritable(f"its destination {written} is a file")
    if not below:
        if written in (".", "./"):
            return "." if written == "." and count == 1 and not folder else "./"
        return written if written.endswith("/") else f"{written}/"
    if written == ".":
        return f"{below}/"
    return f"{written.rstrip('/')}/{below}/"


def without_sources(copy: Copy, numbers: Collection[int]) -> str:
    """The text of a COPY without some of its sources."""
    instruction = copy.instruction
    raw = instruction.raw
    words = _words(copy)
    pieces: list[str] = []
    done = 0
    for number in sorted(numbers):
        pieces.append(raw[done : words[number].start])
        done = words[number + 1].start
    return "".join([*pieces, raw[done:]])


def with_destination(copy: Copy, raw: str, destination: str) -> str:
    """A COPY's text, perhaps already without some sources, with another destination.

    Raises:
        Unwritable: the destination cannot be spelled safely.
    """
    word = _words(copy)[-1]
    if set(destination) & _SPECIAL or " " in destination:
        raise Unwritable(f"{destination} has a character in its name that Docker takes for something else")
    source = copy.instruction.raw
    tail = len(source) - word.end
    head = len(raw) - tail - (word.end - word.start)
    slash = "/" if word.value.endswith(("/", ".")) and not destination.endswith("/") else ""
    text = json.dumps(destination + slash) if copy.instruction.json is not None else destination + slash
    return raw[:head] + text + raw[len(raw) - tail :]
