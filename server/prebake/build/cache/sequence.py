"""The steps of a stage one after the other, as the builder of the settings goes through them."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.build.build import Build
from prebake.build.builders import builder_of
from prebake.build.cache.buildkit import buildkit_step
from prebake.build.cache.environment import environments
from prebake.build.cache.history import history_step
from prebake.build.cache.steps import Step
from prebake.build.cache.triggers import triggers
from prebake.build.state import states
from prebake.syntax.dockerfile import Stage


def image_of(build: Build, stage: Stage) -> tuple[str, str, str]:
    """What tells the image that a stage is built on from another one: the name and the platform in its FROM."""
    state, around = states(build)[stage.instruction.index], environments(build)[stage.instruction.index]
    escape = build.tree.escape
    return "image", around.token(stage.base, state, escape), around.token(stage.platform or "", state, escape)


def steps_of(build: Build, stage: Stage) -> Iterator[Step]:
    """The steps of a stage in order, those first that the ONBUILD of the stage below makes."""
    yield from triggers(build, stage)
    make = history_step if builder_of(build).metadata_in_keys else buildkit_step
    for instruction in stage.instructions[1:]:
        step = make(build, instruction)
        if step is not None:
            yield step
