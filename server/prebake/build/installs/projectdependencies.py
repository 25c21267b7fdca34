"""Where the dependencies of a Python project stand, so that they can be installed without the project."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from prebake.build.image import ImageFiles
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers import FirstStep
from prebake.build.installs.releases import normalised, requirement
from prebake.build.paths import inside
from prebake.project.manifests.manifest import read_toml, strings, table
from prebake.project.manifests.requirements import closure, local_path
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Text

_FILE = regex(r"[\w./-]*(requirements|reqs)[\w./-]*\.(txt|in)")
_EVERYTHING_AGAIN = frozenset(
    ("-t", "--target", "--force-reinstall", "-I", "--ignore-installed", "--reinstall", "--root")
)
"""Options with which what is installed already is installed again."""


class Dependencies(NamedTuple):
    """What a project declares: the normalised ``names``, as far as they are listed, and the ``files`` of requirements
    (paths of the image) that it takes them from. ``place`` is the manifest. ``static`` says that they are listed in
    ``pyproject.toml`` itself, ``hooks`` names the install commands that ``setup.py`` defines itself.
    """

    place: str
    names: frozenset[str]
    files: tuple[str, ...] = ()
    static: bool = False
    hooks: tuple[str, ...] = ()


class Folder(NamedTuple):
    """A project as a command names it: its folder in the image, and the extras that are asked for."""

    path: str
    extras: tuple[str, ...]


def folder_of(command: InstallCommand, project: str) -> Folder | None:
    """The folder of a project that a command installs; ``None`` where its place is not known."""
    name, bracket, extras = project.partition("[")
    path = command.step.absolute(local_path(name) or name or ".")
    names = tuple(item.strip() for item in extras.rstrip("]").split(",") if item.strip()) if bracket else ()
    return None if path is None else Folder(path, names)


def dependencies_of(image: ImageFiles, folder: Folder) -> Dependencies | None:
    """What the project in a folder of the image depends on; ``None`` where that cannot be seen, or it is nothing."""
    path = posixpath.join(folder.path, "pyproject.toml")
    text = image.text(path)
    found = _of_toml(text, folder, path) if text is not None else None
    if found is not None:
        return found
    path = posixpath.join(folder.path, "setup.py")
    text = image.text(path)
    return _of_setup(text, folder, path) if text is not None else None


def _of_toml(text: Text, folder: Folder, path: str) -> Dependencies | None:
    data = read_toml(text)
    project = table(data, "project")
    wanted = {normalised(name) for name in folder.extras}
    extras = [group for name, group in table(project, "optional-dependencies").items() if normalised(name) in wanted]
    lines = [line for group in (project.get("dependencies"), *extras) for line in strings(group)]
    names = {*_names(lines), *_of_poetry(table(data, "tool", "poetry"), wanted)}
    dynamic = "dependencies" in strings(project.get("dynamic"))
    files: list[str] = []
    if dynamic:
        settings = table(data, "tool", "setuptools", "dynamic")
        tables = [table(settings, "dependencies")]
        tables += [
            table(settings, "optional-dependencies", name)
            for name in table(settings, "optional-dependencies")
            if normalised(name) in wanted
        ]
        for item in tables:
            listed = item.get("file")
            found = [listed] if isinstance(listed, str) else strings(listed)
            files += [posixpath.normpath(posixpath.join(folder.path, one)) for one in found]
    if not names and not files:
        return None
    static = bool(project.get("dependencies")) and not dynamic
    return Dependencies(path, frozenset(names), tuple(files), static)


def _of_poetry(settings: Mapping[str, Any], wanted: Collection[str]) -> Iterator[str]:
    """The dependencies in Poetry's own table, of the optional ones those of the wanted extras."""
    extras = (group for name, group in table(settings, "extras").items() if normalised(name) in wanted)
    chosen = {normalised(name) for group in extras if isinstance(group, list) for name in map(str, group)}
    for name, value in table(settings, "dependencies").items():
        optional = isinstance(value, dict) and value.get("optional") is True
        if name != "python" and (not optional or normalised(name) in chosen):
            yield normalised(name)


def _of_setup(text: Text, folder: Folder, path: str) -> Dependencies | None:
    names, files, hooks = _setup(text.content)
    if not names and not files:
        return None
    return Dependencies(
        path, names, tuple(posixpath.normpath(posixpath.join(folder.path, name)) for name in files), hooks=hooks
    )


