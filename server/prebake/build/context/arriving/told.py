"""Where the files of a project tell of a path that is not there: a build step, a download, an instruction to readers.

``pip install -r requirements.txt`` reads the file and makes none; ``poetry export -o requirements.txt`` does.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from prebake.build.build import Build
from prebake.build.context.arriving.tellers import Teller, tellers
from prebake.files import join
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.glob import WILDCARDS
from prebake.text import shortened

_TO_READERS = (
    r"cp|mv|wget|curl|touch|download(?:s|ed)?|create[sd]?|generate[sd]?|saved?|place|put|unzip|extract|export|gsutil|aws|"
    r"rsync|convert|copy|move|rename|train|mkdir|zip|tar"
)
_TELLS = regex(rf"(?i:(?<![\w-])(?:{_TO_READERS})(?![\w-]))|(?<![-=])>|(?<![\w-])(?:-o|--out(?:put)?)(?![\w-])")
_MAKES = regex(
    rf"(?i:(?<![\w-])(?:{_TO_READERS}|make|dumps?|compile|build|add|write|ln|to_\w+|freeze|openssl|keytool)(?![\w-]))|>"
    r"|(?<![\w-])(?:-o|--out(?:put)?)(?![\w-])|[\"']wb?[\"']"
)
_ONLY_READS = regex(
    r"\b(?:pip3?|uv pip|pipenv|conda|mamba)\s+install\b[^|&;>]*$|\bdocker\b[^|&;>]*\bbuild\b[^|&;>]*$"
    r"|^\s*(?:COPY|ADD)\b"
)
_PLAIN = regex(r"[\w.-]{4,}")
_QUOTES = frozenset("`'\"/*")
_NEAR_PROSE, _NEAR_CELL = 3, 12
"""Lines around a name, in a document and in a notebook, in which it may be said what to do with it."""
_LONGEST_LINE = 1_000


class Told(NamedTuple):
    """A line that names a path: its 0-based number, its text cut short. ``makes``: it seems to make the path."""

    teller: Teller
    line: int
    shown: str
    makes: bool


def told(build: Build, path: str) -> Told | None:
    """The line that most likely makes a path of the context (wildcards possibly in it), else the first line of a build
    file that names it; ``None`` when there is neither.
    """
    names = _names(build, path)
    for makes in (True, False):
        for teller in tellers(build):
            if makes or teller.kind == "build":
                line = _told_by(teller, names, makes)
                if line is not None:
                    return Told(teller, line, shortened(teller.text.line(line)), makes)
    return None


def _told_by(teller: Teller, names: tuple[str, ...], makes: bool) -> int | None:
    if teller.kind == "build":
        return line_with(teller.text.content, names, _MAKES if makes else None)
    if teller.kind == "program":
        near = _NEAR_CELL if teller.path.endswith(".ipynb") else 0
        return line_with(teller.text.content, names, _MAKES, near, quoted=True)
    return line_with(teller.text.content, names, _TELLS, _NEAR_PROSE, quoted=True)


def _names(build: Build, path: str) -> tuple[str, ...]:
    """How a line may name a path: whole, by its last part, or by the folders above it that are not there either; a
    folder also as it is seen from the one above the context.
    """
    root = build.context.root or "/"
    parts = path.split("/")
    wild = next((number for number, part in enumerate(parts) if WILDCARDS & set(part)), len(parts))
    found = ["/".join(parts[:end]) for end in range(wild, 0, -1)]
    found = [name for name in found if not build.snapshot.exists(join(root, name))]
    found += [posixpath.join(posixpath.basename(root), name) for name in found]
    if wild == len(parts):
        found.insert(1, parts[-1])
    else:
        found = [part for piece in parts[wild:] for part in _PLAIN.findall(piece)] + found
    return tuple(dict.fromkeys(item for item in found if len(item) > 1))


def line_with(
    content: str, names: tuple[str, ...], makes: re.Pattern[str] | None = None, near: int = 0, *, quoted: bool = False
) -> int | None:
    """The number of the first line of a text that names one of the paths and does not only read it.

    With ``makes``, one of which it holds, or of a line at most ``near`` lines away. ``quoted``: a name that is a plain
    word has to stand in quotes or beside a slash.
    """
    lines = content.split("\n")
    for name in names:
        if name not in content:
            continue
        in_quotes = quoted and not {"/", "."} & set(name)
        for number, line in enumerate(lines):
            if name not in line or len(line) > _LONGEST_LINE or _ONLY_READS.search(line):
                continue
            if not any(_is_whole(line, at, at + len(name), in_quotes) for at in _places(line, name)):
                continue
            around = lines[max(number - near, 0) : number + near + 1]
            if makes is None or any(makes.search(text[:_LONGEST_LINE]) for text in around):
                return number
    return None


def _places(line: str, name: str) -> Iterator[int]:
    at = line.find(name)
    while at >= 0:
        yield at
        at = line.find(name, at + len(name))


def _is_whole(line: str, start: int, end: int, quoted: bool) -> bool:
    """Whether a name found in a line is no part of a longer one."""
    before, after = line[start - 1 : start] if start else "", line[end : end + 1]
    if quoted and before not in _QUOTES and after not in _QUOTES:
        return False
    longer = after.isalnum() or after in ("_", "-") or (after == "." and line[end + 1 : end + 2].isalnum())
    return not longer and not before.isalnum() and before not in ("_", "-", ".")
