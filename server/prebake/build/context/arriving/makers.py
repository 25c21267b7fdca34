"""What brings a file that is not in a project before its image is built: a git submodule, DVC, something that the
project's own files tell of, or a tool that makes such files.
"""

from __future__ import annotations

import posixpath
import re

from prebake.build.build import Build
from prebake.build.context.arriving.told import line_with, told
from prebake.files import ancestors, join, parent, relative
from prebake.records import NamedTuple
from prebake.regex import regex

_STEPS = regex(r"^\s*(?:-\s+)?run:|download-artifact", re.MULTILINE)

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


def maker_of(build: Build, path: str, root: str | None = None) -> Maker | None:
    """What brings a path of the context (wildcards possibly in it), or of the named one whose top is ``root``; ``None``
    when nothing is known to.
    """
    root = root or build.context.root or "/"
    return (
        _submodule(build, root, path)
        or _dvc(build, root, path)
        or _told(build, path)
        or _built(build, root, path)
        or _steps_before(build)
    )


def is_git_ignored(build: Build, path: str, root: str | None = None) -> bool:
    """Whether git ignores a path that is not there, as a file or as a folder: one of the context, or of the named one
    whose top is ``root``.
    """
    place = join(root or build.context.root or "/", path)
    return bool(build.snapshot.git_ignored([place, join(place, "x")]))


def submodule_of(build: Build, path: str) -> Maker | None:
    """The git submodule that a path of the context belongs to."""
    return _submodule(build, build.context.root or "/", path)


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
        found = line_with(stages.content, (relative(join(root, path), place),)) if stages is not None else None
        if found is not None:
            return Maker("DVC brings it (`dvc pull`, or `dvc repro`)", join(place, "dvc.yaml"), found)
    return None


def _told(build: Build, path: str) -> Maker | None:
    found = told(build, path)
    if found is None:
        return None
    verb = "tells of it" if found.teller.kind == "document" else "may make it" if found.makes else "names it, too"
    place = f"{relative(found.teller.path, build.root)}:{found.line + 1}"
    quoted = found.shown.replace("`", "'")  # of a document, which has marks of its own
    return Maker(f"{place} {verb} (`{quoted}`)", found.teller.path, found.line)


def _steps_before(build: Build) -> Maker | None:
    """The workflow that says what the context is: where it runs commands or fetches artifacts, they come first."""
    evidence = build.context.evidence
    text = build.snapshot.text(evidence.path) if evidence.kind == "workflow" and evidence.path is not None else None
    if text is None or evidence.path is None or not _STEPS.search(text.content):
        return None
    return Maker(f"a step of {relative(evidence.path, build.root)} may bring it", evidence.path, evidence.line)


def _built(build: Build, root: str, path: str) -> Maker | None:
    """A tool that makes such paths by itself, where its manifest is there."""
    for shape, manifest, tool in _OUTPUTS:
        if not shape.fullmatch(path):
            continue
        for folder in ancestors(parent(join(root, path)), build.root):
            if build.snapshot.is_file(join(folder, manifest)):
                return Maker(f"{tool} may make it", join(folder, manifest), None)
    return None
