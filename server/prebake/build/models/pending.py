"""The models that containers still download: by library and model, with how much that matters and why."""

from __future__ import annotations

from collections.abc import Sequence

from prebake.build.build import Build, fact
from prebake.build.copies import copies
from prebake.build.installs.pythonpackages import listed
from prebake.build.models.baked import Baked, baked
from prebake.build.models.downloads import StartLoad, start_loads
from prebake.build.models.hubcache import cache_folders, overlaps
from prebake.build.models.safetext import shown
from prebake.build.startup import final_chain, final_state
from prebake.build.state import states
from prebake.files import join
from prebake.project.catalogue import Entry
from prebake.records import NamedTuple

_NAMED = 3
_SMALL = ("tokenizer", "config")
_NOUNS = {
    "weights": "model",
    "tokenizer": "tokenizer",
    "config": "configuration",
    "dataset": "dataset",
    "package": "package",
}


class Pending(NamedTuple):
    """One model that is not in the image; ``model`` is ``None`` for those whose id is not known.

    ``mild`` says that it is information only. ``no_fix`` says why no download at build time can be proposed at all.
    """

    library: str
    model: str | None
    loads: tuple[StartLoad, ...]
    message: str
    mild: bool
    no_fix: str | None

    @property
    def named(self) -> str:
        """The model as messages name it: ``base`` alone says nothing."""
        load = self.loads[0].load
        return named_model(load.entry, load.kind, self.model or "")


def named_model(entry: Entry, kind: str, model: str) -> str:
    """A model as messages name it."""
    noun = f"the {_NOUNS[kind]} " if entry.grammar == "name" and kind in ("weights", "package") else ""
    return f"{noun}{shown(model)}"


@fact
def pending_downloads(build: Build) -> tuple[Pending, ...]:
    """The models that a container downloads, in the order in which the code names them first."""
    found = [item for item in start_loads(build) if not item.load.entry.is_forbidden(item.start.environment)]
    if not found:
        return ()
    certain = {
        (item.load.library, item.load.model) for item in found if item.load.certain and not _is_general(item, found)
    }
    there = baked(build)
    # What a RUN downloads into a cache mount is reported there, as the mistake that it is.
    mounted = _in_cache_mounts(build)
    found = [item for item in found if item.load.model not in mounted]
    groups: dict[tuple[str, str | None], list[StartLoad]] = {}
    for item in found:
        library, model = item.load.library, item.load.model
        if (library, model) in certain:
            groups.setdefault((library, model), []).append(item)
        elif not _is_there(build, there, item):  # one of several, of which the code takes one: that is one finding
            groups.setdefault((library, None), []).append(item)
    return tuple(
        _pending(build, library, model, tuple(loads))
        for (library, model), loads in groups.items()
        if not all(_is_there(build, there, item) for item in loads)
    )


def _in_cache_mounts(build: Build) -> set[str]:
    """The models that a RUN downloads into a cache mount."""
    if "type=cache" not in build.text.content:
        return set()
    from prebake.build.models.unusedbakes import unused_bakes

    return {model for item in unused_bakes(build) if item.kind == "mount" for model in item.fetch.models}


def _is_general(item: StartLoad, found: Sequence[StartLoad]) -> bool:
    """Whether one call of a download by URL serves many files: which of them are needed is decided at run time."""
    load = item.load
    if load.entry.source != "the internet":
        return False
    site = (load.path, load.span.start)
    return len({other.load.model for other in found if (other.load.path, other.load.span.start) == site}) > _NAMED


def _is_there(build: Build, there: Baked, item: StartLoad) -> bool:
    """Whether the image has what a start would download."""
    load = item.load
    if there.covers(load):
        return True
    if load.kind == "package" and load.model is not None and _is_installed(build, load.model):
        return True
    if load.entry.in_hub_cache:
        return False
    folders = [load.folder(item.start.environment, home, item.start.directory) for home in _homes(item)]
    return any(folder is not None and folder.startswith("/") and _brings(build, folder) for folder in folders)


def _is_installed(build: Build, package: str) -> bool:
    """Whether an install brings a package of this name, as that of a pipeline of spaCy."""
    name = package.lower().replace("_", "-")
    return any(item.name == name for item in listed(build))


def _homes(item: StartLoad) -> tuple[str, ...]:
    return tuple(dict.fromkeys((item.start.home, "/root")))


