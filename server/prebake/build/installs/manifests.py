"""What an install reads of the files that COPY brought, and what it writes: requirements followed to their end."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from prebake.build.build import Build, fact
from prebake.build.effects import Effects, effects_of, redirections, roots
from prebake.build.image import Provided, image_before
from prebake.build.installs.installers import Install, InstallCommand, install_at, installs
from prebake.build.paths import inside
from prebake.build.steps import Step
from prebake.project.manifest import read_toml, table
from prebake.project.requirements import Closure, Problem, Trouble, closure, local_path
from prebake.text import Text


class Manifest(NamedTuple):
    """A file (or folder of archives) that an install reads: where in the image, and where it comes from."""

    image: str
    provided: Provided
    folder: bool = False


class Reading(NamedTuple):
    """An install with all it reads.

    ``manifests`` come from the context, in the order they are read. ``packages`` are the names of what it installs, as
    far as they are listed. ``problems`` say why it is not known what it reads, or why it reads more than manifests;
    each is a sentence without its full stop. ``effects`` are those of each of its commands, the reading of manifests
    not among them. ``libraries`` are folders of the image with sources that it installs, other than the project itself.
    """

    install: Install
    manifests: tuple[Manifest, ...]
    packages: tuple[str, ...]
    problems: tuple[str, ...]
    effects: tuple[tuple[Step, Effects], ...]
    libraries: tuple[str, ...]

    def reads(self, image: str) -> bool:
        """Whether a path of the image is one of the manifests, or belongs to a library."""
        return any(
            item.image == image or (item.folder and inside(image, item.image) is not None) for item in self.manifests
        ) or any(inside(image, folder) is not None for folder in self.libraries)


class Readings(Mapping[int, Reading]):
    """What each installing RUN reads, by its index; followed when it is asked for."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._found: dict[int, Reading] = {}

    def __getitem__(self, index: int) -> Reading:
        if index not in self._found:
            install = install_at(self._build, self._build.tree.instructions[index])
            if install is None:
                raise KeyError(index)
            self._found[index] = _Follow(self._build, install).reading()
        return self._found[index]

    def __iter__(self) -> Iterator[int]:
        return iter(installs(self._build))

    def __len__(self) -> int:
        return len(installs(self._build))


@fact
def readings(build: Build) -> Readings:
    """What each installing RUN reads, by its index."""
    return Readings(build)


