"""Where a project keeps the files that say how its images are built."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.discovery import is_bake_file, is_compose_file, is_dockerfile
from prebake.files import Entry, Kind, Snapshot, ancestors, join, parent
from prebake.project.contexts.buildfiles import Form, form_of
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
    """What concerns us in a folder: the paths of its compose and bake files, Dockerfiles and sub-folders worth a
    look.
    """

    compose: tuple[str, ...]
    bake: tuple[str, ...]
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
        tuple(join(folder, name) for name in files if name.endswith(".hcl") or ("bake" in name and is_bake_file(name))),
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


class _Upper(NamedTuple):
    """What concerns us in the upper folders of a project: the paths of its compose files, its bake files by folder, and
    its Dockerfiles.
    """

    compose: tuple[str, ...]
    bake: tuple[tuple[str, ...], ...]
    dockerfiles: tuple[str, ...]


_uppers: dict[str, tuple[object, _Upper]] = {}


def _upper(snapshot: Snapshot, root: str) -> _Upper:
    """What is in the upper folders; remembered as long as no file comes or goes, since each of hundreds of Dockerfiles
    asks for it several times.
    """
    state = snapshot.state_of_names()
    known = _uppers.get(root)
    if known is not None and known[0] == state:
        return known[1]
    folders = list(_folders(snapshot, root))
    found = _Upper(
        tuple(path for folder in folders for path in folder.compose),
        tuple(folder.bake for folder in folders if folder.bake),
        tuple(path for folder in folders for path in folder.dockerfiles),
    )
    if len(_uppers) >= _MOST_REMEMBERED:
        _uppers.clear()
    _uppers[root] = (state, found)
    return found


def compose_files(snapshot: Snapshot, dockerfile: str, root: str) -> tuple[str, ...]:
    """The compose files that may build a Dockerfile, nearest to it first: in its folder and those above it, and in the
    upper folders of the project.
    """
    near = (_look(snapshot, folder) for folder in ancestors(parent(dockerfile), root))
    paths = [path for folder in near for path in folder.compose]
    return tuple(dict.fromkeys((*paths, *_upper(snapshot, root).compose)))


def bake_files(snapshot: Snapshot, dockerfile: str, root: str) -> tuple[tuple[str, ...], ...]:
    """The bake files, and other HCL files, that may build a Dockerfile, by the folder they are in, nearest to it
    first.
    """
    near = (_look(snapshot, folder) for folder in ancestors(parent(dockerfile), root))
    found = [folder.bake for folder in near if folder.bake]
    return tuple(dict.fromkeys((*found, *_upper(snapshot, root).bake)))


def devcontainer_files(snapshot: Snapshot, dockerfile: str, root: str) -> tuple[str, ...]:
    """The ``devcontainer.json`` files of the folders from a Dockerfile's up to the project's top."""
    found: list[str] = []
    for folder in ancestors(parent(dockerfile), root):
        names = {entry.name: entry.kind for entry in snapshot.list(folder)}
        if ".devcontainer.json" in names:
            found.append(join(folder, ".devcontainer.json"))
        if names.get(".devcontainer") is Kind.DIRECTORY:
            inner = join(folder, ".devcontainer")
            entries = snapshot.list(inner)[:_MOST_FOLDERS]
            places = [inner, *(join(inner, entry.name) for entry in entries if entry.kind is Kind.DIRECTORY)]
            paths = (join(place, "devcontainer.json") for place in places)
            found += [path for path in paths if snapshot.is_file(path)]
    return tuple(found)


SCRIPT_FOLDERS = (
    *("scripts", "script", "bin", "docker", "dockerfiles", "ci", ".ci", "cicd", "tools", "hack", "deploy"),
    *("deployment", "build", "dev", "docs", "doc", ".github/scripts"),
)
"""Folders of a project's top in which files with commands are kept."""
PIPELINE_FOLDERS = (".circleci", ".buildkite")
_MOST_COMMANDS = 60
_commands: dict[str, tuple[tuple[Entry, ...], tuple[tuple[str, Form], ...]]] = {}


def pipeline_files(snapshot: Snapshot, root: str) -> tuple[tuple[str, Form], ...]:
    """The pipelines of other CI services than GitHub's, with what they are."""
    return tuple(
        (path, form)
        for folder in (root, *_those_there(snapshot, root, PIPELINE_FOLDERS))
        for path, form in _commands_of(snapshot, folder)
        if form in ("pipeline", "skaffold")
    )


def command_files(snapshot: Snapshot, dockerfile: str, root: str) -> tuple[tuple[str, Form], ...]:
    """The files with commands that people run, documents last, with what they are: in the folders from a Dockerfile's
    up to the project's top, the latter's first, and in some that projects keep such files in.
    """
    folders = (*reversed(list(ancestors(parent(dockerfile), root))), *_those_there(snapshot, root, SCRIPT_FOLDERS))
    found = [item for folder in dict.fromkeys(folders) for item in _commands_of(snapshot, folder)]
    return tuple(item for item in found if item[1] not in ("pipeline", "skaffold"))


def _those_there(snapshot: Snapshot, root: str, names: tuple[str, ...]) -> list[str]:
    there = {entry.name for entry in snapshot.list(root) if entry.kind is Kind.DIRECTORY}
    return [join(root, name) for name in names if name.partition("/")[0] in there]


def _commands_of(snapshot: Snapshot, folder: str) -> tuple[tuple[str, Form], ...]:
    entries = snapshot.list(folder)
    known = _commands.get(folder)
    if known is not None and known[0] is entries:
        return known[1]
    paths = (join(folder, entry.name) for entry in entries if entry.kind is Kind.FILE)
    found = tuple((path, form) for path in paths if (form := form_of(path)) is not None)[:_MOST_COMMANDS]
    if len(_commands) >= _MOST_REMEMBERED:
        _commands.clear()
    _commands[folder] = (entries, found)
    return found


def dockerfiles(snapshot: Snapshot, root: str) -> tuple[str, ...]:
    """The Dockerfiles in the upper folders of a project."""
    return _upper(snapshot, root).dockerfiles


def workflow_files(snapshot: Snapshot, root: str) -> tuple[str, ...]:
    """GitHub's workflow files of a project."""
    folder = join(root, ".github/workflows")
    return tuple(
        join(folder, entry.name)
        for entry in snapshot.list(folder)
        if entry.kind is Kind.FILE and entry.name.endswith((".yml", ".yaml"))
    )
