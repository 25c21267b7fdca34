"""The server's one engine, used by one thread at a time and never waited for by the event loop.

Changes are queued and applied where the engine is next used. Work that was quick the last time is done in the event
loop, which saves a keystroke two changes of thread; all else is done by a worker.
"""

from __future__ import annotations

import asyncio
import gc
import threading
import time
from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from prebake.lsp.work import Worker

if TYPE_CHECKING:
    from prebake.config import ConfigError
    from prebake.engine import Engine
    from prebake.lsp.documents import Document
    from prebake.lsp.scans import Scans
    from prebake.lsp.searches import Searches

T = TypeVar("T")

_QUICK_SECONDS = 0.02
"""Work that took less the last time may be done in the event loop."""


class Analysis:
    """Access to the engine. Methods are for the event loop's thread, unless they say otherwise."""

    def __init__(self, scans: Scans, searches: Searches, complain: Callable[[ConfigError], None]) -> None:
        """``complain`` is told, in any thread, of a wrong configuration file that stopped a piece of work."""
        self._scans = scans
        self._searches = searches
        self.is_searching = False
        """For work on the engine itself: whether it has to do without knowing which Dockerfiles there are."""
        self._complain = complain
        self._engine: Engine | None = None
        self._lock = threading.Lock()
        self._worker = Worker("analysis")
        self._waiting = 0
        self._changes: deque[Callable[[Engine], None]] = deque()
        self._generation = 0
        self._seen: dict[str, int] = {}
        self._seconds: dict[tuple[str, bool], float] = {}
        self.documents: dict[str, Document] = {}
        """The open documents as the engine knows them: to be read by work on the engine only."""

    @property
    def idle(self) -> bool:
        """Whether no work is going on or waiting."""
        return self._waiting == 0

    def change(self, document: Document) -> None:
        """A document was opened or has another text."""
        path = document.path
        assert path is not None

        def apply(engine: Engine) -> None:
            self.documents[path] = document
            engine.update(path, document.text)

        self._changes.append(apply)

    def close(self, path: str) -> None:
        """A document was closed: the file on disk counts again."""

        def apply(engine: Engine) -> None:
            self.documents.pop(path, None)
            engine.update(path, None)

        self._changes.append(apply)

    def invalidate(self, paths: Iterable[str] | None) -> None:
        """Files changed on disk; all may have, when ``None``."""
        gone = None if paths is None else tuple(paths)
        self._changes.append(lambda engine: engine.invalidate(gone))
        self._seconds.clear()

    def configure(self, overrides: Mapping[str, Any], overrides_in: Mapping[str, Mapping[str, Any]]) -> None:
        """The editor's settings or the workspace folders changed; ``overrides_in`` are the settings in each."""
        self._changes.append(lambda engine: engine.configure(overrides, overrides_in, overrides_in))
        self._seconds.clear()

    def measured(self, news: Collection[str] | None, *, again: bool) -> None:
        """Sizes are known; ``again``: others than before. ``news`` are the files that were found to have changed on
        disk meanwhile, ``None`` when they were too many to name.
        """
        if again or news is None or news:
            self.invalidate(news)
            return
        self._changes.append(lambda engine: engine.measured())
        self._seconds.clear()

    def warm_up(self) -> None:
        """Load the engine while nobody waits for it."""
        self._submit(self._ready)

    def try_now(self, subject: str, work: Callable[[Engine], T], otherwise: T) -> tuple[T] | None:
        """Do work in this thread if it was quick the last time and the engine is free; ``None`` when it was not done.

        ``subject`` is what the time is remembered by: what kind of work it is, and on which path. Work on what has
        changed since and work on what is known already are told apart. ``otherwise`` is what comes out when a
        configuration file is wrong, about which the user is told.
        """
        is_news = bool(self._changes) or self._seen.get(subject) != self._generation
        if self._seconds.get((subject, is_news), 1.0) > _QUICK_SECONDS or not self._lock.acquire(blocking=False):
            return None
        try:
            return (self._timed(subject, work, otherwise),)
        finally:
            self._lock.release()

    async def run(
        self, subject: str, work: Callable[[Engine], T], otherwise: T, *, alike: bool = True, patient: bool = True
    ) -> T:
        """Do work on the engine, in the worker unless it is known to be quick; see :meth:`try_now`.

        Not ``alike``: how long it took the last time says nothing, since it depends on what the user points at; it is
        left to the worker. Where it is not known yet which Dockerfiles there are, those who are ``patient`` get what
        comes out once it is.
        """
        while True:
            done = self.try_now(subject, work, otherwise) if alike else None
            found, is_searching = (
                (done[0], self.is_searching)
                if done is not None
                else await self._submit(partial(self._job, subject, work, otherwise))
            )
            if not (patient and is_searching):
                return found
            await self._searches.settled()

    async def run_in_worker(self, work: Callable[[Engine], T], otherwise: T) -> T:
        """Do work on the engine that nobody waits for, however quick it is."""
        return (await self._submit(partial(self._job, "", work, otherwise)))[0]

    def _job(self, subject: str, work: Callable[[Engine], T], otherwise: T) -> tuple[T, bool]:
        with self._lock:
            return self._timed(subject, work, otherwise), self.is_searching

    def _find(self, folder: str) -> tuple[str, ...] | None:
        """The engine's finder. Used by work on the engine."""
        found = self._searches.find(folder)
        self.is_searching = self.is_searching or found is None
        return found

    def _submit(self, job: Callable[[], T]) -> asyncio.Future[T]:
        self._waiting += 1
        future = asyncio.wrap_future(self._worker.submit(job))
        future.add_done_callback(self._finished)
        return future

    def _finished(self, _: object) -> None:
        self._waiting -= 1

    def _timed(self, subject: str, work: Callable[[Engine], T], otherwise: T) -> T:
        from prebake.config import ConfigError

        before = time.perf_counter()
        is_news = True
        self.is_searching = False
        try:
            engine = self._ready()
            while self._changes:
                self._changes.popleft()(engine)
                self._generation += 1
            is_news = self._seen.get(subject) != self._generation
            return work(engine)
        except ConfigError as error:
            self._complain(error)
            return otherwise
        finally:
            self._seen[subject] = self._generation
            self._seconds[subject, is_news] = time.perf_counter() - before

    def _ready(self) -> Engine:
        if self._engine is None:
            from prebake import fixing, rules  # noqa: F401 - loaded here, where nobody waits, rather than on demand
            from prebake.engine import Engine

            self._engine = Engine(scanner=self._scans.scanner, finder=self._find)
            self._scans.serves(self._engine)
            gc.freeze()
        return self._engine
