"""The ways to bring a misplaced COPY below an install, from the plainest to the one that changes most.

Where the install does not need what the COPY brings, the COPY sinks (:mod:`~prebake.build.installs.sink`). Where only a
part of its RUN does, the RUN is split first; where the install takes in the project, too, the dependencies are
installed alone first. In both cases the Dockerfile is written so, and the plain rewrite is planned in that one.
"""

from __future__ import annotations

import posixpath
from enum import Enum
from typing import TYPE_CHECKING

from prebake.build.build import Build
from prebake.build.copies import Copy
from prebake.build.installs.manifests import Reading, readings
from prebake.build.installs.misplaced import installed_above, is_code, misplaced, wanted_commands
from prebake.build.installs.sink import Refusal, SinkPlan, plan_onto, plan_sink
from prebake.build.installs.wording import title
from prebake.edits import FileEdit, difference
from prebake.findings import Applicability, Fix
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction
from prebake.text import Text

if TYPE_CHECKING:
    from prebake.build.installs.twosteps import TwoSteps
    from prebake.build.rewriting.runchain import RunChain

_MOST_CUTS = 24
"""Bound on the places of one RUN at which it is tried to split it."""


class Kind(Enum):
    """How the COPY comes below the install."""

    SINK = "the COPY moves"
    SPLIT = "the RUN is split, and the COPY goes in between"
    TWO_STEPS = "the dependencies are installed alone first"


class Arrangement(NamedTuple):
    """A rewrite that can be made: ``plan`` is that of a Dockerfile in which the RUN ``target`` of ``build`` is already
    written anew; ``first`` is what its new first RUN does, in short, empty for a plain sink;
    ``mounted`` are the manifests that are mounted into the install, not copied.
    """

    kind: Kind
    build: Build
    target: Instruction
    plan: SinkPlan
    first: str = ""
    doubts: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    mounted: tuple[str, ...] = ()

    @property
    def applicability(self) -> Applicability:
        """``SAFE`` where the image is proved to stay the same, else ``SUGGESTED``."""
        doubtful = self.doubts or self.kind is Kind.TWO_STEPS
        return Applicability.SUGGESTED if doubtful else self.plan.applicability

    @property
    def explanation(self) -> str:
        """The proof, or what keeps the rewrite from being proved."""
        doubts = dict.fromkeys((*self.doubts, *self.plan.doubts))
        return "; ".join(doubts or (*self.facts, *self.plan.facts))

    def edits(self) -> tuple[FileEdit, ...]:
        """The edits of the Dockerfile, and of the ignore file where it has to keep more out of the context."""
        edits = self.plan.edits()
        if self.plan.build is self.build:
            return edits
        return (difference(self.build.path, self.build.text, edits[0].apply()), *edits[1:])


def arrange(build: Build, instruction: Instruction) -> Arrangement | Refusal:
    """The best way to bring a misplaced COPY or ADD below the installs that could do without it.

    A proved one comes before one that is not, else the one that goes below more installs.
    """
    found = _arranged(build, instruction)
    return found if isinstance(found, Refusal) else with_mounts_if_used(found, instruction.index)


def with_mounts_if_used(found: Arrangement, moved: int) -> Arrangement:
    """The arrangement with its manifests mounted instead of copied, where the Dockerfile mounts such files elsewhere.

    ``moved`` is the index of the COPY that it is for.
    """
    if "--mount" not in found.build.text.content:
        return found
    from prebake.build.installs.bindmounts import with_mounts

    mounted = with_mounts(found.plan, found.plan.build.tree.instructions[moved])
    return found if mounted is None else found._replace(plan=mounted, mounted=found.plan.manifests)


def _arranged(build: Build, instruction: Instruction) -> Arrangement | Refusal:
    plain = plan_sink(build, instruction)
    found = _sunk(build, plain) if isinstance(plain, SinkPlan) else None
    in_vain = found is not None and _copies_code(found.plan)
    if found is not None and found.applicability is Applicability.SAFE and not in_vain:
        return found
    mine = next((item for item in misplaced(build) if item.copy.instruction.index == instruction.index), None)
    if mine is None or build.context.root is None:
        return plain if isinstance(plain, Refusal) else _sunk(build, plain)
    reasons: list[str] = []
    for reading, _ in reversed(mine.installs):
        target = reading.install.instruction
        if found is not None and target.index < found.target.index + (not in_vain):
            break
        for outcome in (_split(build, mine.copy, reading), _two_steps(build, mine.copy, reading)):
            if isinstance(outcome, Arrangement):
                return outcome
            if outcome is not None:
                reasons.append(outcome)
    if found is not None:
        return found
    reason = plain.reason if isinstance(plain, Refusal) else ""
    return Refusal("; ".join(dict.fromkeys((reason, *reasons))))


