"""Rewrites that answer no finding: a stage put in a better order."""

from __future__ import annotations

from prebake.build.order.plan import Reorder, plan_reorder
from prebake.engine import Engine, builds
from prebake.files import Snapshot
from prebake.findings import Fix, Severity
from prebake.fixing import Refusal, apply_fix
from prebake.text import Position


def reorder_plan(engine: Engine, snapshot: Snapshot, path: str, position: Position) -> Reorder | None:
    """A better order for the stage that a position of a Dockerfile lies in; ``None`` where there is none, or where the
    Dockerfile is built in several ways and no one order is right for all.

    Raises:
        prebake.config.ConfigError: a configuration file is wrong.
    """
    plans: list[Reorder] = []
    for build in builds(snapshot, path, engine.settings(path, snapshot), root=engine.project_root(path)):
        stage = next((item for item in reversed(build.tree.stages) if item.instruction.line <= position.line), None)
        plan = plan_reorder(build, stage) if stage is not None else ""
        if isinstance(plan, str):
            return None
        plans.append(plan)
    if not plans or any(plan.fix().edits != plans[0].fix().edits for plan in plans):
        return None
    return plans[0]


def reorder_fix(engine: Engine, snapshot: Snapshot, path: str, position: Position) -> Fix | None:
    """The better order as a fix that can be applied to the snapshot and leads to no warning that was not there before;
    ``None`` where there is none.

    Raises:
        prebake.config.ConfigError: as for :func:`reorder_plan`.
    """
    plan = reorder_plan(engine, snapshot, path, position)
    if plan is None:
        return None
    fix = plan.fix()
    before = engine.check_in(snapshot, path)
    outcome = apply_fix(snapshot, before.root, fix)
    if isinstance(outcome, Refusal):
        return None
    after = engine.check_in(outcome, path)
    known = {finding.code for finding in before.findings}
    brings = any(item.code not in known and item.severity >= Severity.WARNING for item in after.findings)
    return None if brings else fix