def _brings(build: Build, place: str) -> bool:
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


def _pending(build: Build, library: str, model: str | None, loads: tuple[StartLoad, ...]) -> Pending:
    where = _places(build, loads)
    entry = loads[0].load.entry
    source, kind = entry.source, min((item.load.kind for item in loads), key=list(_NOUNS).index)
    if model is None:
        named = f"a {_NOUNS.get(kind, kind)} from {source}"
    elif "://" in model:
        named = shown(model)
    else:
        named = f"{named_model(entry, kind, model)} from {source}" + ("" if entry.in_hub_cache else f" with {library}")
    volume, declared = _volume(loads), _declared(build, loads)
    if model is None:
        said, reason = _unknown(loads)
        who = "each new container may download" if volume is None else "the container may download"
        into = "" if volume is None else f" into the volume that compose mounts at {volume}"
        message = f"{who} {named} with {library}{into} ({where}): {said}"
        return Pending(library, None, loads, message, True, reason)
    if not loads[0].load.valid:
        message = f"{library} is told to load {shown(model)} ({where}), which is no id of {source}"
        reason = f"the id is not one that {source} allows, so it is not put into a command"
        return Pending(library, model, loads, message, True, reason)
    if volume is not None:
        message = (
            f"the container downloads {named} into the volume that compose mounts at {volume} ({where}): the first "
            "start on each host waits for it"
        )
        reason = f"compose mounts {volume}: the project keeps its models in a volume, which hides what the image has"
        return Pending(library, model, loads, message, True, reason)
    if declared is not None:
        message = (
            f"each new container downloads {named} into the VOLUME {declared} ({where}), unless a named volume with it "
            "is mounted there"
        )
        reason = f"the image declares a VOLUME at {declared}: what it has there is copied to each new volume, or hidden"
        return Pending(library, model, loads, message, True, reason)
    perhaps = _perhaps(build, loads)
    if perhaps is not None:
        message = (
            f"the container downloads {named} into a folder that is known at run time only, perhaps that of the "
            f"volume at {perhaps} ({where})"
        )
        reason = "the code passes a folder for its downloads whose value is not known"
        return Pending(library, model, loads, message, True, reason)
    if all(_is_fallback(build, item) for item in loads):
        message = f"a new container downloads {named} when it does not find the model on disk ({where})"
        reason = "the code looks for the model on disk first, and the image may have it there"
        return Pending(library, model, loads, message, True, reason)
    if all(item.load.assumed for item in loads):
        message = (
            f"each new container downloads {named} ({where}), the default of {entry.release}: name the model and its "
            "revision in the code, and download it at build time"
        )
        reason = f"other releases than {entry.release} take another default: name the model in the code first"
        return Pending(library, model, loads, message, True, reason)
    if all(item.load.entry.mild for item in loads):
        message = f"a new container may download {named} ({where}): {entry.mild}"
        return Pending(library, model, loads, message, True, entry.no_fix)
    if all(item.load.kind == "dataset" for item in loads):
        message = f"a new container downloads the dataset {named} when it gets there ({where})"
        return Pending(library, model, loads, message, True, entry.no_fix)
    if all(item.load.kind in _SMALL for item in loads):
        kinds = " and ".join(sorted({item.load.kind for item in loads}))
        message = (
            f"each new container downloads the {kinds} of {named} ({where}): small, but it cannot start without network"
        )
        return Pending(library, model, loads, message, True, entry.no_fix)
    them = "them" if entry.grammar == "text" else "it"
    message = (
        f"each new container downloads {named} before it can use {them} ({where}): download {them} once, at "
        "build time, in a layer above the code"
    )
    return Pending(library, model, loads, message, False, _reason(loads))


def _reason(loads: Sequence[StartLoad]) -> str | None:
    """Why no download at build time can be proposed, with what is to be done instead."""
    load = loads[0].load
    if load.entry.no_fix is not None:
        return load.entry.no_fix
    if load.words and not load.entry.in_hub_cache:
        return f"run {load.name} in a RUN above the code instead, with the same folder and user"
    return None


