"""From the paths a user gives to the Dockerfiles that are checked."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Sequence

from prebake.config import Target
from prebake.discovery import is_dockerfile
from prebake.engine import Engine
from prebake.files import Kind, Snapshot, absolute, join, parent
from prebake.records import NamedTuple

_OTHER_FILES = (
    *(".py", ".ipynb", ".toml", ".yaml", ".yml", ".json", ".txt", ".md", ".rst", ".sh", ".cfg", ".ini", ".lock"),
    *(".hcl", ".mk"),
    *(".dockerignore", ".containerignore", ".gitignore"),
)


class Targets(NamedTuple):
    """The Dockerfiles to check, in order; what is worth a word; what is wrong with the given paths; the given folders,
    which were searched.
    """

    dockerfiles: tuple[str, ...]
    notes: tuple[str, ...]
    problems: tuple[str, ...]
    folders: tuple[str, ...] = ()


def find_targets(engine: Engine, paths: Sequence[str], given: str | None = None) -> Targets:
    """The Dockerfiles that paths stand for: itself, those below a folder, those that any other file concerns.

    ``given`` is an absolute path whose text came from elsewhere, so that it need not exist.
    """
    dockerfiles: dict[str, None] = {}
    notes: list[str] = []
    problems: list[str] = []
    folders: list[str] = []
    unconcerned: list[str] = []
    for path in paths:
        place = absolute(path)
        problem = None if place == given else _problem(engine.snapshot, place)
        if problem is not None:
            problems.append(f"{path}: {problem}")
            continue
        if engine.snapshot.is_dir(place):
            found = engine.dockerfiles_in(place)
            unreadable = engine.snapshot.unreadable(place)
            if unreadable is not None:
                problems.append(f"{path}: {unreadable}")
                continue
            folders.append(place)
            if not found:
                notes.append(f"no Dockerfile found below {path}")
        elif _is_dockerfile(engine.snapshot, place):
            found = (place,)
        else:
            found = engine.dockerfiles_for(place)
            if not found:
                unconcerned.append(path)
        dockerfiles.update(dict.fromkeys(found))
    if len(unconcerned) == 1:
        notes.append(f"{unconcerned[0]} concerns no Dockerfile")
    elif unconcerned:  # a hook hands over all files of a change
        notes.append(f"{len(unconcerned)} files concern no Dockerfile, such as {unconcerned[0]}")
    return Targets(tuple(dockerfiles), tuple(notes), tuple(problems), tuple(folders))


def usual_dockerfile(engine: Engine, folder: str) -> str | None:
    """The Dockerfile that somebody means who names none: the one in the folder that has the usual name."""
    paths = (join(folder, name) for name in ("Dockerfile", "Containerfile"))
    return next((path for path in paths if engine.snapshot.is_file(path)), None)


def workspaces(paths: Sequence[str]) -> tuple[str, ...]:
    """The folders that stand for a project where there is no git work tree: the given ones and the working directory.

    Not a home or a file system's top: what lies below these is no project.
    """
    too_wide = {absolute(os.path.expanduser("~"))}
    folders = [absolute(path) for path in (*paths, ".") if os.path.isdir(path)]
    return tuple(dict.fromkeys(folder for folder in folders if folder not in too_wide and parent(folder) != folder))


def built_from(engine: Engine, dockerfiles: Sequence[str], context: str) -> dict[str, dict[str, str]]:
    """The ``targets`` setting that makes a folder the build context of Dockerfiles; their targets stay.

    Raises:
        ConfigError: a configuration file or an override is wrong.
    """
    chosen = {}
    for path in dockerfiles:
        target = engine.settings(path).targets.get(path, Target()).target
        chosen[path] = {"context": context} if target is None else {"context": context, "target": target}
    return chosen


def _problem(snapshot: Snapshot, path: str) -> str | None:
    """Why nothing can be read at a path."""
    if not snapshot.exists(path):
        return snapshot.unreadable(path) or "no such file or folder"
    resolved = snapshot.resolve(path) or path
    entry = snapshot.stat(resolved)
    if entry is not None and entry.kind is Kind.OTHER:
        return "neither a file nor a folder"
    if snapshot.is_file(path) and snapshot.text(path) is None:
        return snapshot.unreadable(path) or "cannot be read"
    return None


def _is_dockerfile(snapshot: Snapshot, path: str) -> bool:
    """Whether a file that was named is a Dockerfile, by its name or, for a name of no other kind, by how it begins."""
    name = posixpath.basename(path)
    if is_dockerfile(name):
        return True
    text = snapshot.text(path)
    if text is None or name.endswith(_OTHER_FILES) or name.startswith(("Dockerfile", "Containerfile", ".env")):
        return False
    from prebake.syntax.dockerfile import parse

    first = next((item for item in parse(text).instructions if item.keyword != "ARG"), None)
    return first is not None and first.keyword == "FROM" and first.problem is None
