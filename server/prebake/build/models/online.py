"""Baked models about which each start still asks the Hugging Face Hub."""

from __future__ import annotations

from prebake.build.build import Build, fact
from prebake.build.models.cacheplaces import HUB, stored_by
from prebake.build.models.downloads import StartLoad, start_loads
from prebake.build.models.fetches import Fetch, fetches_at, has_option, option_of
from prebake.build.models.offline import last_fetch, leaves_nothing
from prebake.build.models.unusedbakes import unused_bakes
from prebake.build.startup import final_chain
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Dockerfile, Instruction

_PARTIAL = ("--include", "--exclude", "--local-dir", "--cache-dir")


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
    fetches = tuple(_fetches(build))
    if not fetches or not all(any(_serves(fetch, item) for fetch in fetches) for item in loads):
        return None
    if unused_bakes(build) or not leaves_nothing(build, loads):
        return None
    first = max((fetch.instruction for fetch in fetches), key=lambda item: item.index)
    return Online(loads, last_fetch(build, first), build.tree)


def _fetches(build: Build) -> list[Fetch]:
    """The downloads of the final image into the hub's cache."""
    found = []
    for stage in final_chain(build):
        for instruction in stage.instructions:
            for fetch in fetches_at(build, instruction):
                stored = stored_by(fetch)
                if stored is not None and stored.family is HUB and stored.option is None:
                    found.append(fetch)
    return found


def _serves(fetch: Fetch, item: StartLoad) -> bool:
    """Whether a download brings all that a load asks for: the whole repository, or what the same call asks for."""
    load = item.load
    if load.model is None or load.cache is not None or load.target is not None:
        return False
    if fetch.code is not None:
        return any(
            other.model == load.model
            and other.name == load.name
            and (other.revision, other.files, other.include, other.exclude)
            == (load.revision, load.files, load.include, load.exclude)
            for other in fetch.loads
        )
    if fetch.models != (load.model,) or has_option(fetch, *_PARTIAL) or _names_files(fetch):
        return False
    wanted = "main" if load.revision is None else load.revision.text
    return (option_of(fetch, "--revision") or "main") == wanted and load.repository == (
        option_of(fetch, "--repo-type") or "model"
    )


def _names_files(fetch: Fetch) -> bool:
    """Whether the command names files of the repository, so that the others are left out."""
    words = [argument.text or "" for argument in fetch.step.arguments]
    behind = words[words.index(fetch.models[0]) + 1 :] if fetch.models[0] in words else [""]
    return any(
        not word.startswith("-") and not (number and behind[number - 1].startswith("--"))
        for number, word in enumerate(behind)
    )
