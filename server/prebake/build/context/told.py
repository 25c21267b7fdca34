"""Where the files of a project tell of a path that is not there: a build step, a download, an instruction to readers.

``pip install -r requirements.txt`` reads the file and makes none; ``poetry export -o requirements.txt`` does.
"""

from __future__ import annotations

from prebake.build.build import Build, fact
from prebake.files import Kind, join, parent
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.glob import WILDCARDS
from prebake.text import Text, shortened

_FOLDERS = (
    *("", ".github/workflows", ".circleci", ".buildkite", ".ci", "ci", "scripts", "script", "bin", "build", "hack"),
    *("tools", "docker", "deploy", "release", "make", "docs", ".devcontainer"),
)
"""Folders, seen from the project's top, the context and the Dockerfile, that hold what makes files."""
_BUILDS = regex(
    r"(?:GNU)?[Mm]akefile(?:\..*)?|.*\.(?:mk|mak|sh|bash|zsh|fish|ps1|bat|cmd|ya?ml|gradle|kts|bazel|bzl|cmake|nix|hcl|"
    r"toml|groovy)|Jenkinsfile.*|[Jj]ustfile|[Tt]askfile.*|Rakefile|Earthfile|BUILD|WORKSPACE|CMakeLists\.txt|package\.json"
    r"|pom\.xml|magefile\.go|build\.(?:xml|js|mjs|ts|sbt)|SConstruct|meson\.build|Vagrantfile"
)
_TELLS = regex(r".*\.(?:md|markdown|rst|py|ipynb)|README.*")
"""Documents and programs: what they name they may only read."""
_DOCUMENT = regex(r".*\.(?:md|markdown|rst)|.*/README[^/]*")
_NOT = regex(r"pnpm-lock\.yaml|.*lock\.(?:json|yaml|toml)|(?:CHANGELOG|CHANGES|HISTORY).*")
_MAKES = regex(
    r"(?i:(?<![\w-])(?:cp|mv|wget|curl|touch|make|download(?:s|ed)?|create[sd]?|generate[sd]?|saved?|place|put|unzip|dumps?"
    r"|extract|export|gsutil|aws|rsync|compile|train|convert|copy|move|rename|build|provide|add|write|mkdir|ln|tar|zip|"
    r"to_\w+|freeze|openssl|keytool)(?![\w-]))|>|(?<![\w-])(?:-o|--out(?:put)?)(?![\w-])|[\"']wb?[\"']"
)
_ONLY_READS = regex(
    r"\b(?:pip3?|uv pip|pipenv|conda|mamba)\s+install\b[^|&;>]*$|\bdocker\b[^|&;>]*\bbuild\b[^|&;>]*$"
    r"|^\s*(?:COPY|ADD)\b"
)
_PLAIN = regex(r"[\w.-]{4,}")
_QUOTES = frozenset("`'\"/*")
_NEAR = 3
"""Lines of a document around a name in which it may say what to do with it."""
_MOST_FILES = 300
_LONGEST = 400_000  # characters of a file that is read for this
_LONGEST_LINE = 1_000


class Told(NamedTuple):
    """A line that names a path: its file, its 0-based number, its text cut short. ``makes``: it seems to make it."""

    path: str
    line: int
    shown: str
    makes: bool


def told(build: Build, path: str) -> Told | None:
    """The line that most likely makes a path of the context (wildcards possibly in it), else the first line of a build
    file that names it; ``None`` when there is neither.
    """
    names = _names(build, path)
    searched = texts(build)
    for makes in (True, False):
        for place, text, is_build in searched:
            if makes or is_build:
                near = _NEAR if _DOCUMENT.fullmatch(place) else 0
                found = line_with(text.content, names, makes=makes, quoted=not is_build, near=near)
                if found is not None:
                    return Told(place, found, shortened(text.line(found)), makes)
    return None


def _names(build: Build, path: str) -> tuple[str, ...]:
    """How a line may name a path: whole, by its last part, or by the folders above it that are not there either."""
    root = build.context.root or "/"
    parts = path.split("/")
    wild = next((number for number, part in enumerate(parts) if WILDCARDS & set(part)), len(parts))
    found = ["/".join(parts[:end]) for end in range(wild, 0, -1)]
    found = [name for name in found if not build.snapshot.exists(join(root, name))]
    if wild == len(parts):
        found.insert(1, parts[-1])
    else:
        found = [part for piece in parts[wild:] for part in _PLAIN.findall(piece)] + found
    return tuple(dict.fromkeys(item for item in found if len(item) > 1))


def line_with(
    content: str, names: tuple[str, ...], *, makes: bool = False, quoted: bool = False, near: int = 0
) -> int | None:
    """The number of the first line of a text that names one of the paths and does not only read it.

    ``makes``: one that seems to make or move something, or has such a line at most ``near`` lines away. ``quoted``: a
    name that is a plain word has to stand in quotes.
    """
    lines = content.split("\n")
    for name in names:
        is_word = name.replace("_", "").isalnum()
        for number, line in enumerate(lines):
            if name not in line or len(line) > _LONGEST_LINE or _ONLY_READS.search(line):
                continue
            if not any(_is_whole(line, at, at + len(name), quoted and is_word) for at in _places(line, name)):
                continue
            around = lines[max(number - near, 0) : number + near + 1]
            if not makes or any(_MAKES.search(text[:_LONGEST_LINE]) for text in around):
                return number
    return None


def _places(line: str, name: str) -> list[int]:
    found = []
    at = line.find(name)
    while at >= 0:
        found.append(at)
        at = line.find(name, at + len(name))
    return found


def _is_whole(line: str, start: int, end: int, quoted: bool) -> bool:
    """Whether a name found in a line is no part of a longer one."""
    before, after = line[start - 1 : start] if start else "", line[end : end + 1]
    if quoted and not (before in _QUOTES and before) and not (after in _QUOTES and after):
        return False
    longer = after.isalnum() or after in ("_", "-") or (after == "." and line[end + 1 : end + 2].isalnum())
    return not (
        longer or before.isalnum() or before in ("_", "-") or (before == "." and line[start - 2 : start] != "./")
    )


@fact
def texts(build: Build) -> tuple[tuple[str, Text, bool], ...]:
    """The files that may tell, those nearest to the Dockerfile first, and whether each is one of a build."""
    places: dict[str, bool] = {}
    for top in dict.fromkeys((parent(build.path), build.context.root or build.root, build.root)):
        for folder in _FOLDERS:
            place = join(top, folder) if folder else top
            for entry in build.snapshot.list(place):
                if entry.kind is not Kind.FILE or _NOT.fullmatch(entry.name):
                    continue
                if _BUILDS.fullmatch(entry.name):
                    places[join(place, entry.name)] = True
                elif _TELLS.fullmatch(entry.name):
                    places.setdefault(join(place, entry.name), False)
    found = []
    for place, is_build in list(places.items())[:_MOST_FILES]:
        text = build.snapshot.text(place)
        if text is not None and len(text.content) <= _LONGEST:
            found.append((place, text, is_build))
    return tuple(found)
