"""``yarn install``, classic and Berry: what it reads, and how it installs the dependencies alone.

Yarn from version 2 on (Berry) is told by its lock file or its ``.yarnrc.yml``. Measured with Yarn 1.22 and 4.18:

=========  ===========================================================================================================
classic    reads package.json, yarn.lock, .yarnrc, .npmrc, the package.json of every member of the workspace; links
           programs of members only where the file is there; runs preinstall, install, postinstall, prepublish and
           prepare. After an install with ``--ignore-scripts`` a second one without runs all scripts and links all
           programs: the result is the same as that of one install. It takes all archives from its cache, or fetches
           them again
Berry      reads .yarnrc.yml, .yarn/releases, plugins and patches in place of .yarnrc and .npmrc; runs preinstall,
           install and postinstall; links programs of members and makes them executable where the file is there.
           An install after one with ``--mode=skip-build`` runs the scripts and links all programs
=========  ===========================================================================================================
"""

from __future__ import annotations

from collections.abc import Mapping

from prebake.build.commands.effects import Effects
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers import FirstStep, node, nodescripts
from prebake.build.installs.readers.node import NodePackage
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Text

_FROZEN = frozenset(("--frozen-lockfile", "--immutable", "--pure-lockfile", "--no-lockfile", "--immutable-cache"))
_SETTING = regex(r"(?:\"([\w.-]+)\"|([\w.-]+)):?\s+(\S.*)$")
_ENTRY = regex(r"\"?((?:@[^@/\s\"]+/)?[^@/\s\"]+)@[^\n]*:$")
_FOLDERS = (".yarn/releases", ".yarn/plugins", ".yarn/patches")
_BERRY_EVENTS = ("preinstall", "install", "postinstall")
_BERRY_FILES = frozenset(
    (
        "caFilePath", "httpsCaFilePath", "injectEnvironmentFiles", "lockfileFilename", "cacheFolder", "globalFolder",
        "deferredVersionFolder", "pnpUnpluggedFolder", "virtualFolder", "installStatePath", "patchFolder",
        "enableConstraintsChecks", "enableOfflineMode",
    )
)  # fmt: skip
_CLASSIC_FILES = frozenset(("yarn-offline-mirror", "cafile", "cache-folder"))


class _Project(NamedTuple):
    root: NodePackage
    members: list[NodePackage]
    settings: Mapping[str, str]
    lock: Text | None
    berry: bool
    ignores_scripts: bool

    @property
    def packages(self) -> list[NodePackage]:
        return [self.root, *self.members]


def follow(notes: Notes, command: InstallCommand) -> Effects:
    """Note the manifests of the project and its workspace, and what is installed from the disk."""
    project = _project(notes, command)
    if project is None:
        return node.effects(notes, command, ())
    if not project.ignores_scripts:
        events = _BERRY_EVENTS if project.berry else nodescripts.EVENTS
        nodescripts.note_scripts(notes, command, project.packages, events)
        nodescripts.note_prisma(notes, command, project.packages)
        nodescripts.note_dependency_scripts(notes, command, None if _locked(project.lock) else [])
    if "--no-bin-links" not in command.given:
        node.note_programs(notes, command, project.members)
    notes.packages += _locked(project.lock) or [name for name, _ in node.declared(project.root)]
    return _effects(notes, command, project)


def first_step(notes: Notes, command: InstallCommand) -> FirstStep | str:
    """The option that leaves the scripts to the second install."""
    alone = Notes(notes.build, notes.install)
    project = _project(alone, command)
    if project is None or alone.problems:
        return next(iter(alone.problems), f"`{command.called}` finds no package.json that can be read")
    if project.ignores_scripts:
        return f"`{command.called}` needs the programs of the workspace"
    cleans = (
        [argument.text for argument in step.arguments[:2]] == ["cache", "clean"]
        for step in notes.install.steps.steps
        if step.program == "yarn"
    )
    if not project.berry and any(cleans):
        return (
            "a second `yarn install` fetches everything again once `yarn cache clean` has emptied its cache: leave "
            "that to the last one; copy the manifests and run `yarn install --ignore-scripts`, then copy the code and "
            "run `yarn install`"
        )
    return FirstStep(("--mode=skip-build",) if project.berry else ("--ignore-scripts",))


