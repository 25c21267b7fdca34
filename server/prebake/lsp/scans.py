"""Measuring build contexts in the background: what is known is answered at once, and told anew when more is known.

Each context is walked over once. After that, a file that is created, changed or deleted costs a look at the folders
that have changed, and so do other ignore rules. The walk is repeated only now and then, for files that other programs
have written to in place without anybody telling of it.
"""

from __future__ import annotations

import logging
import posixpath
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from prebake.lsp.progress import Progress
from prebake.lsp.work import Worker
from prebake.paths import is_below

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from prebake.engine import Engine
    from prebake.files import Snapshot
    from prebake.lsp.language_server import Server
    from prebake.project.ignore.rules import IgnoreRules
    from prebake.project.measuring.scan import ContextScan, ScanProgress
    from prebake.project.measuring.survey import Survey

T = TypeVar("T")

_log = logging.getLogger(__name__)

_REST = 10
"""A context is not looked at again before this many times as long has passed as the last look took."""
_LONG_REST = 100
"""All files of a context are not measured again before this many times as long has passed as that took."""
_QUICK_FILES = 10_000
"""Contexts of so many files and folders are judged by other rules at once, from memory, before anybody looks again."""
_MOST_RULES = 8
"""Of one context: those of several Dockerfiles, and what an ignore file said before the last few keystrokes."""


@dataclass
class _Measured:
    """The last measurement of a context under certain rules; ``touches`` is how often it had been touched by then."""

    scan: ContextScan
    touches: int
    rest_until: float


@dataclass
class _Context:
    """What is known of a context. The survey is used with ``in_use`` held."""

    survey: Survey
    in_use: threading.Lock = field(default_factory=threading.Lock)
    measured: dict[IgnoreRules, _Measured] = field(default_factory=dict)
    touches: int = 0
    changed: set[str] = field(default_factory=set)
    """Files that were told of and have not been looked at since."""
    walk_after: float = 0.0
    """When all files may be measured again."""

    def keep(self, rules: IgnoreRules, measured: _Measured) -> None:
        """Remember a measurement."""
        self.measured.pop(rules, None)
        while len(self.measured) >= _MOST_RULES:
            del self.measured[next(iter(self.measured))]
        self.measured[rules] = measured


