"""The steps of a Dockerfile before and after its fixes, side by side."""

from __future__ import annotations

from collections.abc import Iterable

from prebake.build.replay.replay import StepCount
from prebake.records import NamedTuple
from prebake.replaying import Replayed


class Row(NamedTuple):
    """One step as it is and fixed; ``None`` where only the other Dockerfile has it."""

    now: StepCount | None
    fixed: StepCount | None

    @property
    def step(self) -> StepCount:
        """The step as it is, else the one that a fix has made."""
        step = self.now or self.fixed
        assert step is not None
        return step


def rows(replayed: Replayed) -> tuple[Row, ...]:
    """The steps in the order of the Dockerfile as it is, those that fixes have made behind them; without fixes the
    second half of each is empty.
    """
    left: dict[tuple[object, ...], list[StepCount]] = {}
    for step in replayed.fixed.steps if replayed.fixed is not None else ():
        left.setdefault(_key(step), []).append(step)
    found = [Row(step, _taken(left.get(_key(step), []))) for step in replayed.now.steps]
    made = (step for steps in left.values() for step in steps)
    return (*found, *(Row(None, step) for step in sorted(made, key=_line)))


def _key(step: StepCount) -> tuple[object, ...]:
    instruction = step.instruction
    flags = tuple((flag.name, flag.value) for flag in instruction.flags)
    return instruction.keyword, flags, instruction.body.text, tuple(document.body for document in instruction.heredocs)


def _taken(steps: list[StepCount]) -> StepCount | None:
    return steps.pop(0) if steps else None


def _line(step: StepCount) -> int:
    return step.instruction.line


def moving(found: Iterable[Row]) -> tuple[Row, ...]:
    """The rows of steps that ran again at all, or may have."""
    return tuple(row for row in found if any(step is not None and (step.runs or step.may_run) for step in row))
