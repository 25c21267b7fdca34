"""Volumes over the folders that models are downloaded to: those of compose, and those that the image declares."""

from __future__ import annotations

from collections.abc import Sequence

from prebake.build.build import Build, fact
from prebake.build.models.hub.cache import cache_folders, overlaps
from prebake.build.models.loads.starts import StartLoad
from prebake.build.startup import final_chain
from prebake.build.state import states
from prebake.files import join
from prebake.syntax.dockerfile import Instruction


@fact
def declared_volumes(build: Build) -> tuple[tuple[Instruction, str], ...]:
    """The VOLUME instructions of the image and the places that they declare, as far as these are known."""
    found = []
    for stage in final_chain(build):
        for instruction in (item for item in stage.instructions if item.keyword == "VOLUME"):
            state = states(build)[instruction.index]
            for word in instruction.words if instruction.json is None else instruction.json:
                text = state.expand(word.raw if instruction.json is None else word.value, build.tree.escape)
                place = state.absolute(text) if text else None
                if place is not None:
                    found.append((instruction, place))
    return tuple(found)


def compose_volume(loads: Sequence[StartLoad]) -> str | None:
    """The place of a compose volume over the folder that the code downloads to, if all its services have one."""
    found = None
    for item in (each for every in loads for each in every.each):
        service = item.start.service
        if service is None:
            return None
        places = [volume.target for volume in service.volumes]
        found = next((place for place in places if any(overlaps(f, place) for f in _folders(item))), None)
        if found is None:
            return None
    return found


def declared_volume(build: Build, loads: Sequence[StartLoad]) -> str | None:
    """The place that a VOLUME instruction of the image declares over the folder of all downloads."""
    places = [place for _, place in declared_volumes(build)]
    found = None
    for item in loads:
        found = next((place for place in places if any(overlaps(f, place) for f in _folders(item))), None)
        if found is None:
            return None
    return found


def perhaps_volume(build: Build, loads: Sequence[StartLoad]) -> str | None:
    """The first place of a volume, where the code passes folders that are not known: it may be theirs."""
    own = [item.load.target or item.load.cache for item in loads]
    if not all(value is not None and value.text is None for value in own):
        return None
    mounted = (volume for item in loads if item.start.service is not None for volume in item.start.service.volumes)
    return next(iter((*(place for _, place in declared_volumes(build)), *(volume.target for volume in mounted))), None)


def _folders(item: StartLoad) -> tuple[str, ...]:
    """The folders that a load may download to."""
    start = item.start
    own = item.load.target or item.load.cache
    if own is not None and own.text is not None:
        if own.text.startswith("~/"):  # not every library takes that for the home folder
            return tuple(join(home, own.text[2:]) for home in item.homes)
        return (join(start.directory, own.text),)
    if item.load.entry.folders:
        places = (item.load.folder(start.environment, home, start.directory) for home in item.homes)
        return tuple(place for place in places if place is not None and place.startswith("/"))
    return tuple(folder for home in item.homes for folder in cache_folders(start.environment, home))
