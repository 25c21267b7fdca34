"""Installs of the project itself that bring in its dependencies, below the COPY of its code."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import partial

from prebake.build.build import Build, fact
from prebake.build.commands.inproject import command_effects
from prebake.build.copies import Copy
from prebake.build.image import image_before
from prebake.build.installs.installers import Install, InstallCommand, install_at
from prebake.build.installs.manifests import Reading, readings
from prebake.build.installs.misplaced import misplaced, runs_below_code
from prebake.build.installs.projectdependencies import Dependencies, Folder, dependencies_of, folder_of
from prebake.build.installs.releases import normalised, requirement
from prebake.build.state import instructions_above
from prebake.build.steps import Step, steps_at
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction
from prebake.text import shortened

_SETUP = frozenset(("install", "develop"))
_ALONE = frozenset(("--no-deps", "--no-dependencies"))


class ProjectInstall(NamedTuple):
    """A command that installs the project of ``folder`` with its ``dependencies``, and the COPY that brings its code.

    ``command`` is the installer's; ``None`` for ``python setup.py install``. ``called`` is the command in short.
    ``missing`` are the names of the dependencies that nothing above the code installs by name.
    """

    copy: Copy
    reading: Reading
    step: Step
    command: InstallCommand | None
    called: str
    folder: Folder
    dependencies: Dependencies
    missing: frozenset[str]


@fact
def project_installs(build: Build) -> tuple[ProjectInstall, ...]:
    """The installs of a project that bring in dependencies which nothing above the code has installed, in order; one
    for each COPY.
    """
    found: dict[int, ProjectInstall] = {}
    for instruction, above in runs_below_code(build):
        for item in _in_run(build, instruction, above):
            found.setdefault(item.copy.instruction.index, item)
    # An install of requirements below the same COPY is PB201's: once that is above the code, only the project is left.
    known = {
        item.copy.instruction.index
        for item in (misplaced(build) if found else ())
        if any(command.requirements for reading, _ in item.installs for command in reading.install.commands)
    }
    return tuple(found[index] for index in sorted(found) if index not in known)


def _in_run(build: Build, instruction: Instruction, above: tuple[Copy, ...]) -> Iterator[ProjectInstall]:
    make = partial(_project_install, build, instruction, above)
    install = install_at(build, instruction)
    for command in install.commands if install is not None else ():
        if command.projects and not _ALONE & command.given and command.installer.reader == "pip":
            folder = folder_of(command, command.projects[0])
            found = make(readings(build)[instruction.index], command.step, command, folder)
            if found is not None:
                yield found
    if "setup.py" in instruction.raw:
        steps = steps_at(build, instruction)
        for step in steps.steps:
            words = [argument.text or "" for argument in step.arguments]
            if step.program == "python" and words[:1] and posixpath.basename(words[0]) == "setup.py" and len(words) > 1:
                path = step.absolute(words[0])
                if path is None or words[1] not in _SETUP or _ALONE & set(words):
                    continue
                if install is not None:
                    reading = readings(build)[instruction.index]
                else:
                    effects = tuple((item, command_effects(build, instruction, item)) for item in steps.steps)
                    reading = Reading(Install(instruction, step.state, steps, ()), (), (), (), effects, ())
                found = make(reading, step, None, Folder(posixpath.dirname(path) or ".", ()))
                if found is not None:
                    yield found


def _project_install(
    build: Build,
    instruction: Instruction,
    above: tuple[Copy, ...],
    reading: Reading,
    step: Step,
    command: InstallCommand | None,
    folder: Folder | None,
) -> ProjectInstall | None:
    copy = None if folder is None else next((item for item in above if item.provides_folder(folder.path)), None)
    if folder is None or copy is None:
        return None
    dependencies = dependencies_of(image_before(build, instruction), folder)
    missing = None if dependencies is None else _missing(build, copy, instruction, dependencies)
    if dependencies is None or missing is None:
        return None
    called = shortened(" ".join(word.raw for word in step.command.words))
    return ProjectInstall(copy, reading, step, command, called, folder, dependencies, missing)


def _missing(build: Build, copy: Copy, instruction: Instruction, wanted: Dependencies) -> frozenset[str] | None:
    """The dependencies that nothing above the COPY installs by name; ``None`` where they are there already, one by one
    or from a manifest.
    """
    names: set[str] = set()
    for item in instructions_above(build, copy.instruction, instruction):
        install = install_at(build, item)
        for command in install.commands if install is not None else ():
            listed = command.requirements or (command.installer.needs and not command.packages)
            same = any(folder_of(command, project) for project in command.projects)
            if listed or same:
                return None
            known = (requirement(package) for package in command.packages)
            names |= {normalised(found[0]) for found in known if found is not None}
    missing = frozenset(wanted.names - names)
    return None if wanted.names and not wanted.files and not missing else missing