@lru_cache(maxsize=16)
def _setup(content: str) -> tuple[frozenset[str], tuple[str, ...], tuple[str, ...]]:
    """What a ``setup.py`` lists, the requirement files it names, and the install commands that it defines."""
    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return frozenset(), (), ()
    names: frozenset[str] = frozenset()
    asked = False
    hooks: list[str] = []
    files: dict[str, None] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.keyword) and node.arg == "install_requires":
            asked = not (isinstance(node.value, (ast.List, ast.Tuple)) and not node.value.elts)
            if isinstance(node.value, (ast.List, ast.Tuple)):
                names = frozenset(_names(strings([getattr(item, "value", None) for item in node.value.elts])))
        if isinstance(node, ast.ClassDef):
            hooks += [node.name] if any(_is_command(base) for base in node.bases) else []
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _FILE.fullmatch(node.value):
            files[node.value] = None
    plain = [name for name in files if posixpath.basename(name) == "requirements.txt"]
    chosen = () if names or not asked else tuple(plain[:1] or (files if len(files) == 1 else ()))
    return names, chosen, tuple(sorted(hooks))


def _is_command(base: ast.expr) -> bool:
    name = base.attr if isinstance(base, ast.Attribute) else base.id if isinstance(base, ast.Name) else ""
    return name in ("install", "develop", "build_py", "build_ext", "egg_info")


def _names(lines: Iterable[str]) -> Iterator[str]:
    return (known[0] for line in lines if (known := requirement(line)) is not None)


def names_in(image: ImageFiles, path: str) -> frozenset[str]:
    """The normalised names of the packages that a requirements file lists, with those of the files it includes."""
    found = closure(image, [path], [], cwd=posixpath.dirname(path), env=lambda name: None)
    return frozenset(normalised(package.name) for package in found.packages)


def first_step(notes: Notes, command: InstallCommand) -> FirstStep | str:
    """How ``pip`` or ``uv pip`` installs what a project depends on, and not the project."""
    if len(command.projects) != 1:
        return f"`{command.called}` installs {'several projects' if command.projects else 'no project'}"
    again = sorted(_EVERYTHING_AGAIN & command.given)
    if again:
        return f"with {again[0]}, `{command.called}` installs all again that is there already"
    folder = folder_of(command, command.projects[0])
    if folder is None:
        return f"it is not known where `{command.called}` finds the project"
    found = source_of(notes.image, folder, uv=command.called.startswith("uv"))
    if isinstance(found, str):
        return found
    text = _without_project(
        notes.install.instruction.raw, command, [_spelled(command, item) for item in found.arguments]
    )
    if not text:
        return f"`{command.called}` names the project in a way that is not followed"
    return FirstStep(command=text, doubts=found.doubts)


class Source(NamedTuple):
    """What to install first: options of an install with their values, paths of the image behind ``-r``; and doubts."""

    arguments: tuple[tuple[str, str], ...]
    doubts: tuple[str, ...]


def source_of(image: ImageFiles, folder: Folder, *, uv: bool) -> Source | str:
    """Where the dependencies of a project can be installed from, or why they cannot be installed alone."""
    found = dependencies_of(image, folder)
    if found is None:
        return "it cannot be seen which packages the project depends on"
    place = posixpath.basename(found.place)
    hooks = (
        [f"{' and '.join(found.hooks)} of setup.py, where they are in use, run with the project as before"]
        if found.hooks
        else []
    )
    files = [path for path in found.files if image.is_file(path)]
    if files and len(files) == len(found.files):
        names = ", ".join(posixpath.basename(path) for path in files)
        doubts = [f"{place} takes the dependencies from {names}, which pip then resolves without the project"]
        if folder.extras and place == "setup.py":
            doubts.append(f"what the extras {', '.join(folder.extras)} add is installed with the project")
        return Source(tuple(("-r", path) for path in files), (*doubts, *hooks))
    if uv and found.static and place == "pyproject.toml":
        extras = tuple(("--extra", name) for name in folder.extras)
        return Source((("-r", found.place), *extras), tuple(hooks))
    listing = posixpath.join(folder.path, "requirements.txt")
    if found.names and image.is_file(listing) and found.names <= names_in(image, listing):
        return Source((("-r", listing),), (f"requirements.txt may ask for other versions than {place}", *hooks))
    if found.static or place == "pyproject.toml":
        return (
            f"the dependencies stand in {place} only, from which pip cannot install them without the project: list "
            f"them in a requirements file, or use `uv pip install -r {place}`, above the code"
        )
    return f"the dependencies stand in {place} only: list them in a requirements file, and install that above the code"


def _spelled(command: InstallCommand, argument: tuple[str, str]) -> str:
    option, value = argument
    if option != "-r":
        return f"{option} {value}"
    below = inside(value, command.step.directory) if command.step.directory is not None else None
    return f"{option} {below or value}"


def _without_project(raw: str, command: InstallCommand, arguments: list[str]) -> str:
    """The text of a command with other arguments in the place of its project."""
    words = command.step.command.words
    project = command.projects[0]
    for number, word in enumerate(words):
        value = word.value or word.pattern or ""
        if value == project:
            alone = words[number - 1].value in ("-e", "--editable")
            start = words[number - 1].start if alone else word.start
        elif value.endswith(project) and value[: -len(project)] in ("-e", "--editable="):
            start = word.start
        else:
            continue
        return raw[words[0].start : start] + " ".join(arguments) + raw[word.end : words[-1].end]
    return ""
