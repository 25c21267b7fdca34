"""A replay as JSON: a stable contract. Lines are 1-based; paths are relative to the working directory."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from prebake.build.replay.replay import StepCount
from prebake.files import relative
from prebake.replaying import Counted, Replayed

VERSION = 1


def document(found: Iterable[Replayed], folder: str) -> str:
    """The replays as one JSON document."""
    return json.dumps({"version": VERSION, "replays": [_replay(one, folder) for one in found]}, indent=2)


def _replay(one: Replayed, folder: str) -> dict[str, Any]:
    build = one.now.build
    return {
        "path": relative(build.path, folder),
        "context": relative(build.context.root or "", folder),
        "builder": build.settings.builder,
        "commits": len(one.commits),
        "first": one.commits[0].oid if one.commits else None,
        "last": one.commits[-1].oid if one.commits else None,
        "shallow": one.shallow,
        "now": _counted(one.now),
        "fixed": None if one.fixed is None else _counted(one.fixed),
        "fixes": [{"code": step.finding.code, "title": step.fix.title} for step in one.applied],
    }


def _counted(counted: Counted) -> dict[str, Any]:
    return {
        "builds": counted.builds,
        "skipped": counted.skipped,
        "steps": [_step(step) for step in counted.steps],
    }


def _step(step: StepCount) -> dict[str, Any]:
    instruction = step.instruction
    return {
        "line": instruction.line + 1,
        "keyword": instruction.keyword,
        "text": instruction.raw,
        "runs": step.runs,
        "may_run": step.may_run,
        "always": step.always,
        "files": [{"path": path, "builds": builds} for path, builds in step.files.most_common()],
    }
