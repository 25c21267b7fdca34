"""Which files are Dockerfiles or go with them, and where Dockerfiles are."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from prebake.files import Snapshot, join
from prebake.regex import regex

_NAME = regex(r"(Dockerfile([._-].*)?|.*\.[Dd]ockerfile|Containerfile.*)", re.DOTALL)
_COMPOSE = regex(r"(docker-)?compose([.-].+)?\.ya?ml|.+\.(docker-)?compose\.ya?ml")
_BAKE = regex(r"(?:.+[.-])?bake(?:[.-].+)?\.json")
TEMPLATES = (".j2", ".jinja2", ".jinja", ".tmpl", ".tpl", ".template", ".in", ".erb", ".mustache")
"""Ends of names of files that something else is made from."""
_IGNORE = (".dockerignore", ".containerignore")
_NOT_BUILT = (
    *_IGNORE,
    ".md",
    ".txt",
    ".orig",
    ".rej",
    ".bak",
    ".swp",
    "~",
    ".py",
    ".sh",
    ".yml",
    ".yaml",
    ".json",
)
_SKIPPED = frozenset(
    {
        ".git",
        ".hg",
        ".svn",
        "node_modules",
        "__pycache__",
        ".tox",
        ".nox",
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
    }
)
_MOST_FOLDERS = 20_000
_MOST_BESIDE = 200


def is_dockerfile(name: str) -> bool:
    """Whether a file name is a Dockerfile's: not an ignore file's, a template's or a document's about one."""
    return _NAME.fullmatch(name) is not None and not name.endswith(TEMPLATES + _NOT_BUILT)


def is_ignore_file(name: str) -> bool:
    """Whether a file name is that of a file that says what is left out of a build context."""
    return name.endswith(_IGNORE)


def dockerfile_of(ignore_file: str) -> str | None:
    """The path of the Dockerfile beside which an ignore file has the name for that Dockerfile alone; ``None`` for a
    plain ``.dockerignore`` or ``.containerignore``. Whether there is such a Dockerfile is not looked for.
    """
    own = next((ignore_file.removesuffix(end) for end in _IGNORE if ignore_file.endswith(end)), "")
    return own if own and not own.endswith("/") else None


def is_compose_file(name: str) -> bool:
    """Whether a file name is one that compose files have, variants such as ``docker-compose.gpu.yml`` included."""
    return _COMPOSE.fullmatch(name) is not None


def is_bake_file(name: str) -> bool:
    """Whether a file name is one that bake files have: bake's own, or another with ``bake`` in it."""
    return "bake" in name and (name.endswith(".hcl") or (name.endswith(".json") and _BAKE.fullmatch(name) is not None))


def dockerfiles(snapshot: Snapshot, folder: str, go_on: Callable[[int], bool] | None = None) -> Iterator[str]:
    """All Dockerfiles below a folder, level by level, past folders that git ignores, virtual environments and packages.

    Links are not followed. At most 20,000 folders are looked into, so that a search from ``/`` ends; ``go_on`` is given
    the number of each of them, and ends the search by saying ``False``.
    """
    level, looked = [folder], 0
    while level and looked < _MOST_FOLDERS:
        below: list[str] = []
        beside: list[str] = []
        for place in level:
            looked += 1
            if go_on is not None and not go_on(looked):
                return
            names = snapshot.names(place)
            if "pyvenv.cfg" in names.files:
                continue
            files = sorted(names.files)
            found = [name for name in files if is_dockerfile(name)]
            yield from (join(place, name) for name in found)
            if found:
                beside += [join(place, name) for name in files][:_MOST_BESIDE]
            below += [join(place, name) for name in sorted(names.folders) if name not in _SKIPPED]
        # Whether git ignores a manifest is asked later, when a fix is to name it: one call of git answers both.
        ignored = snapshot.git_ignored([*below, *beside])
        level = [path for path in below if path not in ignored]
