"""The instructions that run one after the other on the way to another one, through the stages it is built on."""

from __future__ import annotations

from prebake.build.build import Build
from prebake.build.image import mount_sources
from prebake.build.state import base_stage, chain
from prebake.syntax.dockerfile import Instruction, Stage


def route(build: Build, start: Instruction, target: Instruction) -> tuple[Instruction, ...]:
    """The instructions after ``start`` up to ``target``, both in stages of one chain; FROM is left out."""
    return tuple(
        item
        for stage in _stages(build, start, target)
        for item in stage.instructions
        if start.index < item.index <= target.index and item.keyword != "FROM"
    )


def only_way(build: Build, start: Instruction, target: Instruction) -> str | None:
    """Why an instruction must not leave its stage for the one of ``target``: something else uses a stage in between.

    ``None`` when nothing does.
    """
    stages = _stages(build, start, target)
    left = stages[:-1]
    numbers = {stage.index for stage in stages}
    for stage in left:
        names = {str(stage.index), stage.name or str(stage.index)}
        for other in build.tree.stages:
            base = base_stage(build, other)
            if other.index not in numbers and base is not None and base.index == stage.index:
                return f"line {other.instruction.line + 1} builds another stage on the one it stands in"
        for item in build.tree.instructions:
            used = [item.flag("from"), *mount_sources(item)]
            if any((name or "").lower() in names or "$" in (name or "") for name in used):
                return f"line {item.line + 1} copies from the stage it stands in"
        if any((context.target or "").lower() in names for context in build.contexts):
            return "the stage it stands in is built on its own as well"
    return None


def _stages(build: Build, start: Instruction, target: Instruction) -> tuple[Stage, ...]:
    """The stages of the chain of ``target``, from that of ``start`` on."""
    found = chain(build, build.stage_of(target))
    return tuple(stage for stage in found if stage.index >= (start.stage or 0))
