"""The files of a project that may tell how others are made: build files and pipelines, programs, documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from prebake.build.build import Build, fact
from prebake.files import Kind, Snapshot, ancestors, join, parent
from prebake.project.contexts.buildfiles import form_of
from prebake.project.contexts.layout import PIPELINE_FOLDERS, SCRIPT_FOLDERS
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Text

_FOLDERS = (".github/workflows", *PIPELINE_FOLDERS, *SCRIPT_FOLDERS, "release", "make", ".devcontainer")
"""Folders of the project, the context and the Dockerfile's own that hold what makes files."""
_BUILDS = regex(
    r"(?:GNU)?[Mm]akefile\..*|.*\.(?:mak|zsh|fish|ps1|bat|cmd|ya?ml|gradle|kts|bazel|bzl|cmake|nix|hcl|toml|groovy)"
    r"|Taskfile.*|Rakefile|Earthfile|BUILD|WORKSPACE|CMakeLists\.txt|pom\.xml|magefile\.go|build\.(?:xml|js|mjs|ts|sbt)"
    r"|SConstruct|meson\.build|Vagrantfile"
)
"""Further files that make something, besides those with build commands."""
_PROGRAMS = regex(r".*\.(?:py|ipynb)")
_DOCUMENTS = regex(r".*\.(?:md|markdown|rst)|README.*")
_NOT = regex(r"pnpm-lock\.yaml|.*lock\.(?:json|yaml|toml)|(?:CHANGELOG|CHANGES|HISTORY).*")
_MOST_FILES = 300
_LONGEST = 400_000  # characters of a file that is read for this


class Teller(NamedTuple):
    """A file that may tell how others are made."""

    path: str
    text: Text
    kind: Literal["build", "program", "document"]


@fact
def tellers(build: Build) -> tuple[Teller, ...]:
    """The files that may tell how others are made, those nearest to the Dockerfile first."""
    kinds: dict[str, Literal["build", "program", "document"]] = {}
    for folder in _folders(build):
        for name in _names_in(build.snapshot, folder):
            if form_of(join(folder, name)) not in (None, "document") or _BUILDS.fullmatch(name):
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