class _Follow:
    def __init__(self, build: Build, install: Install) -> None:
        self.build = build
        self.install = install
        self.manifests: dict[str, Manifest] = {}
        self.packages: list[str] = []
        self.problems: list[str] = []
        self.libraries: list[str] = []

    def reading(self) -> Reading:
        self._image = image_before(self.build, self.install.instruction)
        if self.install.steps.problem is not None:
            self.problems.append(f"{self._line()} is not understood: {self.install.steps.problem}")
        by_step = {id(command.step): command for command in self.install.commands}
        effects = []
        for step in self.install.steps.steps:
            command = by_step.get(id(step))
            effects.append((step, effects_of(step) if command is None else self._command(command)))
        return Reading(
            self.install,
            tuple(self.manifests.values()),
            tuple(dict.fromkeys(self.packages)),
            tuple(dict.fromkeys(self.problems)),
            tuple(effects),
            tuple(dict.fromkeys(self.libraries)),
        )

    def _line(self) -> str:
        return f"line {self.install.instruction.line + 1}"

    def _command(self, command: InstallCommand) -> Effects:
        for reason in command.unknown:
            self._problem(command, reason)
        if not command.installer.proved:
            self._unproved(command)
            return Effects()
        for project in command.projects:
            self._problem(command, f"installs the project itself from its sources ({project})")
            self._library(command, local_path(project) or project)
        self.packages += () if command.only_tools else command.packages
        requirements = self._paths(command, command.requirements)
        found = closure(
            self._image,
            [path for path in requirements if not _is_project_file(path)],
            self._paths(command, command.constraints),
            cwd=command.step.directory or "",
            env=command.step.lookup,
        )
        self.packages += [package.name for package in found.packages]
        self.problems += [self._said(problem) for problem in found.problems]
        folders = self._paths(command, command.named.get("find-links", ()))
        self._note(found.files)
        self._note(path for path in requirements if _is_project_file(path))
        self._note(self._paths(command, (*command.archives, *command.named.get("read", ()))))
        self._note([*(item.path for item in found.local if not item.project), *folders])
        for item in found.local:
            if item.project:
                self._library(command, item.path)
        self._configuration(command, [path for path in requirements if _is_project_file(path)])
        return _install_effects(command, found, self._paths(command, command.named.get("write", ())))

    def _unproved(self, command: InstallCommand) -> None:
        """Note what an installer reads of which it is not known that it is all."""
        self.packages += command.packages
        self._note(self._paths(command, command.requirements))
        if not command.packages:
            self._note(self._paths(command, command.installer.manifests))
            self._path_dependencies(command)
        also = " also installs the project itself" if command.installs_project else " may read more than its manifests"
        steps = command.installer.two_steps.format(manifests=self._named(command))
        self.problems.append(f"`{command.called}` ({self._line()}){also}: {steps}")

    def _library(self, command: InstallCommand, folder: str) -> None:
        """Note a folder that is installed, where that is not the project in the working directory."""
        place, here = command.step.absolute(folder), command.step.directory
        if place is not None and here is not None and inside(here, place) is None:
            self.libraries.append(place)

    def _path_dependencies(self, command: InstallCommand) -> None:
        """Note the libraries that a project file of uv or Poetry names by their folders."""
        for path in self._paths(command, ("pyproject.toml",)):
            text = self._image.text(path)
            for folder in _folders(table(read_toml(text), "tool") if text is not None else {}):
                self._library(command, posixpath.join(posixpath.dirname(path), folder))

    def _named(self, command: InstallCommand) -> str:
        """The manifests of a command that a fresh clone has, in words."""
        found = [item.provided for item in self.manifests.values() if not item.folder]
        files = found[0].copy.files if found and found[0].copy is not None else None
        ignored = files.snapshot.git_ignored([files.absolute(item.context) for item in found]) if files else frozenset()
        names = [item.context for item in found if files is None or files.absolute(item.context) not in ignored]
        *first, last = list(dict.fromkeys(names)) or [" or ".join(command.installer.needs) or "its manifests"]
        return f"{', '.join(first)} and {last}" if first else last

    def _paths(self, command: InstallCommand, names: Iterable[str]) -> list[str]:
        found = []
        for name in names:
            if "://" in name:
                if not command.installer.proved or name in command.named.get("find-links", ()):
                    continue
                self._problem(command, f"reads {name} over the network")
                continue
            path = command.step.absolute(name.removeprefix("file:"))
            if path is None:
                self._problem(command, f"reads {name}, and the folder it runs in is not known")
            else:
                found.append(path)
        return found

    def _problem(self, command: InstallCommand, reason: str) -> None:
        self.problems.append(f"`{command.called}` ({self._line()}) {reason}")

    def _said(self, problem: Problem) -> str:
        found = self._image.provider(problem.path)
        name = problem.path if found is None else found.context
        if problem.kind is Trouble.MISSING and problem.line is None:
            return f"{name}, which {self._line()} reads, is not among the files that are copied from the context"
        return (
            f"{name} {problem.message}" if problem.line is None else f"{name} line {problem.line + 1} {problem.message}"
        )

    def _note(self, paths: Iterable[str]) -> None:
        for path in paths:
            found = self._image.provider(path)
            if found is not None:
                self.manifests.setdefault(path, Manifest(path, found))
                continue
            folder = self._image.folder(path)
            if folder is not None and not folder.context:
                self.problems.append(f"{self._line()} looks for packages in {path}, which is the whole context")
            elif folder is not None:
                self.manifests.setdefault(path, Manifest(path, folder, True))

    def _configuration(self, command: InstallCommand, projects: list[str]) -> None:
        """Files that uv looks for in the working directory and above it."""
        folder = command.step.directory
        places: list[str] = []
        while folder is not None and command.installer.manifests:
            places.append(folder)
            if folder in ("/", ".", ""):
                break
            folder = posixpath.dirname(folder) or "."
        named = [posixpath.join(place, name) for place in places for name in command.installer.manifests]
        normal = [path for path in map(posixpath.normpath, named) if self._configures(path)]
        self._note(normal)
        for path in dict.fromkeys([*projects, *normal]):
            text = self._image.text(path) if path.endswith(".toml") else None
            if text is not None:
                self._toml(path, text, path in projects)
            elif path in projects:
                self._problem(command, f"reads {path}, whose dependencies are known only when it runs")

    def _configures(self, path: str) -> bool:
        """Whether uv takes anything from a file: from a project's only where it has a table of its own for that."""
        if posixpath.basename(path) != "pyproject.toml":
            return True
        text = self._image.text(path)
        return text is not None and "tool.uv" in text.content

    def _toml(self, path: str, text: Text, is_requirement: bool) -> None:
        data = read_toml(text)
        if not data and text.content.strip():
            self.problems.append(f"{posixpath.basename(path)} is not valid TOML")
            return
        for value in _strings(table(data, "tool").get("uv", data if path.endswith("uv.toml") else {})):
            if value.startswith(("./", "../", "/", "file:")):
                self.problems.append(f"{posixpath.basename(path)} points uv to {value}")
        if not is_requirement:
            return
        project = table(data, "project")
        declared = project.get("dependencies", [])
        dynamic = project.get("dynamic", [])
        known = isinstance(declared, list) and isinstance(dynamic, list)
        if not project or not known or "dependencies" in dynamic or "optional-dependencies" in dynamic:
            self.problems.append(f"the dependencies in {posixpath.basename(path)} are known only when it is built")
        if known:
            self.packages += [item for item in declared if isinstance(item, str)]


