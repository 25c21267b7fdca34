"""How much a download at start matters, and what there is to say of it."""

from __future__ import annotations

from collections.abc import Callable

from prebake.build.build import Build
from prebake.build.models.baked.baked import baked
from prebake.build.models.baked.presence import brings
from prebake.build.models.baked.volumes import compose_volume, declared_volume, perhaps_volume
from prebake.build.models.hub.cache import overlaps
from prebake.build.models.loads.starts import StartLoad
from prebake.build.models.safetext import shown
from prebake.build.startup import final_state
from prebake.files import join
from prebake.project.models.catalogue import Entry
from prebake.records import NamedTuple

_NAMED = 3
"""How many things a message names."""

_NOUNS = {
    "weights": "model",
    "tokenizer": "tokenizer",
    "config": "configuration",
    "dataset": "dataset",
    "package": "package",
}


def named_model(entry: Entry, kind: str, model: str) -> str:
    """A model as messages name it."""
    noun = f"the {_NOUNS[kind]} " if entry.grammar == "name" and kind in ("weights", "package") else ""
    return f"{noun}{shown(model)}"


class Weighed(NamedTuple):
    """What to say, whether it is information only, and why no download at build time can be proposed at all."""

    message: str
    mild: bool
    no_fix: str | None


class _Downloaded(NamedTuple):
    """One model that containers download, and the calls that do it; ``where`` names their places."""

    build: Build
    library: str
    model: str | None
    loads: tuple[StartLoad, ...]
    where: str

    @property
    def named(self) -> str:
        entry = self.loads[0].load.entry
        kind = min((item.load.kind for item in self.loads), key=list(_NOUNS).index)
        if self.model is None:
            return f"a {_NOUNS[kind]} from {entry.source}"
        if "://" in self.model:
            return shown(self.model)
        alone = f"{named_model(entry, kind, self.model)} from {entry.source}"
        return alone if entry.in_hub_cache else f"{alone} with {self.library}"


_Reason = tuple[str, str | None]
"""A message, and why no download at build time can be proposed."""


def weighed(build: Build, library: str, model: str | None, loads: tuple[StartLoad, ...]) -> Weighed:
    """How much it matters that containers download a model; ``None`` stands for those whose id is not known."""
    item = _Downloaded(build, library, model, loads, _places(build, loads))
    for mild in _MILD:
        found = mild(item)
        if found is not None:
            return Weighed(found[0], True, found[1])
    entry = loads[0].load.entry
    them = "them" if entry.grammar == "text" else "it"
    message = (
        f"each new container downloads {item.named} before it can use {them} ({item.where}): download {them} once, at "
        "build time, in a layer above the code"
    )
    return Weighed(message, False, _by_hand(loads))


def _by_hand(loads: tuple[StartLoad, ...]) -> str | None:
    """What is to be done where prebake cannot propose it."""
    load = loads[0].load
    if load.entry.no_fix is None and load.words and not load.entry.in_hub_cache:
        return f"run {load.name} in a RUN above the code instead, with the same folder and user"
    return load.entry.no_fix


def _places(build: Build, loads: tuple[StartLoad, ...]) -> str:
    sites = [
        f"{build.relative(item.load.path)}:{item.load.span.start.line + 1}"
        if item.load.in_file
        else item.load.name
        if item.load.words
        else "python -c"
        for item in loads
    ]
    return _listed(list(dict.fromkeys(sites)))


def _listed(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED} more" if len(names) > _NAMED else "")


def _of_unknown_id(item: _Downloaded) -> _Reason | None:
    if item.model is not None:
        return None
    said, reason = _unknown(item.loads)
    volume = compose_volume(item.loads)
    who = "each new container may download" if volume is None else "the container may download"
    into = "" if volume is None else f" into the volume that compose mounts at {volume}"
    return f"{who} {item.named} with {item.library}{into} ({item.where}): {said}", reason


