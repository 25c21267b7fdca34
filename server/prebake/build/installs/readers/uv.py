"""``uv sync``: what it reads, and how it installs the dependencies alone.

Measured with uv 0.13.9; "manifests" are pyproject.toml, uv.lock, uv.toml and .python-version(s), which are looked for
upwards, too:

======================================  ==============================================================================
``--no-install-project``                the manifests; not the README, the licence, the packages, a dynamic version
with dynamic dependencies               nothing more with ``--frozen``; else the project is built to find them out
workspace, ``--no-install-workspace``   the manifests of the root with ``--frozen``; else each member's
                                        pyproject.toml, too. With ``--no-install-project`` the members are installed
folders that are no members             are installed unless ``--no-install-package`` or ``--no-install-local`` names
                                        them; without ``--frozen`` their pyproject.toml is read even so
without build-system                    the project itself is not installed
neither ``--frozen`` nor ``--locked``   writes uv.lock where it does not fit pyproject.toml, names another index than
                                        the command or the environment, or is not there
two steps                               the same files as one; a time in uv_cache.json aside
environment                             ``.venv`` beside uv.lock, or UV_PROJECT_ENVIRONMENT; the active one is not used
                                        without ``--active``
======================================  ==============================================================================
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from prebake.build.commands.effects import Effects
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers import FirstStep
from prebake.build.installs.readers.projects import (
    Project,
    dependencies,
    effects,
    file_of,
    is_set,
    name_of,
    note_libraries,
    note_project,
    note_upwards,
    project_of,
    toml_at,
)
from prebake.build.installs.readers.uvlocks import fits
from prebake.build.installs.releases import normalised
from prebake.project.manifests.manifest import declared, strings, table, tables
from prebake.project.manifests.requirements import is_archive, is_local_index
from prebake.project.manifests.uvlock import LocalPackage, UvLock, read_uv_lock
from prebake.records import NamedTuple

_ONLY_GROUPS = frozenset(("--only-group", "--only-dev"))
_RESOLVING = frozenset(
    ("-U", "--upgrade", "-P", "--upgrade-package", "--upgrade-group", "--resolution", "--prerelease", "--fork-strategy")
)
"""Options with which uv resolves again, and writes the lock file."""

_INDEXES = frozenset(("-i", "--index-url", "--default-index", "--index", "--extra-index-url", "-f", "--find-links"))
_INDEX_VARIABLES = ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS")


class _Sync(NamedTuple):
    """A command with its project, its lock file, and what its options and variables say."""

    command: InstallCommand
    project: Project
    lock: UvLock | None
    locked: bool
    frozen: bool

    def switch(self, option: str) -> bool:
        """Whether an option is given, or the variable that stands for it."""
        variable = f"UV_{option[2:].replace('-', '_').upper()}"
        return option in self.command.given or bool(is_set(self.command.step, variable))

    @property
    def has_index(self) -> bool:
        """Whether it is told of package indexes, which may be others than those that the lock file names."""
        return bool(_INDEXES & self.command.given) or any(map(self.command.step.lookup, _INDEX_VARIABLES))

    @property
    def is_package(self) -> bool:
        """Whether the project is installed at all."""
        wanted = table(self.project.data, "tool", "uv").get("package")
        return wanted if isinstance(wanted, bool) else "build-system" in self.project.data

    @property
    def local(self) -> list[LocalPackage]:
        """What the lock file lists as local, and the folders and archives that only the manifest names."""
        found = list(self.lock.local) if self.lock is not None else []
        places = {package.place for package in found}
        for name, place in _sources(self.project):
            if place not in places:
                kind = "path" if is_archive(place) else "directory"
                found.append(LocalPackage(normalised(name), kind, place, False, frozenset(), {}))
        return found

    def _wanted(self) -> list[LocalPackage]:
        """The local packages that the project needs, by way of others, too; all where it is not about the project."""
        root = self.lock.root if self.lock is not None else None
        if root is None or not {"--all-packages", "--package"}.isdisjoint(self.command.given):
            return self.local
        found = [root]
        for package in found:
            known = {item.name for item in found}
            found += [item for item in self.local if item.name in package.requires and item.name not in known]
        named = {name for name, _ in _sources(self.project)}
        return [*found, *(item for item in self.local if item not in found and item.name in named)]

    def installed(self) -> list[LocalPackage]:
        """The local packages other than archives and the project itself that may be installed."""
        skipped = {normalised(name) for name in self.command.named.get("skip", ())}
        return [
            package
            for package in self._wanted()
            if package.kind in ("editable", "directory")
            and package.place != "."
            and package.name not in skipped
            and not (package.member and self.switch("--no-install-workspace"))
            and not self.switch("--no-install-local")
        ]

    def packages(self) -> list[str]:
        """What the project and the local packages beside it name as their dependencies, themselves left out."""
        here = {package.name for package in self.local}
        own = [name for name in dependencies(self.project.data) if normalised(name) not in here]
        others = {name for package in self.installed() for name in package.requires}
        return [*own, *sorted(others - here - set(map(normalised, own)))]

    def installs_project(self) -> bool:
        without = ("--no-install-project", "--no-install-workspace", "--no-install-local")
        return self.is_package and not _ONLY_GROUPS & self.command.given and not any(map(self.switch, without))


def follow(notes: Notes, command: InstallCommand) -> Effects:
    """Note the manifests of the project, those of its workspace, and what else is installed from the disk."""
    sync = _sync(notes, command)
    if sync is None:
        return effects(notes, command, ())
    project, lock = sync.project, sync.project.path("uv.lock")
    notes.note([lock], optional=not (sync.frozen or sync.locked))
    note_upwards(notes, command, "uv.toml", ".python-version", ".python-versions")
    notes.packages += sync.packages()
    if sync.installs_project():
        note_project(notes, command, first_step(notes, command))
    _workspace_above(notes, command)
    _settings(notes, sync)
    written = _lock(notes, sync, lock)
    notes.note([project.path(package.place) for package in sync.local if package.kind == "path"])
    note_libraries(notes, command, [project.path(package.place) for package in sync.installed()])
    return effects(notes, command, _environments(sync), written)


def first_step(notes: Notes, command: InstallCommand) -> FirstStep | str:
    """The option that leaves out the project, or the workspace, and those for each folder beside it."""
    sync = _sync(notes, command)
    if sync is None:
        return f"`{command.called}` finds no pyproject.toml that can be read"
    if sync.lock is None and (sync.installed() or _workspace(sync.project)):
        return "there is no uv.lock, and without it uv reads the sources of its local packages"
    doubts = []
    local = sync.installed()
    members = any(package.member for package in local)
    options = ["--no-install-workspace" if members else "--no-install-project"]
    is_dynamic, is_bound = _is_dynamic(sync.project), sync.frozen or sync.locked
    is_fresh = sync.lock is None or is_bound or fits(sync.project, sync.lock)
    if sync.lock is not None and not sync.frozen and (local or is_dynamic or not is_fresh or sync.has_index):
        if not sync.locked and not _RESOLVING & command.given:
            options.insert(0, "--frozen")
        elif is_dynamic:
            return "its dependencies are dynamic, and without `--frozen` uv builds the project to find them out"
        elif members:
            doubts.append("reads the members of the workspace: one that is added later has to be copied above it, too")
    if not is_fresh:
        doubts.append("takes uv.lock as it is, which does not fit pyproject.toml; the second step installs the rest")
    options = [option for option in options if option not in command.given]
    for package in local:
        options += [] if package.member else ["--no-install-package", package.name]
    return FirstStep(tuple(options), doubts=tuple(doubts))


def _sync(notes: Notes, command: InstallCommand) -> _Sync | None:
    project = project_of(notes, command)
    if project is None:
        return None
    text = notes.image.text(project.path("uv.lock"))
    step = command.step
    frozen = "--frozen" in command.given or bool(is_set(step, "UV_FROZEN"))
    locked = "--locked" in command.given or bool(is_set(step, "UV_LOCKED"))
    return _Sync(command, project, read_uv_lock(text) if text is not None else None, locked, frozen)


def _is_dynamic(project: Project) -> bool:
    dynamic = strings(table(project.data, "project").get("dynamic"))
    return "dependencies" in dynamic or "optional-dependencies" in dynamic


def _workspace(project: Project) -> bool:
    return bool(table(project.data, "tool", "uv", "workspace"))


def _sources(project: Project) -> Iterator[tuple[str, str]]:
    """The packages whose folders or archives the manifest names, with those."""
    for name, source in table(project.data, "tool", "uv", "sources").items():
        yield from ((name, posixpath.normpath(item["path"])) for item in tables(source) if _is_text(item.get("path")))
    for item in declared(project.data):
        place = file_of(item, project.folder)
        if place is not None:
            yield name_of(item), posixpath.normpath(place)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _workspace_above(notes: Notes, command: InstallCommand) -> None:
    """A project above this one may make it a member of its workspace, whose lock file and environment are used."""
    folder = posixpath.dirname(command.step.directory or "")
    while folder not in ("", "/"):
        path = posixpath.join(folder, "pyproject.toml")
        if notes.image.is_file(path):
            notes.note([path])
            if table(toml_at(notes, path), "tool", "uv", "workspace"):
                notes.problem(command, f"may belong to the workspace of {path}, which is not followed")
        folder = posixpath.dirname(folder)


def _settings(notes: Notes, sync: _Sync) -> None:
    """Package indexes on the disk that the settings name."""
    path = sync.project.path("uv.toml")
    own = toml_at(notes, path) if notes.image.is_file(path) else table(sync.project.data, "tool", "uv")
    named = [item.get("url") for item in tables(own.get("index", []))]
    named += [own.get("index-url"), own.get("default-index"), *strings(own.get("extra-index-url"))]
    named += sync.lock.folders if sync.lock is not None else ()
    for place in named:
        if isinstance(place, str) and (is_local_index(place) or "://" not in place):
            notes.problem(sync.command, f"reads the package index {place}, which is not followed")
    notes.note(notes.paths(sync.command, (place for place in strings(own.get("find-links")) if "://" not in place)))


def _lock(notes: Notes, sync: _Sync, path: str) -> list[str]:
    """Note what is read and written to bring the lock file up to date; gives back what is written."""
    command, project = sync.command, sync.project
    if sync.lock is None:
        if notes.image.is_file(path):
            notes.problem(command, "reads uv.lock, which is not a lock file of uv")
        if _workspace(project):
            notes.problem(command, "reads the members of the workspace, which only uv.lock lists")
        return [] if sync.frozen or sync.locked else [path]
    if sync.frozen:
        return []
    if _is_dynamic(project):
        notes.problem(command, "builds the project to find out its dependencies, which `--frozen` spares")
    for package in sync.local:
        if package.place == "." or package.kind == "path":
            continue
        manifest = project.path(posixpath.join(package.place, "pyproject.toml"))
        member = toml_at(notes, manifest)
        if "project" not in member or _is_dynamic(Project("", member)):
            notes.problem(command, f"builds {package.place} to find out its dependencies, which `--frozen` spares")
        notes.note([manifest])
    if sync.locked:
        return []
    if not fits(project, sync.lock):
        notes.problem(command, "may rewrite uv.lock, which does not fit pyproject.toml any more (`uv lock` mends it)")
    return [path] if _RESOLVING & command.given or sync.has_index else []


def _environments(sync: _Sync) -> Iterator[str | None]:
    """The environment that is made or filled; ``None`` where its place is not known."""
    step = sync.command.step
    if "--active" in sync.command.given and step.lookup("VIRTUAL_ENV"):
        yield step.absolute(step.lookup("VIRTUAL_ENV") or "")
    named = sync.command.named.get("environment", ())
    for place in named:
        yield sync.project.path(place)
    if not named:
        yield sync.project.path(".venv")
