"""Histories: a project built several times with edits in between, and the cache model run on one.

A history is a list of states. Each state is written to a folder over the one before, so that what did not change keeps
its date, and is then built. The answers are one word for each stage, a letter for each step: ``h`` for a hit and ``r``
for one that ran. The legacy builder knows no stages; all its steps are one word, under the empty name.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from prebake.build.build import Build
from prebake.build.cache.buildkit import buildkit_step
from prebake.build.cache.history import history_step
from prebake.build.cache.store import Cache, Outcome, Result
from prebake.config import Settings
from prebake.files import absolute, disk
from prebake.project.contexts.find import Context, Evidence
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
    """What the builder calls the stage of an instruction; the only one of a file has no name."""
    if build.settings.builder == "legacy" or len(build.tree.stages) < 2:
        return ""
    stage = build.tree.stages[instruction.stage or 0]
    return stage.name or f"stage-{stage.index}"


def predict(cache: Cache, build: Build, observed: Answers | None = None) -> tuple[Answers, tuple[Result, ...]]:
    """The model's answers; where only the builder can tell, what was observed, or ``?`` without that."""

    def hit(instruction: Instruction) -> bool:
        assert observed is not None
        name = stage_name(build, instruction)
        above = build.tree.instructions[: instruction.index]
        steps = [item for item in above if item.stage is not None and stage_name(build, item) == name]
        return observed[name][sum(is_step(build, item) for item in steps)] == "h"

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


def to_json(states: list[State], answers: list[Answers], common: State) -> list[object]:
    """A history as it is kept: of each state only the files that are not as in the one before (``common`` at first)."""
    kept: list[object] = []
    before = common
    for state, said in zip(states, answers, strict=True):
        names = sorted(before.files.keys() | state.files.keys())
        changed = {name: state.files.get(name) for name in names if before.files.get(name) != state.files.get(name)}
        kept.append([changed, dict(state.args), state.target, said])
        before = state
    return kept


def from_json(kept: list[Any], common: State) -> list[tuple[State, Answers]]:
    """What :func:`to_json` wrote."""
    found: list[tuple[State, Answers]] = []
    files = dict(common.files)
    for changed, args, target, said in kept:
        files.update({name: tuple(file) for name, file in changed.items() if file is not None})
        files = {name: file for name, file in files.items() if name not in changed or changed[name] is not None}
        found.append((State(dict(files), args, target), said))
    return found
