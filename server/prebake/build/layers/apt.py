"""What RUN instructions do with apt: the commands, and the packages that they install unasked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from prebake.build.build import Build, fact
from prebake.build.copies import copies
from prebake.build.image import mounts_of
from prebake.build.paths import inside
from prebake.build.state import State, chain, states
from prebake.build.steps import Argument, Step, Steps, steps_at
from prebake.data import load_table
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.shell import ShellWord

LISTS = "/var/lib/apt/lists"
"""Where apt keeps what ``apt-get update`` fetches."""

_PROGRAMS = frozenset(("apt-get", "apt", "aptitude", "apt-cache"))
_INSTALLS = frozenset(("install", "reinstall"))
_READ_LISTS = _INSTALLS | {
    *("upgrade", "dist-upgrade", "full-upgrade", "build-dep", "source", "download", "satisfy", "search", "show")
}
REMOVED = regex(r"/var/(lib/(apt\b|\{|\*)|\{|\*)|\bdistclean\b")
"""What a command names that removes the lists."""

_SETTING = regex(r"apt::install-recommends", re.IGNORECASE)


class AptCommand(NamedTuple):
    """One use of apt: ``action`` is its subcommand, ``word`` where that stands. ``packages`` are the words behind it
    that are no options, with where they stand.
    """

    step: Step
    action: str
    word: ShellWord | None
    packages: tuple[Argument, ...]

    @property
    def installs(self) -> bool:
        """Whether it installs packages."""
        return self.action in _INSTALLS

    @property
    def names(self) -> tuple[str, ...]:
        """The packages, without version, release and architecture."""
        texts = (argument.text for argument in self.packages if argument.text is not None)
        return tuple(text.partition("=")[0].partition("/")[0].partition(":")[0] for text in texts)


class AptRun(NamedTuple):
    """A RUN that uses apt, with its uses in order."""

    instruction: Instruction
    state: State
    steps: Steps
    commands: tuple[AptCommand, ...]

    @property
    def updates(self) -> bool:
        """Whether it fetches package lists."""
        return any(command.action == "update" for command in self.commands)

    @property
    def installs(self) -> bool:
        """Whether it installs packages."""
        return any(command.installs for command in self.commands)

    @property
    def needs_lists(self) -> AptCommand | None:
        """The first command that reads lists which the RUN has not fetched itself."""
        for command in self.commands:
            if command.action == "update":
                return None
            if command.action in _READ_LISTS:
                return command
        return None

    @property
    def lists_mounted(self) -> bool:
        """Whether the lists lie in a mount, so that they are in no layer."""
        return any(inside(LISTS, mount.target) is not None for mount in mounts_of(self.instruction, self.state))

    @property
    def keeps_lists(self) -> bool:
        """Whether lists that it fetches stay in its layer."""
        last = max((command.step.command.end for command in self.commands if command.action == "update"), default=-1)
        return last >= 0 and not self.lists_mounted and not self._removes_lists(last)

    def _removes_lists(self, start: int = 0) -> bool:
        """Whether it removes lists, or may, from an offset on."""
        return REMOVED.search(self.instruction.raw, 0 if self._given else start) is not None

    @property
    def removes_lists(self) -> bool:
        """Whether it removes lists, or may."""
        return self._removes_lists()

    @property
    def _given(self) -> bool:
        """Whether commands are of the text of a ``sh -c``, so that their offsets are not the instruction's."""
        raw = self.instruction.raw
        return any(
            item.word is not None and raw[item.word.start : item.word.end] != item.word.raw for item in self.commands
        )


@fact
def apt_runs(build: Build) -> dict[int, AptRun]:
    """The RUN instructions that use apt, by their index."""
    found = {}
    for instruction in build.tree.instructions:
        if instruction.keyword == "RUN" and instruction.stage is not None and "apt" in instruction.raw:
            steps = steps_at(build, instruction)
            commands = tuple(command for step in steps.steps if (command := _command(step)) is not None)
            if commands:
                found[instruction.index] = AptRun(instruction, states(build)[instruction.index], steps, commands)
    return found


def installs_recommended(build: Build, run: AptRun) -> tuple[AptCommand, ...]:
    """The installing commands of a RUN that also install what packages recommend, as nobody asked for."""
    if _set_before(build, run.instruction) or run.state.lookup("APT_CONFIG") is not None:
        return ()
    wanted, plain = (frozenset(_data()[table]["names"]) for table in ("wanted", "plain"))
    return tuple(
        command
        for command in run.commands
        if command.installs
        and command.packages
        and not wanted & set(command.names)
        and not plain.issuperset(command.names)
        and _recommends(command)
    )


def recommended_for(build: Build, run: AptRun, command: AptCommand) -> tuple[str, ...]:
    """Packages that come only as recommendations of those that a command installs and that builds rely on."""
    table = _data()
    above = [apt_runs(build)[index] for index in apt_runs(build) if index <= run.instruction.index]
    stages = {stage.index for stage in chain(build, build.stage_of(run.instruction))}
    named = {
        name
        for other in above
        if other.instruction.stage in stages
        for item in other.commands
        if item.installs
        for name in item.names
    }
    named |= {name for package in named for name in table["provided"].get(package, ())}
    wanted = (name for package in command.names for name in table["recommended"].get(package, ()))
    return tuple(dict.fromkeys(name for name in wanted if name not in named))


@fact
def _settings(build: Build) -> dict[int, int]:
    """For each stage the index of the first instruction that may turn recommendations off, where there is one."""
    found: dict[int, int] = {}
    for item in build.tree.instructions:
        if item.stage is None or item.stage in found:
            continue
        copy = copies(build).get(item.index)
        copied = copy is not None and copy.destination is not None and inside(copy.destination, "/etc/apt") is not None
        if copied or (item.keyword == "RUN" and _SETTING.search(item.raw)):
            found[item.stage] = item.index
    return found


def _set_before(build: Build, instruction: Instruction) -> bool:
    """Whether an instruction above, or the RUN itself, may have turned recommendations off for all installs."""
    first = _settings(build)
    if not first:
        return False
    stages = chain(build, build.stage_of(instruction))
    return any(first.get(stage.index, instruction.index + 1) <= instruction.index for stage in stages)


def _recommends(command: AptCommand) -> bool:
    for argument in command.step.arguments:
        raw = argument.word.raw if argument.word is not None else ""
        text = (argument.text or "").lower()
        if text in ("--no-install-recommends", "--install-recommends", "--without-recommends", "-r"):
            return False
        if _SETTING.search(text) or (argument.text is None and raw.lstrip("\"'")[:1] in ("$", "`")):
            return False
    return True


def _command(step: Step) -> AptCommand | None:
    if step.program not in _PROGRAMS:
        return None
    values = frozenset(_data()["options"]["values"])
    queue = iter(step.arguments)
    found: Argument | None = None
    packages = []
    for argument in queue:
        text = argument.text
        if text is not None and text.startswith("-"):
            if text in values:
                next(queue, None)
        elif found is None:
            found = argument
        else:
            packages.append(argument)
    if found is None or found.text is None:
        return None
    return AptCommand(step, found.text, found.word, tuple(packages))


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Any]:
    return load_table("apt")
