"""What the readers of npm, Yarn and pnpm share: ``package.json``, workspaces, local dependencies, install scripts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from prebake.build.commands.effects import Effects, redirections, roots
from prebake.build.installs.installer_table import scripts
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.notes import Notes
from prebake.build.paths import inside
from prebake.project.manifests.manifest import read_json
from prebake.records import NamedTuple
from prebake.syntax.glob import GlobError, wildcard

_DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies")
_OVERRIDES = ("overrides", "resolutions", "pnpm")
_ARCHIVES = (".tgz", ".tar.gz", ".tar")
_HOMES = (".npm", ".yarn", ".cache", ".config", ".local", ".node-gyp", ".yarnrc", ".pnpm-store", ".pnpm-state")
_MOST_FOLDERS = 2000
"""Bound on the folders that are looked through for members of a workspace."""


class NodePackage(NamedTuple):
    """A ``package.json`` of the image: the folder it lies in, and what it says."""

    folder: str
    data: Mapping[str, Any]

    def path(self, name: str) -> str:
        """The path in the image of something that lies beside it."""
        return posixpath.normpath(posixpath.join(self.folder, name))

    def mapping(self, *keys: str) -> Mapping[str, Any]:
        """An object inside; empty where something else or nothing stands there."""
        found: Any = self.data
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found if isinstance(found, dict) else {}


class Local(NamedTuple):
    """A dependency that is taken from the disk: ``place`` is a path of the image."""

    place: str
    archive: bool


def project_of(notes: Notes, command: InstallCommand) -> NodePackage | None:
    """The package that a command works on, its manifest noted; ``None`` and a problem where it cannot be read."""
    folder = command.directory
    if folder is None:
        notes.problem(command, "reads package.json, and the folder it runs in is not known")
        return None
    if not notes.image.is_file(posixpath.join(folder, "package.json")):
        notes.problem(command, f"finds no package.json from the context in {folder}")
        return None
    found = package_at(notes, command, folder)
    above = posixpath.dirname(folder) or "."
    while found is not None and above not in ("/", ".", ""):
        text = notes.image.text(posixpath.join(above, "package.json"))
        workspaces = (read_json(text) or {}).get("workspaces") if text is not None else None
        if workspaces or notes.image.is_file(posixpath.join(above, "pnpm-workspace.yaml")):
            notes.problem(command, f"may belong to the workspace in {above}, which is not followed from here")
            return None
        above = posixpath.dirname(above) or "."
    return found


def package_at(notes: Notes, command: InstallCommand, folder: str) -> NodePackage | None:
    """The package in a folder, its manifest noted; ``None`` where there is none, and a problem where it is broken."""
    path = posixpath.normpath(posixpath.join(folder, "package.json"))
    text = notes.image.text(path)
    if text is None:
        return None
    notes.note([path])
    data = read_json(text)
    if data is None:
        notes.problem(command, f"reads {path}, which is not a JSON object")
        return None
    return NodePackage(folder, data)


def strings(value: object) -> list[str]:
    """The strings in a list; none where it is something else."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def workspace_patterns(package: NodePackage) -> list[str]:
    """The patterns of ``workspaces``, in either of its forms."""
    value = package.data.get("workspaces")
    return strings(value.get("packages") if isinstance(value, dict) else value)


def members(notes: Notes, command: InstallCommand, root: NodePackage, patterns: Iterable[str]) -> list[NodePackage]:
    """The members of a workspace with their manifests noted, without its root."""
    taken: dict[str, None] = {}
    for pattern in patterns:
        left_out = pattern.startswith("!")
        parts = [part for part in pattern.lstrip("!").split("/") if part not in ("", ".")]
        try:
            found = _matching(notes, root.folder, parts)
        except GlobError:
            notes.problem(command, f"has the workspaces {pattern}, a pattern that is not followed")
            continue
        for folder in found:
            if left_out:
                taken.pop(folder, None)
            elif folder != root.folder:
                taken.setdefault(folder)
    packages = (package_at(notes, command, folder) for folder in taken)
    return [package for package in packages if package is not None]


