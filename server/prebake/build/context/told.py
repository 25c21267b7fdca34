"""Where the files of a project tell of a path that is not there: a build step, a download, an instruction to readers.

``pip install -r requirements.txt`` reads the file and makes none; ``poetry export -o requirements.txt`` does.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import Literal

from prebake.build.build import Build, fact
from prebake.files import Kind, Snapshot, ancestors, join, parent
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.glob import WILDCARDS
from prebake.text import Text, shortened

_FOLDERS = (
    *(
        ".github/workflows",
        ".circleci",
        ".buildkite",
        ".ci",
        "ci",
        "scripts",
        "script",
        "bin",
        "build",
        "hack",
        "tools",
    ),
    *("docker", "deploy", "release", "make", "docs", ".devcontainer"),
)
"""Folders of the project, the context and the Dockerfile's own that hold what makes files."""
_BUILDS = regex(
    r"(?:GNU)?[Mm]akefile(?:\..*)?|.*\.(?:mk|mak|sh|bash|zsh|fish|ps1|bat|cmd|ya?ml|gradle|kts|bazel|bzl|cmake|nix|hcl|"
    r"toml|groovy)|Jenkinsfile.*|[Jj]ustfile|[Tt]askfile.*|Rakefile|Earthfile|BUILD|WORKSPACE|CMakeLists\.txt|package\.json"
    r"|pom\.xml|magefile\.go|build\.(?:xml|js|mjs|ts|sbt)|SConstruct|meson\.build|Vagrantfile"
)
_PROGRAMS = regex(r".*\.(?:py|ipynb)")
_DOCUMENTS = regex(r".*\.(?:md|markdown|rst)|README.*")
_NOT = regex(r"pnpm-lock\.yaml|.*lock\.(?:json|yaml|toml)|(?:CHANGELOG|CHANGES|HISTORY).*")
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
_MOST_FILES = 300
_LONGEST = 400_000  # characters of a file that is read for this
_LONGEST_LINE = 1_000


class Teller(NamedTuple):
    """A file that may tell how others are made."""

    path: str
    text: Text
    kind: Literal["build", "program", "document"]


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


@fact
def tellers(build: Build) -> tuple[Teller, ...]:
    """The files that may tell how others are made, those nearest to the Dockerfile first."""
    kinds: dict[str, Literal["build", "program", "document"]] = {}
    for folder in _folders(build):
        for name in _names_in(build.snapshot, folder):
            if _BUILDS.fullmatch(name):
                kinds[join(folder, name)] = "build"
            elif _DOCUMENTS.fullmatch(name):
                kinds[join(folder, name)] = "document"
            elif _PROGRAMS.fullmatch(name):
                kinds[join(folder, name)] = "program"
    found = []
    for path in list(kinds)[:_MOST_FILES]:
        text = build.snapshot.text(path)
        if text is not None and len(text.content) <= _LONGEST:
            found.append(Teller(path, text, kinds[path]))
    return tuple(found)


def _folders(build: Build) -> tuple[str, ...]:
    """The Dockerfile's folder, the context, those above both, and the folders in them that hold what makes files."""
    tops: dict[str, None] = {}
    for folder in (parent(build.path), build.context.root or build.root):
        tops.update(dict.fromkeys(ancestors(folder, build.root)))
    ends = dict.fromkeys((parent(build.path), build.context.root or build.root, build.root))
    return (*tops, *(join(top, folder) for top in ends for folder in _FOLDERS))


def _names_in(snapshot: Snapshot, folder: str) -> Iterator[str]:
    yield from (
        entry.name for entry in snapshot.list(folder) if entry.kind is Kind.FILE and not _NOT.fullmatch(entry.name)
    )
