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


class _Asked(NamedTuple):
    """A download, and the loads of the same model."""

    build: Build
    fetch: Fetch
    stored: Stored | None
    loads: tuple[StartLoad, ...]

    def unused(self, kind: str, message: str, expected: str | None = None) -> Unused:
        related = tuple(
            Related(Location(item.load.path, item.load.span), f"{item.load.call} looks for it here")
            for item in self.loads
            if item.load.in_file
        )
        return Unused(kind, self.fetch, self.stored, message, related, expected=expected)

    def called(self, item: StartLoad) -> str:
        """A load, for messages."""
        load = item.load
        if not load.in_file:
            return load.call
        return f"{load.call} ({self.build.relative(load.path)}:{load.span.start.line + 1})"


def against_loads(build: Build, fetch: Fetch, stored: Stored | None) -> Unused | None:
    """What the code asks for in another way than it was downloaded."""
    if fetch.step.program not in ("hf", "huggingface-cli") or len(fetch.models) != 1:
        return None
    model = fetch.models[0]
    loads = tuple(
        item
        for item in start_loads(build)
        if item.load.model == model and item.load.variable is None and item.load.certain and not item.load.alternatives
    )
    if not loads or any(other is not fetch for other in _fetches_of(build, model)):
        return None
    asked = _Asked(build, fetch, stored, loads)
    return next((found for check in (_to_folder, _filtered, _of_revision) if (found := check(asked))), None)


def _fetches_of(build: Build, model: str) -> Iterator[Fetch]:
    for instruction in build.tree.instructions:
        for fetch in fetches_at(build, instruction) if instruction.keyword == "RUN" else ():
            if model in fetch.models or not fetch.models:
                yield fetch


def _to_folder(asked: _Asked) -> Unused | None:
    """Plain files, and code that asks for the id."""
    fetch, loads = asked.fetch, asked.loads
    if not has_option(fetch, "--local-dir") or any(item.load.target or item.load.cache for item in loads):
        return None
    folder = asked.stored.folder if asked.stored is not None else "a folder of its own"
    return asked.unused(
        "option",
        f"{fetch.subject} downloads {fetch.named} to {folder} as plain files, but {asked.called(loads[0])} asks for it "
        "by its id and looks in the hub's cache: it is downloaded again there. Leave out --local-dir, or load from "
        "that folder",
    )


def _filtered(asked: _Asked) -> Unused | None:
    """Some files, and code that asks for all of them."""
    fetch = asked.fetch
    whole = [item for item in asked.loads if item.load.name.endswith("snapshot_download") and not item.load.filtered]
    if not whole or not has_option(fetch, *_FILTERS):
        return None
    return asked.unused(
        "filter",
        f"{fetch.subject} downloads some files of {fetch.named} only, but {asked.called(whole[0])} asks for all of "
        "them: the rest is downloaded at each start, and without network it fails with IncompleteSnapshotError. Use "
        "the same patterns for both",
    )


def _of_revision(asked: _Asked) -> Unused | None:
    """One revision, and code that asks for another."""
    fetch = asked.fetch
    own = option_of(fetch, "--revision")
    if own is None and has_option(fetch, "--revision"):
        return None
    own = own or "main"
    wanted = ["main" if item.load.revision is None else item.load.revision.text for item in asked.loads]
    if wanted[0] is None or None in wanted or own in wanted:
        return None
    return asked.unused(
        "revision",
        f"{fetch.subject} downloads revision {own} of {fetch.named}, but {asked.called(asked.loads[0])} asks for "
        f"{wanted[0]}: the hub's cache knows revisions by the text they were asked for with, so that the container "
        "downloads it again. Use the same text for both",
        wanted[0],
    )
