"""The names of files in which build commands are written down."""

from __future__ import annotations

import posixpath
from typing import Literal

from prebake.discovery import is_bake_file
from prebake.files import parent

Form = Literal["makefile", "justfile", "taskfile", "package", "script", "pipeline", "skaffold", "document"]

_PIPELINES = frozenset(
    {
        *(".gitlab-ci.yml", ".gitlab-ci.yaml", ".travis.yml", "azure-pipelines.yml", "azure-pipelines.yaml"),
        *("buildspec.yml", "bitbucket-pipelines.yml", ".drone.yml", ".woodpecker.yml", "appveyor.yml"),
    }
)
_DOCUMENTS = (".md", ".rst", ".markdown", ".txt")
_ABOUT_BUILDING = ("readme", "contribut", "install", "docker", "develop", "build", "deploy", "start", "setup")


def form_of(path: str) -> Form | None:
    """What kind of file with build commands a path is, by its name; ``None`` for another file."""
    name = posixpath.basename(path).lower()
    stem, _, suffix = name.rpartition(".")
    if name in ("makefile", "gnumakefile") or suffix == "mk":
        return "makefile"
    if is_jenkinsfile(name):
        return "pipeline"
    if name in ("justfile", ".justfile") or suffix == "just":
        return "justfile"
    if suffix in ("yml", "yaml"):
        if stem in ("taskfile", "taskfile.dist"):
            return "taskfile"
        if stem == "skaffold":
            return "skaffold"
        folder = posixpath.basename(parent(path))
        is_pipeline = name in _PIPELINES or stem.startswith("cloudbuild") or folder in (".circleci", ".buildkite")
        return "pipeline" if is_pipeline else None
    if name == "package.json":
        return "package"
    if suffix in ("sh", "bash"):
        return "script"
    if name.endswith(_DOCUMENTS):
        return "document" if any(word in stem for word in _ABOUT_BUILDING) else None
    return "document" if name in ("readme", "install", "contributing") else None


def is_jenkinsfile(path: str) -> bool:
    """Whether a pipeline is one of Jenkins, by its name."""
    return posixpath.basename(path).lower().partition(".")[0] == "jenkinsfile"


def tells_of_builds(path: str, content: str) -> bool:
    """Whether a file may say how any Dockerfile of its project is built: by its name for files that are mostly about
    building, YAML and TOML among them, by what is in it for scripts and documents.
    """
    name = posixpath.basename(path)
    if name.endswith((".yaml", ".yml", ".toml", ".hcl")) or name in ("devcontainer.json", ".devcontainer.json"):
        return True
    form = form_of(path)
    if form in ("script", "package", "document"):
        return "build" in content and any(tool in content for tool in ("docker", "podman", "buildah", "nerdctl"))
    return is_bake_file(name) or form is not None
