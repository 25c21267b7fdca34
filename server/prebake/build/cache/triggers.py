"""ONBUILD of a stage that another one is built on: its instructions run first there, for every builder.

Those of a base image are not known. They are no steps of the answer, since they stand in another stage, but they count
in the keys of those that follow. What a trigger sets (ENV, WORKDIR and the like) counts by its text.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prebake.build.build import Build
from prebake.build.cache.buildkit import taken
from prebake.build.cache.content import context_content
from prebake.build.cache.environment import environment_after
from prebake.build.cache.inputs import Selector, selectors
from prebake.build.cache.steps import FILES, Part, Step
from prebake.build.copies import resolve
from prebake.build.state import base_stage, state_after
from prebake.syntax.dockerfile import Instruction, Stage


def triggers(build: Build, stage: Stage) -> Iterator[Step]:
    """The steps that the ONBUILD instructions of the stage below make in a stage."""
    base = base_stage(build, stage)
    for instruction in base.instructions if base is not None else ():
        inner = instruction.onbuild
        if inner is not None and inner.problem is None:
            yield _trigger(build, stage, instruction, inner)


def _trigger(build: Build, stage: Stage, instruction: Instruction, inner: Instruction) -> Step:
    parts: list[Part] = [("its text", (inner.keyword, inner.body.text))]
    files: Mapping[str, str] = {}
    chosen: tuple[Selector, ...] = ()
    if inner.keyword == "RUN":
        run = environment_after(build, stage.instruction).run
        parts += [(name, variable.value) for name, variable in run.items()]
    elif inner.keyword in ("COPY", "ADD"):
        state = state_after(build, stage.instruction)
        copy = resolve(inner, state, context_content(build).files, escape=build.tree.escape)
        chosen = selectors(copy)
        key, files = taken(build, chosen)
        parts.append((FILES, key))
    return Step(instruction, tuple(parts), files, silent=True, context=chosen)