def _unknown(loads: Sequence[StartLoad]) -> tuple[str, str]:
    models = list(dict.fromkeys(shown(item.load.model) for item in loads if item.load.model is not None))
    if len(models) == 1 and all(item.load.model is not None for item in loads):
        return f"whether it needs {models[0]} is known at run time only", "whether it is used is known at run time only"
    if models:
        more = "" if len(models) <= _NAMED else f" and {len(models) - _NAMED} more"
        said = f"the code chooses at run time ({', '.join(models[:_NAMED])}{more})"
        return said, "which of several models is used is known at run time only"
    names = sorted({item.load.variable for item in loads if item.load.variable})
    if names:
        which = shown(names[0])
        said = f"the environment variable {which} decides which, and its value is not known"
        return said, f"no value of {which} is known: set it with ENV, or give a default in the code"
    sources = sorted({item.load.source for item in loads if item.load.source})
    if sources:
        said = f"its id comes from {shown(sources[0])}"
        return said, f"the id of the model comes from {shown(sources[0])}: nothing says which one to put into the image"
    if all(item.load.name.endswith(".pipeline") for item in loads):
        said = "which one is not in the code, or the default of the installed release"
    else:
        said = "which one is known at run time only"
    return said, (
        "the id of the model is not known before the code runs: where an image is made for one model, name it with "
        "ENV, and download it in a RUN"
    )


def _places(build: Build, loads: Sequence[StartLoad]) -> str:
    sites = [
        f"{build.relative(item.load.path)}:{item.load.span.start.line + 1}"
        if item.load.in_file
        else item.load.name
        if item.load.words
        else "python -c"
        for item in loads
    ]
    distinct = list(dict.fromkeys(sites))
    return ", ".join(distinct[:3]) + (f" and {len(distinct) - 3} more" if len(distinct) > 3 else "")


def _volume(loads: Sequence[StartLoad]) -> str | None:
    """The place of a compose volume over the folder that the code downloads to, if all its services have one."""
    found = None
    for item in (each for every in loads for each in every.each):
        service = item.start.service
        if service is None:
            return None
        place = next((v.target for v in service.volumes if any(overlaps(f, v.target) for f in _folders(item))), None)
        if place is None:
            return None
        found = place
    return found


def _perhaps(build: Build, loads: Sequence[StartLoad]) -> str | None:
    """The first place of a volume, where the code passes folders that are not known: it may be theirs."""
    own = [item.load.target or item.load.cache for item in loads]
    if not all(value is not None and value.text is None for value in own):
        return None
    mounted = [
        volume.target for item in loads if item.start.service is not None for volume in item.start.service.volumes
    ]
    return next(iter((*_volume_places(build), *mounted)), None)


def _volume_places(build: Build) -> list[str]:
    """The places that VOLUME instructions of the image declare."""
    return [
        join(states(build)[instruction.index].directory or "/", text)
        for stage in final_chain(build)
        for instruction in stage.instructions
        if instruction.keyword == "VOLUME"
        for word in (instruction.words if instruction.json is None else instruction.json)
        if (text := states(build)[instruction.index].expand(getattr(word, "raw", word.value), build.tree.escape))
    ]


def _declared(build: Build, loads: Sequence[StartLoad]) -> str | None:
    """The place that a VOLUME instruction of the image declares over the folder of all downloads."""
    places = _volume_places(build)
    found = None
    for item in loads:
        found = next((place for place in places if any(overlaps(f, place) for f in _folders(item))), None)
        if found is None:
            return None
    return found


def _folders(item: StartLoad) -> tuple[str, ...]:
    own = item.load.target or item.load.cache
    if own is not None and own.text is not None:
        if own.text.startswith("~/"):  # not every library takes that for the home folder
            return tuple(join(home, own.text[2:]) for home in _homes(item))
        return (join(item.start.directory, own.text),)
    if item.load.entry.folders:
        places = (item.load.folder(item.start.environment, home, item.start.directory) for home in _homes(item))
        return tuple(place for place in places if place is not None and place.startswith("/"))
    return tuple(folder for home in _homes(item) for folder in cache_folders(item.start.environment, home))


def _is_fallback(build: Build, item: StartLoad) -> bool:
    """Whether the code looks for the model at a path first that the image has, or that nobody knows."""
    for path in item.load.alternatives:
        if path is None:
            return True
        place = join(item.start.directory, path)
        if any(place.lower() in text for text in baked(build).texts) or _has(build, place):
            return True
        service = item.start.service
        if service is not None and any(overlaps(place, volume.target) for volume in service.volumes):
            return True
    return False


def _has(build: Build, place: str) -> bool:
    return _brings(build, place) or final_state(build).directory is None
