"""``pdm install`` and ``pdm sync``: what they read, and how they install the dependencies alone.

Measured with PDM 2.29.4:

=====================================  ===============================================================================
``sync --no-self``                     reads pyproject.toml, pdm.lock, pdm.toml, .pdm-python, .python-version; not the
                                       README, the licence, the packages. The hooks of tool.pdm.scripts run
``install``                            rewrites a pdm.lock that does not fit; not with ``--frozen-lockfile``
environment                            the active one; else ``.venv`` in the project, or ``__pypackages__``
.pdm-python                            written, unless an environment is active
``sync --no-self``, sources, ``sync``  the same files as ``sync`` alone
=====================================  ===============================================================================
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
    configured,
    dependencies,
    effects,
    file_of,
    is_set,
    note_libraries,
    note_local,
    note_project,
    note_upwards,
    project_of,
    toml_at,
)
from prebake.build.installs.releases import normalised
from prebake.project.manifests.manifest import declared, strings, table
from prebake.project.manifests.requirements import is_archive
from prebake.regex import regex

_HOOKS = ("pre_install", "post_install", "pre_lock", "post_lock")
_PATH = regex(r'^path = "([^"\n]+)"', 8)
"""A local package in pdm.lock; 8 is ``re.MULTILINE``."""


def follow(notes: Notes, command: InstallCommand) -> Effects:
    """Note the manifests of the project, what its dependencies in folders lead to, and the scripts that run."""
    project = project_of(notes, command)
    if project is None:
        return effects(notes, command, ())
    lock = project.path(_lock_name(command))
    notes.note([lock, project.path("pdm.toml"), project.path(".pdm.toml")], optional=True)
    note_upwards(notes, command, ".python-version")
    notes.packages += dependencies(project.data)
    if _installs_project(command, project):
        note_project(notes, command, first_step(notes, command))
    note_libraries(notes, command, note_local(notes, command, _places(notes, project, lock)))
    _scripts(notes, command, project)
    if {"dependencies", "optional-dependencies"} & set(strings(table(project.data, "project").get("dynamic"))):
        notes.problem(command, "builds the project to find out its dependencies")
    written = _written(notes, command, project, lock)
    return effects(notes, command, _environments(notes, command, project), written)


def first_step(notes: Notes, command: InstallCommand) -> FirstStep | str:
    """``--no-self``, without the hooks, which may use the sources, and without a new lock file."""
    project = project_of(notes, command)
    if project is None:
        return f"`{command.called}` finds no pyproject.toml that can be read"
    if "--no-default" in command.given and not _installs_project(command, project):
        return f"`{command.called} --no-default` does not install the project"
    lock = project.path(_lock_name(command))
    folders = [place for place in _places(notes, project, lock) if not is_archive(place)]
    if folders:
        return f"PDM has no option that leaves out {folders[0]}, which it installs from sources"
    options = ["--no-self"]
    doubts = []
    hooks = [name for name in _hooks(command, project) if not name.endswith("_lock")]
    if hooks:
        options.append("--skip=:all")
        doubts.append(f"leaves the script {hooks[0]} of pyproject.toml to the second step")
    if _may_lock(command) and notes.image.is_file(lock):
        options.append("--frozen-lockfile")
    return FirstStep(tuple(item for item in options if item not in command.given), doubts=tuple(doubts))


def _settings(project: Project) -> Mapping[str, Any]:
    return table(project.data, "tool", "pdm")


def _lock_name(command: InstallCommand) -> str:
    return (*command.named.get("lock", ()), "pdm.lock")[0]


def _installs_project(command: InstallCommand, project: Project) -> bool:
    settings = _settings(project)
    if "package-type" in settings:
        is_distribution = settings["package-type"] == "library"
    else:
        is_distribution = settings.get("distribution", True) is not False
    has_name = bool(table(project.data, "project").get("name"))
    return command.installs_project and has_name and is_distribution and not is_set(command.step, "PDM_NO_SELF")


def _places(notes: Notes, project: Project, lock: str) -> list[str]:
    """The folders and archives that dependencies are installed from."""
    settings = _settings(project)
    old = [item for group in table(settings, "dev-dependencies").values() for item in strings(group)]
    found = [file_of(item, project.folder) for item in declared(project.data)]
    found += [file_of(f"@{item.removeprefix('-e').partition('#')[0]}", project.folder) for item in old]
    found += strings(table(settings, "workspace").get("members"))
    text = notes.image.text(lock)
    found += _PATH.findall(text.content) if text is not None else []
    return list(dict.fromkeys(project.path(place) for place in found if place is not None))


def _hooks(command: InstallCommand, project: Project) -> list[str]:
    """The scripts that run before and after the install."""
    words = [*command.named.get("skip", ()), command.step.lookup("PDM_SKIP_HOOKS") or ""]
    skipped = {name.strip() for word in words for name in word.split(",")}
    if ":all" in skipped:
        return []
    found = [name for name in _HOOKS if name in table(_settings(project), "scripts") and name not in skipped]
    return [name for name in found if f":{name.partition('_')[0]}" not in skipped]


def _scripts(notes: Notes, command: InstallCommand, project: Project) -> None:
    for name in _hooks(command, project):
        if not name.endswith("_lock") or _may_lock(command):
            notes.problem(command, f"runs the script {name} of pyproject.toml")
    for name in strings(_settings(project).get("plugins")):
        notes.problem(command, f"may run the plug-in {name}, whose files are not followed")


def _may_lock(command: InstallCommand) -> bool:
    """Whether the lock file is written where it does not fit, or is not there."""
    frozen = is_set(command.step, "PDM_FROZEN_LOCKFILE") or is_set(command.step, "PDM_NO_LOCK")
    return (
        command.called.endswith("install")
        and not frozen
        and not {"--frozen-lockfile", "--no-lock", "--check"} & command.given
    )


def _written(notes: Notes, command: InstallCommand, project: Project, lock: str) -> list[str]:
    """What is written into the project's folder, environments aside."""
    found = [] if command.step.lookup("VIRTUAL_ENV") else [project.path(".pdm-python")]
    if _may_lock(command):
        if not notes.image.is_file(lock):
            found.append(lock)
        elif table(toml_at(notes, lock), "metadata").get("content_hash") != f"sha256:{_content_hash(project)}":
            notes.problem(command, "may rewrite pdm.lock, which `--frozen-lockfile` or `pdm sync` would not")
    return found


