"""The ways to have a model without a download at each start, in the order in which they are offered."""

from __future__ import annotations

from collections.abc import Sequence

from prebake.build.build import Build
from prebake.build.models.baked.pending import Pending
from prebake.build.models.baking.cache import plan_cache
from prebake.build.models.baking.localdir import plan_local_dir
from prebake.build.models.baking.own import plan_own
from prebake.build.models.baking.plan import BakePlan
from prebake.build.models.baking.stage import plan_stage
from prebake.build.models.baking.token import is_gated
from prebake.build.models.baking.volume import docker_run, plan_volume
from prebake.build.models.loads.starts import StartLoad
from prebake.build.models.safetext import Unsafe
from prebake.config import Bake
from prebake.findings import Applicability, Fix
from prebake.project.compose.edits import NotPlain
from prebake.project.python.retarget import Unclear


def _into_cache(build: Build, loads: Sequence[StartLoad]) -> BakePlan:
    """Into the cache that the library reads: with the hub's command, or with the library's own code."""
    plan = plan_cache if all(item.load.entry.in_hub_cache for item in loads) else plan_own
    return plan(build, loads)


_PLANS = {"cache": _into_cache, "stage": plan_stage, "local-dir": plan_local_dir, "volume": plan_volume}
_TITLES = {
    "cache": "Download {} into the image at build time",
    "stage": "Download {} in a stage of its own",
    "local-dir": "Download {} to a folder of the image, and load it from there",
    "volume": "Keep {} in a volume, with compose",
}


def ways(build: Build, pending: Pending) -> tuple[Fix, ...] | str:
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
    plans = {name: _planned(name, build, pending.loads) for name in order}
    found = [name for name in order if isinstance(plans[name], BakePlan)]
    if chosen == "cache" and "cache" not in found and "stage" not in found:
        found = [name for name in ("volume", "local-dir") if name in found and "volume" in found]
    preferred = plans[chosen]
    if isinstance(preferred, str) and (chosen != "cache" or not found):
        return preferred
    return tuple(_way(build, pending, name, plan, gated) for name in found if isinstance(plan := plans[name], BakePlan))


def _planned(name: str, build: Build, loads: Sequence[StartLoad]) -> BakePlan | str:
    """One way, or the fact that stands in it: a sentence without its full stop."""
    try:
        return _PLANS[name](build, loads)
    except (Unsafe, Unclear, NotPlain) as reason:
        return str(reason)


def _way(build: Build, pending: Pending, name: str, plan: BakePlan, gated: bool) -> Fix:
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
    return Fix(_TITLES[name].format(what), Applicability.SUGGESTED, plan.edits, said)
