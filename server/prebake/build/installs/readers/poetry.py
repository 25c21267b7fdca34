"""``poetry install``: what it reads, and how it installs the dependencies alone.

Measured with Poetry 2.5.1 (poetry-core 2.4):

==========================================  ==========================================================================
``install --no-root``                       reads pyproject.toml, poetry.lock, poetry.toml, .python-version (upwards),
                                            the file of ``license = {file = ...}`` (fails without it); not the README,
                                            not the packages, no build script
``--no-directory``                          a missing path dependency is a warning; what it depends on is installed
without poetry.lock                         resolves and writes it, after the install
environment                                 the active one; ``.venv`` beside pyproject.toml where it is there and
                                            virtualenvs.in-project is not false, or where that is true; the
                                            interpreter's where virtualenvs.create is false; else one in the cache
``install --no-root``, sources, ``install``  the same files as ``install`` alone
==========================================  ==========================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prebake.build.commands.effects import Effects, active_environments
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers import FirstStep
from prebake.build.installs.readers.projects import (
    Project,
    configured,
    dependencies,
    effects,
    file_of,
    is_set,
    license_file,
    note_libraries,
    note_local,
    note_project,
    note_upwards,
    project_of,
    toml_at,
)
from prebake.build.steps import Step
from prebake.project.manifests.manifest import declared, table, tables
from prebake.project.manifests.requirements import is_archive

_BYPASS = "POETRY_DYNAMIC_VERSIONING_BYPASS"
_KNOWN_PLUGINS = frozenset(
    ("poetry-dynamic-versioning", "poetry-plugin-export", "poetry-plugin-bundle", "poetry-plugin-shell")
)
"""Plug-ins that read nothing more while dependencies are installed, or that are looked at on their own."""


def follow(notes: Notes, command: InstallCommand) -> Effects:
    """Note the manifests of the project, and what its dependencies in folders and its plug-ins lead to."""
    if "--only-root" in command.given:
        notes.problem(command, "installs the project itself, and no dependencies")
        return effects(notes, command, ())
    project = project_of(notes, command)
    if project is None:
        return effects(notes, command, ())
    lock = project.path("poetry.lock")
    notes.note([lock, project.path("poetry.toml")], optional=True)
    notes.note(map(project.path, license_file(project.data)))
    note_upwards(notes, command, ".python-version")
    notes.packages += _names(project)
    folders = note_local(notes, command, _places(notes, project))
    if _installs_project(command, project):
        note_project(notes, command, first_step(notes, command))
    if "--no-directory" not in command.given:
        note_libraries(notes, command, folders)
    _plugins(notes, command, project)
    _certificates(notes, command, project)
    written = [] if notes.image.is_file(lock) else [lock]
    return effects(notes, command, _environments(notes, command, project), written)


def first_step(notes: Notes, command: InstallCommand) -> FirstStep | str:
    """``--no-root``, and ``--no-directory`` where a dependency is a folder; the version from git is left for later."""
    if "--only-root" in command.given:
        return f"`{command.called} --only-root` installs no dependencies"
    project = project_of(notes, command)
    if project is None:
        return f"`{command.called}` finds no pyproject.toml that can be read"
    options = ["--no-root"]
    folders = [place for place in _places(notes, project) if not is_archive(place)]
    if folders and "--no-directory" not in command.given:
        if not notes.image.is_file(project.path("poetry.lock")):
            return f"there is no poetry.lock, and Poetry reads {folders[0]} to find out what it depends on"
        options.append("--no-directory")
    environment = [(_BYPASS, "0.0.0")] if _asks_git(command.step, project) else []
    return FirstStep(tuple(item for item in options if item not in command.given), tuple(environment))


def _installs_project(command: InstallCommand, project: Project) -> bool:
    return command.installs_project and _settings(project).get("package-mode") is not False


def _settings(project: Project) -> Mapping[str, Any]:
    return table(project.data, "tool", "poetry")


def _dependencies(project: Project) -> Iterator[tuple[str, object]]:
    """The dependencies in Poetry's own notation, those of the groups included, by name."""
    settings = _settings(project)
    groups = [table(group, "dependencies") for group in table(settings, "group").values()]
    for names in (table(settings, "dependencies"), table(settings, "dev-dependencies"), *groups):
        yield from names.items()


