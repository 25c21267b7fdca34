"""What brings a file that is not in a project before its image is built: git, DVC, LFS, a build step, a download.

A mention counts only on a line that makes, fetches or moves something: ``pip install -r requirements.txt`` in a README
does not make the file, ``poetry export -o requirements.txt`` does.
"""

from __future__ import annotations

import posixpath

from prebake.build.build import Build, fact
from prebake.files import Kind, join, parent, relative
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.glob import WILDCARDS
from prebake.text import Text, shortened

_FOLDERS = (
    *("", ".github/workflows", ".circleci", ".buildkite", ".ci", "ci", "scripts", "script", "bin", "build", "hack"),
    *("tools", "docker", "deploy", "release", "make", "docs", ".devcontainer"),
)
"""Folders, seen from the project's top and from the context, that hold what makes files."""
_NAMED = regex(
    r"(?:GNU)?[Mm]akefile(?:\..*)?|.*\.(?:mk|mak|sh|bash|zsh|ps1|bat|cmd|ya?ml|gradle|kts|bazel|bzl|cmake|nix|hcl|toml|"
    r"rst|md|markdown|fish|groovy)|Jenkinsfile.*|[Jj]ustfile|[Tt]askfile.*|Rakefile|Earthfile|BUILD|WORKSPACE|"
    r"CMakeLists\.txt|package\.json|pom\.xml|magefile\.go|build\.(?:xml|py|js|mjs|ts|sbt)|README.*|tasks\.py|noxfile\.py|"
    r"fabfile\.py|setup\.py|SConstruct|meson\.build|Vagrantfile|\.gitlab-ci\.yml|\.env(?:\..*)?|\.gitattributes"
)
_NOT = regex(r"pnpm-lock\.yaml|.*lock\.(?:json|yaml|toml)|CHANGELOG.*|CHANGES.*|HISTORY.*")
_DOCUMENT = regex(r".*\.(?:md|markdown|rst)|README.*")
_MAKES = regex(
    r"(?i:(?<![\w-])(?:cp|mv|wget|curl|touch|make|download(?:s|ed)?|create[sd]?|generate[sd]?|save[sd]?|place|put|unzip|"
    r"extract|export|gsutil|aws|rsync|compile|train|convert|copy|move|rename|build|provide|add|write|dvc)(?![\w-]))|>|"
    r"(?<![\w-])(?:-o|--out(?:put)?)(?![\w-])"
)
"""What a line of a document has that tells how to make a file."""
_ONLY_READS = regex(
    r"\b(?:pip3?|uv pip|pipenv|conda|mamba)\s+install\b[^|&;>]*$|\bdocker\b[^|&;>]*\bbuild\b[^|&;>]*$"
    r"|^\s*(?:COPY|ADD)\b"
)
_PLAIN = regex(r"[\w.-]{4,}")
_MOST_FILES = 300
_LONGEST = 400_000  # characters of a file that is read for this
_LONGEST_LINE = 2_000

# The first folder, or the suffix, of what a tool builds, the manifest that shows the tool, and what it is called.
_OUTPUTS = (
    (regex(r"(?:.*/)?(?:dist|build|out|\.next|\.nuxt|\.output|public|node_modules)(?:/.*)?"), "package.json", "npm"),
    (regex(r"(?:.*/)?target(?:/.*)?"), "pom.xml", "mvn package"),
    (regex(r"(?:.*/)?target(?:/.*)?"), "Cargo.toml", "cargo build"),
    (regex(r"(?:.*/)?build/(?:libs|install|distributions)(?:/.*)?"), "build.gradle", "Gradle"),
    (regex(r"(?:.*/)?build/(?:libs|install|distributions)(?:/.*)?"), "build.gradle.kts", "Gradle"),
    (regex(r"(?:.*/)?(?:dist(?:/.*)?|[^/]*\.whl)"), "pyproject.toml", "the build of the Python package"),
    (regex(r"(?:.*/)?(?:dist(?:/.*)?|[^/]*\.whl)"), "setup.py", "the build of the Python package"),
    (regex(r"(?:.*/)?(?:bin|_output|\.build|out|build|dist|cmd)(?:/.*)?|[\w-]+"), "go.mod", "go build"),
    (regex(r"(?:.*/)?vendor(?:/.*)?"), "composer.json", "composer install"),
    (regex(r"(?:.*/)?(?:_site|site)(?:/.*)?"), "mkdocs.yml", "mkdocs build"),
)


class Maker(NamedTuple):
    """What brings a path: in words for a message, and where that is written; ``line`` is 0-based."""

    what: str
    path: str | None = None
    line: int | None = None


def maker_of(build: Build, path: str) -> Maker | None:
    """What brings a path of the context (wildcards possibly in it); ``None`` when nothing is known to."""
    root = build.context.root or "/"
    for find in (_submodule, _dvc, _mentioned, _built):
        found = find(build, root, path)
        if found is not None:
            return found
    return None


