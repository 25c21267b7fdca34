"""What a project is made with: languages, packages, and whether its version comes from git."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from functools import lru_cache

from prebake.build.build import Build, fact
from prebake.build.context.mentions import mentions
from prebake.build.context.unnamed import folders
from prebake.build.context.use import neighbours, text_of
from prebake.files import Kind, join
from prebake.project.contexts.buildfiles import form_of
from prebake.project.contexts.layout import SCRIPT_FOLDERS
from prebake.records import NamedTuple
from prebake.regex import regex

_MANIFEST = regex(
    r"(requirements?([-_.].*)?|.*[-_.]requirements)\.(txt|in)|pyproject\.toml|setup\.(py|cfg)|Pipfile|environment\.ya?ml"
    r"|conda\.ya?ml|tox\.ini|noxfile\.py|dev-?requirements.*"
)
_FOLDERS = ("requirements",)
# That a package manager installs Python says nothing: Node builds native modules with it.
_PYTHON = regex(
    r"\b(pip3?\s+install|uv\s+(sync|pip|run|venv)|(poetry|pdm|pipenv|conda|mamba)\s+[a-z]|python3?\s+(-m\s+\w|\S+\.py\b))"
)
_NODE = regex(r"\b(npm|yarn|pnpm|bun)\b")
_SAMPLES = frozenset({"tests", "test", "fixtures", "testdata", "examples"})
_NAME = regex(r"[A-Za-z0-9][A-Za-z0-9._-]*[A-Za-z0-9]|[A-Za-z0-9]")
_PACKAGE = regex(r"^\[(project|build-system|tool\.poetry|tool\.flit)", re.MULTILINE)
_VERSION_FROM_GIT = regex(
    r"setuptools[-_]scm|hatch[-_]vcs|poetry[-_]dynamic[-_]versioning|uv[-_]dynamic[-_]versioning|versioningit|dunamai"
    r"|setuptools[-_]git[-_]versioning|\bversioneer\b|\bpbr\b|flit[-_]scm|source\s*=\s*[\"'](scm|vcs|git)[\"']"
)
_ASKS_GIT = regex(
    r"\bgit\s+(?:-C\s+\S+\s+)?(describe|rev-parse|rev-list|log|show|status|submodule|lfs\s+(pull|fetch|checkout))\b"
    r"|\bdvc\s+(pull|fetch|checkout|repro|status|exp)\b|\bpre-commit\s+(run|install)\b"
)
_READS_GIT = regex(
    r"^\s*(import git\b|from git\b)|[\"']git[\"'],\s*[\"'](describe|rev-parse|rev-list|log|show|status)\b",
    re.MULTILINE,
)
_BUILD_SCRIPT_ASKS = regex(r"\bvergen\w*|Command::new\(\"git\"\)|\.git\b")
_NAMES_GIT = regex(r"(?<![\w./-])(?:[\w/.]*/)?\.git(?=[/\s\"';&|)]|$)")
_REMOVES = regex(r"\brm\s[^&|;\n]*")
_DESCRIBES = regex(r"\bgit\s+(?:-C\s+\S+\s+)?describe\b")
_CLONES = regex(r"\bgit\s+(?:-[^\n]*?\s)?(clone|init)\b")
_RUNS = frozenset({"RUN"})
_SCRIPTS = frozenset({"makefile", "justfile", "package", "script"})
_MOST_SCRIPTS = 50


class Evidence(NamedTuple):
    """``languages`` are of ``python``, ``python-package`` (it builds a package of its own) and ``node``; ``packages``
    the names, lower case, that manifests hold; ``git`` says what reads ``.git``, as a sentence without a full stop.
    """

    languages: frozenset[str]
    packages: frozenset[str]
    git: str | None


@fact
def evidence(build: Build) -> Evidence:
    """What the project in the build's context is made with."""
    manifests = manifest_texts(build)
    runs = "\n".join(text_of(other, _RUNS) for other in neighbours(build))
    bases = " ".join(stage.base for other in neighbours(build) for stage in other.tree.stages)
    names = {posixpath.basename(path) for path in manifests}
    has_code = any(path.endswith(".py") for path in (*_top_names(build), *mentions(build).files))
    languages: set[str] = set()
    if has_code or names or _PYTHON.search(runs) or "python" in bases:
        languages.add("python")
    described = _PACKAGE.search(manifests.get("pyproject.toml", "")) is not None
    if names & {"setup.py", "setup.cfg"} or described:
        languages.add("python-package")
    if _NODE.search(runs) or any(
        "package.json" in names and not _SAMPLES & set(folder.split("/")) for folder, names in folders(build).items()
    ):
        languages.add("node")
    packages = frozenset().union(*map(_names_in, manifests.values()))
    return Evidence(frozenset(languages), packages, _git_reader(build, manifests))


