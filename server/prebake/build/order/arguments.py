"""Build arguments that change with each build and stand above installs which do not use them.

A builder that follows BuildKit's rules runs every RUN below an ARG again when its value changes, whether the RUN uses
it or not. The remedy is to declare it directly above what uses it: ENV and LABEL that are made of it go along.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from prebake.build.build import Build, fact
from prebake.build.installs.installers import install_at
from prebake.build.installs.manifests import readings
from prebake.build.installs.systempackages import system_install_at
from prebake.build.order.instructions import effects_at
from prebake.build.rewriting.moves import Move, moved
from prebake.build.state import base_stage, states
from prebake.edits import FileEdit, apply, difference
from prebake.findings import Applicability
from prebake.project.contexts.volatility import Passed, busts_cache, changes_by_name, changing_arguments
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction, Stage
from prebake.syntax.expand import references

_AT_RUN_TIME = frozenset(("CMD", "ENTRYPOINT", "HEALTHCHECK", "SHELL", "MAINTAINER"))
"""Instructions in which the builder replaces no variables."""


_VERSIONS_PROJECT = regex(
    r"(POETRY|UV)_DYNAMIC_VERSIONING_BYPASS|SETUPTOOLS_SCM_PRETEND_VERSION\w*|PDM_BUILD_SCM_VERSION|PBR_VERSION"
)
"""Variables from which build backends take the project's version, without a command that names them."""

_MOST_AFFECTED = 10
"""Bound on the installs that are named: to recognise one takes longer than to find out where the argument is used."""


class Affected(NamedTuple):
    """An install that runs again without need, and what it is called in messages."""

    instruction: Instruction
    called: str


class EarlyArgument(NamedTuple):
    """An ARG, its name that changes, and where a file of the project says so.

    ``group`` are the ARG and the instructions below it that are made of it and can go along; ``user`` is the first one
    that cannot, ``None`` where the stage has none. ``used`` says whether anything is made of it, or uses it, in stages
    that are built on this one, too. ``affected`` are the installs in between, ``inherited`` those in such stages.
    ``names`` are the variables that have its value.
    """

    instruction: Instruction
    name: str
    passed: Passed | None
    group: tuple[Instruction, ...]
    user: Instruction | None
    affected: tuple[Affected, ...]
    inherited: tuple[Affected, ...]
    names: frozenset[str]
    used: bool


class ArgumentMove(NamedTuple):
    """The edits that declare an argument where it is used. ``doubts`` say why that is not proved to build the same
    image; ``below`` is the last RUN that it goes past, ``moved`` are the instructions that do.
    """

    edits: tuple[FileEdit, ...]
    doubts: tuple[str, ...]
    below: Instruction
    moved: tuple[Instruction, ...]

    @property
    def applicability(self) -> Applicability:
        """``SAFE`` where no RUN that is passed can tell the difference."""
        return Applicability.SUGGESTED if self.doubts else Applicability.SAFE


@fact
def early_arguments(build: Build) -> tuple[EarlyArgument, ...]:
    """The arguments that stand too early, in order."""
    return tuple(_found(build))


@fact
def _passed(build: Build) -> Mapping[str, Passed]:
    return changing_arguments(build.snapshot, build.root)


def _found(build: Build) -> Iterator[EarlyArgument]:
    for stage in build.tree.stages:
        for instruction in stage.instructions:
            if instruction.keyword != "ARG" or instruction.problem is not None:
                continue
            changing = next(_changing(build, instruction), None)
            walk = _Walk(build, stage, instruction) if changing is not None else None
            if changing is None or walk is None or not (walk.affected or walk.inherited):
                continue
            if busts_cache(changing) and not walk.used:
                continue
            yield EarlyArgument(
                instruction,
                changing,
                _passed(build).get(changing),
                tuple(walk.group),
                walk.user,
                tuple(walk.affected),
                tuple(walk.inherited),
                frozenset(walk.names),
                walk.used,
            )


def _changing(build: Build, instruction: Instruction) -> Iterator[str]:
    """The names that an ARG declares and whose values change; not those that an ENV above sets for good."""
    for pair in instruction.pairs:
        if pair.name in states(build)[instruction.index].env:
            continue
        declared = [other for item in (*build.tree.global_args, instruction) for other in item.pairs]
        values = [other.value for other in declared if other.name == pair.name and other.value is not None]
        default = values[-1].strip("\"'") if values else None
        if changes_by_name(pair.name, default) or pair.name in _passed(build):
            yield pair.name


class _Walk:
    """What stands below an ARG, up to the first instruction that uses it and cannot go along."""

    def __init__(self, build: Build, stage: Stage, instruction: Instruction) -> None:
        self._build = build
        self.names = {pair.name for pair in instruction.pairs}
        self.group = [instruction]
        self.user: Instruction | None = None
        self.affected: list[Affected] = []
        self.inherited: list[Affected] = []
        self._used_later = False
        self._follow(stage, instruction.index, self.affected)
        if self.user is None:
            self._stages_on(stage)

    @property
    def used(self) -> bool:
        """Whether anything is made of the argument, or uses it."""
        return self.user is not None or len(self.group) > 1 or self._used_later

    def _follow(self, stage: Stage, start: int, affected: list[Affected]) -> bool:
        """Go through a stage; whether its end is reached without a use."""
        for item in stage.instructions:
            if item.index <= start or item.keyword in ("FROM", *_AT_RUN_TIME):
                continue
            if _mentions(item, self.names) or _versions_project(self._build, item, self.names):
                if affected is not self.affected:
                    self._used_later = True
                    return False
                if item.keyword not in ("ENV", "LABEL", "ARG") or not _is_made_of(item, self.names):
                    self.user = item
                    return False
                self.group.append(item)
                self.names |= {pair.name for pair in item.pairs} if item.keyword != "LABEL" else set()
            elif item.keyword == "RUN" and len(affected) < _MOST_AFFECTED:
                called = _expensive(self._build, item)
                affected += [Affected(item, called)] if called is not None else []
        return True

    def _stages_on(self, stage: Stage) -> None:
        """The stages that are built on this one: they inherit the argument."""
        for other in self._build.tree.stages[stage.index + 1 :]:
            base = base_stage(self._build, other)
            if base is not None and base.index == stage.index and self._follow(other, -1, self.inherited):
                self._stages_on(other)