def _matching(notes: Notes, start: str, parts: list[str]) -> list[str]:
    """The folders that a pattern selects.

    Raises:
        GlobError: it holds something else than names, ``*``, ``?`` and one ``**``, or selects too many.
    """
    if parts.count("**") > 1:
        raise GlobError("**")
    found = [start]
    for part in parts:
        if set(part) & set("{}[]()+@!\\") and not part.startswith("@"):
            raise GlobError(part)
        following: dict[str, None] = {}
        for folder in found:
            if part == "**":
                following.update(dict.fromkeys([folder, *_below(notes, folder)]))
                continue
            if part == "..":
                following.setdefault(posixpath.dirname(folder) or ".")
                continue
            expression = wildcard(part)
            if expression is None:
                following.setdefault(posixpath.normpath(posixpath.join(folder, part)))
                continue
            for child in folders_in(notes, folder):
                name = posixpath.basename(child)
                if name != "node_modules" and not name.startswith(".") and expression.match(name):
                    following.setdefault(child)
        if len(following) > _MOST_FOLDERS:
            raise GlobError(part)
        found = list(following)
    return [folder for folder in found if notes.image.is_file(posixpath.join(folder, "package.json"))]


def _below(notes: Notes, folder: str) -> list[str]:
    found: list[str] = []
    pending = [folder]
    while pending and len(found) <= _MOST_FOLDERS:
        children = folders_in(notes, pending.pop())
        named = [child for child in children if posixpath.basename(child) != "node_modules"]
        found += named
        pending += named
    return found


def folders_in(notes: Notes, folder: str) -> list[str]:
    """The folders directly in a folder of the image that come from the context."""
    found: dict[str, None] = {}
    for copy in notes.image.copies:
        for item in copy.mappings:
            above = inside(item.image, folder)
            if above and (item.folder or "/" in above):
                found.setdefault(posixpath.join(folder, above.split("/")[0]))
            below = inside(folder, item.image) if item.folder else None
            if below is not None:
                children = copy.files.children(posixpath.join(item.context, below).rstrip("/"))
                names = (posixpath.basename(path) for path, is_folder in children if is_folder)
                found.update(dict.fromkeys(posixpath.join(folder, name) for name in names))
    return list(found)


def declared(package: NodePackage, without_dev: bool = False) -> Iterator[tuple[str, str]]:
    """The dependencies that a package names, with their specifiers."""
    for field in _DEPENDENCIES:
        if not (without_dev and field == "devDependencies"):
            for name, specifier in package.mapping(field).items():
                if isinstance(specifier, str):
                    yield name, specifier


def local_of(specifier: str, folder: str, root: str) -> Local | None:
    """What a specifier takes from the disk; ``None`` where it is something else.

    ``folder`` is that of the package that names it, ``root`` that of the project.
    """
    kind, colon, rest = specifier.partition(":")
    if colon and kind in ("file", "link", "portal"):
        place = rest.removeprefix("//")
    elif specifier.startswith(("./", "../", "/", "~/")) or specifier in (".", ".."):
        place = specifier
    else:
        return None
    place = place.partition("#")[0].partition("::")[0]
    base = root if place.startswith("~/") else folder
    path = posixpath.normpath(posixpath.join(base, place.removeprefix("~/")))
    return Local(path, path.endswith(_ARCHIVES))


def local_dependencies(root: NodePackage, packages: Iterable[NodePackage]) -> list[Local]:
    """What some packages of a project take from the disk: their dependencies, and what overrides put in their place."""
    found: dict[Local, None] = {}
    for package in packages:
        overridden = (value for field in _OVERRIDES for value in _leaves(package.data.get(field)))
        for specifier in (*(value for _, value in declared(package)), *overridden):
            local = local_of(specifier, package.folder, root.folder)
            if local is not None:
                found.setdefault(local)
    return list(found)


def _leaves(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict) and depth < 20:
        for inner in value.values():
            yield from _leaves(inner, depth + 1)


