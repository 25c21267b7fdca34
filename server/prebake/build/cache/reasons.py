"""Why a step runs again, in words: what is in its key now and was not in the last build's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prebake.build.build import Build
from prebake.build.cache.stages import Known
from prebake.build.cache.steps import FILES, Step
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction

_MOST_NAMES = 3


class Place(NamedTuple):
    """What an instruction is known by from one build to the next: its stage, keyword, text, and number among the
    instructions of that keyword in the stage.
    """

    stage: str
    keyword: str
    text: str
    number: int


class Before(NamedTuple):
    """A step of the last build and what it took from elsewhere."""

    place: Place
    step: Step
    foreign: tuple[object, ...]


class Cause(NamedTuple):
    """The first step above that ran, or, where that is not ``certain``, may have."""

    instruction: Instruction
    certain: bool


def place(build: Build, instruction: Instruction) -> Place:
    """Where an instruction stands."""
    stage = build.stage_of(instruction)
    same = [item.index for item in stage.instructions if item.keyword == instruction.keyword]
    return Place(stage.name or str(stage.index), instruction.keyword, instruction.raw, same.index(instruction.index))


def reasons(
    build: Build, step: Step, foreign: tuple[object, ...], last: Sequence[Before], above: Cause | None
) -> tuple[str, ...]:
    """Why a step is not in the cache, the most direct cause first; ``last`` are the steps of the last build, ``above``
    is the first step above it that runs.
    """
    if not last:
        return ("nothing is in the cache yet",)
    before = _same_step(build, step, last)
    found: list[str] = []
    if before is None:
        found.append("it is new")
    else:
        found += _files(before.step.files, step.files)
        found += _parts(before.step, step)
        found += _foreign(build, step, before.foreign, foreign)
    if above is not None:
        found.append(f"line {above.instruction.line + 1} above it {'ran' if above.certain else 'may have run'}")
    return tuple(found) or ("what stands above it has changed",)


def _same_step(build: Build, step: Step, last: Sequence[Before]) -> Before | None:
    """The step of the last build that this one was."""
    here = place(build, step.instruction)
    there = [before for before in last if before.place[:2] == here[:2]]
    same = [before for before in there if before.place.text == here.text]
    if same:
        return min(same, key=lambda before: abs(before.place.number - here.number))
    stage = build.stage_of(step.instruction)
    texts = {item.raw for item in stage.instructions}
    return next((each for each in there if each.place.number == here.number and each.place.text not in texts), None)


def _files(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    new = [path for path in now if path not in before]
    gone = [path for path in before if path not in now]
    changed = [path for path in now if path in before and before[path] != now[path]]
    told = ((changed, "changed", "changed"), (new, "is new", "are new"), (gone, "is gone", "are gone"))
    return [f"{_listed(names)} {one if len(names) == 1 else many}" for names, one, many in told if names]


def _listed(names: Sequence[str]) -> str:
    rest = len(names) - _MOST_NAMES
    return ", ".join(sorted(names)[:_MOST_NAMES]) + (f" and {rest} more" if rest > 0 else "")


def _parts(before: Step, now: Step) -> list[str]:
    old, new = dict(before.parts), dict(now.parts)
    found: list[str] = []
    for name in dict.fromkeys((*new, *old)):
        if name == FILES or old.get(name) == new.get(name):
            continue
        variable = name.startswith(("ARG ", "ENV "))
        if variable and name not in old:
            found.append(f"{name} is new")
        elif variable and name not in new:
            found.append(f"{name} is gone")
        elif variable:
            found.append(f"{name} has another value")
        else:
            found.append(f"{name} changed")
    if (
        not found
        and before.files == now.files
        and [name for name, _ in before.parts] != [name for name, _ in now.parts]
    ):
        found.append("its variables are set in another order")
    return found


def _foreign(build: Build, step: Step, before: tuple[object, ...], now: tuple[object, ...]) -> list[str]:
    found: list[str] = []
    for number, (taken, token) in enumerate(zip(step.foreign, now, strict=False)):
        if number < len(before) and before[number] == token:
            continue
        name = taken.image or "stage " + (build.tree.stages[taken.stage or 0].name or str(taken.stage))
        if isinstance(token, Known):
            found.append(f"what it takes from {name} changed")
        else:
            found.append(f"{name} was built anew, and may hold something else")
    return found