def is_git_ignored(build: Build, path: str) -> bool:
    """Whether git ignores a path of the context that is not there, as a file or as a folder."""
    place = join(build.context.root or "/", path)
    return bool(build.snapshot.git_ignored([place, join(place, "x")]))


def _submodule(build: Build, root: str, path: str) -> Maker | None:
    top = build.snapshot.git_root(root)
    text = build.snapshot.text(join(top, ".gitmodules")) if top is not None else None
    if top is None or text is None:
        return None
    place = relative(join(root, path), top)
    for number, line in enumerate(text.content.splitlines()):
        name, equals, value = line.partition("=")
        module = value.strip().strip('"').rstrip("/")
        if equals and name.strip() == "path" and module and f"{place}/".startswith(f"{module}/"):
            what = f"it belongs to the git submodule {module} (`git submodule update --init`)"
            return Maker(what, join(top, ".gitmodules"), number)
    return None


def _dvc(build: Build, root: str, path: str) -> Maker | None:
    folder = path
    while folder:
        if build.snapshot.is_file(join(root, f"{folder}.dvc")):
            return Maker(f"DVC brings it (`dvc pull {folder}.dvc`)", join(root, f"{folder}.dvc"), 0)
        folder = posixpath.dirname(folder)
    for place in dict.fromkeys((root, build.root, parent(join(root, path)))):
        stages = build.snapshot.text(join(place, "dvc.yaml"))
        found = _line_with(stages, (relative(join(root, path), place),)) if stages is not None else None
        if found is not None:
            return Maker("DVC brings it (`dvc pull`, or `dvc repro`)", join(place, "dvc.yaml"), found)
    return None


def _mentioned(build: Build, root: str, path: str) -> Maker | None:
    names = _names(build, root, path)
    for place, text in _texts(build):
        found = _line_with(text, names, making=_DOCUMENT.fullmatch(posixpath.basename(place)) is not None)
        if found is not None:
            shown = shortened(text.line(found))
            return Maker(f"{relative(place, build.root)}:{found + 1} names it (`{shown}`)", place, found)
    return None


def _names(build: Build, root: str, path: str) -> tuple[str, ...]:
    """How a line may name a path, or the folders above it that are not there either, or the file alone."""
    parts = path.split("/")
    wild = next((number for number, part in enumerate(parts) if WILDCARDS & set(part)), len(parts))
    found = ["/".join(parts[:end]) for end in range(wild, 0, -1)]
    found = [name for name in found if not build.snapshot.exists(join(root, name))]
    if wild == len(parts):
        found.append(parts[-1])
    else:
        found += [part for piece in parts[wild:] for part in _PLAIN.findall(piece)]
    return tuple(dict.fromkeys(item for item in found if len(item) > 1))


def _line_with(text: Text, names: tuple[str, ...], making: bool = False) -> int | None:
    """The number of the first line that names one of these paths and does not only read it; with ``making``, one that
    tells to make or to move something, or stands beside such a line.
    """
    content = text.content
    for name in names:
        start = content.find(name)
        while start >= 0:
            number = text.position(start).line
            if _is_whole(content, start, start + len(name)) and not _ONLY_READS.search(
                text.line(number)[:_LONGEST_LINE]
            ):
                around = (text.line(near)[:_LONGEST_LINE] for near in (number - 1, number, number + 1))
                if not making or any(_MAKES.search(line) for line in around):
                    return number
            start = content.find(name, start + len(name))
    return None


def _is_whole(content: str, start: int, end: int) -> bool:
    """Whether a name found in a text is no part of a longer one."""
    before, after = content[start - 1 : start] if start else "", content[end : end + 1]
    return not (before.isalnum() or before in ("_", "-") or after.isalnum() or after in ("_", "-"))


@fact
def _texts(build: Build) -> tuple[tuple[str, Text], ...]:
    """The files that may say how others are made, those of the context first."""
    places: dict[str, None] = {}
    root = build.context.root or build.root
    for top in dict.fromkeys((parent(build.path), root, build.root)):
        for folder in _FOLDERS:
            place = join(top, folder) if folder else top
            for entry in build.snapshot.list(place):
                if entry.kind is Kind.FILE and _NAMED.fullmatch(entry.name) and not _NOT.fullmatch(entry.name):
                    places[join(place, entry.name)] = None
    found = []
    for place in list(places)[:_MOST_FILES]:
        text = build.snapshot.text(place)
        if text is not None and len(text.content) <= _LONGEST:
            found.append((place, text))
    return tuple(found)


def _built(build: Build, root: str, path: str) -> Maker | None:
    """A tool that makes such paths by itself, where its manifest is there."""
    for shape, manifest, tool in _OUTPUTS:
        if not shape.fullmatch(path):
            continue
        folder = join(root, path)
        while folder != parent(folder):
            folder = parent(folder)
            if build.snapshot.is_file(join(folder, manifest)):
                return Maker(f"{tool} may make it", join(folder, manifest), None)
            if folder == build.root:
                break
    return None
