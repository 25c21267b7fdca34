"""A stage in a better order: system packages, then dependencies, then weights, then code.

What depends on what is proved pair by pair (:mod:`prebake.build.order.graph`); the new order has the same instructions,
each with its comments, and is the old one wherever nothing is gained.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from prebake.build.build import Build
from prebake.build.installs.crossing import title
from prebake.build.installs.owners import Maker, folder_that_changes, maker_of
from prebake.build.order.graph import dependency
from prebake.build.order.moves import Move, moved
from prebake.build.order.schedule import schedule, staying
from prebake.build.order.tiers import Tier, tier_of
from prebake.build.state import chain, states
from prebake.edits import FileEdit
from prebake.findings import Applicability, Fix
from prebake.syntax.dockerfile import Instruction, Stage

TITLE = "Reorder stage: system packages, dependencies, weights, code"
_MOST_INSTRUCTIONS = 120
"""Bound on the instructions of a stage whose pairs are all compared."""


class Reorder(NamedTuple):
    """A new order of a stage: its instructions without FROM, those of them that move, and why each of them does."""

    build: Build
    stage: Stage
    order: tuple[Instruction, ...]
    going: tuple[Instruction, ...]
    reasons: tuple[str, ...]

    def puts_below(self, instruction: Instruction, others: Iterable[Instruction]) -> bool:
        """Whether an instruction comes to stand below all of some others."""
        places = {item.index: place for place, item in enumerate(self.order)}
        own = places.get(instruction.index)
        return own is not None and all(places.get(other.index, len(places)) < own for other in others)

    def fix(self, heading: str = TITLE) -> Fix:
        """The new order as a fix with a title; it is never more than suggested."""
        edits = FileEdit(self.build.path, self.build.text, moved(self.build.tree, self._moves()))
        return Fix(heading, Applicability.SUGGESTED, (edits,), "; ".join(self.reasons))

    def _moves(self) -> list[Move]:
        """Each moved instruction with the one that stays directly above its new place: FROM where there is none."""
        going = {item.index for item in self.going}
        anchor = self.stage.instruction
        moves = []
        for item in self.order:
            if item.index in going:
                moves.append(Move(item, anchor))
            else:
                anchor = item
        return moves


def plan_reorder(build: Build, stage: Stage) -> Reorder | str:
    """A better order for a stage; or why there is none, a sentence without its full stop."""
    items = stage.instructions[1:]
    if build.context.root is None:
        return "the build context is not on this machine, so that its files are not known"
    if len(items) > _MOST_INSTRUCTIONS:
        return "the stage is too long"
    tiers = [tier_of(build, item) for item in items]
    order = schedule(tiers, lambda first, second: dependency(build, items[first], items[second]) is not None)
    if order == tuple(range(len(items))):
        return "the stage is in the best order that is proved to build the same image"
    stays = staying(order, [_weight(item) for item in items])
    makers = [maker_of(build, item) for item in items]
    place = folder_that_changes(
        [*_makers_below(build, stage), *_made(makers)],
        [*_makers_below(build, stage), *_made([makers[number] for number in order])],
    )
    if place is not None:
        return f"{place} would be made by another instruction and may belong to another user"
    going = [number for number in order if number not in stays]
    reasons = [_reason(number, order, items, tiers) for number in going]
    return Reorder(
        build, stage, tuple(items[number] for number in order), tuple(items[number] for number in going), tuple(reasons)
    )


def _made(makers: Iterable[Maker | None]) -> list[Maker]:
    return [maker for maker in makers if maker is not None]


def _makers_below(build: Build, stage: Stage) -> list[Maker]:
    """What makes folders in the stages that this one is built on."""
    below = [item for each in chain(build.tree, stage, states(build))[:-1] for item in each.instructions]
    return _made(maker_of(build, item) for item in below)


def _weight(item: Instruction) -> int:
    """How much an instruction should rather stay: a COPY is moved before a RUN is."""
    return {"COPY": 2, "ADD": 2, "RUN": 5}.get(item.keyword, 4)


def _reason(number: int, order: tuple[int, ...], items: tuple[Instruction, ...], tiers: list[Tier]) -> str:
    """What moving an instruction is good for."""
    place = order.index(number)
    own = tiers[number]
    shown = f"`{title(items[number])}` (line {items[number].line + 1}) goes"
    passed = [other for other in order[:place] if other > number]
    if passed:
        gained = [other for other in passed if 0 < tiers[other] < own] or passed
        again = f"does not run {tiers[gained[0]].title} again" if tiers[gained[0]] else "leaves them as they are"
        return f"{shown} below {_lines(items, gained)}: a change of {_what(own)} then {again}"
    passed = [other for other in order[place + 1 :] if other < number]
    gained = [other for other in passed if tiers[other] > own > 0] or passed
    return f"{shown} above {_lines(items, gained)}: a change of {_what(tiers[gained[0]])} then leaves it as it is"


def _lines(items: tuple[Instruction, ...], numbers: list[int]) -> str:
    more = f" and {len(numbers) - 1} more" if len(numbers) > 1 else ""
    return f"line {items[numbers[0]].line + 1}{more}"


def _what(tier: Tier) -> str:
    return f"the {tier.title}" if tier else "this instruction"