def _is_project_file(path: str) -> bool:
    """Whether uv reads a requirement file as a project's metadata."""
    return posixpath.basename(path) in ("pyproject.toml", "setup.py", "setup.cfg", "pylock.toml")


def _folders(value: object, depth: int = 0) -> Iterator[str]:
    """The values of ``path``, and the folders that the patterns of ``members`` begin with."""
    if not isinstance(value, dict) or depth > 20:
        return
    for key, inner in value.items():
        if key == "path" and isinstance(inner, str):
            yield inner
        elif key == "members" and isinstance(inner, list):
            patterns = (item for item in inner if isinstance(item, str) and item[:1] != "*")
            yield from (pattern.partition("*")[0].rstrip("/") for pattern in patterns)
        else:
            yield from _folders(inner, depth + 1)


def _strings(value: object, depth: int = 0) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif depth < 20 and isinstance(value, dict):
        for key, inner in value.items():
            if key in ("path", "workspace") and depth:
                yield "./"
            yield from _strings(inner, depth + 1)
    elif depth < 20 and isinstance(value, list):
        for inner in value:
            yield from _strings(inner, depth + 1)


def _install_effects(command: InstallCommand, found: Closure, written: list[str]) -> Effects:
    """What ``pip`` and ``uv pip`` write, and where they look for modules."""
    step = command.step
    own = redirections(step)
    environments = [path for path in _environments(command) if path is not None]
    places = [*roots("python"), *own.writes, *written]
    home = step.lookup("HOME")
    if home is not None:
        places += [posixpath.join(home, name) for name in (".cache", ".local", ".config")]
    if found.checkouts or "checkout" in command.named:
        source = step.absolute("src")
        environments += [source] if source is not None and "--src" not in command.given else []
    if command.installer.name == "pip wheel" and not written and step.directory is not None:
        places.append(step.directory)
    return Effects(
        reads=own.reads,
        writes=(*own.writes, *written),
        roots=tuple(place for place in places if place not in (*own.writes, *written)),
        environments=tuple(environments),
        imports=step.directory if step.module else None,
        opaque=own.opaque,
    )


def _environments(command: InstallCommand) -> Iterator[str | None]:
    """The virtual environments that the install may go to."""
    step = command.step
    programs = [step.path] if "/" in step.path else []
    for program in (*programs, *(posixpath.join(entry, "pip") for entry in step.state.path)):
        prefix, folder = posixpath.split(posixpath.dirname(program))
        if folder == "bin" and prefix not in ("/", "/usr", "/usr/local"):
            yield step.absolute(prefix or ".")
    active = step.lookup("VIRTUAL_ENV")
    if active:
        yield step.absolute(active)
    elif command.called.startswith("uv") and not {"--system", "--target", "--prefix"} & command.given:
        folder = step.directory or "/"
        while step.lookup("UV_SYSTEM_PYTHON") is None:
            yield posixpath.normpath(posixpath.join(folder, ".venv"))
            if folder in ("/", "."):
                break
            folder = posixpath.dirname(folder) or "."
