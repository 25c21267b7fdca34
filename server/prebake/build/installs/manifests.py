"""What an install reads of the files that COPY brought, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prebake.build.build import Build, fact
from prebake.build.commands.effects import Effects
from prebake.build.commands.inproject import command_effects
from prebake.build.installs.installers import Install, InstallCommand, install_at, installs
from prebake.build.installs.notes import Manifest, Notes
from prebake.build.installs.readers import follow
from prebake.build.paths import inside
from prebake.build.steps import Step
from prebake.records import NamedTuple


class Reading(NamedTuple):
    """An install with all it reads.

    ``manifests`` come from the context, in the order they are read. ``packages`` are the names of what it installs, as
    far as they are listed. ``problems`` say why it is not known what it reads, or why it reads more than manifests;
    each is a sentence without its full stop. ``doubts`` say what may come out in another way when nothing but the
    manifests is there. ``effects`` are those of each of its commands, the reading of manifests not among them.
    ``libraries`` are folders of the image with sources that it installs, other than the project itself.
    ``absent`` are lock files that it would read if they were there: paths of the image.
    """

    install: Install
    manifests: tuple[Manifest, ...]
    packages: tuple[str, ...]
    problems: tuple[str, ...]
    effects: tuple[tuple[Step, Effects], ...]
    libraries: tuple[str, ...]
    absent: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

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
            self._found[index] = _reading(self._build, install)
        return self._found[index]

    def __iter__(self) -> Iterator[int]:
        return iter(installs(self._build))

    def __len__(self) -> int:
        return len(installs(self._build))


@fact
def readings(build: Build) -> Readings:
    """What each installing RUN reads, by its index."""
    return Readings(build)


def _reading(build: Build, install: Install) -> Reading:
    notes = Notes(build, install)
    if install.steps.problem is not None:
        notes.problems.append(f"{notes.line} is not understood: {install.steps.problem}")
    notes.note(install.files)
    if install.by_make is not None:
        name, line = install.by_make
        notes.problems.append(f"the install stands in line {line + 1} of {name}, and make may read anything")
    by_step = {id(command.step): command for command in install.commands}
    effects = []
    for step in install.steps.steps:
        command = by_step.get(id(step))
        effects.append(
            (step, command_effects(build, install.instruction, step) if command is None else _command(notes, command))
        )
    return Reading(
        install,
        tuple(notes.manifests.values()),
        tuple(dict.fromkeys(notes.packages)),
        tuple(dict.fromkeys(notes.problems)),
        tuple(effects),
        tuple(dict.fromkeys(notes.libraries)),
        tuple(dict.fromkeys(notes.absent)),
        tuple(dict.fromkeys(notes.doubts)),
    )


def _command(notes: Notes, command: InstallCommand) -> Effects:
    for reason in command.unknown:
        notes.problem(command, reason)
    return follow(notes, command)
