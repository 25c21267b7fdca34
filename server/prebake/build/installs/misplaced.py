"""COPY instructions that stand above an install which does not need what they bring.

Each edit of a copied file makes the builder run everything below again, the install included.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from enum import IntEnum

from prebake.build.build import Build, fact
from prebake.build.commands.effects import settings_places
from prebake.build.copies import Copy, Source, SourceKind, copies
from prebake.build.image import image_before
from prebake.build.installs.installers import Install, InstallCommand, install_at
from prebake.build.installs.manifests import Reading, readings
from prebake.build.paths import inside
from prebake.build.state import base_stage
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction

_MOST_FILES = 1000
"""Bound on the files of a folder that are looked at to see what kind of folder it is."""

_CODE = regex(
    r"\.(py|pyi|pyx|ipynb|sh|bash|js|mjs|cjs|jsx|ts|mts|tsx|vue|svelte|go|rs|java|kt|rb|php|c|cc|cpp|h|hpp|cu|r|jl|lua)$",
    re.IGNORECASE,
)
_QUIET = regex(
    r"^(.*requirements.*|constraints?.*\.txt|.*\.(lock|lockb|in|cfg|toml|whl|md|rst)|setup\.py|manifest\.in|pipfile|"
    r"(readme|license|licence|copying|notice|version|authors)(\..*)?|package(-lock)?\.json|npm-shrinkwrap\.json|"
    r"pnpm-.*\.yaml|environment.*\.ya?ml|conda.*\.ya?ml|go\.(mod|sum|work)|gemfile|\..*rc|\.python-version|"
    r"pip\.(conf|ini)|makefile|.*\.(crt|cer|pem))$",
    re.IGNORECASE,
)
"""Names of manifests and of files beside them: what installs may come to need, and what seldom changes."""

_REQUIREMENTS = regex(r"(^|/)(requirements?|reqs?|constraints?)/([^/]+/)?[^/]+\.(txt|in)$", re.IGNORECASE)
"""Files in a folder of requirements."""


class Extra(IntEnum):
    """What a COPY brings that an install does not read; a greater value matters more."""

    NOTHING = 0
    QUIET = 1
    """Manifests of other tools, documents, data: they seldom change."""
    FILE = 2
    """Source files, each of them named."""
    FOLDER = 3
    """A folder without sources."""
    SOURCES = 4
    """A folder of sources, or a wildcard that selects some."""
    CONTEXT = 5
    """The whole context."""


class Misplaced(NamedTuple):
    """A COPY and the installs below it that it makes run again, with what each of them does not need of it."""

    copy: Copy
    installs: tuple[tuple[Reading, Extra], ...]

    @property
    def worst(self) -> Extra:
        """What matters most of what is brought too early."""
        return max(extra for _, extra in self.installs)


@fact
def misplaced(build: Build) -> tuple[Misplaced, ...]:
    """The misplaced COPY and ADD instructions in order, parent stages of an install included."""
    found: dict[int, list[tuple[Reading, Extra]]] = {}
    for install, above in _installs_below_code(build):
        wanted = wanted_commands(build, install)
        for copy in above if wanted else ():
            reading = readings(build)[install.instruction.index]
            extra = extra_for(copy, reading)
            if extra is Extra.FILE and _used_before(build, copy, install):
                continue
            if extra > Extra.QUIET and not _installed_before(build, install, wanted, copy):
                found.setdefault(copy.instruction.index, []).append((reading, extra))
    return tuple(Misplaced(copies(build)[index], tuple(found[index])) for index in sorted(found))


def _installs_below_code(build: Build) -> Iterator[tuple[Install, tuple[Copy, ...]]]:
    """Each install below something that it may not need, with those COPY instructions."""
    for instruction, above in runs_below_code(build):
        install = install_at(build, instruction)
        if install is not None:
            yield install, above


@fact
def runs_below_code(build: Build) -> tuple[tuple[Instruction, tuple[Copy, ...]], ...]:
    """Each RUN below COPY instructions that bring code, with those, parent stages included."""
    code = {
        index: copy
        for index, copy in copies(build).items()
        if copy.from_context and brought(copy) > Extra.QUIET and copy.words_known
    }
    found: list[tuple[Instruction, tuple[Copy, ...]]] = []
    ends: dict[int, tuple[Copy, ...]] = {}
    for stage in build.tree.stages if code else ():
        base = base_stage(build, stage)
        above = ends[base.index] if base is not None else ()
        for instruction in stage.instructions:
            if instruction.index in code:
                above = (*above, code[instruction.index])
            elif above and instruction.keyword == "RUN":
                found.append((instruction, above))
        ends[stage.index] = above
    return tuple(found)


def wanted_commands(build: Build, install: Install) -> tuple[InstallCommand, ...]:
    """The commands of a RUN that install dependencies which are worth keeping in the cache.

    Empty where the RUN names packages and installs the project as well: then the project is what it is for.
    """
    reading = readings(build)[install.instruction.index]
    found = [
        command for command in install.commands if _wanted(command, reading) and not _left_out(build, install, command)
    ]
    names_only = all(not command.requirements and command.installer.proved for command in found)
    if names_only and any(command.projects for command in install.commands):
        return ()
    return tuple(found)


def _wanted(command: InstallCommand, reading: Reading) -> bool:
    if command.only_tools:
        return False
    if command.requirements or command.packages or command.archives:
        return True
    if command.installer.needs and not command.packages:
        places = [command.absolute(name) for name in command.installer.needs]
        return any(item.image in places for item in reading.manifests)
    return bool(command.unknown) and not command.projects


def _left_out(build: Build, install: Install, command: InstallCommand) -> bool:
    """Whether a command stands in a condition, and the files that it is for are nowhere (`if [ -f extra.txt ]`); or is
    a `go build` that takes its modules from the vendor folder.
    """
    if command.installer.name == "go build":
        words = " ".join(argument.text or "" for argument in command.step.arguments)
        vendor = command.absolute("vendor/modules.txt")
        given = "-mod=vendor" in words or "-mod vendor" in words
        return given or (vendor is not None and image_before(build, install.instruction).is_file(vendor))
    if command.packages or not command.requirements or "if" not in command.step.command.context:
        return False
    image = image_before(build, install.instruction)
    return not any(image.is_file(command.absolute(name) or name) for name in command.requirements)


def _installed_before(build: Build, install: Install, wanted: tuple[InstallCommand, ...], copy: Copy) -> bool:
    """Whether the dependencies are there already above the COPY, so that the install only adds the project."""
    return all(installed_above(build, install, command, copy) for command in wanted)


def installed_above(build: Build, install: Install, command: InstallCommand, copy: Copy) -> bool:
    """Whether what a command of an install brings is there already above a COPY."""
    first = _first_installs(build)[install.instruction.stage or 0]
    above = copy.instruction.index
    return all(first.get(item, above) < above for item in _installed(command))


@fact
def _first_installs(build: Build) -> dict[int, dict[tuple[str, ...], int]]:
    """For each stage, what it and those it is built on install, with the index of the first RUN that does."""
    found: dict[int, dict[tuple[str, ...], int]] = {}
    for stage in build.tree.stages:
        base = base_stage(build, stage)
        first = dict(found[base.index]) if base is not None else {}
        for instruction in stage.instructions:
            install = install_at(build, instruction)
            for command in install.commands if install is not None else ():
                for item in _installed(command):
                    first.setdefault(item, instruction.index)
        found[stage.index] = first
    return found


def _installed(command: InstallCommand) -> frozenset[tuple[str, ...]]:
    """What a command installs: the project by its manifests, or the files and packages that it names; what is not
    known of it is like nothing else.
    """
    if command.installer.needs and not command.packages:
        return frozenset([(command.step.program,)])
    program = command.installer.program
    files = (*command.requirements, *command.constraints, *command.archives)
    unknown = [(*program, "?", str(id(command)))] if command.unknown else []
    named = [(*program, "-r", command.step.absolute(name) or name) for name in files]
    return frozenset([*named, *((*program, name) for name in command.packages), *unknown])


def _used_before(build: Build, copy: Copy, install: Install) -> bool:
    """Whether a file that a COPY names is used by a RUN above the install, or before it in the same RUN."""
    start = min(command.step.command.start for command in install.commands)
    return used_above(build, copy, install.instruction, start)


def used_above(build: Build, copy: Copy, target: Instruction, start: int = 0) -> bool:
    """Whether a file that a COPY names is used by a RUN above another one, or in its first ``start`` characters."""
    named = _names(copy)
    if named is None:
        return False
    return _first_use(build, copy, named) < target.index or named.search(target.raw, 0, start) is not None


def _names(copy: Copy) -> re.Pattern[str] | None:
    """What finds the names of the single files that a COPY brings; ``None`` when it brings none."""
    names = {re.escape(posixpath.basename(item.context)) for item in copy.mappings if not item.folder}
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(sorted(names))})(?![\w-])") if names else None


@fact
def _first_uses(build: Build) -> dict[int, int]:
    """What has been found out about the first uses of copied files so far."""
    return {}


def _first_use(build: Build, copy: Copy, named: re.Pattern[str]) -> int:
    """The index of the first RUN below a COPY that names one of its files, beyond all where there is none."""
    known = _first_uses(build)
    index = copy.instruction.index
    if index not in known:
        below = build.tree.instructions[index + 1 :]
        uses = (item.index for item in below if item.keyword == "RUN" and named.search(item.raw))
        known[index] = next(uses, len(build.tree.instructions))
    return known[index]


def extra_for(copy: Copy, reading: Reading) -> Extra:
    """What a COPY brings that an install does not read."""
    return beyond(copy, reading.reads)


def brought(copy: Copy) -> Extra:
    """What a COPY brings."""
    return beyond(copy, lambda image: False)


def beyond(copy: Copy, reads: Callable[[str], bool]) -> Extra:
    """What a COPY brings besides the files of the image that are read."""
    return max((_extra(copy, number, source, reads) for number, source in enumerate(copy.sources)), default=Extra(0))


def _extra(copy: Copy, number: int, source: Source, reads: Callable[[str], bool]) -> Extra:
    if source.kind is SourceKind.ROOT:
        return Extra.CONTEXT
    if source.kind is SourceKind.MISSING and source.path is not None:
        name = posixpath.basename(source.path)
        named_folder = source.word.value.endswith("/") or "." not in name
        return Extra.SOURCES if named_folder else _of_file(name)
    worst = Extra.NOTHING
    for item in copy.mappings:
        if item.source == number and not any(inside(item.image, place) is not None for place in settings_places()):
            worst = max(worst, _of_folder(copy, item.context, item.image, reads) if item.folder else Extra.NOTHING)
            if not item.folder and not reads(item.image):
                kind = _of_file(posixpath.basename(item.context))
                worst = max(worst, Extra.SOURCES if kind is Extra.FILE and source.kind is SourceKind.GLOB else kind)
    return worst


def _of_file(name: str) -> Extra:
    if _QUIET.match(name) or not _CODE.search(name):
        return Extra.QUIET
    return Extra.FILE


def _of_folder(copy: Copy, context: str, image: str, reads: Callable[[str], bool]) -> Extra:
    """What kind of folder one is, by the names of what it holds."""
    worst = Extra.NOTHING
    seen = 0
    folders = [(context, image)]
    while folders:
        folder, place = folders.pop()
        for path, is_folder in copy.files.children(folder):
            seen += 1
            below = posixpath.join(place, posixpath.basename(path))
            if is_folder:
                folders.append((path, below))
            elif not reads(below):
                name = posixpath.basename(path)
                if _REQUIREMENTS.search(path):
                    worst = max(worst, Extra.QUIET)
                    continue
                if _CODE.search(name) and not _QUIET.match(name):
                    return Extra.SOURCES
                worst = max(worst, Extra.QUIET if _QUIET.match(name) else Extra.FOLDER)
            if seen > _MOST_FILES:
                return max(worst, Extra.FOLDER)
    return worst


def is_code(name: str) -> bool:
    """Whether a file of this name is source code that people edit."""
    return _of_file(name) is Extra.FILE