def _project(notes: Notes, command: InstallCommand) -> _Project | None:
    """The project with all manifests noted."""
    node.node_options(notes, command)
    root = node.project_of(notes, command)
    if root is None:
        return None
    lock = notes.image.text(root.path("yarn.lock"))
    notes.note([root.path("yarn.lock")], optional=not _FROZEN & command.given)
    berry = notes.image.is_file(root.path(".yarnrc.yml")) or (lock is not None and "__metadata:" in lock.content)
    settings = _settings(notes, command, root, berry)
    members = node.members(notes, command, root, node.workspace_patterns(root))
    packages = [root, *members]
    node.note_local(notes, command, node.local_dependencies(root, packages), packages)
    for package in packages:
        for _, specifier in node.declared(package):
            if specifier.startswith("exec:"):
                notes.problem(command, f"runs {specifier.removeprefix('exec:')}, which may read any source")
    ignores = (
        node.given(command, "--ignore-scripts")
        or settings.get("enableScripts") == "false"
        or settings.get("ignore-scripts") == "true"
        or settings.get("--ignore-scripts") == "true"
        or any(argument.text == "--mode=skip-build" for argument in command.step.arguments)
        or "--skip-builds" in command.given
    )
    return _Project(root, members, settings, lock, berry, ignores)


def _settings(notes: Notes, command: InstallCommand, root: NodePackage, berry: bool) -> Mapping[str, str]:
    """What the settings of the project say, their files noted."""
    notes.note([root.path(name) for name in _FOLDERS if _is_folder(notes, root.path(name))], optional=True)
    found: dict[str, str] = {}
    if not berry:
        found |= node.settings(notes, command, root.path(".npmrc"))
    path = root.path(".yarnrc.yml" if berry else ".yarnrc")
    notes.note([path], optional=True)
    text = notes.image.text(path)
    for line in text.content.splitlines()[:1000] if text is not None else ():
        match = _SETTING.match(line)
        if match:
            found[match[1] or match[2]] = match[3].strip().strip("\"'")
    program = found.get("yarnPath" if berry else "yarn-path")
    if program is not None and not program.removeprefix("./").startswith(_FOLDERS[0]):
        notes.note([root.path(program)])
    if berry:
        notes.note([root.path(".env.yarn")], optional=True)
    files = _BERRY_FILES if berry else _CLASSIC_FILES
    for name, value in found.items():
        options = name.startswith("--") and name not in ("--ignore-scripts", "--frozen-lockfile")
        if (name in files and value != "false") or options:
            notes.problem(command, f"reads {path}, whose {name} is not followed")
    if berry and _is_folder(notes, root.path(".yarn/cache")):
        notes.problem(command, f"uses the packages in {root.path('.yarn/cache')}, which is part of the context")
    return found


def _is_folder(notes: Notes, path: str) -> bool:
    return notes.image.folder(path) is not None


def _locked(lock: Text | None) -> list[str]:
    """The names of the packages in a lock file."""
    if lock is None:
        return []
    lines = (line for line in lock.content.splitlines() if line[:1] not in ("", " ", "#"))
    matches = (_ENTRY.match(line[:500]) for line in lines if "@workspace:" not in line)
    return [match[1] for match in matches if match]


def _effects(notes: Notes, command: InstallCommand, project: _Project) -> Effects:
    root = project.root
    written = []
    environments = [package.path("node_modules") for package in project.packages]
    if project.berry and project.settings.get("nodeLinker", "pnp") == "pnp":
        environments = []
        written += [root.path(name) for name in (".pnp.cjs", ".pnp.loader.mjs")]
    if not _FROZEN & command.given:
        if project.lock is None:
            written.append(root.path("yarn.lock"))
        else:
            option = "--immutable" if project.berry else "--frozen-lockfile"
            notes.doubt(command, f"may write yarn.lock anew, which the COPY then puts back; `{option}` leaves it alone")
    effects = node.effects(notes, command, environments, written)
    own = [".yarn/cache", ".yarn/unplugged", ".yarn/install-state.gz", ".yarn/build-state.yml"]
    places = [root.path(name) for name in own] if project.berry else []
    return effects._replace(roots=(*effects.roots, *places))
