"""``pipenv install`` and ``pipenv sync``: they install what Pipfile lists, which is the dependencies alone.

Measured with Pipenv 2026.10.3:

======================  ==============================================================================================
reads                   Pipfile, Pipfile.lock, and .env, whose variables it takes over; not setup.py, not pyproject.toml
``install``             locks again where the hash in Pipfile.lock is not that of Pipfile; ``--deploy`` fails then
``sync``                never writes Pipfile.lock
environment             the active one; ``.venv`` in the project where PIPENV_VENV_IN_PROJECT says so, or where it is
                        there and that is not set; else one in the home; none with ``--system``
======================  ==============================================================================================
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

from prebake.build.commands.effects import Effects, active_environments
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers import FirstStep
from prebake.build.installs.readers.projects import (
    Project,
    effects,
    is_set,
    note_libraries,
    note_local,
    project_of,
)
from prebake.build.installs.releases import normalised
from prebake.project.manifests.manifest import table, tables
from prebake.project.manifests.requirements import is_local_index
from prebake.regex import regex

_SETTINGS = frozenset(("source", "requires", "scripts", "pipenv"))
_TAKEN_OVER = regex(r"^\s*(export\s+)?(PIP|PIPENV|PYTHON|VIRTUAL_ENV|WORKON_HOME|\w+_PROXY|PATH|HOME)\w*\s*=", 8 | 2)
"""A line of .env that changes how is installed; 8 and 2 are ``re.MULTILINE`` and ``re.IGNORECASE``."""


def follow(notes: Notes, command: InstallCommand) -> Effects:
    """Note Pipfile and its lock, and what its dependencies in folders lead to."""
    project = project_of(notes, command, "Pipfile")
    if project is None:
        return effects(notes, command, ())
    lock = project.path("Pipfile.lock")
    notes.note([lock], optional="--deploy" not in command.given and "sync" not in command.called)
    _variables(notes, project)
    notes.packages += [*command.packages, *table(project.data, "packages")]
    folders = note_local(notes, command, _places(project))
    note_libraries(notes, command, folders)
    for name in command.projects:
        notes.problem(command, f"installs {name} from its sources")
    for source in tables(project.data.get("source", [])):
        if is_local_index(str(source.get("url", ""))):
            notes.problem(command, f"reads the package index {source['url']}, which is not followed")
    return effects(notes, command, _environments(notes, command, project), _written(notes, command, project, lock))


def first_step(notes: Notes, command: InstallCommand) -> FirstStep | str:
    """Pipenv does not install the project, unless Pipfile says so; then there is no form that leaves it out."""
    project = project_of(notes, command, "Pipfile")
    if project is None:
        return f"`{command.called}` finds no Pipfile that can be read"
    folders = note_local(notes, command, _places(project))
    if folders or command.projects:
        return f"`{command.called}` has no form that installs the dependencies alone"
    return FirstStep()


def _categories(project: Project) -> list[Mapping[str, Any]]:
    return [value for name, value in project.data.items() if name not in _SETTINGS and isinstance(value, dict)]


def _places(project: Project) -> list[str]:
    """The folders and archives that dependencies are installed from."""
    entries = [item for names in _categories(project) for value in names.values() for item in tables(value)]
    named = [item[key] for item in entries for key in ("path", "file") if isinstance(item.get(key), str)]
    return [project.path(place.removeprefix("file://")) for place in named if not place.startswith("http")]


def _variables(notes: Notes, project: Project) -> None:
    """Note .env where it says something to pip or Pipenv, or where Pipfile has variables."""
    text = notes.image.text(project.path(".env"))
    used = any("${" in str(source.get("url", "")) for source in tables(project.data.get("source", [])))
    if text is not None and (used or _TAKEN_OVER.search(text.content)):
        notes.note([project.path(".env")], optional=True)


def _written(notes: Notes, command: InstallCommand, project: Project, lock: str) -> list[str]:
    if command.packages or command.requirements:
        return [project.path("Pipfile"), lock]
    if command.called.endswith("sync") or {"--deploy", "--ignore-pipfile", "--skip-lock"} & command.given:
        return []
    text = notes.image.text(lock)
    if text is None:
        return [lock]
    if not _fits(project, text.content):
        notes.problem(command, "may rewrite Pipfile.lock, which does not fit Pipfile any more (`pipenv lock` mends it)")
    return []


def _fits(project: Project, lock: str) -> bool:
    """Whether the lock file has the hash of the Pipfile, as older or newer versions of Pipenv count it."""
    try:
        meta = table(json.loads(lock), "_meta")
    except (ValueError, RecursionError):
        return False
    # Without sources of its own, a Pipfile has the one that Pipenv wrote into the lock file.
    sources = project.data.get("source") or meta.get("sources", [])
    return any(_hash(project, sources, plain) == table(meta, "hash").get("sha256") for plain in (False, True))


def _hash(project: Project, sources: object, plain: bool) -> str:
    def names(value: Any) -> Any:
        if plain or not isinstance(value, dict):
            return value
        return {normalised(name): item for name, item in value.items()}

    data = project.data
    inputs = {
        "_meta": {"sources": sources, "requires": data.get("requires", {})},
        "default": names(data.get("packages", {})),
        "develop": names(data.get("dev-packages", {})),
    }
    for name, value in data.items():
        if name not in _SETTINGS and name not in ("packages", "dev-packages"):
            inputs[name] = names(value)
    content = json.dumps(inputs, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(content.encode()).hexdigest()


def _environments(notes: Notes, command: InstallCommand, project: Project) -> Iterator[str | None]:
    yield from active_environments(command.step)
    if "--system" in command.given or is_set(command.step, "PIPENV_SYSTEM"):
        return
    within = is_set(command.step, "PIPENV_VENV_IN_PROJECT")
    if within is None:
        value = table(project.data, "pipenv").get("venv_in_project")
        within = value if isinstance(value, bool) else None
    place = project.path(".venv")
    if within or (within is None and notes.image.is_dir(place)):
        yield place