def _top_names(build: Build) -> tuple[str, ...]:
    return tuple(entry.name for entry in build.snapshot.list(build.context.root or "/"))


@fact
def manifest_texts(build: Build) -> dict[str, str]:
    """The texts of the files that say which packages the project uses, by path relative to the context root."""
    return dict(_manifests(build))


def _manifests(build: Build) -> Iterator[tuple[str, str]]:
    root = build.context.root or "/"
    for folder in ("", *_FOLDERS):
        for entry in build.snapshot.list(join(root, folder) if folder else root):
            path = f"{folder}/{entry.name}" if folder else entry.name
            if entry.kind is Kind.FILE and (folder or _MANIFEST.fullmatch(entry.name)):
                text = build.snapshot.text(join(root, path))
                if text is not None:
                    yield path, text.content


# Every keystroke in a Dockerfile asks about the same files.
@lru_cache(maxsize=256)
def _names_in(text: str) -> frozenset[str]:
    return frozenset(word.lower().replace("_", "-") for word in _NAME.findall(text))


@lru_cache(maxsize=8192)
def _search(pattern: re.Pattern[str], text: str) -> str | None:
    """What a pattern finds first."""
    found = pattern.search(text)
    return found.group() if found is not None else None


def _git_reader(build: Build, manifests: dict[str, str]) -> str | None:
    """What needs ``.git`` to be in the image."""
    root = build.context.root or "/"
    for path, text in (*manifests.items(), *_nested(build)):
        found = _search(_VERSION_FROM_GIT, text)
        if found is not None:
            return f"{path} takes the version from git ({found.split('=')[0].strip()})"
    runs = ""
    for other in neighbours(build):
        for instruction in other.tree.instructions:
            if instruction.keyword != "RUN":
                continue
            text = "\n".join((instruction.body.text, *(heredoc.body for heredoc in instruction.heredocs)))
            runs += text + "\n"
            found = _search(_ASKS_GIT, text)
            if found is not None and not _CLONES.search(text):
                name = posixpath.basename(other.path)
                return f"line {instruction.line + 1} of {name} runs {' '.join(found.split())}"
            if _NAMES_GIT.search(_REMOVES.sub("", text)) and not _CLONES.search(text):
                return f"line {instruction.line + 1} of {posixpath.basename(other.path)} reads it"
    for path, text in _scripts(build):
        called = (
            posixpath.basename(path) in runs
            or (path.lower().endswith("makefile") and "make" in runs)
            or (path == "package.json" and _NODE.search(runs) is not None)
            or (path == "build.rs" and "cargo" in runs)
        )
        found = _search(_ASKS_GIT if called else _DESCRIBES, text)
        if found is None and path == "build.rs" and called:
            found = _search(_BUILD_SCRIPT_ASKS, text)
        if found is not None:
            return f"{path} runs {' '.join(found.split())}"
    for path in mentions(build).files:
        read = build.snapshot.text(join(root, path)) if path.endswith(".py") else None
        if read is not None and _search(_READS_GIT, read.content) is not None:
            return f"{path} reads the repository"
    return None


def _nested(build: Build) -> Iterator[tuple[str, str]]:
    """The texts of the manifests of packages further down: a version from git needs ``.git`` there as well."""
    root = build.context.root or "/"
    for folder, names in folders(build).items():
        for name in sorted(names & {"pyproject.toml", "setup.py", "setup.cfg"}) if folder else ():
            text = build.snapshot.text(join(root, folder, name))
            if text is not None:
                yield f"{folder}/{name}", text.content


def _scripts(build: Build) -> Iterator[tuple[str, str]]:
    """The Makefile and shell scripts of a project, by path relative to the context root."""
    root = build.context.root or "/"
    count = 0
    for folder in ("", *SCRIPT_FOLDERS):
        for entry in build.snapshot.list(join(root, folder) if folder else root):
            is_script = entry.name == "build.rs" or form_of(entry.name) in _SCRIPTS
            if entry.kind is not Kind.FILE or not is_script:
                continue
            count += 1
            path = f"{folder}/{entry.name}" if folder else entry.name
            text = build.snapshot.text(join(root, path))
            if text is not None:
                yield path, text.content
            if count >= _MOST_SCRIPTS:
                return
