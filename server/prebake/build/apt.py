"""What RUN instructions do with apt: package lists fetched, packages installed, lists removed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from prebake.build.build import Build, fact
from prebake.build.copies import copies
from prebake.build.image import image_before, mounts_of
from prebake.build.paths import inside
from prebake.build.shipping import ships
from prebake.build.state import State, base_stage, chain, states
from prebake.build.steps import Argument, Step, Steps, steps_of
from prebake.data import load_table
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction, Stage
from prebake.syntax.run import SHELLS
from prebake.syntax.shell import ShellWord

LISTS = "/var/lib/apt/lists"
"""Where apt keeps what ``apt-get update`` fetches."""

_PROGRAMS = frozenset(("apt-get", "apt", "aptitude", "apt-cache"))
_INSTALLS = frozenset(("install", "reinstall"))
_READ_LISTS = frozenset(
    (
        *_INSTALLS,
        "upgrade",
        "dist-upgrade",
        "full-upgrade",
        "build-dep",
        "source",
        "download",
        "satisfy",
        "search",
        "show",
    )
)
_REMOVED = regex(r"/var/(lib/(apt\b|\{|\*)|\{|\*)|\bdistclean\b")
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
        return _REMOVED.search(self.instruction.raw, 0 if self._given else start) is not None

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
            state = states(build)[instruction.index]
            steps = steps_of(instruction, state)
            commands = tuple(command for step in steps.steps if (command := _command(step)) is not None)
            if commands:
                found[instruction.index] = AptRun(instruction, state, steps, commands)
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
    stages = {stage.index for stage in chain(build.tree, build.tree.stages[run.instruction.stage or 0], states(build))}
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


class Kept(NamedTuple):
    """What a RUN installs or leaves behind beyond need: ``recommending`` are the commands that also install what
    packages recommend; ``lists`` says that package lists stay in its layer.
    """

    run: AptRun
    recommending: tuple[AptCommand, ...]
    lists: bool


@fact
def kept(build: Build) -> tuple[Kept, ...]:
    """The RUN instructions of the finished image that install with apt and keep more than they need to."""
    found = []
    for run in apt_runs(build).values():
        if ships(build, run.instruction) and (run.installs or (run.updates and run.needs_lists is None)):
            recommending = installs_recommended(build, run)
            lists = len(run.commands) > 1 and leaves_lists(build, run)
            if recommending or lists:
                found.append(Kept(run, recommending, lists))
    return tuple(found)


def leaves_lists(build: Build, run: AptRun) -> bool:
    """Whether a RUN leaves lists in its layer that nothing below it needs; silent where a later layer removes them,
    which is a mistake of its own.
    """
    return (
        run.keeps_lists
        and not readers_of_lists(build, run)
        and scripts_below(build, run) is None
        and not _removed_below(build, run)
    )


def leaves_lists_when_joined(build: Build, run: AptRun) -> bool:
    """Whether a RUN of the finished image would leave lists in its layer if it and all others fetched their own."""
    return (
        ships(build, run.instruction)
        and not run.lists_mounted
        and not run.removes_lists
        and not _removed_below(build, run)
    )


def _removed_below(build: Build, run: AptRun) -> bool:
    """Whether a later instruction removes lists that it has not fetched itself."""
    return _first_below(build, run, _removing(build)) is not None


@fact
def _removing(build: Build) -> dict[int, list[int]]:
    """The RUN instructions that remove lists without having fetched any, by their stage."""
    found: dict[int, list[int]] = {}
    for item in build.tree.instructions:
        if item.keyword == "RUN" and item.stage is not None and _REMOVED.search(item.raw) is not None:
            own = apt_runs(build).get(item.index)
            if own is None or not own.updates:
                found.setdefault(item.stage, []).append(item.index)
    return found


def _first_below(build: Build, run: AptRun, indexes: dict[int, list[int]]) -> int | None:
    """The first of some instructions, given by their stages, that runs after a RUN."""
    index = run.instruction.index
    for stage in _stages_on(build).get(run.instruction.stage or 0, ()) if indexes else ():
        known = indexes.get(stage.index, [])
        at = bisect_right(known, index)
        if at < len(known):
            return known[at]
    return None


def removal(run: AptRun) -> str:
    """The command that removes the lists a RUN has fetched."""
    command = f"rm -rf {LISTS}/*"
    return f"sudo {command}" if any("sudo" in item.step.wrappers for item in run.commands) else command


def readers_of_lists(build: Build, run: AptRun) -> tuple[AptRun, ...]:
    """The later instructions that read the lists which a RUN fetches, in its stage and in those built on it."""
    found: list[AptRun] = []
    todo = [build.tree.stages[run.instruction.stage or 0]]
    while todo:
        stage = todo.pop(0)
        runs = _runs_of_stages(build).get(stage.index, [])
        at = bisect_right(runs, run.instruction.index)
        while at < len(runs):
            other = apt_runs(build)[runs[at]]
            if other.needs_lists is not None:
                found.append(other)
            elif other.updates:
                break
            at += 1
        else:
            todo += _built_on(build).get(stage.index, ())
    return tuple(sorted(found, key=lambda other: other.instruction.index))


@fact
def _runs_of_stages(build: Build) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for index, run in apt_runs(build).items():
        found.setdefault(run.instruction.stage or 0, []).append(index)
    return found


@fact
def _built_on(build: Build) -> dict[int, list[Stage]]:
    """The stages that are built on each stage."""
    found: dict[int, list[Stage]] = {}
    for stage in build.tree.stages:
        base = base_stage(build.tree, stage, states(build))
        if base is not None:
            found.setdefault(base.index, []).append(stage)
    return found


@fact
def _stages_on(build: Build) -> dict[int, tuple[Stage, ...]]:
    """Each stage that uses apt, and those that are built on it, directly or not, in order."""
    found = {}
    for index in _runs_of_stages(build):
        held = {index: build.tree.stages[index]}
        todo = [index]
        while todo:
            for stage in _built_on(build).get(todo.pop(), ()):
                if stage.index not in held:
                    held[stage.index] = stage
                    todo.append(stage.index)
        found[index] = tuple(held[number] for number in sorted(held))
    return found


def scripts_below(build: Build, run: AptRun) -> Instruction | None:
    """The first later instruction that runs a script which may need the lists: one of the project that names apt, or
    one whose text is not known.
    """
    index = _first_below(build, run, _scripts(build))
    return None if index is None else build.tree.instructions[index]


@fact
def _scripts(build: Build) -> dict[int, list[int]]:
    """The RUN instructions that run a script which may need lists, by their stage."""
    found: dict[int, list[int]] = {}
    for item in build.tree.instructions:
        if item.keyword != "RUN" or item.stage is None or "sh" not in item.raw:
            continue
        image = None
        for step in steps_of(item, states(build)[item.index]).steps:
            path = _script(step)
            if path is None:
                continue
            image = image or image_before(build, item)
            text = image.text(step.absolute(path) or "")
            if text is None or ("apt" in text.content and "apt-get update" not in text.content):
                found.setdefault(item.stage, []).append(item.index)
                break
    return found


def _script(step: Step) -> str | None:
    """The script of the image that a step runs; ``None`` for any other step."""
    if step.program in SHELLS:
        return next((item.text for item in step.arguments if item.text and not item.text.startswith(("-", "+"))), None)
    return step.path if "/" in step.path and step.path.endswith(".sh") else None


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
    stages = chain(build.tree, build.tree.stages[instruction.stage or 0], states(build))
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
