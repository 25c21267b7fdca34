"""Where a project keeps the files that say how its images are built."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.discovery import is_dockerfile
from prebake.files import Entry, Kind, Snapshot, is_below, join, parent
from prebake.project.compose import is_compose_file

_DEPTH = 2
"""Folders this far below the project's top are looked into."""
_MOST_FOLDERS = 300
_UNLIKELY = frozenset(
    {
        *(".git", ".hg", ".svn", ".venv", "venv", "site-packages", "__pycache__", ".tox", ".nox", "node_modules"),
        *(".mypy_cache", ".pytest_cache", ".ruff_cache", ".ipynb_checkpoints", ".idea", ".vscode", ".cache", ".dvc"),
        *("data", "dataset", "datasets", "images", "models", "weights", "checkpoints", "outputs", "runs", "logs"),
        *("wandb", "mlruns", "lightning_logs", "dist", "build", "target", "vendor", "static", "assets", "tests"),
    }
)
"""Folders that hold no compose files but may hold very many others."""


def _folders(snapshot: Snapshot, root: str) -> Iterator[tuple[str, tuple[Entry, ...]]]:
    """The upper folders of a project with their entries, level by level."""
    level, looked = [root], 0
    for depth in range(_DEPTH + 1):
        below: list[str] = []
        for folder in level:
            if looked >= _MOST_FOLDERS:
                return
            looked += 1
            entries = snapshot.list(folder)
            yield folder, entries
            if depth < _DEPTH:
                below += [
                    join(folder, entry.name)
                    for entry in entries
                    if entry.kind is Kind.DIRECTORY and entry.name not in _UNLIKELY
                ]
        level = below


def _ancestors(folder: str, root: str) -> Iterator[str]:
    """A folder and those above it, up to ``root``."""
    while is_below(folder, root):
        yield folder
        if folder == root:
            return
        folder = parent(folder)


def compose_files(snapshot: Snapshot, dockerfile: str, root: str) -> tuple[str, ...]:
    """The compose files that may build a Dockerfile, nearest to it first: in its folder and those above it, and in the
    upper folders of the project.
    """
    near = [(folder, snapshot.list(folder)) for folder in _ancestors(parent(dockerfile), root)]
    found = {
        join(folder, entry.name): None
        for folder, entries in (*near, *_folders(snapshot, root))
        for entry in entries
        if entry.kind is Kind.FILE and is_compose_file(entry.name)
    }
    return tuple(found)


def dockerfiles(snapshot: Snapshot, root: str) -> tuple[str, ...]:
    """The Dockerfiles in the upper folders of a project."""
    return tuple(
        join(folder, entry.name)
        for folder, entries in _folders(snapshot, root)
        for entry in entries
        if entry.kind is Kind.FILE and is_dockerfile(entry.name)
    )


def workflow_files(snapshot: Snapshot, root: str) -> tuple[str, ...]:
    """GitHub's workflow files of a project."""
    folder = join(root, ".github/workflows")
    return tuple(
        join(folder, entry.name)
        for entry in snapshot.list(folder)
        if entry.kind is Kind.FILE and entry.name.endswith((".yml", ".yaml"))
    )
