"""The package lists that apt fetches: who reads them, and in which layers they stay."""

from __future__ import annotations

from bisect import bisect_right

from prebake.build.build import Build, fact
from prebake.build.image import image_before
from prebake.build.layers.apt import LISTS, REMOVED, AptCommand, AptRun, apt_runs, installs_recommended
from prebake.build.shipping import ships
from prebake.build.state import base_stage
from prebake.build.steps import Step, steps_at
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction, Stage
from prebake.syntax.run import SHELLS


class Kept(NamedTuple):
    """What a RUN installs or leaves behind beyond need: ``recommending`` are the commands that also install what
    packages recommend; ``lists`` says that package lists stay in its layer.
    """

    run: AptRun
    recommending: tuple[AptCommand, ...]
    lists: bool


@fact
def kept(build: Build) -> tuple[Kept, ...]:
    """The RUN instructions of the finished image that install with apt and keep more than they need to."""
    found = []
    for run in apt_runs(build).values():
        if ships(build, run.instruction) and (run.installs or (run.updates and run.needs_lists is None)):
            recommending = installs_recommended(build, run)
            lists = len(run.commands) > 1 and leaves_lists(build, run)
            if recommending or lists:
                found.append(Kept(run, recommending, lists))
    return tuple(found)


def leaves_lists(build: Build, run: AptRun) -> bool:
    """Whether a RUN leaves lists in its layer that nothing below it needs; silent where a later layer removes them,
    which is a mistake of its own.
    """
    return (
        run.keeps_lists
        and not readers_of_lists(build, run)
        and scripts_below(build, run) is None
        and not _removed_below(build, run)
    )


def leaves_lists_when_joined(build: Build, run: AptRun) -> bool:
    """Whether a RUN of the finished image would leave lists in its layer if it and all others fetched their own."""
    return (
        ships(build, run.instruction)
        and not run.lists_mounted
        and not run.removes_lists
        and not _removed_below(build, run)
    )


def _removed_below(build: Build, run: AptRun) -> bool:
    """Whether a later instruction removes lists that it has not fetched itself."""
    return _first_below(build, run, _removing(build)) is not None


@fact
def _removing(build: Build) -> dict[int, list[int]]:
    """The RUN instructions that remove lists without having fetched any, by their stage."""
    found: dict[int, list[int]] = {}
    for item in build.tree.instructions:
        if item.keyword == "RUN" and item.stage is not None and REMOVED.search(item.raw) is not None:
            own = apt_runs(build).get(item.index)
            if own is None or not own.updates:
                found.setdefault(item.stage, []).append(item.index)
    return found


def _first_below(build: Build, run: AptRun, indexes: dict[int, list[int]]) -> int | None:
    """The first of some instructions, given by their stages, that runs after a RUN."""
    index = run.instruction.index
    for stage in _stages_on(build).get(run.instruction.stage or 0, ()) if indexes else ():
        known = indexes.get(stage.index, [])
        at = bisect_right(known, index)
        if at < len(known):
            return known[at]
    return None


def removal(run: AptRun) -> str:
    """The command that removes the lists a RUN has fetched."""
    command = f"rm -rf {LISTS}/*"
    return f"sudo {command}" if any("sudo" in item.step.wrappers for item in run.commands) else command


def readers_of_lists(build: Build, run: AptRun) -> tuple[AptRun, ...]:
    """The later instructions that read the lists which a RUN fetches, in its stage and in those built on it."""
    found: list[AptRun] = []
    todo = [build.stage_of(run.instruction)]
    while todo:
        stage = todo.pop(0)
        runs = _runs_of_stages(build).get(stage.index, [])
        at = bisect_right(runs, run.instruction.index)
        while at < len(runs):
            other = apt_runs(build)[runs[at]]
            if other.needs_lists is not None:
                found.append(other)
            elif other.updates:
                break
            at += 1
        else:
            todo += _built_on(build).get(stage.index, ())
    return tuple(sorted(found, key=lambda other: other.instruction.index))


@fact
def _runs_of_stages(build: Build) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for index, run in apt_runs(build).items():
        found.setdefault(run.instruction.stage or 0, []).append(index)
    return found


@fact
def _built_on(build: Build) -> dict[int, list[Stage]]:
    """The stages that are built on each stage."""
    found: dict[int, list[Stage]] = {}
    for stage in build.tree.stages:
        base = base_stage(build, stage)
        if base is not None:
            found.setdefault(base.index, []).append(stage)
    return found


@fact
def _stages_on(build: Build) -> dict[int, tuple[Stage, ...]]:
    """Each stage that uses apt, and those that are built on it, directly or not, in order."""
    found = {}
    for index in _runs_of_stages(build):
        held = {index: build.tree.stages[index]}
        todo = [index]
        while todo:
            for stage in _built_on(build).get(todo.pop(), ()):
                if stage.index not in held:
                    held[stage.index] = stage
                    todo.append(stage.index)
        found[index] = tuple(held[number] for number in sorted(held))
    return found


def scripts_below(build: Build, run: AptRun) -> Instruction | None:
    """The first later instruction that runs a script which may need the lists: one of the project that names apt, or
    one whose text is not known.
    """
    index = _first_below(build, run, _scripts(build))
    return None if index is None else build.tree.instructions[index]


@fact
def _scripts(build: Build) -> dict[int, list[int]]:
    """The RUN instructions that run a script which may need lists, by their stage."""
    found: dict[int, list[int]] = {}
    for item in build.tree.instructions:
        if item.keyword != "RUN" or item.stage is None or "sh" not in item.raw:
            continue
        image = None
        for step in steps_at(build, item).steps:
            path = _script(step)
            if path is None:
                continue
            image = image or image_before(build, item)
            text = image.text(step.absolute(path) or "")
            if text is None or ("apt" in text.content and "apt-get update" not in text.content):
                found.setdefault(item.stage, []).append(item.index)
                break
    return found


def _script(step: Step) -> str | None:
    """The script of the image that a step runs; ``None`` for any other step."""
    if step.program in SHELLS:
        return next((item.text for item in step.arguments if item.text and not item.text.startswith(("-", "+"))), None)
    return step.path if "/" in step.path and step.path.endswith(".sh") else None
