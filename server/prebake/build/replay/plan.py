"""A Dockerfile as the replay needs it: its steps, with everything in their keys that no commit changes."""

from __future__ import annotations

from prebake.build.build import Build
from prebake.build.builders import builder_of
from prebake.build.cache.content import context_content
from prebake.build.cache.inputs import Selector
from prebake.build.cache.sequence import image_of, steps_of
from prebake.build.cache.stages import built_stages, known_sources
from prebake.build.cache.steps import Foreign, Step
from prebake.build.state import base_stage
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction


class Origin(NamedTuple):
    """What a step takes from a stage (its index) that is not an image: the selectors, by number, of the files that it
    goes back to; ``None`` where only the builder can tell what it is.
    """

    stage: int
    takes: tuple[int, ...] | None


class PlannedStep(NamedTuple):
    """A step. ``constant`` is what no commit changes, ``takes`` are the selectors of its files, by number. The other
    fields are those of :class:`~prebake.build.cache.steps.Step`.
    """

    instruction: Instruction
    constant: object
    takes: tuple[int, ...]
    origins: tuple[Origin, ...]
    apart: bool
    linked: bool
    fresh: bool
    silent: bool


class PlannedStage(NamedTuple):
    """A stage that is built: its number, that of the stage below or the image it is built on, and its steps.

    ``takes`` are all selectors of the steps, ``needs`` the stages whose results count.
    """

    number: int
    base: int | None
    image: object
    steps: tuple[PlannedStep, ...]
    takes: frozenset[int]
    needs: tuple[int, ...]


class Plan(NamedTuple):
    """The stages that are built, and the selectors, by number, without whose files the builder stops: those of paths
    that are written out and that the build's own files have (what git does not track is never there).
    """

    stages: tuple[PlannedStage, ...]
    needed: tuple[int, ...]


def plan_of(build: Build, numbers: dict[Selector, int]) -> Plan:
    """The plan of a build. Selectors that have no number yet are given one."""
    stages: list[PlannedStage] = []
    for stage in built_stages(build, builder_of(build)):
        base = base_stage(build, stage)
        steps = tuple(_planned(build, step, numbers) for step in steps_of(build, stage))
        origins = [origin for step in steps for origin in step.origins]
        taken = [*(step.takes for step in steps), *(origin.takes or () for origin in origins)]
        needs = {base.index} if base is not None else set()
        needs |= {origin.stage for origin in origins if origin.takes is None}
        stages.append(
            PlannedStage(
                stage.index,
                None if base is None else base.index,
                image_of(build, stage),
                steps,
                frozenset().union(*taken),
                tuple(sorted(needs)),
            )
        )
    files = context_content(build).files
    used = frozenset().union(*(stage.takes for stage in stages))
    needed = (
        number
        for selector, number in numbers.items()
        if number in used and selector.source and not selector.wildcard and not selector.include
        if files.exists(selector.source)
    )
    return Plan(tuple(stages), tuple(needed))


def _planned(build: Build, step: Step, numbers: dict[Selector, int]) -> PlannedStep:
    origins = tuple(
        Origin(foreign.stage, _known(build, foreign, numbers)) for foreign in step.foreign if foreign.stage is not None
    )
    images = tuple((foreign.image, foreign.paths) for foreign in step.foreign if foreign.stage is None)
    return PlannedStep(
        step.instruction,
        (step.instruction.keyword, step.text, images, tuple(foreign.paths for foreign in step.foreign)),
        _numbered(step.context, numbers),
        origins,
        step.apart is not None,
        step.linked,
        step.fresh is not None,
        step.silent,
    )


def _known(build: Build, foreign: Foreign, numbers: dict[Selector, int]) -> tuple[int, ...] | None:
    """The files that what is taken from a stage goes back to, where it is known and its bytes are what counts."""
    if foreign.stage is None or foreign.known is None or not foreign.by_content:
        return None
    return _numbered(known_sources(build, build.tree.stages[foreign.stage], foreign.paths[0]), numbers)


def _numbered(selectors: tuple[Selector, ...], numbers: dict[Selector, int]) -> tuple[int, ...]:
    return tuple(sorted({numbers.setdefault(selector, len(numbers)) for selector in selectors}))