def note_local(notes: Notes, command: InstallCommand, found: Iterable[Local], known: Iterable[NodePackage]) -> None:
    """Note archives that are installed, and as problems folders that are and that belong to no known package."""
    places = {package.folder for package in known}
    for local in found:
        if local.archive:
            notes.note([local.place])
        elif local.place not in places:
            notes.libraries.append(local.place)
            notes.problem(command, f"installs {local.place} from its sources")


def note_programs(notes: Notes, command: InstallCommand, packages: Iterable[NodePackage]) -> None:
    """Note as problems the programs of members of a workspace: they are linked and made executable if they are there.

    Measured with npm 11: without the file there is no link, and its mode is not changed.
    """
    for package in packages:
        value = package.data.get("bin")
        named = [value] if isinstance(value, str) else list(value.values()) if isinstance(value, dict) else []
        for name in named:
            if isinstance(name, str) and notes.image.is_file(package.path(name)):
                notes.problem(command, f"links and changes the program {package.path(name)}, which has to be there")
                break


def settings(notes: Notes, command: InstallCommand, path: str) -> dict[str, str]:
    """What an ``.npmrc`` says, its file noted; what names further files is a problem."""
    notes.note([path], optional=True)
    text = notes.image.text(path)
    found: dict[str, str] = {}
    for line in text.content.splitlines()[:1000] if text is not None else ():
        name, equals, value = (part.strip() for part in line.partition("="))
        if name[:1] in ("#", ";", "[") or not name:
            continue
        found[name] = value.strip("\"'") if equals else "true"
        if name.rstrip("[]") in scripts()["settings-files"]:
            notes.problem(command, f"reads {path}, whose {name} names a file or folder that is not followed")
    return found


def node_options(notes: Notes, command: InstallCommand) -> None:
    """Note as a problem a NODE_OPTIONS that makes Node.js load files."""
    if command.step.sets("NODE_OPTIONS"):
        value = command.step.lookup("NODE_OPTIONS")
        words = ("-r", "--require", "--import", "--loader", "--experimental-loader", "--env-file")
        if value is None or any(word.partition("=")[0] in words for word in value.split()):
            notes.problem(
                command, f"runs with NODE_OPTIONS {value or ''}, whose files are not followed".replace("  ", " ")
            )


def given(command: InstallCommand, option: str) -> bool:
    """Whether an option that switches something on is given, and not as ``--option=false``."""
    texts = [argument.text for argument in command.step.arguments]
    return option in command.given and f"{option}=false" not in texts


def variable(command: InstallCommand, name: str) -> str | None:
    """The value of a setting of npm or pnpm in the environment, by its name in lower case with underscores."""
    for known in (f"NPM_CONFIG_{name.upper()}", f"npm_config_{name}"):
        if command.step.sets(known):
            return command.step.lookup(known)
    return None


def without_dev(command: InstallCommand) -> bool:
    """Whether the dependencies for development are left out."""
    texts = {argument.text for argument in command.step.arguments}
    if {"--production", "--prod", "-P", "--omit=dev", "--only=production", "--only=prod"} & texts:
        return True
    return "dev" in command.named.get("omit", ()) or command.step.lookup("NODE_ENV") == "production"


def effects(
    notes: Notes,
    command: InstallCommand,
    environments: Iterable[str],
    written: Iterable[str] = (),
    *,
    globally: bool = False,
) -> Effects:
    """What a command touches besides its manifests: folders of packages, what it is told to write, caches."""
    step = command.step
    notes.note(notes.paths(command, command.named.get("read", ())))
    own = redirections(step)
    writes = tuple(dict.fromkeys((*own.writes, *written, *notes.paths(command, command.named.get("write", ())))))
    homes = {"/root", step.lookup("HOME") or "/root"}
    places = [*(roots("local") if globally else ()), *roots("home")]
    places += [posixpath.join(home, name) for home in sorted(homes) for name in _HOMES]
    return Effects(
        reads=own.reads,
        writes=writes,
        roots=tuple(dict.fromkeys(place for place in places if place not in writes)),
        environments=tuple(dict.fromkeys(environments)),
        opaque=own.opaque,
    )