def _names(project: Project) -> list[str]:
    """The names of the dependencies that are always installed."""
    own = table(_settings(project), "dependencies").items()
    optional = {name for name, value in own if any(item.get("optional") for item in tables(value))}
    standard = dependencies(project.data)
    # With a list of the standard's notation, Poetry's table only says more about the same packages.
    return standard or [name for name, _ in own if name != "python" and name not in optional]


def _places(notes: Notes, project: Project) -> list[str]:
    """The folders and archives that dependencies are installed from, as paths of the image or relative ones."""
    found = [file_of(item, project.folder) for item in declared(project.data)]
    for _, value in _dependencies(project):
        for item in tables(value):
            found += [item[key] for key in ("path", "file") if isinstance(item.get(key), str)]
    lock = notes.image.text(project.path("poetry.lock"))
    if lock is not None and ('type = "directory"' in lock.content or 'type = "file"' in lock.content):
        for package in tables(toml_at(notes, project.path("poetry.lock")).get("package")):
            source = table(package, "source")
            if source.get("type") in ("directory", "file") and isinstance(source.get("url"), str):
                found.append(source["url"])
    return list(dict.fromkeys(project.path(place) for place in found if place is not None))


def _asks_git(step: Step, project: Project) -> bool:
    """Whether poetry-dynamic-versioning, if it is installed, works out the version while Poetry installs."""
    if table(project.data, "tool", "poetry-dynamic-versioning").get("enable") is not True or step.sets(_BYPASS):
        return False
    commands = step.lookup("POETRY_DYNAMIC_VERSIONING_COMMANDS")
    return commands is None or not {"install", "sync"}.isdisjoint(commands.split(","))


def _plugins(notes: Notes, command: InstallCommand, project: Project) -> None:
    """Note as problems the plug-ins that may read more than the manifests."""
    if "--no-plugins" in command.given:
        return
    if _asks_git(command.step, project):
        notes.problem(command, f"asks git for the version (poetry-dynamic-versioning, unless {_BYPASS} is set)")
    named = {name for name in table(project.data, "tool") if name.startswith("poetry-")}
    for name in sorted({*named, *table(_settings(project), "requires-plugins")} - _KNOWN_PLUGINS):
        notes.problem(command, f"may run the plug-in {name}, whose files are not followed")


def _certificates(notes: Notes, command: InstallCommand, project: Project) -> None:
    """Note the certificates that poetry.toml and the environment name."""
    named: list[object] = []
    for item in table(toml_at(notes, project.path("poetry.toml")), "certificates").values():
        named += [item[key] for key in ("cert", "client-cert") if key in item] if isinstance(item, dict) else []
    step = command.step
    variables = [name for name in (*step.variables, *step.state.env) if name.startswith("POETRY_CERTIFICATES_")]
    named += [step.lookup(name) for name in variables]
    files = [name for name in named if isinstance(name, str) and name.lower() not in ("true", "false", "")]
    notes.note(notes.paths(command, files))


def _environments(notes: Notes, command: InstallCommand, project: Project) -> Iterator[str | None]:
    """The environments that Poetry makes or fills: the active one, or one in the project's folder."""
    yield from active_environments(command.step)
    inside = is_set(command.step, "POETRY_VIRTUALENVS_IN_PROJECT")
    if inside is None:
        value = table(toml_at(notes, project.path("poetry.toml")), "virtualenvs").get("in-project")
        inside = value if isinstance(value, bool) else configured(notes, "poetry", "virtualenvs.in-project")
    place = project.path(".venv")
    if inside or (inside is None and notes.image.is_dir(place)):
        yield place
    if table(_settings(project), "requires-plugins"):
        yield project.path(".poetry")
