"""How each installer is followed: which files it reads, what it installs and what it writes.

A reader is a module with a function ``follow`` that is given the notes to add to and one command, and gives the
command's effects, the reading of manifests not among them. The table of installers names the reader of each; an
installer without one is :mod:`~prebake.build.installs.readers.unfollowed`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prebake.build.effects import Effects
    from prebake.build.installs.installers import InstallCommand
    from prebake.build.installs.notes import Notes


def follow(notes: Notes, command: InstallCommand) -> Effects:
    """Note what a command reads and installs; what it touches besides."""
    reader = import_module(f"{__name__}.{command.installer.reader or 'unfollowed'}")
    effects: Effects = reader.follow(notes, command)
    return effects
