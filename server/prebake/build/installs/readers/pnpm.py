"""``pnpm install`` and ``pnpm fetch``: what they read, and how the dependencies are fetched alone.

Measured with pnpm 9: an install with nothing but the manifests differs from one with everything only in the programs of
members, which are linked and made executable where the file is there. ``pnpm fetch`` reads the lock file, the settings
and the patches, and an install after it gives the same as an install alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prebake.build.commands.effects import Effects
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers import FirstStep, node, nodescripts
from prebake.build.installs.readers.node import NodePackage
from prebake.project.yamltree import Node, load
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Text

_EVENTS = ("pnpm:devPreinstall", *nodescripts.EVENTS)
_ENTRY = regex(r"  ['\"]?/?((?:@[^@/\s'\"]+/)?[^@/\s'\"(]+)[@/][^\n]*:$")
_VERSION = regex(r"lockfileVersion:\s*['\"]?(\d+)")
_HOOKS = (".pnpmfile.cjs", ".pnpmfile.mjs", "pnpmfile.js")


class _Lock(NamedTuple):
    """``names`` are of the locked packages; ``scripted`` those with install scripts, ``None`` where it does not say."""

    names: list[str]
    scripted: list[str] | None


def follow(notes: Notes, command: InstallCommand) -> Effects:
    """Note the manifests of the project and its workspace, and what is installed from the disk."""
    return _follow(notes, command, fetches=_fetches(command))


def first_step(notes: Notes, command: InstallCommand) -> FirstStep | str:
    """``pnpm fetch``, which needs the lock file alone."""
    alone = Notes(notes.build, notes.install)
    _follow(alone, command, fetches=True)
    if alone.problems:
        return alone.problems[0]
    if command.directory is None or not notes.image.is_file(f"{command.directory}/pnpm-lock.yaml"):
        return "there is no pnpm-lock.yaml, which `pnpm fetch` reads"
    if command.directory != command.step.directory:
        return "it works in another folder: copy pnpm-lock.yaml and run `pnpm fetch` there first"
    if command.named.get("write"):
        return "it names a store of its own: copy pnpm-lock.yaml and run `pnpm fetch` with the same option first"
    production = " --prod" if node.without_dev(command) else ""
    return FirstStep(command=f"pnpm fetch{production}")


def _fetches(command: InstallCommand) -> bool:
    return command.called.split()[-1] == "fetch"


def _follow(notes: Notes, command: InstallCommand, *, fetches: bool) -> Effects:
    node.node_options(notes, command)
    root = node.project_of(notes, command) if not fetches else _without_manifest(notes, command)
    if root is None:
        return node.effects(notes, command, ())
    lock = _lock(notes, command, root)
    workspace = _workspace(notes, command, root)
    settings = node.settings(notes, command, root.path(".npmrc"))
    notes.note([root.path(name) for name in _HOOKS], optional=True)
    _patches(notes, root, workspace)
    members = [] if fetches or workspace is None else _members(notes, command, root, workspace)
    packages = [root, *members]
    if not fetches:
        node.note_local(notes, command, node.local_dependencies(root, packages), packages)
        node.note_programs(notes, command, members)
    ignores = settings.get("ignore-scripts") or node.variable(command, "ignore_scripts")
    if not node.given(command, "--ignore-scripts") and ignores != "true" and not fetches:
        nodescripts.note_scripts(notes, command, packages, _EVENTS)
        nodescripts.note_prisma(notes, command, packages)
        nodescripts.note_dependency_scripts(notes, command, _scripted(root, workspace, lock))
    notes.packages += lock.names if lock is not None else [name for name, _ in node.declared(root)]
    written = [] if fetches else _written(notes, command, root, lock)
    return node.effects(notes, command, [package.path("node_modules") for package in packages], written)


def _without_manifest(notes: Notes, command: InstallCommand) -> NodePackage | None:
    """The folder of the lock file, as a package that depends on nothing: a package.json is read for the version of
    pnpm and for settings only.
    """
    folder = command.directory
    if folder is None:
        notes.problem(command, "reads pnpm-lock.yaml, and the folder it runs in is not known")
        return None
    if notes.image.is_file(NodePackage(folder, {}).path("package.json")):
        found = node.package_at(notes, command, folder)
        return found._replace(data={"pnpm": found.mapping("pnpm")}) if found is not None else None
    return NodePackage(folder, {})


def _lock(notes: Notes, command: InstallCommand, root: NodePackage) -> _Lock | None:
    path = root.path("pnpm-lock.yaml")
    text = notes.image.text(path)
    notes.note([path], optional="--frozen-lockfile" not in command.given)
    return _read(text) if text is not None else None


def _read(text: Text) -> _Lock:
    """What a lock file lists, read line by line: whole, it would take seconds to parse."""
    version = _VERSION.search(text.content[:2000])
    tells = version is not None and int(version[1][:4]) < 9
    names: dict[str, None] = {}
    scripted: dict[str, None] = {}
    section = current = ""
    for line in text.content.splitlines():
        if line[:1] not in ("", " ", "#"):
            section = line.rstrip(": ")
        elif section == "packages":
            entry = _ENTRY.match(line[:500]) if line[2:3] not in ("", " ") else None
            if entry:
                current = entry[1]
                names.setdefault(current)
            elif current and line.strip() == "requiresBuild: true":
                scripted.setdefault(current)
    return _Lock(list(names), list(scripted) if tells else None if names else [])


def _workspace(notes: Notes, command: InstallCommand, root: NodePackage) -> Node | None:
    path = root.path("pnpm-workspace.yaml")
    text = notes.image.text(path)
    notes.note([path])
    if text is None:
        return None
    found = load(text)
    if found is None and text.content.strip():
        notes.problem(command, f"reads {path}, which is not valid YAML")
    return found


def _members(notes: Notes, command: InstallCommand, root: NodePackage, workspace: Node) -> list[NodePackage]:
    patterns = workspace.get("packages")
    return node.members(notes, command, root, patterns.strings() if patterns is not None else ())


def _patches(notes: Notes, root: NodePackage, workspace: Node | None) -> None:
    """Note the patches that package.json or the workspace names."""
    named: list[object] = list(root.mapping("pnpm", "patchedDependencies").values())
    listed = workspace.get("patchedDependencies") if workspace is not None else None
    named += [value.scalar for _, value in listed.pairs()] if listed is not None else []
    notes.note([root.path(name) for name in named if isinstance(name, str)])


def _scripted(root: NodePackage, workspace: Node | None, lock: _Lock | None) -> list[str] | None:
    """The packages whose install scripts run, ``None`` where that is not known. From version 10 on these are listed."""
    manager = root.data.get("packageManager")
    major = manager.removeprefix("pnpm@").partition(".")[0] if isinstance(manager, str) else ""
    if manager and str(manager).startswith("pnpm@") and major.isdigit() and int(major[:4]) >= 10:
        return list(_built(root, workspace))
    return lock.scripted if lock is not None else None


def _built(root: NodePackage, workspace: Node | None) -> Iterator[str]:
    settings: Mapping[str, object] = root.mapping("pnpm")
    yield from node.strings(settings.get("onlyBuiltDependencies"))
    for name in ("onlyBuiltDependencies", "allowBuilds"):
        listed = workspace.get(name) if workspace is not None else None
        if listed is not None:
            yield from listed.strings()
            yield from (key.text for key, _ in listed.pairs())


def _written(notes: Notes, command: InstallCommand, root: NodePackage, lock: _Lock | None) -> list[str]:
    if "--frozen-lockfile" in command.given or command.step.lookup("CI"):
        return []
    if lock is None:
        return [root.path("pnpm-lock.yaml")]
    notes.doubt(
        command, "may write pnpm-lock.yaml anew, which the COPY then puts back; `--frozen-lockfile` leaves it alone"
    )
    return []
