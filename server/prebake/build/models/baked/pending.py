"""The models that containers still download, by library and model."""

from __future__ import annotations

from collections.abc import Sequence

from prebake.build.build import Build, fact
from prebake.build.models.baked.presence import in_image
from prebake.build.models.baked.weighing import named_model, weighed
from prebake.build.models.loads.starts import StartLoad, start_loads
from prebake.records import NamedTuple

_MANY = 3
"""More files than one call downloads as a rule."""


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


@fact
def pending_downloads(build: Build) -> tuple[Pending, ...]:
    """The models that a container downloads, in the order in which the code names them first."""
    found = [
        item
        for item in start_loads(build)
        if not all(item.load.entry.is_forbidden(each.start.environment) for each in item.each)
    ]
    if not found:
        return ()
    certain = {
        (item.load.library, item.load.model) for item in found if item.load.certain and not _is_general(item, found)
    }
    # What a RUN downloads into a cache mount is reported there, as the mistake that it is.
    mounted = _in_cache_mounts(build)
    found = [item for item in found if item.load.model not in mounted]
    groups: dict[tuple[str, str | None], list[StartLoad]] = {}
    for item in found:
        library, model = item.load.library, item.load.model
        if (library, model) in certain:
            groups.setdefault((library, model), []).append(item)
        elif in_image(build, item) is False:  # one of several, of which the code takes one: that is one finding
            groups.setdefault((library, None), []).append(item)
    return tuple(
        Pending(library, model, tuple(loads), *weighed(build, library, model, tuple(loads)))
        for (library, model), loads in groups.items()
        if any(in_image(build, item) is False for item in loads)
    )


def _in_cache_mounts(build: Build) -> set[str]:
    """The models that a RUN downloads into a cache mount."""
    if "type=cache" not in build.text.content:
        return set()
    from prebake.build.models.baked.unused import unused_bakes

    return {model for item in unused_bakes(build) if item.kind == "mount" for model in item.fetch.models}


def _is_general(item: StartLoad, found: Sequence[StartLoad]) -> bool:
    """Whether one call of a download by URL serves many files: which of them are needed is decided at run time."""
    load = item.load
    if load.entry.source != "the internet":
        return False
    site = (load.path, load.span.start)
    return len({other.load.model for other in found if (other.load.path, other.load.span.start) == site}) > _MANY