def _unknown(loads: tuple[StartLoad, ...]) -> tuple[str, str]:
    """Why an id is not known, for the message and as the reason."""
    models = list(dict.fromkeys(shown(item.load.model) for item in loads if item.load.model is not None))
    if len(models) == 1 and all(item.load.model is not None for item in loads):
        return f"whether it needs {models[0]} is known at run time only", "whether it is used is known at run time only"
    if models:
        said = f"the code chooses at run time ({_listed(models)})"
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


def _of_no_id(item: _Downloaded) -> _Reason | None:
    load = item.loads[0].load
    if load.valid or item.model is None:
        return None
    return (
        f"{item.library} is told to load {shown(item.model)} ({item.where}), which is no id of {load.entry.source}",
        f"the id is not one that {load.entry.source} allows, so it is not put into a command",
    )


def _into_volume_of_compose(item: _Downloaded) -> _Reason | None:
    volume = compose_volume(item.loads)
    if volume is None:
        return None
    return (
        f"the container downloads {item.named} into the volume that compose mounts at {volume} ({item.where}): the "
        "first start on each host waits for it",
        f"compose mounts {volume}: the project keeps its models in a volume, which hides what the image has",
    )


def _into_volume_of_image(item: _Downloaded) -> _Reason | None:
    declared = declared_volume(item.build, item.loads)
    if declared is None:
        return None
    return (
        f"each new container downloads {item.named} into the VOLUME {declared} ({item.where}), unless a named volume "
        "with it is mounted there",
        f"the image declares a VOLUME at {declared}: what it has there is copied to each new volume, or hidden",
    )


def _into_volume_perhaps(item: _Downloaded) -> _Reason | None:
    perhaps = perhaps_volume(item.build, item.loads)
    if perhaps is None:
        return None
    return (
        f"the container downloads {item.named} into a folder that is known at run time only, perhaps that of the "
        f"volume at {perhaps} ({item.where})",
        "the code passes a folder for its downloads whose value is not known",
    )


def _as_fallback(item: _Downloaded) -> _Reason | None:
    if not all(_is_fallback(item.build, load) for load in item.loads):
        return None
    return (
        f"a new container downloads {item.named} when it does not find the model on disk ({item.where})",
        "the code looks for the model on disk first, and the image may have it there",
    )


def _is_fallback(build: Build, item: StartLoad) -> bool:
    """Whether the code looks for the model at a path first that the image has, or that nobody knows."""
    for path in item.load.alternatives:
        if path is None or final_state(build).directory is None:
            return True
        place = join(item.start.directory, path)
        if any(place.lower() in text for text in baked(build).texts) or brings(build, place):
            return True
        service = item.start.service
        if service is not None and any(overlaps(place, volume.target) for volume in service.volumes):
            return True
    return False


def _as_default(item: _Downloaded) -> _Reason | None:
    if not all(load.load.assumed for load in item.loads):
        return None
    release = item.loads[0].load.entry.release
    return (
        f"each new container downloads {item.named} ({item.where}), the default of {release}: name the model and its "
        "revision in the code, and download it at build time",
        f"other releases than {release} take another default: name the model in the code first",
    )


def _small(item: _Downloaded) -> _Reason | None:
    """What the catalogue calls mild, datasets, tokenizers and configurations."""
    loads = [each.load for each in item.loads]
    no_fix, kinds = loads[0].entry.no_fix, {load.kind for load in loads}
    if all(load.entry.mild for load in loads):
        return f"a new container may download {item.named} ({item.where}): {loads[0].entry.mild}", no_fix
    if kinds == {"dataset"}:
        return f"a new container downloads the dataset {item.named} when it gets there ({item.where})", no_fix
    if kinds <= {"tokenizer", "config"}:
        message = (
            f"each new container downloads the {' and '.join(sorted(kinds))} of {item.named} ({item.where}): small, "
            "but it cannot start without network"
        )
        return message, no_fix
    return None


_MILD: tuple[Callable[[_Downloaded], _Reason | None], ...] = (
    _of_unknown_id,
    _of_no_id,
    _into_volume_of_compose,
    _into_volume_of_image,
    _into_volume_perhaps,
    _as_fallback,
    _as_default,
    _small,
)
"""What makes it information only; the first one counts."""
