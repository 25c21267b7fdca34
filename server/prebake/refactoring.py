"""Rewrites that answer no finding: a stage put in a better order."""

from __future__ import annotations

from prebake.build.order.plan import Reorder, plan_reorder
from prebake.engine import Engine, builds
from prebake.files import Snapshot
from prebake.findings import Fix
from prebake.fixing import Refusal, apply_fix, brings_warning
from prebake.syntax.dockerfile import parse


def stage_at(snapshot: Snapshot, path: str, line: int) -> int | None:
    """The number of the stage that a line (0-based) of a Dockerfile lies in; ``None`` above the first FROM."""
    text = snapshot.text(path)
    stages = parse(text).stages if text is not None else ()
    return next((stage.index for stage in reversed(stages) if stage.instruction.line <= line), None)


def head_of(snapshot: Snapshot, path: str, stage: int) -> str | None:
    """The FROM that a stage of a Dockerfile begins with, as it is written; ``None`` where there is no such stage."""
    text = snapshot.text(path)
    stages = parse(text).stages if text is not None else ()
    return stages[stage].instruction.raw if 0 <= stage < len(stages) else None


def reorder_plan(engine: Engine, snapshot: Snapshot, path: str, stage: int) -> Reorder | None:
    """A better order for a stage of a Dockerfile; ``None`` where there is none, or where the Dockerfile is built in
    several ways and no one order is right for all.

    Raises:
        prebake.config.ConfigError: a configuration file is wrong.
    """
    plans: list[Reorder] = []
    for build in builds(snapshot, path, engine.settings(path, snapshot), root=engine.project_root(path)):
        stages = build.tree.stages
        plan = plan_reorder(build, stages[stage]) if stage < len(stages) else ""
        if isinstance(plan, str):
            return None
        plans.append(plan)
    edits = [plan.fix().edits for plan in plans]
    return plans[0] if all(other == edits[0] for other in edits) else None


def reorder_fix(engine: Engine, snapshot: Snapshot, path: str, stage: int) -> Fix | None:
    """The better order as a fix that can be applied to the snapshot and leads to no warning that was not there before;
    ``None`` where there is none.

    Raises:
        prebake.config.ConfigError: as for :func:`reorder_plan`.
    """
    plan = reorder_plan(engine, snapshot, path, stage)
    if plan is None:
        return None
    fix = plan.fix()
    before = engine.check_in(snapshot, path)
    outcome = apply_fix(snapshot, before.root, fix)
    if isinstance(outcome, Refusal) or brings_warning(before, engine.check_in(outcome, path)):
        return None
    return fix
