"""Looking for the Dockerfiles of a project in the background: what is known is answered at once."""

from __future__ import annotations

import asyncio
import logging
import posixpath
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from prebake.lsp.progress import Progress
from prebake.lsp.work import Worker
from prebake.paths import is_below

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prebake.lsp.language_server import Server

_log = logging.getLogger(__name__)

_REST = 10
"""A folder is not searched again before this many times as long has passed as the last search took."""
_MOST_IN_VAIN = 2_000
"""Where so many folders, from the top down, have no Dockerfile, there is none: that takes a fraction of a second."""
_MOST_DOCKERFILES = 2_000
_SHOWN_AFTER = 1.0
"""Searches that take longer (seconds) are shown to the user."""


@dataclass
class _Known:
    """What a search has found."""

    dockerfiles: tuple[str, ...]
    rest_until: float
    touched: bool = False
    is_resting: bool = False


class Searches:
    """The engine's finder, and the thread behind it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._worker = Worker("search")
        self._known: dict[str, _Known] = {}
        self._running: dict[str, threading.Event] = {}
        self._waiting: list[asyncio.Future[None]] = []
        self._lock = threading.Lock()

    @property
    def idle(self) -> bool:
        """Whether no search is going on."""
        return not self._running

    def find(self, folder: str) -> tuple[str, ...] | None:
        """The Dockerfiles below a folder that are known; ``None`` when it is being searched. For any thread."""
        with self._lock:
            known = self._known.get(folder)
            if known is None:
                self._begin(folder)
                return None
            if known.touched and not known.is_resting:
                rest = known.rest_until - time.monotonic()
                if rest <= 0:
                    self._begin(folder)
                else:
                    known.is_resting = True
                    self._server.later(self._rest, rest, folder)
            return known.dockerfiles

    def touched(self, paths: Iterable[str] | None) -> None:
        """Files were created, changed or deleted (``None``: nobody knows which): where a Dockerfile may be among them,
        search again, in time. In the event loop's thread.
        """
        changed = None if paths is None else [path for path in paths if _may_hold_dockerfiles(path)]
        for folder in list(self._known):
            if changed is None or any(is_below(path, folder) or is_below(folder, path) for path in changed):
                self._known[folder].touched = True
                self.find(folder)

    async def settled(self) -> None:
        """Wait until no search is going on. In the event loop's thread."""
        while self._running:
            future = self._server.loop.create_future()
            self._waiting.append(future)
            await future

    def stop(self) -> None:
        """End all searches."""
        with self._lock:
            for stop in self._running.values():
                stop.set()

    def _rest(self, seconds: float, folder: str) -> None:
        self._server.loop.call_later(seconds, self._rested, folder)

    def _rested(self, folder: str) -> None:
        self._known[folder].is_resting = False
        self.find(folder)

    def _begin(self, folder: str) -> None:
        if folder in self._running:
            return
        if folder in self._known:
            self._known[folder].touched = False
        stop = self._running[folder] = threading.Event()
        progress = Progress(
            self._server, f"Looking for Dockerfiles in {posixpath.basename(folder) or folder}", stop.set
        )
        self._worker.submit(lambda: self._search(folder, progress, stop))

    def _search(self, folder: str, progress: Progress, stop: threading.Event) -> None:
        """In the searching thread."""
        from prebake.discovery import dockerfiles
        from prebake.files import disk

        before = time.monotonic()
        found: list[str] = []

        def look(folders: int) -> bool:
            if folders % 100 == 0 and time.monotonic() - before > _SHOWN_AFTER:
                self._server.later(progress.report, f"{folders:,} folders")
            return not stop.is_set() and (bool(found) or folders <= _MOST_IN_VAIN)

        try:
            for path in dockerfiles(disk(), folder, look):
                found.append(path)
                if len(found) >= _MOST_DOCKERFILES:
                    _log.warning("%s holds more than %d Dockerfiles: the others are passed over", folder, len(found))
                    break
        except Exception:
            _log.exception("searching %s failed", folder)
        after = time.monotonic()
        with self._lock:
            known = self._known.get(folder)
            if known is None or not stop.is_set():
                made = _Known(tuple(found), after + _REST * (after - before))
                made.touched = known is not None and known.touched  # something has happened meanwhile
                self._known[folder] = made
            is_new = known is None or known.dockerfiles != self._known[folder].dockerfiles
            del self._running[folder]
        self._server.later(self._finished, progress, stop, is_new)

    def _finished(self, progress: Progress, stop: threading.Event, is_new: bool) -> None:
        """In the event loop's thread."""
        progress.end("stopped" if stop.is_set() else "done")
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)
        if is_new:
            self._server.workspace_searched()


def _may_hold_dockerfiles(path: str) -> bool:
    """Whether a change at a path may add or remove a Dockerfile: it is one, looks like a folder, or says what git
    ignores.
    """
    from prebake.discovery import is_dockerfile

    name = posixpath.basename(path)
    return is_dockerfile(name) or name == ".gitignore" or "." not in name[1:]
