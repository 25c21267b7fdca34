"""Whether the hub's client can be told not to ask the hub any more: only when nothing is left that it has to fetch."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from prebake.build.build import Build
from prebake.build.models.baked.presence import in_image
from prebake.build.models.hub.cache import HUB_VARIABLES, cache_folders, overlaps
from prebake.build.models.hub.client import downloads_unseen, is_seen
from prebake.build.models.loads.starts import StartLoad, start_loads
from prebake.build.models.safetext import shown
from prebake.build.startup import final_chain, image_file, starts
from prebake.files import join
from prebake.project.models.catalogue import HUB
from prebake.project.models.loads import Load
from prebake.project.python.parse import call_at
from prebake.project.python.values import MISSING, argument
from prebake.project.starting.command import Place, programs_of_words
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction

VARIABLE = "HF_HUB_OFFLINE"
OFFLINE = f"ENV {VARIABLE}=1"
_DECIDED = (VARIABLE, "TRANSFORMERS_OFFLINE")
_MAY_FETCH = regex(
    r"huggingface-cli|\bhf\b|\.py\b|\.sh\b|\bpython[\d.]*\s+-(?!-|m\s+pip\b)|<<|from_pretrained|\bmake\b"
    r"|\btransformers download\b"
)


def leaves_nothing(build: Build, loads: Iterable[StartLoad]) -> bool:
    """Whether the containers have nothing left to ask the hub for, once these loads are in the image.

    Everything that they load has to be known, and in the image; no model may be there to be replaced when a container
    starts; no package may download what the catalogue does not know; and nobody may have decided for himself.
    """
    return not any(_replaced_by(item) for item in _from_hub(build)) and _has_all(build, loads)


def said_of_offline(build: Build, loads: Iterable[StartLoad], *, offline: bool) -> str:
    """What there is to say of it, as a part of the explanation of a fix that sets it or leaves it out."""
    if offline:
        said = f"; {OFFLINE} spares each start the questions to the hub, which nothing is asked of any more"
        names = sorted({shown(name) for item in _from_hub(build) if (name := item.load.variable) is not None})
        more = f": another model that {' or '.join(names)} names at run time is not downloaded" if names else ""
        return said + more
    replaced = sorted({shown(name) for item in _from_hub(build) if (name := _replaced_by(item)) is not None})
    if not replaced or not _has_all(build, loads):
        return ""
    return (
        f"; each start still asks the hub: {' or '.join(replaced)} may name another model at run time, and {OFFLINE} "
        "would keep the container from downloading it"
    )


def _from_hub(build: Build) -> list[StartLoad]:
    return [item for item in start_loads(build) if _asks_the_hub(item.load)]


def _replaced_by(item: StartLoad) -> str | None:
    """What is there to name another model when a container starts, where the id is a mere default of the code: a
    variable that neither the image nor compose sets, or the command line.
    """
    load = item.load
    if load.model is None:
        return None
    return load.source if load.variable is None or load.variable in item.start.environment else load.variable


def _has_all(build: Build, loads: Iterable[StartLoad]) -> bool:
    mine = {item.load for item in loads}
    found = _from_hub(build)
    stage = build.final_stage
    if stage is None or any(name in item.start.environment for item in found for name in _DECIDED):
        return False
    if not all(_is_settled(build, item.load) and (item.load in mine or in_image(build, item)) for item in found):
        return False
    if any(_is_hidden(each) for item in found for each in item.each):
        return False
    return _all_followed(build) and not downloads_unseen(build, stage)


def client_writes(build: Build, loads: Iterable[StartLoad]) -> bool:
    """Whether the hub's client may write to its cache when a container starts: it asks the hub for something still.

    Where the code loads several models that holds until the last one is in the image; the answer is the same whichever
    comes first.
    """
    models = {item.load.model for item in start_loads(build) if _asks_the_hub(item.load)}
    return len(models) > 1 or not leaves_nothing(build, loads)


def _is_hidden(item: StartLoad) -> bool:
    """Whether compose mounts something over the folder that is named for the downloads."""
    service, environment = item.start.service, item.start.environment
    own = item.load.target or item.load.cache
    folders: tuple[str, ...] = ()
    if own is not None:
        folders = (join(item.start.directory, own.text),) if own.text is not None else ()
    elif any(environment.get(name) for name in (*HUB_VARIABLES, "HF_HOME", *item.load.entry.variables)):
        folders = cache_folders(environment, item.start.home)
    return service is not None and any(
        overlaps(folder, volume.target) for folder in folders for volume in service.volumes
    )


def _asks_the_hub(load: Load) -> bool:
    return load.entry.source == HUB or VARIABLE in load.entry.switches


def _is_settled(build: Build, load: Load) -> bool:
    """Whether it is known what a load fetches, and the hub's client finds that without asking."""
    if load.model is None or not load.valid or load.words:  # a command of a start script fails without the hub
        return False
    if not is_seen(load.library):
        return False
    if any(value is not None and value.text is None for value in (load.revision, load.cache, load.target)):
        return False
    if load.filtered and not (load.include or load.exclude):
        return False
    if not load.in_file:
        return True
    text = build.snapshot.text(load.path)
    call = None if text is None else call_at(text, load.span)
    if call is None or _is_given(call, "trust_remote_code"):
        return False  # its code may stand in a second repository
    return not load.name.endswith(".pipeline") or argument(call, "task", 0) is not MISSING  # the hub is asked for it


def _is_given(call: ast.Call, name: str) -> bool:
    node = argument(call, name, None)
    return node is not MISSING and not (isinstance(node, ast.Constant) and not node.value)


def _all_followed(build: Build) -> bool:
    """Whether the code behind each way to start a container has been found."""
    for start in starts(build):
        place = Place(
            start.directory, start.environment, lambda path: build.snapshot.text(image_file(build, path) or "")
        )
        if not programs_of_words(start.words, place):
            return False
    return True


def last_fetch(build: Build, anchor: Instruction) -> Instruction:
    """The last instruction, from ``anchor`` on, that may still have to ask the hub at build time."""
    numbers = {stage.index for stage in final_chain(build)}
    last = anchor
    for instruction in build.tree.instructions[anchor.index + 1 :]:
        if instruction.stage in numbers and instruction.keyword == "RUN" and _MAY_FETCH.search(instruction.raw):
            last = instruction
    return last
