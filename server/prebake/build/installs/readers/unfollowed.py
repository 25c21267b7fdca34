"""Installers of which it is not known that they read their manifests only: what lies there is noted, and what to do."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from prebake.build.commands.effects import Effects
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.notes import Notes
from prebake.project.manifests.manifest import read_toml, table


def follow(notes: Notes, command: InstallCommand) -> Effects:
    """Note the manifests that are there, and as a problem that there may be more."""
    notes.packages += command.packages
    notes.note(notes.paths(command, command.requirements))
    if not command.packages:
        notes.note(notes.paths(command, command.installer.manifests))
        _path_dependencies(notes, command)
    also = " also installs the project itself" if command.installs_project else " may read more than its manifests"
    steps = command.installer.two_steps.format(manifests=notes.named(command))
    notes.problems.append(f"`{command.called}` ({notes.line}){also}: {steps}")
    return Effects()


def first_step(notes: Notes, command: InstallCommand) -> str:
    """There is none that is known to be right: what to do about it."""
    follow(notes, command)
    return notes.problems[-1]


def _path_dependencies(notes: Notes, command: InstallCommand) -> None:
    """Note the libraries that a project file of uv or Poetry names by their folders."""
    for path in notes.paths(command, ("pyproject.toml",)):
        text = notes.image.text(path)
        for folder in _folders(table(read_toml(text), "tool") if text is not None else {}):
            notes.library(command, posixpath.join(posixpath.dirname(path), folder))


def _folders(value: object, depth: int = 0) -> Iterator[str]:
    """The values of ``path``, and the folders that the patterns of ``members`` begin with."""
    if not isinstance(value, dict) or depth > 20:
        return
    for key, inner in value.items():
        if key == "path" and isinstance(inner, str):
            yield inner
        elif key == "members" and isinstance(inner, list):
            patterns = (item for item in inner if isinstance(item, str) and item[:1] != "*")
            yield from (pattern.partition("*")[0].rstrip("/") for pattern in patterns)
        else:
            yield from _folders(inner, depth + 1)
