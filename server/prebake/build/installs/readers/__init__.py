"""How each installer is followed: which files it reads, what it installs and what it writes.

A reader is a module with a function ``follow`` that is given the notes to add to and one command, and gives the
command's effects, the reading of manifests not among them. Where the installer can install the dependencies without the
project, its reader has a function ``first_step``, too. The table of installers names the reader of each; an installer
without one is :mod:`~prebake.build.installs.readers.unfollowed`.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from prebake.records import NamedTuple

if TYPE_CHECKING:
    from prebake.build.commands.effects import Effects
    from prebake.build.installs.installers import InstallCommand
    from prebake.build.installs.notes import Notes


class FirstStep(NamedTuple):
    """How a command is spelled so that it installs the dependencies and needs nothing of the project's sources.

    ``options`` are words to be put behind the subcommand, ``environment`` variables to be set for the command alone;
    ``command`` is another command in its place, ``None`` where the same one will do. ``doubts`` say what the first step
    may do in another way than the whole, each the rest of a sentence.
    """

    options: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    command: str | None = None
    doubts: tuple[str, ...] = ()


def follow(notes: Notes, command: InstallCommand) -> Effects:
    """Note what a command reads and installs; what it touches besides."""
    effects: Effects = _reader(command).follow(notes, command)
    return effects


def first_step(notes: Notes, command: InstallCommand) -> FirstStep | str:
    """How a command that installs the project, too, is told to install the dependencies alone; or why it cannot be."""
    find = getattr(_reader(command), "first_step", None)
    if find is None:
        return f"`{command.called}` has no form that installs the dependencies alone"
    found: FirstStep | str = find(notes, command)
    return found


def _reader(command: InstallCommand) -> ModuleType:
    return import_module(f"{__name__}.{command.installer.reader or 'unfollowed'}")
