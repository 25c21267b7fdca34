"""``pixi install``: its manifest, its lock file, and what is installed from the disk.

As documented (pixi CLI reference): ``--frozen`` takes everything from the lock file, and ``--skip`` leaves out a
package, such as one in a folder of the project, but not its dependencies.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Any

from prebake.build.commands.effects import Effects, redirections, roots
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers import FirstStep
from prebake.project.manifests.manifest import read_toml, table
from prebake.project.manifests.requirements import is_archive
from prebake.records import NamedTuple
from prebake.text import Text


class _Project(NamedTuple):
    """The folder, the tables of pixi, the lock file, and the packages in folders with those."""

    folder: str
    data: Mapping[str, Any]
    lock: Text | None
    local: dict[str, str]

    def path(self, name: str) -> str:
        return posixpath.normpath(posixpath.join(self.folder, name))


def follow(notes: Notes, command: InstallCommand) -> Effects:
    """Note the manifests, and as a problem what is installed from sources."""
    project = _project(notes, command)
    if project is None:
        return _effects(notes, command, None)
    frozen = _frozen(command)
    skipped = set(command.named.get("skip", ())) if frozen else set()
    left = {name: folder for name, folder in project.local.items() if name not in skipped}
    for name, folder in left.items():
        if folder != project.folder:
            notes.libraries.append(folder)
        notes.problem(command, f"installs {name} from its sources in {folder}: `--frozen --skip {name}` leaves it out")
    return _effects(notes, command, project)


def first_step(notes: Notes, command: InstallCommand) -> FirstStep | str:
    """``--skip`` for each package in a folder."""
    alone = Notes(notes.build, notes.install)
    project = _project(alone, command)
    if project is None or alone.problems:
        return next(iter(alone.problems), "there is no manifest of pixi that can be read")
    if project.lock is None:
        return "there is no pixi.lock, and without it pixi reads the sources of its local packages"
    if command.given & {"--locked"}:
        return "`--locked` reads the sources of local packages: `pixi install --frozen --skip` does without them"
    options = [word for name in project.local for word in ("--skip", name)]
    return FirstStep((*(() if _frozen(command) else ("--frozen",)), *options))


def _frozen(command: InstallCommand) -> bool:
    value = command.step.lookup("PIXI_FROZEN") if command.step.sets("PIXI_FROZEN") else None
    return "--frozen" in command.given or value in ("true", "1")


def _project(notes: Notes, command: InstallCommand) -> _Project | None:
    """The project with its manifests noted; ``None`` and a problem where there is none that can be read."""
    folder = command.directory
    if folder is None:
        notes.problem(command, "reads pixi.toml, and the folder it runs in is not known")
        return None
    for name in ("pixi.toml", "pyproject.toml"):
        path = posixpath.normpath(posixpath.join(folder, name))
        text = notes.image.text(path)
        data = read_toml(text) if text is not None else {}
        tables = data if name == "pixi.toml" else table(data, "tool", "pixi")
        if text is None or (not tables and name == "pyproject.toml"):
            continue
        notes.note([path])
        if not data:
            notes.problem(command, f"reads {path}, which is not valid TOML")
            return None
        lock = posixpath.normpath(posixpath.join(folder, "pixi.lock"))
        settings = posixpath.normpath(posixpath.join(folder, ".pixi/config.toml"))
        notes.note([lock], optional=not command.given & {"--frozen", "--locked"})
        notes.note([settings], optional=True)
        return _read(notes, folder, tables, data, notes.image.text(lock))
    notes.problem(command, f"finds no manifest of pixi from the context in {folder}")
    return None


def _read(notes: Notes, folder: str, tables: Mapping[str, Any], data: Mapping[str, Any], lock: Text | None) -> _Project:
    local: dict[str, str] = {}
    for name, place in _places(tables):
        path = posixpath.normpath(posixpath.join(folder, place))
        if is_archive(place) or place.endswith((".conda", ".tar.bz2")):
            notes.note([path])
        else:
            local.setdefault(name, path)
    names = [name for key in ("dependencies", "pypi-dependencies") for name in table(tables, key)]
    wanted = table(data, "project").get("dependencies")
    names += [item for item in wanted if isinstance(item, str)] if isinstance(wanted, list) else []
    locked = dict.fromkeys(_locked(lock)) if lock is not None else {}
    notes.packages += locked or [name for name in names if name not in local]
    return _Project(folder, tables, lock, local)


def _places(value: object, name: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """The packages that tables take from a path, with that; ``[package]`` makes the project itself one of them when it
    is depended on.
    """
    if isinstance(value, list):
        for item in value:
            yield from _places(item, name, depth + 1)
    if not isinstance(value, dict) or depth > 20:
        return
    for key, inner in value.items():
        if key == "path" and isinstance(inner, str):
            yield name, inner
        elif key not in ("tasks", "activation"):
            yield from _places(inner, str(key), depth + 1)


def _locked(lock: Text) -> Iterator[str]:
    """The packages in a lock file, read line by line: whole, it would take seconds to parse."""
    for line in lock.content.splitlines():
        word = line.strip()
        if word.startswith(("- conda: http", "- pypi: http")):
            yield posixpath.basename(word.partition(": ")[2])


def _effects(notes: Notes, command: InstallCommand, project: _Project | None) -> Effects:
    step = command.step
    own = redirections(step)
    notes.note(notes.paths(command, command.named.get("read", ())))
    home = step.lookup("HOME") or "/root"
    places = [*roots("home"), "/root/.pixi", *(posixpath.join(home, name) for name in (".cache", ".config", ".pixi"))]
    for name in ("PIXI_HOME", "PIXI_CACHE_DIR", "RATTLER_CACHE_DIR"):
        value = step.lookup(name) if step.sets(name) else None
        place = step.absolute(value) if value else None
        places += [place] if place is not None else []
    written = []
    if project is not None and not (_frozen(command) or "--locked" in command.given):
        if project.lock is None:
            written.append(project.path("pixi.lock"))
        else:
            notes.doubt(command, "may write pixi.lock anew, which the COPY then puts back; `--locked` leaves it alone")
    return Effects(
        reads=own.reads,
        writes=(*own.writes, *written),
        roots=tuple(dict.fromkeys(places)),
        environments=(project.path(".pixi"),) if project is not None else (),
        opaque=own.opaque,
    )