def _content_hash(project: Project) -> str:
    """The hash by which PDM knows that the lock file fits the manifest."""
    metadata, settings = table(project.data, "project"), _settings(project)
    groups = {normalised(name): value for name, value in table(project.data, "dependency-groups").items()}
    for name, value in table(settings, "dev-dependencies").items():
        known = groups.get(normalised(name), [])
        groups[normalised(name)] = [*(known if isinstance(known, list) else []), *strings(value)]
    inputs = {
        "sources": settings.get("source", []),
        "dependencies": metadata.get("dependencies", []),
        "dev-dependencies": groups,
        "optional-dependencies": metadata.get("optional-dependencies", {}),
        "requires-python": metadata.get("requires-python", ""),
        "resolution": settings.get("resolution", {}),
    }
    return hashlib.sha256(json.dumps(inputs, sort_keys=True, default=str).encode()).hexdigest()


def _environments(notes: Notes, command: InstallCommand, project: Project) -> Iterator[str | None]:
    """The active environment; without one, those that PDM makes or fills in the project's folder."""
    yield from active_environments(command.step)
    if command.step.lookup("VIRTUAL_ENV"):
        return
    settings = toml_at(notes, project.path("pdm.toml"))
    uses = _switch(notes, command, settings, "PDM_USE_VENV", "python", "use_venv")
    within = _switch(notes, command, settings, "PDM_VENV_IN_PROJECT", "venv", "in_project")
    if uses is not False and (within is not False or notes.image.is_dir(project.path(".venv"))):
        yield project.path(".venv")
    if uses is False or notes.image.is_dir(project.path("__pypackages__")):
        yield project.path("__pypackages__")


def _switch(
    notes: Notes, command: InstallCommand, settings: Mapping[str, Any], variable: str, section: str, name: str
) -> bool | None:
    """A setting of PDM: from the environment, the project's file, or ``pdm config``; ``None`` where none says it."""
    found = is_set(command.step, variable)
    if found is None and isinstance(value := table(settings, section).get(name), bool):
        found = value
    return configured(notes, "pdm", f"{section}.{name}") if found is None else found