@dataclass
class _Running:
    """A measurement that is going on or waiting. Setting ``stop`` ends it early."""

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
        self._contexts: dict[str, _Context] = {}
        self._running: dict[tuple[str, str | None], _Running] = {}
        self._resting: set[tuple[str, IgnoreRules]] = set()
        self._measures = True
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
            context = self._contexts.get(root)
            known = context.measured.get(rules) if context is not None else None
            if is_real and known is None and context is not None:
                known = self._recalled(context, rules)
            if is_real and self._measures:
                self._see_to(files, root, rules)
            return known.scan if known is not None else None

    def without_measuring(self, work: Callable[[Engine], T], engine: Engine) -> T:
        """Do work on the engine with the sizes that are known already."""
        self._measures = False
        try:
            return work(engine)
        finally:
            self._measures = True

    def _recalled(self, context: _Context, rules: IgnoreRules) -> _Measured | None:
        """What the memory says about other rules, so that sizes do not come and go while an ignore file is typed."""
        last = next(reversed(context.measured.values()), None)
        if last is None or last.scan.total.files + context.survey.folders > _QUICK_FILES:
            return None
        if not context.in_use.acquire(blocking=False):
            return None
        try:
            scan = context.survey.recall(rules)
        finally:
            context.in_use.release()
        if scan is None:
            return None
        known = _Measured(scan, -1, 0)
        context.keep(rules, known)
        return known

    def submit(self, job: Callable[[], None]) -> None:
        """Run something else that walks over many files, after what waits already."""
        self._worker.submit(job)

    def touched(self, paths: Iterable[str] | None) -> None:
        """Files were created, changed or deleted (``None``: nobody knows which): the contexts that hold them are worth
        another look.
        """
        changed = None if paths is None else tuple(paths)
        with self._lock:
            for root, context in self._contexts.items():
                below = [path for path in changed or () if is_below(path, root)]
                context.changed.update(below)
                context.touches += bool(below) or changed is None or any(is_below(root, path) for path in changed)
        self._server.attributions.touched(changed)

    def stop(self) -> None:
        """End all measurements."""
        with self._lock:
            for running in self._running.values():
                running.superseded = True
                running.stop.set()

    def _see_to(self, files: Snapshot, root: str, rules: IgnoreRules) -> None:
        """Measure what has never been measured, and look again at what was touched, at once or after a rest."""
        context = self._contexts.get(root)
        known = context.measured.get(rules) if context is not None else None
        if context is None or known is None:
            self._begin(files, root, rules)
        elif known.touches < context.touches and (root, rules) not in self._resting:
            rest = known.rest_until - time.monotonic()
            if rest <= 0:
                self._begin(files, root, rules)
            else:
                self._resting.add((root, rules))
                self._server.later(self._rest, rest, root, rules)

    def _rest(self, seconds: float, root: str, rules: IgnoreRules) -> None:
        """In the event loop's thread."""
        self._server.loop.call_later(seconds, self._rested, root, rules)

    def _rested(self, root: str, rules: IgnoreRules) -> None:
        with self._lock:
            self._resting.discard((root, rules))
            if self._engine is not None:
                self._see_to(self._engine.snapshot, root, rules)

    def _begin(self, files: Snapshot, root: str, rules: IgnoreRules) -> None:
        running = self._running.get((root, rules.path))
        if running is not None:
            if running.rules == rules:
                return
            # Another text of the same ignore file: nobody waits for the sizes under the one before.
            running.superseded = True
            running.stop.set()
        stop = threading.Event()
        title = f"Measuring the build context {posixpath.basename(root) or root}"
        mine = _Running(rules, Progress(self._server, title, stop.set), stop)
        self._running[root, rules.path] = mine
        self._worker.submit(lambda: self._measure(files, root, mine))

    def _measure(self, files: Snapshot, root: str, mine: _Running) -> None:
        """Look at a context. In the scanning thread, the only one that uses surveys."""
        from prebake.project.measuring.survey import Survey

        def show(progress: ScanProgress) -> None:
            if progress.files:  # the first report comes before anything was looked at
                self._server.later(mine.progress.report, f"{progress.files:,} files")

        before = time.monotonic()
        with self._lock:
            context = self._contexts.get(root)
            if context is None:
                context = self._contexts[root] = _Context(Survey(root))
            known = context.measured.get(mine.rules)
            touches, changed = context.touches, context.changed
            context.changed = set()
            is_walk = not context.measured or (known is not None and before > context.walk_after)
        found: ContextScan | None = None
        news: frozenset[str] | None = frozenset()
        try:
            if not mine.stop.is_set():
                with context.in_use:
                    found = context.survey.look(
                        files,
                        mine.rules,
                        changed=None if is_walk else changed,
                        progress=show,
                        cancelled=mine.stop.is_set,
                    )
                    news = context.survey.news
        except Exception:
            _log.exception("measuring %s failed", root)
        after = time.monotonic()
        with self._lock:
            if self._running.get((root, mine.rules.path)) is mine:
                del self._running[root, mine.rules.path]
            if found is None or mine.superseded:
                context.changed |= changed
                found = None
            else:
                if is_walk:
                    context.walk_after = after + _LONG_REST * (after - before)
                context.keep(mine.rules, _Measured(found, touches, after + _REST * (after - before)))
                if touches < context.touches and self._engine is not None:
                    self._see_to(self._engine.snapshot, root, mine.rules)
        is_same = known is not None and known.scan == found and news is not None and not news
        self._server.later(self._finished, root, mine, news, found is not None and not is_same, known is not None)

    def _finished(self, root: str, mine: _Running, news: frozenset[str] | None, is_new: bool, again: bool) -> None:
        """Say what is known now. In the event loop's thread."""
        mine.progress.end("stopped" if mine.stop.is_set() else "done")
        if is_new:
            self._server.analysis.measured(news, again=again)
            self._server.diagnostics.measured(root)
