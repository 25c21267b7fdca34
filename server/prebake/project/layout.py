"""Where a project keeps the files that say how its images are built."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.discovery import is_compose_file, is_dockerfile
from prebake.files import Entry, Kind, Snapshot, is_below, join, parent
from prebake.records import NamedTuple

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


class _Folder(NamedTuple):
    """What concerns us in a folder: the paths of its compose files, Dockerfiles and sub-folders worth a look."""

    compose: tuple[str, ...]
    dockerfiles: tuple[str, ...]
    below: tuple[str, ...]


_looked: dict[str, tuple[tuple[Entry, ...], _Folder]] = {}
_MOST_REMEMBERED = 4096


def _look(snapshot: Snapshot, folder: str) -> _Folder:
    """What concerns us in a folder; remembered as long as its list of entries is the same object."""
    entries = snapshot.list(folder)
    known = _looked.get(folder)
    if known is not None and known[0] is entries:
        return known[1]
    files = [entry.name for entry in entries if entry.kind is Kind.FILE]
    folders = (entry.name for entry in entries if entry.kind is Kind.DIRECTORY)
    found = _Folder(
        tuple(join(folder, name) for name in files if name.endswith((".yml", ".yaml")) and is_compose_file(name)),
        tuple(join(folder, name) for name in files if "file" in name and is_dockerfile(name)),
        tuple(join(folder, name) for name in folders if name not in _UNLIKELY),
    )
    if len(_looked) >= _MOST_REMEMBERED:
        _looked.clear()
    _looked[folder] = (entries, found)
    return found


def _folders(snapshot: Snapshot, root: str) -> Iterator[_Folder]:
    """The upper folders of a project, level by level."""
    level, looked = [root], 0
    for depth in range(_DEPTH + 1):
        below: list[str] = []
        for folder in level:
            if looked >= _MOST_FOLDERS:
                return
            looked += 1
            found = _look(snapshot, folder)
            yield found
            below += found.below if depth < _DEPTH else ()
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
    near = (_look(snapshot, folder) for folder in _ancestors(parent(dockerfile), root))
    return tuple(dict.fromkeys(path for folder in (*near, *_folders(snapshot, root)) for path in folder.compose))


def dockerfiles(snapshot: Snapshot, root: str) -> tuple[str, ...]:
    """The Dockerfiles in the upper folders of a project."""
    return tuple(path for folder in _folders(snapshot, root) for path in folder.dockerfiles)


def workflow_files(snapshot: Snapshot, root: str) -> tuple[str, ...]:
    """GitHub's workflow files of a project."""
    folder = join(root, ".github/workflows")
    return tuple(
        join(folder, entry.name)
        for entry in snapshot.list(folder)
        if entry.kind is Kind.FILE and entry.name.endswith((".yml", ".yaml"))
    )
