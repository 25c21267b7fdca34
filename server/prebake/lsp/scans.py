"""Measuring build contexts in the background: what is known is answered at once, and told anew when more is known."""

from __future__ import annotations

import logging
import posixpath
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from prebake.lsp.progress import Progress
from prebake.lsp.work import Worker
from prebake.paths import is_below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prebake.engine import Engine
    from prebake.files import Snapshot
    from prebake.lsp.language_server import Server
    from prebake.project.ignore import IgnoreRules
    from prebake.project.scan import ContextScan, ScanProgress

_log = logging.getLogger(__name__)

_REST = 10
"""A context is not measured again before this many times as long has passed as measuring took."""


@dataclass
class _Measured:
    """The last measurement of a context."""

    rules: IgnoreRules
    scan: ContextScan
    seconds: float
    at: float
    touched: bool = False

    def is_due(self) -> bool:
        """Whether something has changed and it is time to look again."""
        return self.touched and time.monotonic() > self.at + _REST * self.seconds


@dataclass
class _Running:
    """A measurement that is going on. Setting ``stop`` ends it early."""

    rules: IgnoreRules
    progress: Progress
    stop: threading.Event = field(default_factory=threading.Event)
    superseded: bool = False


class Scans:
    """The engine's scanner, and the thread behind it."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._engine: Engine | None = None
        self._worker = Worker("scan")
        self._measured: dict[str, _Measured] = {}
        self._running: dict[str, _Running] = {}
        self._lock = threading.Lock()

    @property
    def idle(self) -> bool:
        """Whether nothing is being measured."""
        return not self._running

    def serves(self, engine: Engine) -> None:
        """The engine whose files are the real ones; measurements of others (a fix on trial) are not begun."""
        self._engine = engine

    def scanner(self, files: Snapshot, root: str, rules: IgnoreRules) -> ContextScan | None:
        """What is known of a context; ``None`` when it is being measured. Called by the engine, in any thread."""
        is_real = self._engine is not None and files is self._engine.snapshot
        with self._lock:
            known = self._measured.get(root)
            fits = known is not None and known.rules == rules
            if is_real and (known is None or not fits or known.is_due()):
                self._begin(files, root, rules)
            return known.scan if known is not None and fits else None

    def submit(self, job: Callable[[], None]) -> None:
        """Run something else that walks over many files, after what waits already."""
        self._worker.submit(job)

    def touched(self, paths: Iterable[str]) -> None:
        """Files were created, changed or deleted: contexts that hold them are worth measuring again."""
        changed = tuple(paths)
        with self._lock:
            for root, known in self._measured.items():
                if any(is_below(path, root) for path in changed):
                    known.touched = True
        self._server.attributions.touched(changed)

    def stop(self) -> None:
        """End all measurements."""
        with self._lock:
            for running in self._running.values():
                running.superseded = True
                running.stop.set()

    def _begin(self, files: Snapshot, root: str, rules: IgnoreRules) -> None:
        running = self._running.get(root)
        if running is not None:
            if running.rules == rules:
                return
            running.superseded = True
            running.stop.set()
        stop = threading.Event()
        title = f"Measuring the build context {posixpath.basename(root) or root}"
        mine = _Running(rules, Progress(self._server, title, stop.set), stop)
        self._running[root] = mine
        self._worker.submit(lambda: self._measure(files, root, mine))

    def _measure(self, files: Snapshot, root: str, mine: _Running) -> None:
        """Walk a context. In the scanning thread."""
        from prebake.project.scan import scan

        def show(progress: ScanProgress) -> None:
            if progress.files:  # the first report comes before anything was looked at
                self._server.later(mine.progress.report, f"{progress.files:,} files")

        before = time.monotonic()
        found: ContextScan | None = None
        try:
            if not mine.stop.is_set():
                found = scan(files, root, mine.rules, progress=show, cancelled=mine.stop.is_set)
        except Exception:
            _log.exception("measuring %s failed", root)
        after = time.monotonic()
        with self._lock:
            if self._running.get(root) is mine:
                del self._running[root]
            known = self._measured.get(root)
            again = known is not None and known.rules == mine.rules
            news = found is not None and not mine.superseded and not (again and known and known.scan == found)
            if found is not None and not mine.superseded:
                self._measured[root] = _Measured(mine.rules, found, after - before, after)
        self._server.later(self._finished, mine, news, again)

    def _finished(self, mine: _Running, news: bool, again: bool) -> None:
        """Say what is known now. In the event loop's thread."""
        mine.progress.end("stopped" if mine.stop.is_set() else "done")
        if news:
            self._server.analysis.measured(again=again)
            self._server.diagnostics.all_changed()