def _mentions(item: Instruction, names: set[str]) -> bool:
    if not any(name in item.raw for name in names):
        return False
    pattern = "|".join(sorted(re.escape(name) for name in names))
    return re.search(rf"(?<![\w])(?:{pattern})(?![\w])", item.raw) is not None


def _versions_project(build: Build, item: Instruction, names: set[str]) -> bool:
    """Whether a RUN may build the project, and one of the variables tells the build backend its version."""
    if item.keyword != "RUN" or not any(_VERSIONS_PROJECT.fullmatch(name) for name in names):
        return False
    install = install_at(build, item)
    return install is None or install.installs_project or any(command.projects for command in install.commands)


def _is_made_of(item: Instruction, names: set[str]) -> bool:
    """Whether the value of an ENV, LABEL or ARG has one of the variables in it, and its name is another one."""
    values = [pair.value or "" for pair in item.pairs]
    return any(reference.name in names for value in values for reference in references(value))


def _expensive(build: Build, item: Instruction) -> str | None:
    """What an install is called in messages; ``None`` for other instructions."""
    install = install_at(build, item)
    if install is not None:
        return install.commands[0].text
    system = system_install_at(build, item)
    return None if system is None else system.called


def move_down(build: Build, early: EarlyArgument) -> ArgumentMove | str:
    """Declare an argument where it is first used; or why that cannot be done, a sentence without its full stop."""
    if early.inherited:
        line = early.inherited[0].instruction.line + 1
        return (
            f"the stage of line {line} is built on this one and inherits it: declare it in the stage that uses it, "
            "directly above that instruction"
        )
    if not early.used:
        return (
            "no instruction names it: where a program reads it from its environment, declare it directly above that "
            "RUN; else remove it"
        )
    stage = build.stage_of(early.instruction)
    end = early.user.index if early.user is not None else stage.instructions[-1].index + 1
    grouped = {item.index for item in early.group}
    passed = [
        item for item in stage.instructions if early.instruction.index < item.index < end and item.index not in grouped
    ]
    last = [item for item in passed if item.keyword == "RUN"][-1]
    crossed = [item for item in passed if item.index <= last.index]
    going = [item for item in early.group if item.index < last.index]
    problem = _changed_meaning(going, crossed)
    if problem is not None:
        return problem
    stays = [
        item for item in (*early.group, *([early.user] if early.user is not None else [])) if item.index > last.index
    ]
    anchor = Move(early.instruction, stays[0], above=True) if stays else Move(early.instruction, last)
    moves = [anchor._replace(instruction=item) for item in going]
    edits = difference(build.path, build.text, apply(build.text, moved(build.tree, moves)))
    doubts = tuple(_doubts(build, early, going, crossed))
    return ArgumentMove((edits,), doubts, last, tuple(going))


def _changed_meaning(going: list[Instruction], crossed: list[Instruction]) -> str | None:
    """Why an instruction that moves would come to mean something else."""
    for item in going:
        used = {reference.name for pair in item.pairs for reference in references(pair.value or "")}
        keys = {pair.name for pair in item.pairs}
        for other in crossed:
            if other.index < item.index:
                continue
            if other.keyword in ("ENV", "ARG") and (hit := used & {pair.name for pair in other.pairs}):
                return f"line {other.line + 1} sets {min(hit)}, which line {item.line + 1} uses"
            if other.keyword == item.keyword and (same := keys & {pair.name for pair in other.pairs}):
                return f"line {other.line + 1} sets {min(same)} as well, so that their order counts"
    return None


def _doubts(build: Build, early: EarlyArgument, going: list[Instruction], crossed: list[Instruction]) -> Iterator[str]:
    for item in crossed:
        if item.keyword != "RUN":
            continue
        effects = effects_at(build, item)
        seen = [name for name in sorted(early.names) if effects.reads_variable(name)]
        if not (seen and effects.environment is None):
            yield from _in_manifests(build, item, early.names)
        if seen and effects.environment is None:
            why = effects.opaque or "may look at its whole environment"
            yield f"the RUN in line {item.line + 1} {why}: it may use {seen[0]} without naming it"
        elif seen:
            yield f"builds of packages commonly read {seen[0]}, and line {item.line + 1} may build some"
    if any(item.keyword == "ENV" for item in going):
        for item in crossed:
            if item.keyword == "ENV":
                yield f"the variables of the image come in another order (line {item.line + 1} sets some, too)"
                return


def _in_manifests(build: Build, item: Instruction, names: frozenset[str]) -> Iterator[str]:
    """Files that an install reads may name variables, too."""
    reading = readings(build).get(item.index)
    if reading is None:
        return
    if reading.problems:
        yield f"it is not known what the install in line {item.line + 1} reads ({reading.problems[0]})"
    for manifest in reading.manifests:
        root = build.context.root
        text = build.snapshot.text(posixpath.join(root, manifest.provided.context)) if root is not None else None
        for name in sorted(names):
            if text is not None and f"${{{name}}}" in text.content:
                yield f"{manifest.provided.context} names {name}"
