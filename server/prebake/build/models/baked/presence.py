"""Whether the image has what the code that a container starts would download: the one notion of "baked".

There are two sides of doubt. What may be there is not reported as missing (PB301): :mod:`.baked` is generous. What may
be missing keeps the container online (PB303, and ``HF_HUB_OFFLINE`` in fixes): :mod:`.served` is strict.
"""

from __future__ import annotations

from prebake.build.build import Build
from prebake.build.copies import copies
from prebake.build.installs.pythonpackages import listed
from prebake.build.models.baked.baked import baked
from prebake.build.models.baked.served import is_served
from prebake.build.models.hub.cache import overlaps
from prebake.build.models.loads.starts import StartLoad
from prebake.build.startup import final_chain


def in_image(build: Build, item: StartLoad) -> bool | None:
    """Whether the image has all that a start would download; ``None`` where it may, or may have a part of it."""
    if not _may_be_there(build, item):
        return False
    return True if is_served(build, item.load) else None


def _may_be_there(build: Build, item: StartLoad) -> bool:
    load = item.load
    if baked(build).covers(load):
        return True
    if load.kind == "package" and load.model is not None and _is_installed(build, load.model):
        return True
    if load.entry.in_hub_cache:
        return False
    folders = [load.folder(item.start.environment, home, item.start.directory) for home in item.homes]
    return any(folder is not None and folder.startswith("/") and brings(build, folder) for folder in folders)


def _is_installed(build: Build, package: str) -> bool:
    """Whether an install brings a package of this name, as that of a pipeline of spaCy."""
    name = package.lower().replace("_", "-")
    return any(item.name == name for item in listed(build))


def brings(build: Build, place: str) -> bool:
    """Whether a COPY or ADD brings a file or folder of the image."""
    for stage in final_chain(build):
        for instruction in stage.instructions:
            copy = copies(build).get(instruction.index)
            if copy is None:
                continue
            if copy.provides_folder(place) or copy.provider(place) is not None:
                return True
            if copy.origin is not None and copy.destination is not None and overlaps(copy.destination, place):
                return True
    return False
