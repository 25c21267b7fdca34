"""A stage in a better order: system packages, then dependencies, then weights, then code.

What depends on what is proved pair by pair (:mod:`prebake.build.order.graph`); the new order has the same instructions,
each with its comments, and is the old one wherever nothing is gained.
"""

from __future__ import annotations

from collections.abc import Iterable

from prebake.build.build import Build
from prebake.build.installs.owners import Maker, folder_that_changes, maker_of
from prebake.build.installs.wording import title
from prebake.build.order.graph import dependency
from prebake.build.order.schedule import schedule, staying
from prebake.build.order.tiers import Tier, tier_of
from prebake.build.rewriting.moves import Move, moved
from prebake.build.state import chain
from prebake.edits import apply, difference
from prebake.findings import Applicability, Fix
from prebake.records import NamedTuple
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
        after = apply(self.build.text, moved(self.build.tree, self._moves()))
        edits = difference(self.build.path, self.build.text, after)
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
    dear = [item.keyword == "RUN" or tier is Tier.WEIGHTS for item, tier in zip(items, tiers, strict=True)]
    order = schedule(tiers, dear, lambda first, second: dependency(build, items[first], items[second]) is not None)
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
    found = Reorder(
        build, stage, tuple(items[number] for number in order), tuple(items[number] for number in going), ()
    )
    reasons = _Reasons(build, items, tiers, dear, order, going)
    return found._replace(reasons=tuple(reasons.of(number) for number in going))


def reorder_for(build: Build, instruction: Instruction, others: Iterable[Instruction]) -> Fix | None:
    """A better order of its stage that puts an instruction below all of some others; ``None`` where there is none."""
    stage = build.stage_of(instruction)
    plan = plan_reorder(build, stage)
    return plan.fix() if isinstance(plan, Reorder) and plan.puts_below(instruction, others) else None


def _made(makers: Iterable[Maker | None]) -> list[Maker]:
    return [maker for maker in makers if maker is not None]


def _makers_below(build: Build, stage: Stage) -> list[Maker]:
    """What makes folders in the stages that this one is built on."""
    below = [item for each in chain(build, stage)[:-1] for item in each.instructions]
    return _made(maker_of(build, item) for item in below)


def _weight(item: Instruction) -> int:
    """How much an instruction should rather stay: a COPY is moved before a RUN is."""
    return {"COPY": 2, "ADD": 2, "RUN": 5}.get(item.keyword, 4)


class _Reasons(NamedTuple):
    """The words for why instructions move; they are given by their numbers in the stage."""

    build: Build
    items: tuple[Instruction, ...]
    tiers: list[Tier]
    dear: list[bool]
    order: tuple[int, ...]
    going: list[int]

    def of(self, number: int) -> str:
        """What moving an instruction is good for."""
        place = self.order.index(number)
        own = self.tiers[number]
        shown = f"`{title(self.items[number])}` (line {self.items[number].line + 1}) goes"
        passed = [other for other in self.order[:place] if other > number]
        gained = [other for other in passed if self.dear[other] and 0 < self.tiers[other] < own]
        if gained:
            again = _again(gained, self.tiers)
            return f"{shown} below {self._lines(gained)}: a change of {_what(own)} then does not run {again} again"
        if passed:
            above = next((other for other in self.going if other < number and self._depends(other, number)), None)
            why = "" if above is None else f", since it depends on line {self.items[above].line + 1}"
            return f"{shown} below {self._lines(passed)}{why}"
        passed = [other for other in self.order[place + 1 :] if other < number]
        gained = [other for other in passed if self.tiers[other] > own > 0] or passed
        what = _what(self.tiers[gained[0]])
        return f"{shown} above {self._lines(gained)}: a change of {what} then leaves it as it is"

    def _depends(self, first: int, second: int) -> bool:
        return dependency(self.build, self.items[first], self.items[second]) is not None

    def _lines(self, numbers: list[int]) -> str:
        more = f" and {len(numbers) - 1} more" if len(numbers) > 1 else ""
        return f"line {self.items[numbers[0]].line + 1}{more}"


def _again(numbers: list[int], tiers: list[Tier]) -> str:
    return " and ".join(tier.title for tier in sorted({tiers[number] for number in numbers}))


def _what(tier: Tier) -> str:
    return f"the {tier.title}" if tier else "this instruction"
