"""Keeping what the client shows in step with what the engine finds: in open documents at once, in all other Dockerfiles
of the workspace folders when there is time for it.

A client that pulls is told the former when it asks. What is found in files that are not open is kept for it here, from
when it first asks for the workspace.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp.diagnostics import View
from prebake.lsp.progress import Progress
from prebake.lsp.shelf import NOTHING_SHOWN, UNKNOWN, Shelf
from prebake.paths import is_below
from prebake.records import NamedTuple

if TYPE_CHECKING:
    from prebake.engine import Engine
    from prebake.lsp.documents import Document
    from prebake.lsp.language_server import Server

_log = logging.getLogger(__name__)

_EVERYTHING = "*"  # the subject of work that is about all open documents
_QUIET_SECONDS = 0.5
"""Files that are not open are looked at when nothing has been typed for so long."""
_AT_ONCE = 8
"""So many Dockerfiles that a document concerns are checked with it, those nearest to it; the others later."""
_MEASURED = 20
"""Where more Dockerfiles are not open, their contexts are not measured for their sake."""
_REST = 10
"""All that is not open is not checked again, where nobody says what has changed, before this many times as long has
passed as that took.
"""
_WORTH_SHOWING = 30
"""The progress of so many checks is shown."""


class Todo(NamedTuple):
    """What a refresh is about: open documents (``None``: all), files that changed on disk, documents that have been
    closed since the last one and may be open again, contexts whose sizes are others, and Dockerfiles to check for their
    own sake.
    """

    paths: frozenset[str] | None = frozenset()
    on_disk: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    measured: frozenset[str] = frozenset()
    dockerfiles: tuple[str, ...] = ()


class Refreshed(NamedTuple):
    """What a refresh has found: what to push, which files have other diagnostics than before, and the Dockerfiles that
    are to be checked later.
    """

    reports: tuple[types.PublishDiagnosticsParams, ...] = ()
    anew: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


_NOTHING = Refreshed()


class Diagnostics:
    """Decides when what is looked at. For the event loop's thread."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._known = Shelf()
        self._dirty: set[str] = set()
        self._on_disk: set[str] = set()
        self._closed: set[str] = set()
        self._measured: set[str] = set()
        self._all_dirty = False
        self._scheduled = False
        self._refreshing = False
        self._workspace: tuple[str, ...] = ()
        self._unopened: dict[str, None] = {}
        self._last_change = 0.0
        self._rest_until = 0.0
        self._resting: asyncio.TimerHandle | None = None
        self._begun: float | None = None
        self._is_waiting = False
        self._progress: Progress | None = None
        self._waiting: list[asyncio.Future[None]] = []
        self.reported: dict[str, tuple[str, list[types.Diagnostic]]] = {}
        """The diagnostics of files that are not open, each list with a name of its own, for a client that pulls."""
        self._count = 0

    def changed(self, path: str) -> None:
        """An open file's text changed, or it was saved."""
        self._dirty.add(path)
        self._last_change = self._server.loop.time()
        self._schedule()

    def closed(self, document: Document) -> None:
        """A document was closed."""
        if document.path is not None:
            self._closed.add(document.path)
            self.changed(document.path)

    def all_changed(self, paths: Iterable[str] | None = None) -> None:
        """Settings, folders or files on disk have changed. ``paths`` are the files that have; ``None``: all may."""
        if paths is None:
            self._unopened.update(dict.fromkeys(self._workspace))
        else:
            self._on_disk.update(paths)
        self._all_dirty_now()

    def any_file_changed(self) -> None:
        """Files on disk may have changed, nobody knows which: look at all of them, in time."""
        rest = self._rest_until - self._server.loop.time()
        if rest <= 0:
            self._unopened.update(dict.fromkeys(self._workspace))
        elif self._resting is None:
            self._resting = self._server.loop.call_later(rest, self.hurry)
        self._all_dirty_now()

    def hurry(self) -> None:
        """Somebody waits for what :meth:`any_file_changed` has left for later."""
        if self._resting is None:
            return
        self._resting.cancel()
        self._resting = None
        self._unopened.update(dict.fromkeys(self._workspace))
        self._schedule()

    def measured(self, context: str) -> None:
        """The sizes of a context are known, or others than before."""
        self._measured.add(context)
        self._all_dirty_now()

    def _all_dirty_now(self) -> None:
        self._all_dirty = True
        self._server.lens_refreshing.changed()
        self._server.hint_refreshing.changed()
        if self._server.client.pulls:
            self._server.ask_to_pull()
        self._schedule()

    def use_workspace(self, dockerfiles: tuple[str, ...]) -> None:
        """These are the Dockerfiles of the workspace folders now."""
        before, self._workspace = frozenset(self._workspace), dockerfiles
        self._unopened = {path: None for path in self._unopened if path in {*dockerfiles}}
        self._unopened.update((path, None) for path in dockerfiles if path not in before)

    @property
    def is_complete(self) -> bool:
        """Whether nothing waits to be looked at."""
        return not (
            self._unopened or self._refreshing or self._is_dirty or self._scheduled or not self._server.searches.idle
        )

    @property
    def _is_dirty(self) -> bool:
        return bool(self._dirty or self._all_dirty or self._on_disk or self._measured)

    async def news(self) -> None:
        """Wait until diagnostics of files that are not open are others than before, or all have been looked at."""
        future = self._server.loop.create_future()
        self._waiting.append(future)
        await future

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    @property
    def _is_wanted(self) -> bool:
        """Whether anybody wants to know."""
        return not self._server.client.pulls or self._server.is_workspace_wanted

    def _schedule(self) -> None:
        """Refresh once after the messages that have come already, so that a burst of changes costs one refresh."""
        if not self._scheduled and self._is_wanted and self._server.configuration.is_known:
            self._scheduled = True
            self._server.loop.call_soon(self._begin)

    def _begin(self) -> None:
        self._scheduled = False
        if self._refreshing:
            return
        if not self._is_dirty:
            self._begin_unopened()
            return
        if self._server.client.pulls and self._wait():  # what is open is asked for by the client itself
            return
        paths = None if self._all_dirty else frozenset(self._dirty)
        subject = _EVERYTHING if paths is None or len(paths) > 1 else next(iter(paths), _EVERYTHING)
        todo = Todo(paths, frozenset(self._on_disk), frozenset(self._closed), frozenset(self._measured))
        self._dirty.clear()
        self._measured.clear()
        self._on_disk.clear()
        self._closed.clear()
        self._all_dirty = False
        if not (self._workspace or todo.paths or todo.closed or self._known.shown) and self._server.documents.is_empty:
            self._next()  # nobody has anything to do with Dockerfiles: the engine is not even loaded
            return
        work = partial(self._refresh, todo=todo, workspace=frozenset(self._workspace))
        try:
            done = self._server.analysis.try_now(subject, work, _NOTHING)
        except Exception:
            _log.exception("the analysis failed")
            return
        if done is not None:
            self._take(done[0])
            self._next()
            return
        self._refreshing = True
        self._server.spawn(self._refresh_in_worker(subject, work))

    async def _refresh_in_worker(self, subject: str, work: Callable[[Engine], Refreshed]) -> None:
        try:
            self._take(await self._server.analysis.run(subject, work, _NOTHING, patient=False))
        finally:
            self._refreshing = False
            self._next()

    def _next(self) -> None:
        if self._is_dirty or self._unopened:
            self._schedule()
        else:
            self._tell()

    def _take(self, found: Refreshed) -> None:
        self._unopened.update(dict.fromkeys(found.later))
        for report in found.reports:
            self._server.text_document_publish_diagnostics(report)
        if found.anew and self._server.client.pulls:
            for path in found.anew:
                items = self._known.items(path)
                if items:
                    self._count += 1
                    self.reported[path] = (str(self._count), items)
                else:
                    self.reported.pop(path, None)
            self._tell()

    def _begin_unopened(self) -> None:
        """Check the next Dockerfile that is not open, unless there is something better to do."""
        if not self._unopened or self._wait():
            return
        if self._begun is None:
            self._begun = self._server.loop.time()
            if len(self._unopened) >= _WORTH_SHOWING:
                self._progress = Progress(
                    self._server, "Checking the Dockerfiles of the workspace", self._unopened.clear
                )
        dockerfile = next(iter(self._unopened))
        del self._unopened[dockerfile]
        if self._progress is not None:
            self._progress.report(f"{len(self._unopened) + 1} left")
        todo = Todo(dockerfiles=(dockerfile,))
        self._refreshing = True
        work = partial(self._refresh, todo=todo, workspace=frozenset(self._workspace))
        self._server.spawn(self._check(work))

    def _wait(self) -> bool:
        """Whether there is something better to do than to look at what is not open. That is looked at later then."""
        if not self._is_waiting:
            rest = self._last_change + _QUIET_SECONDS - self._server.loop.time()
            if rest <= 0 and not (self._server.scans.idle and self._server.analysis.idle):
                rest = _QUIET_SECONDS
            if rest <= 0:
                return False
            self._is_waiting = True
            self._server.loop.call_later(rest, self._waited)
        return True

    def _waited(self) -> None:
        self._is_waiting = False
        self._schedule()

    async def _check(self, work: Callable[[Engine], Refreshed]) -> None:
        measures = len(self._workspace) <= _MEASURED
        try:
            with_sizes = work if measures else partial(self._server.scans.without_measuring, work)
            self._take(await self._server.analysis.run_in_worker(with_sizes, _NOTHING))
        finally:
            self._refreshing = False
            if not self._unopened and self._begun is not None:
                now = self._server.loop.time()
                self._rest_until = now + _REST * (now - self._begun)
                self._begun = None
                if self._progress is not None:
                    self._progress.end("done")
                    self._progress = None
            self._next()

    def _refresh(self, engine: Engine, todo: Todo, workspace: frozenset[str]) -> Refreshed:
        """Check what has to be, and say what is to be shown anew. Does work on the engine."""
        view, known = View(self._server, engine), self._known
        known.shown |= dict.fromkeys(todo.closed, UNKNOWN)
        open_paths = self._server.analysis.documents.keys()
        changed = {*open_paths} if todo.paths is None else {path for path in todo.paths if path in open_paths}
        touched = changed | todo.closed
        stale: dict[str, None] = dict.fromkeys(todo.dockerfiles)
        later: dict[str, None] = {}
        unknown: set[str] = set()
        for path in [path for path in known.concerned if path not in open_paths]:
            self._sort(path, known.concerned.pop(path), open_paths, stale, later)
            touched.add(path)
        for path in changed:
            known.concerned[path] = view.dockerfiles(path)
            if self._server.analysis.is_searching:
                unknown.add(path)
            self._sort(path, known.concerned[path], open_paths, stale, later)
        for path in todo.on_disk if workspace else ():
            later.update(dict.fromkeys(view.dockerfiles(path)))
            later.update((dockerfile, None) for dockerfile in workspace if is_below(dockerfile, path))
        for dockerfile, contexts in known.contexts.items() if todo.measured else ():
            if contexts & todo.measured:
                later[dockerfile] = None
        tracked = {*workspace, *(dockerfile for found in known.concerned.values() for dockerfile in found)}
        touched |= known.keep(tracked)
        for dockerfile in stale:
            if dockerfile in tracked:
                touched |= known.put(dockerfile, view.by_path(dockerfile))
                known.contexts[dockerfile] = frozenset(context.root for context in engine.check(dockerfile).contexts)
        reports: list[types.PublishDiagnosticsParams] = []
        anew: list[str] = []
        versions = self._server.client.reads_versions
        for path in sorted(touched):
            uri, before = view.uri(path), known.uris.pop(path, None)
            items = known.items(path)
            version = view.version(path)
            shown = (version, items) if items or path in known.concerned else NOTHING_SHOWN
            if before not in (None, uri):  # a folder came or went, or a client names an opened file in another way
                reports.append(types.PublishDiagnosticsParams(before, []))
                known.shown.pop(path, None)
            if shown != NOTHING_SHOWN:
                known.uris[path] = uri
            if path in unknown and not items:
                continue  # better nothing than that there is nothing
            if shown == known.shown.get(path, NOTHING_SHOWN):
                continue
            known.shown[path] = shown
            if shown == NOTHING_SHOWN:
                del known.shown[path]
            reports.append(types.PublishDiagnosticsParams(uri, items, version if versions else None))
            anew.append(path)
        if self._server.client.pulls:
            reports.clear()
        return Refreshed(
            tuple(reports), tuple(anew), tuple(path for path in later if path in tracked and path not in stale)
        )

    def _sort(
        self,
        path: str,
        dockerfiles: tuple[str, ...],
        open_paths: Iterable[str],
        stale: dict[str, None],
        later: dict[str, None],
    ) -> None:
        """What of the Dockerfiles that a document concerns is to be checked now, and what later."""
        first = {dockerfile for dockerfile in dockerfiles if dockerfile in open_paths}
        if len(dockerfiles) > _AT_ONCE:
            first |= {*sorted(dockerfiles, key=lambda dockerfile: -_nearness(dockerfile, path))[:_AT_ONCE]}
            later.update((dockerfile, None) for dockerfile in dockerfiles if dockerfile not in first)
            dockerfiles = tuple(dockerfile for dockerfile in dockerfiles if dockerfile in first)
        stale.update(dict.fromkeys(dockerfiles))


def _nearness(one: str, other: str) -> int:
    """How many folders two paths share."""
    count = 0
    for left, right in zip(one.split("/")[:-1], other.split("/")[:-1], strict=False):
        if left != right:
            break
        count += 1
    return count
