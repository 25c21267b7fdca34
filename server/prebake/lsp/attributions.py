"""Whole contexts, what is ignored included, with the pattern that decides about each path: measured when a hover, a
code lens or a completion asks, remembered, and answered with what is known.

They have memories of their own: one shared with :mod:`prebake.lsp.scans` would hold what the rules leave out, too, and
each keystroke in an ignore file would be judged by all of that.
"""

from __future__ import annotations

import asyncio
import logging
import posixpath
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from prebake.lsp.progress import Progress
from prebake.lsp.work import Worker
from prebake.paths import is_below

if TYPE_CHECKING:
    from prebake.files import Snapshot
    from prebake.lsp.language_server import Server
    from prebake.project.ignore.rules import IgnoreRules
    from prebake.project.measuring.attribution import Attribution
    from prebake.project.measuring.scan import ContextScan, ScanProgress
    from prebake.project.measuring.survey import Survey

T = TypeVar("T")

_log = logging.getLogger(__name__)

_REST = 10
"""A context is not measured again before this many times as long has passed as measuring took."""
_LATER = 0.01
"""Seconds by which a clock may be wrong."""
_FEW_FILES = 1000
"""What the patterns decide about so many files is worked out at once, which takes some milliseconds."""
_MOST_RULES = 4
"""For so many ignore files (or versions of one) the answers are kept for each context."""


@dataclass
class _Known:
    """A measured context, and what became of it under the ignore rules that were asked about last."""

    survey: Survey
    scan: ContextScan
    rest_until: float
    changed: set[str] = field(default_factory=set)
    """Files that were told of and have not been looked at since."""
    touched: bool = False
    attributions: OrderedDict[IgnoreRules, Attribution] = field(default_factory=OrderedDict)

    @property
    def rest(self) -> float:
        """How many seconds it is too early to look again."""
        return max(self.rest_until - time.monotonic(), 0.0)

    @property
    def is_due(self) -> bool:
        """Whether something has changed and it is time to look again."""
        return self.touched and not self.rest

    def keep(self, found: Attribution) -> None:
        """Remember what becomes of the context under some rules."""
        self.attributions[found.rules] = found
        while len(self.attributions) > _MOST_RULES:
            self.attributions.popitem(last=False)


def _attribution(scan: ContextScan, rules: IgnoreRules) -> Attribution:
    """What becomes of a whole context under other rules than those it was measured under."""
    from prebake.project.measuring.attribution import Attribution

    return Attribution(scan._replace(rules=rules))


class Attributions:
    """The attributions of whole contexts."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._known: dict[str, _Known] = {}
        self._running: dict[str, threading.Event] = {}
        self._wanted: dict[str, IgnoreRules] = {}
        self._lock = threading.Lock()
        self._asking = Worker("attribution")

    @property
    def idle(self) -> bool:
        """Whether nothing is being measured."""
        return not self._running

    def of(self, files: Snapshot, root: str, rules: IgnoreRules) -> Attribution | None:
        """What is known of a context; ``None`` when it is being measured. For any thread."""
        with self._lock:
            known = self._known.get(root)
            found = known.attributions.get(rules) if known is not None else None
            if known is not None and found is None and known.scan.total.files <= _FEW_FILES:
                found = _attribution(known.scan, rules)
                known.keep(found)
            if known is None or found is None or known.is_due:
                self._begin(files, root, rules)
            return found

    async def ask(self, question: Callable[[], T]) -> T:
        """Ask an attribution something that may need a look at every file of it, without stopping anybody else."""
        return await asyncio.wrap_future(self._asking.submit(question))

    def touched(self, paths: tuple[str, ...] | None) -> None:
        """Files were created, changed or deleted (``None``: nobody knows which): the contexts that hold them are worth
        another look, in their time. In the event loop's thread.
        """
        with self._lock:
            for root, known in self._known.items():
                below = [path for path in paths or () if is_below(path, root)]
                known.changed.update(below)
                if not known.touched and (below or paths is None):
                    known.touched = True
                    self._server.loop.call_later(known.rest + _LATER, self._server.lens_refreshing.changed)

    def stop(self) -> None:
        """End all measurements."""
        with self._lock:
            for stop in self._running.values():
                stop.set()

    def _begin(self, files: Snapshot, root: str, rules: IgnoreRules) -> None:
        self._wanted[root] = rules
        if root not in self._running:
            stop = self._running[root] = threading.Event()
            title = f"Measuring all of the build context {posixpath.basename(root) or root}"
            progress = Progress(self._server, title, stop.set)
            self._server.scans.submit(lambda: self._measure(files, root, progress, stop))

    def _measure(self, files: Snapshot, root: str, progress: Progress, stop: threading.Event) -> None:
        """Walk a context, and find out what the rules do that were asked about last. In the scanning thread."""
        try:
            while not stop.is_set():
                with self._lock:
                    known, rules = self._known.get(root), self._wanted[root]
                if known is None or known.is_due:
                    known = self._look(known, files, root, rules, progress, stop)
                found = _attribution(known.scan, rules)
                with self._lock:
                    known.keep(found)
                    self._known[root] = known
                    if self._wanted[root] == rules:
                        del self._running[root]  # from here on, who asks for more begins anew
                        break
            self._server.later(self._server.lens_refreshing.changed)
        except Exception:
            _log.exception("measuring all of %s failed", root)
        finally:
            with self._lock:
                if self._running.get(root) is stop:
                    del self._running[root]
            self._server.later(progress.end, "stopped" if stop.is_set() else "done")

    def _look(
        self,
        known: _Known | None,
        files: Snapshot,
        root: str,
        rules: IgnoreRules,
        progress: Progress,
        stop: threading.Event,
    ) -> _Known:
        """Walk over a context, or over what has changed in it."""
        from prebake.project.measuring.survey import Survey

        def show(seen: ScanProgress) -> None:
            if seen.files:
                self._server.later(progress.report, f"{seen.files:,} files")

        survey = Survey(root) if known is None else known.survey
        changed: set[str] = set()
        if known is not None:
            with self._lock:
                changed, known.changed, known.touched = known.changed, set(), False
        before = time.monotonic()
        found = survey.look(files, rules, changed=changed, progress=show, cancelled=stop.is_set, whole=True)
        after = time.monotonic()
        made = _Known(survey, found, after + _REST * (after - before))
        if known is not None:
            with self._lock:  # what has happened meanwhile
                made.changed, made.touched = known.changed, known.touched
        return made
