"""What the readers of Python's project tools (uv sync, Poetry, PDM, Pipenv) share."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from typing import Any

from prebake.build.commands.effects import Effects, redirections, roots
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers import FirstStep
from prebake.build.state import instructions_above
from prebake.build.steps import Step, steps_at
from prebake.project.manifests.manifest import read_toml, strings, table
from prebake.project.manifests.requirements import is_archive, local_path
from prebake.records import NamedTuple


class Project(NamedTuple):
    """The project in the working directory of a command: its folder in the image and its TOML manifest."""

    folder: str
    data: Mapping[str, Any]

    def path(self, name: str) -> str:
        """The path in the image of something that the manifest names."""
        return posixpath.normpath(posixpath.join(self.folder, name))


def project_of(notes: Notes, command: InstallCommand, manifest: str = "pyproject.toml") -> Project | None:
    """The project that a command works on, its manifest noted; ``None`` and a problem where it cannot be read."""
    folder = command.step.directory
    if folder is None:
        notes.problem(command, f"reads {manifest}, and the folder it runs in is not known")
        return None
    path = posixpath.normpath(posixpath.join(folder, manifest))
    text = notes.image.text(path)
    if text is None:
        notes.problem(command, f"finds no {manifest} from the context in {folder}")
        return None
    notes.note([path])
    data = read_toml(text)
    if not data and text.content.strip():
        notes.problem(command, f"reads {manifest}, which is not valid TOML")
        return None
    return Project(folder, data)


def toml_at(notes: Notes, path: str) -> Mapping[str, Any]:
    """A TOML file of the image; empty where there is none from the context or it is broken."""
    text = notes.image.text(path)
    return read_toml(text) if text is not None else {}


def name_of(requirement: str) -> str:
    """The name that a requirement begins with."""
    text = requirement.strip()
    return text[: next((at for at, sign in enumerate(text) if not (sign.isalnum() or sign in "._-")), len(text))]


def dependencies(data: Mapping[str, Any]) -> list[str]:
    """The names of the project's own dependencies in the standard notation."""
    return [name_of(item) for item in strings(table(data, "project").get("dependencies"))]


def file_of(requirement: str, folder: str) -> str | None:
    """The place of a requirement ``name @ file:...``; ``None`` for any other."""
    _, at, url = requirement.partition("@")
    place = local_path(url.partition(";")[0].strip()) if at and "file:" in url else None
    for variable in ("${PROJECT_ROOT}", "%7BPROJECT_ROOT%7D", "{root:uri}"):
        place = place.replace(f"/{variable}", folder).replace(variable, folder) if place is not None else None
    return place


def note_local(notes: Notes, command: InstallCommand, places: Iterable[str]) -> list[str]:
    """Note the archives among some places that dependencies are installed from; the folders are given back."""
    folders = []
    for place in dict.fromkeys(places):
        if is_archive(place):
            notes.note(notes.paths(command, [place]))
        else:
            folders.append(place)
    return folders


def note_libraries(notes: Notes, command: InstallCommand, folders: Iterable[str]) -> None:
    """Note folders of sources that a command installs, and as a problem that it does."""
    named = list(folders)
    for folder in named:
        notes.library(command, folder)
    if named:
        more = f" and {len(named) - 1} more" if len(named) > 1 else ""
        notes.problem(command, f"installs {named[0]}{more} from sources")


def note_project(notes: Notes, command: InstallCommand, first: FirstStep | str) -> None:
    """Note as a problem that a command installs the project, too, and what to do about it by hand."""
    if isinstance(first, str):
        notes.problem(command, "also installs the project itself")
        return
    words = [*(f"{name}={value}" for name, value in first.environment), command.called, *first.options]
    notes.problem(
        command,
        f"also installs the project itself: copy {notes.named(command)} and run `{' '.join(words)}` first, then copy "
        f"the code and run `{command.called}`",
    )


def note_upwards(notes: Notes, command: InstallCommand, *names: str) -> None:
    """Note files that are looked for in the working directory and above it."""
    folder = command.step.directory
    while folder is not None:
        notes.note([posixpath.normpath(posixpath.join(folder, name)) for name in names], optional=True)
        if folder in ("/", ".", ""):
            break
        folder = posixpath.dirname(folder) or "."


def license_file(data: Mapping[str, Any]) -> list[str]:
    """The file that ``[project] license = {file = ...}`` names, which is read together with the manifest."""
    name = table(data, "project", "license").get("file")
    return [name] if isinstance(name, str) else []


def effects(
    notes: Notes, command: InstallCommand, environments: Iterable[str | None], written: Iterable[str] = ()
) -> Effects:
    """What a command touches besides its manifests: some environments, what it is told to write, Python's places."""
    step = command.step
    folders = (name for name in command.named.get("find-links", ()) if "://" not in name)
    notes.note(notes.paths(command, (*command.named.get("read", ()), *folders)))
    own = redirections(step)
    writes = (*own.writes, *written, *notes.paths(command, command.named.get("write", ())))
    home = step.lookup("HOME")
    homes = [posixpath.join(home, name) for name in (".cache", ".local", ".config")] if home is not None else []
    known = [path for path in environments if path is not None]
    return Effects(
        reads=own.reads,
        writes=tuple(dict.fromkeys(writes)),
        roots=tuple(place for place in (*roots("python"), *homes) if place not in writes),
        environments=tuple(dict.fromkeys(known)),
        imports=step.directory if step.module else None,
        opaque=own.opaque,
    )


def is_set(step: Step, name: str) -> bool | None:
    """The value of a variable that switches something; ``None`` where it is not set, or not known."""
    value = step.lookup(name) if step.sets(name) else None
    if value is None:
        return None
    return value.strip().lower() in ("1", "true", "yes", "y", "on", "t")


def configured(notes: Notes, program: str, setting: str) -> bool | None:
    """What ``poetry config`` or ``pdm config`` above the install, or in the same RUN, switches a setting to."""
    found = None
    build, install = notes.build, notes.install.instruction
    for item in (*instructions_above(build, install), install):
        if item.keyword != "RUN" or setting not in item.raw:
            continue
        for step in steps_at(build, item).steps:
            words = [argument.text for argument in step.arguments]
            if step.program == program and words[:1] == ["config"] and setting in words[:-1]:
                found = (words[words.index(setting) + 1] or "").lower() in ("true", "1", "yes", "on")
    return found
