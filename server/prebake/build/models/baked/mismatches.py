"""Models that the code asks for in another way than the build has downloaded them."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.build.build import Build
from prebake.build.models.loads.starts import StartLoad, start_loads
from prebake.build.models.runs.fetches import Fetch, fetches_at, has_option, option_of
from prebake.build.models.runs.places import Stored
from prebake.findings import Location, Related
from prebake.records import NamedTuple
from prebake.syntax.tokens import Flag

_FILTERS = ("--include", "--exclude")


class Unused(NamedTuple):
    """A download whose result the container does not use.

    ``kind`` is ``mount`` (a cache mount), ``volume`` (VOLUME), ``compose``, ``user``, ``variable``, ``option`` (a
    folder that was named for it), ``filter`` or ``revision``. ``message`` is the whole message; ``mild``: it may be
    found all the same. ``flag`` is the mount; ``expected`` the variable, or the revision, that the code goes by.
    """

    kind: str
    fetch: Fetch
    stored: Stored | None
    message: str
    related: tuple[Related, ...] = ()
    mild: bool = False
    flag: Flag | None = None
    expected: str | None = None


def against_loads(build: Build, fetch: Fetch, stored: Stored | None) -> Unused | None:
    """What the code asks for in another way than it was downloaded."""
    if fetch.step.program not in ("hf", "huggingface-cli") or len(fetch.models) != 1:
        return None
    model = fetch.models[0]
    again = [other for other in _fetches_of(build, model) if other is not fetch]
    loads = [
        item
        for item in start_loads(build)
        if item.load.model == model and item.load.variable is None and item.load.certain and not item.load.alternatives
    ]
    if again or not loads:
        return None
    related = tuple(
        Related(Location(item.load.path, item.load.span), f"{item.load.call} looks for it here")
        for item in loads
        if item.load.in_file
    )
    return (
        _by_option(build, fetch, stored, loads, related)
        or _by_filter(build, fetch, stored, loads, related)
        or _by_revision(build, fetch, stored, loads, related)
    )


def _fetches_of(build: Build, model: str) -> Iterator[Fetch]:
    for instruction in build.tree.instructions:
        for fetch in fetches_at(build, instruction) if instruction.keyword == "RUN" else ():
            if model in fetch.models or not fetch.models:
                yield fetch


def _by_option(
    build: Build, fetch: Fetch, stored: Stored | None, loads: list[StartLoad], related: tuple[Related, ...]
) -> Unused | None:
    if not has_option(fetch, "--local-dir") or any(item.load.target or item.load.cache for item in loads):
        return None
    folder = stored.folder if stored is not None else "a folder of its own"
    message = (
        f"{fetch.subject} downloads {fetch.named} to {folder} as plain files, but {_calls(build, loads)} asks for it "
        "by its id and looks in the hub's cache: it is downloaded again there. Leave out --local-dir, or load from "
        "that folder"
    )
    return Unused("option", fetch, stored, message, related)


def _by_filter(
    build: Build, fetch: Fetch, stored: Stored | None, loads: list[StartLoad], related: tuple[Related, ...]
) -> Unused | None:
    whole = [item for item in loads if item.load.name.endswith("snapshot_download") and not item.load.filtered]
    if not whole or not has_option(fetch, *_FILTERS):
        return None
    message = (
        f"{fetch.subject} downloads some files of {fetch.named} only, but {_calls(build, whole)} asks for all of them: "
        "the rest is downloaded at each start, and without network it fails with IncompleteSnapshotError. Use the same "
        "patterns for both"
    )
    return Unused("filter", fetch, stored, message, related)


def _by_revision(
    build: Build, fetch: Fetch, stored: Stored | None, loads: list[StartLoad], related: tuple[Related, ...]
) -> Unused | None:
    if has_option(fetch, "--revision") and option_of(fetch, "--revision") is None:
        return None
    own = option_of(fetch, "--revision") or "main"
    for item in loads:
        wanted = "main" if item.load.revision is None else item.load.revision.text
        if wanted is None or wanted == own:
            return None
    asked = loads[0].load.revision
    wanted = "main" if asked is None or asked.text is None else asked.text
    message = (
        f"{fetch.subject} downloads revision {own} of {fetch.named}, but {_calls(build, loads)} asks for {wanted}: the "
        "hub's cache knows revisions by the text they were asked for with, so that the container downloads it again. "
        "Use the same text for both"
    )
    return Unused("revision", fetch, stored, message, related, expected=wanted)


def _calls(build: Build, loads: list[StartLoad]) -> str:
    load = loads[0].load
    return f"{load.call} ({build.relative(load.path)}:{load.span.start.line + 1})" if load.in_file else load.call
