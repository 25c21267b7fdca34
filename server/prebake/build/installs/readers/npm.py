"""``npm ci`` and ``npm install``: what they read, and how ``npm install`` installs the dependencies alone.

Read in the sources of npm 11 and measured with it:

================  ====================================================================================================
reads             package.json, package-lock.json or npm-shrinkwrap.json, .npmrc, the package.json of every member of
                  the workspace, archives of ``file:``; ``npm install`` reads yarn.lock, too, and keeps it up to date
links             members and folders of ``file:`` into node_modules; their programs only where the file is there
runs              preinstall, install, postinstall, prepublish, prepare of the project and of members, after the
                  dependencies are there; node-gyp where there is a binding.gyp; ``dependencies`` when something changed
writes            node_modules of the project and of members. ``npm install`` writes the lock file
``npm ci``        empties node_modules first, so that a second one installs everything again. A second ``npm install``
                  runs the scripts of the project and of members and links their programs, but no script of a
                  dependency that is there
================  ====================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prebake.build.commands.effects import Effects
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers import FirstStep, node, nodescripts
from prebake.build.installs.readers.node import NodePackage
from prebake.project.manifests.manifest import read_json

_LOCKS = ("npm-shrinkwrap.json", "package-lock.json")
_GLOBAL = frozenset(("-g", "--global"))


def follow(notes: Notes, command: InstallCommand) -> Effects:
    """Note the manifests of the project and its workspace, and what is installed from the disk."""
    return _follow(notes, command)[0]


def first_step(notes: Notes, command: InstallCommand) -> FirstStep | str:
    """``--ignore-scripts``, where a second ``npm install`` makes up for it: where no dependency has a script."""
    alone = Notes(notes.build, notes.install)
    _, with_scripts = _follow(alone, command, scripts=False)
    if alone.problems:
        return alone.problems[0]
    if _is_clean(command):
        return (
            "a second `npm ci` would install everything again, so that the order has to be made by hand: copy the "
            "manifests and run `npm ci --ignore-scripts`, then copy the code and run `npm rebuild` and the project's "
            "own scripts"
        )
    if with_scripts is None or with_scripts:
        return (
            "a second `npm install` would not run the install scripts of the dependencies: copy the manifests and run "
            "`npm install --ignore-scripts`, then copy the code and run `npm rebuild` and the project's own scripts"
        )
    return FirstStep(("--ignore-scripts",))


def _is_clean(command: InstallCommand) -> bool:
    return command.called.split()[-1] in ("ci", "clean-install")


def _follow(notes: Notes, command: InstallCommand, *, scripts: bool = True) -> tuple[Effects, list[str] | None]:
    """The effects, and the dependencies with install scripts; with ``scripts`` false those of the project and
    the programs of its members do not count.
    """
    node.node_options(notes, command)
    if _GLOBAL & command.given:
        for project in command.projects:
            notes.problem(command, f"installs {project} from its sources")
        notes.packages += command.packages
        notes.note(notes.paths(command, command.archives))
        return node.effects(notes, command, (), globally=True), None
    root = node.project_of(notes, command)
    if root is None:
        return node.effects(notes, command, ()), None
    lock = _lock(notes, command, root)
    settings = node.settings(notes, command, root.path(".npmrc"))
    members = node.members(notes, command, root, node.workspace_patterns(root))
    packages = [root, *members]
    locked = _locked(lock)
    found = node.local_dependencies(root, packages)
    for entry in locked.values():
        resolved = entry.get("resolved")
        if isinstance(resolved, str) and (entry.get("link") is True or resolved.startswith("file:")):
            place = node.local_of(resolved if ":" in resolved else f"file:{resolved}", root.folder, root.folder)
            found += [place] if place is not None else []
    node.note_local(notes, command, dict.fromkeys(found), packages)
    with_scripts = _with_scripts(lock, locked)
    ignores = settings.get("ignore-scripts") or node.variable(command, "ignore_scripts")
    if not node.given(command, "--ignore-scripts") and ignores != "true":
        if scripts:
            nodescripts.note_scripts(notes, command, packages, nodescripts.EVENTS)
        nodescripts.note_prisma(notes, command, packages)
        nodescripts.note_dependency_scripts(notes, command, with_scripts)
    if scripts and "--no-bin-links" not in command.given:
        node.note_programs(notes, command, members)
    _packages(notes, command, root, locked)
    written = [] if _is_clean(command) else _written(notes, command, root, settings)
    return node.effects(notes, command, [package.path("node_modules") for package in packages], written), with_scripts


def _lock(notes: Notes, command: InstallCommand, root: NodePackage) -> Mapping[str, Any] | None:
    """The lock file, noted; ``None`` where there is none."""
    for name in _LOCKS:
        path = root.path(name)
        text = notes.image.text(path)
        if text is None:
            continue
        notes.note([path], optional=not _is_clean(command))
        data = read_json(text)
        if data is None:
            notes.problem(command, f"reads {path}, which is not a JSON object")
        return data
    if not _is_clean(command):
        notes.note([root.path("package-lock.json")], optional=True)
    return None


def _locked(lock: Mapping[str, Any] | None) -> dict[str, Mapping[str, Any]]:
    """What a lock file lists, by the folders it goes to; from version 2 on."""
    packages = (lock or {}).get("packages")
    found = packages.items() if isinstance(packages, dict) else ()
    return {place: entry for place, entry in found if place and isinstance(entry, dict)}


def _with_scripts(lock: Mapping[str, Any] | None, locked: Mapping[str, Mapping[str, Any]]) -> list[str] | None:
    """The names of the locked packages that have install scripts; ``None`` where the lock file does not tell."""
    if lock is None or not isinstance(lock.get("packages"), dict):
        return None if lock is None or lock.get("dependencies") else []
    scripted = (place for place, entry in locked.items() if entry.get("hasInstallScript"))
    return [place.rpartition("node_modules/")[2] for place in scripted if "node_modules/" in place]


def _packages(
    notes: Notes, command: InstallCommand, root: NodePackage, locked: Mapping[str, Mapping[str, Any]]
) -> None:
    without_dev = node.without_dev(command)
    if not locked:
        notes.packages += [name for name, _ in node.declared(root, without_dev)]
    for place, entry in locked.items():
        name = place.rpartition("node_modules/")[2]
        left_out = entry.get("link") or entry.get("optional") or (without_dev and entry.get("dev"))
        if "node_modules/" in place and not left_out:
            notes.packages.append(name)
    notes.packages += command.packages


def _written(notes: Notes, command: InstallCommand, root: NodePackage, settings: Mapping[str, str]) -> list[str]:
    """What ``npm install`` writes besides node_modules: the lock file, and with names package.json."""
    written = []
    if command.packages or command.projects or command.archives:
        for project in command.projects:
            notes.problem(command, f"installs {project} from its sources")
        notes.note(notes.paths(command, command.archives))
        written += [root.path("package.json")] if "--no-save" not in command.given else []
    if {"--no-package-lock", "--no-shrinkwrap"} & command.given or settings.get("package-lock") == "false":
        return written
    if "--no-save" in command.given:
        return written
    yarn = root.path("yarn.lock")
    names = [name for name in _LOCKS if notes.image.is_file(root.path(name))]
    if notes.image.is_file(yarn):
        notes.note([yarn], optional=True)
        names.append("yarn.lock")
    if not names:
        written.append(root.path("package-lock.json"))
    for name in names:
        context = notes.image.provider(root.path(name))
        shown = context.context if context is not None else name
        notes.doubt(command, f"may write {shown} anew, which the COPY then puts back; `npm ci` leaves it alone")
    return written
