"""``pip`` and ``uv pip``: requirement and constraint files with all they include, local archives, configuration."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from prebake.build.commands.effects import Effects, active_environments, redirections, roots
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers import FirstStep
from prebake.project.manifests.manifest import read_toml, table
from prebake.project.manifests.requirements import Closure, closure, local_path
from prebake.text import Text


def follow(notes: Notes, command: InstallCommand) -> Effects:
    """Follow the requirements that a command names to their end."""
    for project in command.projects:
        notes.problem(command, f"installs the project itself from its sources ({project})")
        notes.library(command, local_path(project) or project)
    notes.packages += () if command.only_tools else command.packages
    requirements = notes.paths(command, command.requirements)
    projects = [path for path in requirements if _is_project_file(path)]
    found = closure(
        notes.image,
        [path for path in requirements if path not in projects],
        notes.paths(command, command.constraints),
        cwd=command.step.directory or "",
        env=command.step.lookup,
    )
    notes.packages += [package.name for package in found.packages]
    notes.problems += [notes.said(problem) for problem in found.problems]
    folders = notes.paths(command, command.named.get("find-links", ()))
    notes.note(found.files)
    notes.note(projects)
    notes.note(notes.paths(command, (*command.archives, *command.named.get("read", ()))))
    notes.note([*(item.path for item in found.local if not item.project), *folders])
    for item in found.local:
        if item.project:
            notes.library(command, item.path)
    _configuration(notes, command, projects)
    return _effects(command, found, notes.paths(command, command.named.get("write", ())))


def first_step(notes: Notes, command: InstallCommand) -> FirstStep | str:
    """The same command with the requirements of the project in its place."""
    from prebake.build.installs.projectdependencies import first_step as find

    return find(notes, command)


def _configuration(notes: Notes, command: InstallCommand, projects: list[str]) -> None:
    """Files that uv looks for in the working directory and above it."""
    folder = command.step.directory
    places: list[str] = []
    while folder is not None and command.installer.manifests:
        places.append(folder)
        if folder in ("/", ".", ""):
            break
        folder = posixpath.dirname(folder) or "."
    named = [posixpath.join(place, name) for place in places for name in command.installer.manifests]
    normal = [path for path in map(posixpath.normpath, named) if _configures(notes, path)]
    notes.note(normal)
    for path in dict.fromkeys([*projects, *normal]):
        text = notes.image.text(path) if path.endswith(".toml") else None
        if text is not None:
            _toml(notes, path, text, path in projects)
        elif path in projects:
            notes.problem(command, f"reads {path}, whose dependencies are known only when it runs")


def _configures(notes: Notes, path: str) -> bool:
    """Whether uv takes anything from a file: from a project's only where it has a table of its own for that."""
    if posixpath.basename(path) != "pyproject.toml":
        return True
    text = notes.image.text(path)
    return text is not None and "tool.uv" in text.content


def _toml(notes: Notes, path: str, text: Text, is_requirement: bool) -> None:
    data = read_toml(text)
    if not data and text.content.strip():
        notes.problems.append(f"{posixpath.basename(path)} is not valid TOML")
        return
    for value in _strings(table(data, "tool").get("uv", data if path.endswith("uv.toml") else {})):
        if value.startswith(("./", "../", "/", "file:")):
            notes.problems.append(f"{posixpath.basename(path)} points uv to {value}")
    if not is_requirement:
        return
    project = table(data, "project")
    declared = project.get("dependencies", [])
    dynamic = project.get("dynamic", [])
    known = isinstance(declared, list) and isinstance(dynamic, list)
    if not project or not known or "dependencies" in dynamic or "optional-dependencies" in dynamic:
        notes.problems.append(f"the dependencies in {posixpath.basename(path)} are known only when it is built")
    if known:
        notes.packages += [item for item in declared if isinstance(item, str)]


def _is_project_file(path: str) -> bool:
    """Whether uv reads a requirement file as a project's metadata."""
    return posixpath.basename(path) in ("pyproject.toml", "setup.py", "setup.cfg", "pylock.toml")


def _strings(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < 20 and isinstance(value, dict):
        for key, inner in value.items():
            if key in ("path", "workspace") and depth:
                yield "./"
            yield from _strings(inner, depth + 1)
    elif depth < 20 and isinstance(value, list):
        for inner in value:
            yield from _strings(inner, depth + 1)


def _effects(command: InstallCommand, found: Closure, written: list[str]) -> Effects:
    """What ``pip`` and ``uv pip`` write, and where they look for modules."""
    step = command.step
    own = redirections(step)
    environments = [path for path in _environments(command) if path is not None]
    places = [*roots("python"), *own.writes, *written]
    home = step.lookup("HOME")
    if home is not None:
        places += [posixpath.join(home, name) for name in (".cache", ".local", ".config")]
    if found.checkouts or "checkout" in command.named:
        source = step.absolute("src")
        environments += [source] if source is not None and "--src" not in command.given else []
    if command.installer.name == "pip wheel" and not written and step.directory is not None:
        places.append(step.directory)
    return Effects(
        reads=own.reads,
        writes=(*own.writes, *written),
        roots=tuple(place for place in places if place not in (*own.writes, *written)),
        environments=tuple(environments),
        imports=step.directory if step.module else None,
        opaque=own.opaque,
    )


def _environments(command: InstallCommand) -> Iterator[str | None]:
    """The virtual environments that the install may go to."""
    step = command.step
    yield from active_environments(step)
    own = {"--system", "--target", "--prefix"} & command.given or step.lookup("UV_SYSTEM_PYTHON") is not None
    if command.called.startswith("uv") and not own and not step.lookup("VIRTUAL_ENV"):
        folder = step.directory or "/"
        while True:
            yield posixpath.normpath(posixpath.join(folder, ".venv"))
            if folder in ("/", "."):
                break
            folder = posixpath.dirname(folder) or "."