def _copies_code(plan: SinkPlan) -> bool:
    """Whether files of the code have to be copied above the install, so that their edits install again."""
    return any(
        is_code(posixpath.basename(piece.context)) and not readings(plan.build)[index].reads(piece.image)
        for index, piece in plan.early
    )


def _sunk(build: Build, plan: SinkPlan) -> Arrangement:
    return Arrangement(Kind.SINK, build, plan.below, plan)


def _split(build: Build, copy: Copy, reading: Reading) -> Arrangement | str | None:
    """Split the RUN behind as many commands as can do without the COPY; or why not, ``None`` where it is no use."""
    install = reading.install
    if install.files:
        return None
    from prebake.build.rewriting.runchain import run_chain

    chain = run_chain(install.instruction, install.state, reading.effects)
    wanted = wanted_commands(build, install)
    if isinstance(chain, str):
        several = len({step.command.start for step, _ in reading.effects}) > 1
        return f"its RUN is not split, since {chain}" if several else None
    numbers = [number for command in wanted if (number := chain.unit_of(command.step.command)) is not None]
    if not numbers:
        return None
    reason: str | None = None
    for number in range(min(len(chain.units) - 1, min(numbers) + _MOST_CUTS), min(numbers), -1):
        cut = chain.cut(number)
        if isinstance(cut, str):
            reason = f"its RUN is not split: {cut}"
            continue
        found = _between(build, copy, install.instruction, cut.first, (*cut.comments, cut.second))
        if isinstance(found, SinkPlan):
            facts = (
                "the commands are joined by `&&` alone, and nothing of the shell's state counts for the second RUN",
            )
            first = _last_command(chain, number)
            return Arrangement(Kind.SPLIT, build, install.instruction, found, first, cut.doubts, facts)
    return reason


def _two_steps(build: Build, copy: Copy, reading: Reading) -> Arrangement | str | None:
    """Install the dependencies alone first; or why not, ``None`` where nothing installs the project."""
    install = reading.install
    if install.files:
        return None
    commands = (item for item in install.commands if not installed_above(build, install, item, copy))
    from prebake.build.installs.twosteps import two_steps

    found = two_steps(build, reading, commands)
    return found if found is None or isinstance(found, str) else first_that_works(build, copy, reading, found)


def first_that_works(
    build: Build, copy: Copy, reading: Reading, ways: tuple[TwoSteps, ...]
) -> Arrangement | str | None:
    """The first of some ways to install the dependencies alone below which the COPY can be brought; or why none."""
    target = reading.install.instruction
    reason: str | None = None
    for way in ways:
        plan = _between(build, copy, target, way.first, way.rest)
        if isinstance(plan, SinkPlan):
            return Arrangement(Kind.TWO_STEPS, build, target, plan, way.called, way.doubts, way.facts)
        reason = plan.reason
    return reason if reason not in reading.problems else None


def _between(build: Build, copy: Copy, target: Instruction, first: str, rest: tuple[str, ...]) -> SinkPlan | Refusal:
    """Plan to sink a COPY below the first of the lines that a RUN is written anew with."""
    content, newline = build.text.content, build.text.newline
    text = content[: target.start] + newline.join((first, *rest)) + content[target.end :]
    trial = build.with_text(Text(text, bom=build.text.bom))
    instructions = trial.tree.instructions
    return plan_onto(trial, instructions[copy.instruction.index], instructions[target.index])


def _last_command(chain: RunChain, number: int) -> str:
    unit = chain.units[number - 1]
    text = " ".join(chain.instruction.raw[unit.start : unit.end].split())
    return text if len(text) <= 50 else f"{text[:47]}..."


def arranged(found: Arrangement) -> Fix:
    """The fix that an arrangement is."""
    plan = found.plan
    names = _listed(plan.manifests or found.mounted)
    what = f"`{title(plan.moved[0])}`" if len(plan.moved) == 1 else f"{len(plan.moved)} COPY instructions"
    line = found.target.line + 1
    if found.kind is Kind.TWO_STEPS:
        how = "mounted" if found.mounted else "copied above"
        above = f", with {names} {how}" if names else ""
        text = f"install the dependencies alone first (`{found.first}`{above}), and move {what} below that"
    else:
        verb, into = ("mount", "into the install") if found.mounted else ("copy", "first")
        first = f"{verb} {names} {into}, " if names else ""
        split = f"split the RUN in line {line} behind `{found.first}`, " if found.kind is Kind.SPLIT else ""
        where = "in between" if found.kind is Kind.SPLIT else f"below the install in line {line}"
        text = f"{first}{split}{'and ' if first or split else ''}move {what} {where}"
    return Fix(text[0].upper() + text[1:], found.applicability, found.edits(), found.explanation)


def _listed(names: tuple[str, ...]) -> str:
    if len(names) > 3:
        return f"{', '.join(names[:3])} ..."
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
