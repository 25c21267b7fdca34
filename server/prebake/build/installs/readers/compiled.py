"""Tools that fetch dependencies and compile the project in one: they need the code, and only the order can be told.

A RUN that keeps a cache between builds has the dependencies there; nothing is fetched for a project that has none, or
that brings them along. A recipe of make or a script that compiles is taken as it is.
"""

from __future__ import annotations

from prebake.build.commands.effects import Effects
from prebake.build.image import mounts_of
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers.go import go_mod
from prebake.project.manifests.manifest import read_toml, table


def follow(notes: Notes, command: InstallCommand) -> Effects:
    """Note the manifests of a project that has dependencies to fetch, and what to do about it."""
    install = notes.install
    cached = any(mount.kind == "cache" for mount in mounts_of(install.instruction, install.state))
    own = not (install.files or install.by_make)
    if own and not cached and _fetches(notes, command):
        notes.note(notes.paths(command, command.installer.manifests))
    steps = command.installer.two_steps.format(manifests=notes.named(command))
    notes.problem(command, f"compiles the code, too: {steps}")
    return Effects(opaque="may read anything")


def first_step(notes: Notes, command: InstallCommand) -> str:
    """There is none that a tool could write: what to do about it."""
    follow(notes, command)
    return notes.problems[-1]


def _fetches(notes: Notes, command: InstallCommand) -> bool:
    """Whether there is anything to fetch, as far as the manifests of Go and Rust tell."""
    for path in notes.paths(command, command.installer.needs):
        text = notes.image.text(path)
        if text is not None and path.endswith("go.mod"):
            vendored = notes.image.is_file(f"{path.removesuffix('go.mod')}vendor/modules.txt")
            return bool(go_mod(text).requires) and not vendored
        if text is not None and path.endswith("Cargo.toml"):
            data = read_toml(text)
            return "workspace" in data or any(table(data, name) for name in ("dependencies", "build-dependencies"))
    return True
