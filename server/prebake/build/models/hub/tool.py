"""How a RUN calls the hub's command line after an install: by what name, and behind which program."""

from __future__ import annotations

import posixpath

from prebake.build.build import Build
from prebake.build.installs.installers import InstallCommand
from prebake.build.models.hub.client import HubClient
from prebake.build.state import State
from prebake.project.starting.users import is_root


def tool(build: Build, client: HubClient, state: State) -> str | None:
    """The words that start ``hf`` (``huggingface-cli`` in releases before 0.34) in a RUN with this state; ``None`` when
    it cannot be told where the install put it.
    """
    name = "huggingface-cli" if client.has_hf is False else "hf"
    return None if client.command is None else called(build, client.command, state, name)


def called(build: Build, command: InstallCommand, state: State, name: str) -> str | None:
    """The words that start a program of the environment that an install fills, in a RUN with this state; ``None`` when
    it cannot be told where the install put it.
    """
    kind = command.installer.name
    given = command.given
    if kind == "pip":
        if {"--target", "-t", "--prefix", "--root"} & given:
            return None
        if "--user" in given:
            return name if any("/.local/bin" in entry for entry in state.path) else None
        if "/bin/" in command.step.path:
            return posixpath.join(posixpath.dirname(command.step.path), name)
        if not is_root(state.user) and not _has_environment(state):  # pip installs for the user then
            return name if any("/.local/bin" in entry for entry in state.path) else None
        return name
    if kind.startswith("uv pip"):
        system = "--system" in given or command.step.lookup("UV_SYSTEM_PYTHON")
        return name if system or _has_environment(state) else None
    if kind.startswith("uv"):
        if _has_environment(state):
            return name
        moved = command.step.directory != state.directory or command.step.lookup("UV_PROJECT_ENVIRONMENT")
        return None if moved else f".venv/bin/{name}"
    if kind.startswith("poetry"):
        alone = command.step.lookup("POETRY_VIRTUALENVS_CREATE") in ("false", "0")
        if alone or _has_environment(state) or "virtualenvs.create false" in build.text.content:
            return name
        return f"poetry run {name}"
    if kind.startswith("pipenv"):
        return name if "--system" in given or _has_environment(state) else f"pipenv run {name}"
    return name if _has_environment(state) and kind != "pip wheel" else None


def _has_environment(state: State) -> bool:
    """Whether ``PATH`` begins with the programs of an environment that the Dockerfile chose."""
    return any(posixpath.basename(entry) == "bin" and "/.local" not in entry for entry in state.path)
