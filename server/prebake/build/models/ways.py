"""The ways to have a model without a download at each start, in the order in which they are offered."""

from __future__ import annotations

from collections.abc import Sequence

from prebake.build.build import Build
from prebake.build.installs.sink import Refusal
from prebake.build.models.bake import BakePlan, plan_bake
from prebake.build.models.downloads import StartLoad
from prebake.build.models.hubtoken import is_gated
from prebake.build.models.localdir import plan_local_dir
from prebake.build.models.ownbake import plan_own
from prebake.build.models.pending import Pending
from prebake.build.models.stage import plan_stage
from prebake.build.models.volume import docker_run, plan_volume
from prebake.config import Bake
from prebake.edits import FileEdit
from prebake.records import NamedTuple


def _plan_cache(build: Build, loads: Sequence[StartLoad]) -> BakePlan | Refusal:
    """Into the cache that the library reads: with the hub's command, or with the library's own code."""
    plan = plan_bake if all(item.load.entry.in_hub_cache for item in loads) else plan_own
    return plan(build, loads)


_PLANS = {"cache": _plan_cache, "stage": plan_stage, "local-dir": plan_local_dir, "volume": plan_volume}
_TITLES = {
    "cache": "Download {} into the image at build time",
    "stage": "Download {} in a stage of its own",
    "local-dir": "Download {} to a folder of the image, and load it from there",
    "volume": "Keep {} in a volume, with compose",
}


class Way(NamedTuple):
    """One way: its title, its edits, and what it costs."""

    title: str
    edits: tuple[FileEdit, ...]
    explanation: str


def ways(build: Build, pending: Pending) -> tuple[Way, ...] | str:
    """The ways that can be taken, the preferred one first; or why there is none.

    The setting ``bake`` says which one is preferred; one that was chosen and cannot be taken is not replaced. Where it
    was not changed, a stage of its own stands in for the cache, and a volume for both, but the code is not edited
    unasked; and a model that the hub gives to those only who may have it is kept in a volume rather, since a pushed
    image would hand it on.
    """
    if pending.no_fix is not None:
        return pending.no_fix
    chosen: Bake = build.settings.bake
    order = sorted(_PLANS, key=lambda name: name != chosen)
    gated = is_gated(pending.loads)
    if gated and chosen == "cache":
        order = sorted(order, key=lambda name: name != "volume")
    plans = {name: _PLANS[name](build, pending.loads) for name in order}
    found = [name for name in order if isinstance(plans[name], BakePlan)]
    if chosen == "cache" and "cache" not in found and "stage" not in found:
        found = [name for name in ("volume", "local-dir") if name in found and "volume" in found]
    preferred = plans[chosen]
    if isinstance(preferred, Refusal) and (chosen != "cache" or not found):
        return preferred.reason
    return tuple(_way(build, pending, name, plan, gated) for name in found if isinstance(plan := plans[name], BakePlan))


def _way(build: Build, pending: Pending, name: str, plan: BakePlan, gated: bool) -> Way:
    kinds = sorted({item.load.kind for item in pending.loads})
    what = f"the {' and '.join(kinds)} of {pending.model}" if set(kinds) <= {"tokenizer", "config"} else pending.named
    said = plan.explanation
    if name != "volume":
        whom = (
            "everyone who can pull it, which the terms of the model may forbid" if gated else "everyone who can pull it"
        )
        said += f"; a pushed image hands it on to {whom}"
        shown = docker_run(build, pending.loads)
        if shown:
            said += f"; for a model that is large or changes often, a volume is the alternative: `{shown} ...`"
    return Way(_TITLES[name].format(what), plan.edits, said)
