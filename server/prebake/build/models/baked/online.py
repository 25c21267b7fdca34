"""Baked models about which each start still asks the Hugging Face Hub."""

from __future__ import annotations

from prebake.build.build import Build, fact
from prebake.build.models.baked.offline import last_fetch, leaves_nothing
from prebake.build.models.baked.presence import in_image
from prebake.build.models.baked.served import hub_fetches
from prebake.build.models.baked.unused import unused_bakes
from prebake.build.models.loads.starts import StartLoad, start_loads
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Dockerfile, Instruction


class Online(NamedTuple):
    """The loads of a container that the image has all, and the last RUN of the Dockerfile (``tree``) that may need the
    hub at build time.
    """

    loads: tuple[StartLoad, ...]
    last: Instruction
    tree: Dockerfile


@fact
def online(build: Build) -> Online | None:
    """They; ``None`` where something is not in the image, or not known to be, or where nothing asks the hub."""
    loads = start_loads(build)
    if not loads or not all(item.load.entry.in_hub_cache for item in loads):
        return None
    fetches = hub_fetches(build)
    if not fetches or not all(in_image(build, item) for item in loads):
        return None
    if unused_bakes(build) or not leaves_nothing(build, loads):
        return None
    first = max((fetch.instruction for fetch in fetches), key=lambda item: item.index)
    return Online(loads, last_fetch(build, first), build.tree)
