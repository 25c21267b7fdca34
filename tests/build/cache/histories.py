"""Histories: a project built several times with edits in between, and the cache model run on one.

A history is a list of states. Each state is written to a folder over the one before, so that what did not change keeps
its date, and is then built. Answers are one word for each stage: a letter for each step, ``h`` for a hit and ``r`` for
one that ran.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from prebake.build.build import Build
from prebake.build.cache.buildkit import buildkit_step
from prebake.build.cache.history import history_step
from prebake.build.cache.store import Cache, Outcome, Result
from prebake.config import Settings
from prebake.files import absolute, disk
from prebake.project.context import Context, Evidence
from prebake.syntax.dockerfile import Instruction

Answers = dict[str, str]


class State(NamedTuple):
    """What is built: the files with their modes, the build arguments and the target."""

    files: Mapping[str, tuple[int, str]]
    args: Mapping[str, str]
    target: str | None = None


def write(root: Path, state: State, before: State | None) -> None:
    """Make a folder hold a state, given the one that it holds."""
    old = before.files if before is not None else {}
    for name in old.keys() - state.files.keys():
        (root / name).unlink()
        folder = (root / name).parent
        while folder != root and not any(folder.iterdir()):
            folder.rmdir()
            folder = folder.parent
    for name, (mode, text) in state.files.items():
        path = root / name
        if name not in old or old[name][1] != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        path.chmod(mode)


def build_of(root: Path, state: State, builder: str = "buildkit") -> Build:
    """The build of the Dockerfile in a folder."""
    path = absolute(str(root))
    context = Context(path, Evidence("dockerfile"), state.target, state.args)
    settings = Settings()._replace(builder=builder)
    return Build(
        disk(),
        f"{path}/Dockerfile",
        settings,
        root=path,
        contexts=(context,),
        context=context,
        scanner=lambda *_: None,
    )


def stage_name(build: Build, instruction: Instruction) -> str:
    """What BuildKit calls the stage of an instruction; the only one of a file has no name for it."""
    stage = build.tree.stages[instruction.stage or 0]
    named = stage.name if len(build.tree.stages) > 1 else None
    return named or f"stage-{stage.index}"


def predict(cache: Cache, build: Build, observed: Answers | None = None) -> tuple[Answers, tuple[Result, ...]]:
    """The model's answers; where only the builder can tell, what was observed, or ``?`` without that."""

    def hit(instruction: Instruction) -> bool:
        assert observed is not None
        above = build.tree.stages[instruction.stage or 0].instructions
        steps = [item for item in above if item.index < instruction.index and is_step(build, item)]
        return observed[stage_name(build, instruction)][len(steps)] == "h"

    answers: Answers = {}
    results = cache.build(build, hit=None if observed is None else hit)
    for result in results:
        stage = stage_name(build, result.instruction)
        answers[stage] = answers.get(stage, "") + {Outcome.HIT: "h", Outcome.RUNS: "r"}.get(result.outcome, "?")
    return answers, results


def is_step(build: Build, instruction: Instruction) -> bool:
    """Whether an instruction is a step for the builder of the settings."""
    make = history_step if build.settings.builder == "legacy" else buildkit_step
    return instruction.keyword != "FROM" and make(build, instruction) is not None
