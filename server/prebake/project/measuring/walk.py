"""One walk over a build context, past what is remembered and has not changed."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable
from typing import TYPE_CHECKING

from prebake.files import Kind, Names, Snapshot, Stamp, join
from prebake.project.ignore.rules import ROOT, Folder, IgnoreRules, Walker
from prebake.project.measuring.landmarks import Listing
from prebake.project.measuring.scan import ContextScan, EntrySize, ScanProgress, Size, sent_of, sum_of

if TYPE_CHECKING:
    from prebake.project.measuring.survey import Survey

_REPORT_EVERY_SECONDS = 0.1
_CHUNK = 4096
MOST_NEWS = 1000
"""So many changed paths are noted, and no more."""
_NOTHING = EntrySize(0, 0, 0, 0, Kind.DIRECTORY)
_NO_LISTING = Listing((), ())


class UnknownError(Exception):
    """The memory does not say."""


class Seen:
    """A folder as it was listed: what lies in it, the sizes of those files that were measured, and what came of that
    under the rules of one turn.
    """

    __slots__ = ("files", "folders", "links", "listing", "measured", "sent", "sizes", "stamp", "turn", "unreadable")

    def __init__(self, stamp: Stamp | None, names: Names, unreadable: bool) -> None:
        self.stamp = stamp
        self.folders = sorted(names.folders, reverse=True)
        self.files = names.files
        self.links = names.links
        self.unreadable = unreadable
        self.measured: list[str] = []
        self.sizes: array[int] = array("q")
        self.turn = 0
        self.listing = _NO_LISTING
        self.sent = Size()


class Clock:
    """When to report, and when to stop."""

    def __init__(
        self,
        budget_seconds: float,
        progress: Callable[[ScanProgress], None] | None,
        cancelled: Callable[[], bool] | None,
    ) -> None:
        self._end = time.monotonic() + budget_seconds
        self._next = 0.0
        self._progress = progress
        self._cancelled = cancelled
        self.stopped = False

    def tick(self, files: int, bytes_: int, folder: str) -> bool:
        """Whether to go on."""
        now = time.monotonic()
        if now >= self._next:
            self._next = now + _REPORT_EVERY_SECONDS
            if self._progress is not None:
                self._progress(ScanProgress(files, bytes_, folder))
            self.stopped = now > self._end
        if self._cancelled is not None and self._cancelled():
            self.stopped = True
        return not self.stopped


class Walk:
    """One look at a context, depth first, without recursion."""

    def __init__(
        self, survey: Survey, snapshot: Snapshot | None, rules: IgnoreRules, clock: Clock, whole: bool
    ) -> None:
        """Without a snapshot, what is not remembered is a :class:`UnknownError`."""
        self.news: set[str] = set()
        self._survey = survey
        self._snapshot = snapshot
        self._rules = rules
        self._walker: Walker | None = None if rules.is_empty else rules.walker()
        self._clock = clock
        self._whole = whole
        self._recognizer = survey.recognizer()
        self._listings: dict[str, Listing] = {}
        self._sent: dict[str, Size] = {}
        self._pruned: list[str] = []
        self._unreadable: list[str] = []
        self._files = 0
        self._bytes = 0

    def run(self) -> ContextScan:
        """Walk, and sum up."""
        todo: list[tuple[str, Folder]] = [("", ROOT)]
        while todo and self._clock.tick(self._files, self._bytes, todo[-1][0]):
            path, folder = todo.pop()
            below = self._enter(path, folder)
            for name in below:
                child = f"{path}/{name}" if path else name
                state = self._survey.state(self._walker, child, folder) if self._walker is not None else ROOT
                if state.pruned and not self._whole:
                    self._pruned.append(child)
                else:
                    todo.append((child, state))
        return self._result(complete=not todo and not self._clock.stopped)

    def _enter(self, path: str, folder: Folder) -> list[str]:
        """Take down the files of a folder; gives the names of those below it."""
        place = join(self._survey.root, path) if path else self._survey.root
        known = self._survey.known(path)
        seen = known
        if seen is None or (self._snapshot is not None and self._has_changed(seen, place, path)):
            seen = self._list(place)
        if seen.unreadable:
            self._unreadable.append(path)
        if seen is not known or seen.turn != self._survey.turn:
            self._work_out(seen, place, path, folder, known)
        self._listings[path], self._sent[path] = seen.listing, seen.sent
        self._files += len(seen.listing.names)
        self._bytes += sum(seen.listing.sizes)
        self._recognizer.look(path, seen.listing, seen.folders)
        return seen.folders

    def _has_changed(self, seen: Seen, place: str, path: str) -> bool:
        assert self._snapshot is not None
        return seen.stamp is None or self._survey.doubts(path) or self._snapshot.stamp(place) != seen.stamp

    def _list(self, place: str) -> Seen:
        if self._snapshot is None:
            raise UnknownError
        stamp = self._snapshot.stamp(place)  # first: what changes from here on gives it another one
        names = self._snapshot.names(place)
        return Seen(stamp, names, not any(names) and self._snapshot.unreadable(place) is not None)

    def _work_out(self, seen: Seen, place: str, path: str, folder: Folder, known: Seen | None) -> None:
        """Measure what is asked for of a folder, and what of that is sent."""
        files, links = seen.files, seen.links
        if self._walker is not None and not self._whole:
            # What is ignored need not be measured, and measuring is what takes the time.
            ignores, prefix = self._walker.ignores, f"{path}/" if path else ""
            sent = [name for name in files if not ignores(prefix + name, folder)]
            files = sent if len(sent) < len(files) else files
            links = [name for name in links if not ignores(prefix + name, folder)]
        sizes = self._measure(seen, place, path, files)
        is_all = len(sizes) == len(files)
        names = files if is_all else files[: len(sizes)]
        if links:
            names = names + links
            sizes = sizes + array("q", bytes(8 * len(links)))
        listing = Listing(names, sizes)
        if known is None or known.listing != listing:
            seen.listing = listing
        else:
            seen.listing = known.listing  # what was worked out from it holds on
        if self._walker is not None and (self._whole or self._rules.may_empty_in(path)):
            seen.sent = sent_of(self._walker, path, seen.listing, self._rules, folder)
        else:
            seen.sent = Size(sum(sizes), len(sizes))
        if is_all:
            seen.turn = self._survey.turn
            if seen is not known:
                if known is not None:
                    self._compare(place, known, seen)
                self._survey.remember(path, seen)

    def _measure(self, seen: Seen, place: str, path: str, names: list[str]) -> array[int]:
        """The sizes of some of a folder's files, of the first ones only when there is no time for all."""
        if seen.measured == names:
            return seen.sizes
        known = dict(zip(seen.measured, seen.sizes, strict=True))
        asked = [name for name in names if name not in known] if known else names
        sizes: array[int] = array("q")
        if asked and self._snapshot is None:
            raise UnknownError
        for start in range(0, len(asked), _CHUNK):
            assert self._snapshot is not None
            if start and not self._clock.tick(self._files + start, self._bytes, path):
                break
            sizes.extend(self._snapshot.sizes(place, asked[start : start + _CHUNK]))
        if not known:
            seen.measured, seen.sizes = names if len(sizes) == len(names) else names[: len(sizes)], sizes
            return sizes
        seen.measured, seen.sizes = seen.measured + asked[: len(sizes)], seen.sizes + sizes
        known.update(zip(asked, sizes, strict=False))
        found = array("q")
        for name in names:
            if name not in known:
                break
            found.append(known[name])
        return found

    def _compare(self, place: str, before: Seen, now: Seen) -> None:
        """Note what has become of a folder."""
        if len(self.news) > MOST_NEWS:
            return
        pairs = ((before.folders, now.folders), (before.files, now.files), (before.links, now.links))
        names = {name for old, new in pairs if old != new for name in set(old).symmetric_difference(new)}
        if before.sizes != now.sizes or before.measured != now.measured:
            old_sizes = dict(zip(before.measured, before.sizes, strict=True))
            sizes = zip(now.measured, now.sizes, strict=True)
            names.update(name for name, size in sizes if old_sizes.get(name, size) != size)
        self.news.update(join(place, name) for name in names)

    def _result(self, complete: bool) -> ContextScan:
        entries: dict[str, EntrySize] = {}
        for path, listing in self._listings.items():
            top = path.partition("/")[0]
            if top:
                known, sent = entries.get(top, _NOTHING), self._sent[path]
                bytes_, files = known.bytes + sum(listing.sizes), known.files + len(listing.names)
                sent_bytes, sent_files = known.sent_bytes + sent.bytes, known.sent_files + sent.files
                entries[top] = EntrySize(bytes_, files, sent_bytes, sent_files, Kind.DIRECTORY)
        root = self._listings.get("", _NO_LISTING)
        ignores = self._walker.ignores if self._walker is not None else None
        for name, size in zip(root.names, root.sizes, strict=True):
            is_sent = ignores is None or not ignores(name, ROOT)
            entries[name] = EntrySize(size, 1, size * is_sent, int(is_sent), Kind.FILE)
        for path in self._pruned:
            if "/" not in path:
                entries.setdefault(path, _NOTHING)
        return ContextScan(
            self._survey.root,
            self._rules,
            self._whole or self._walker is None,
            sum_of(self._sent.values()),
            Size(self._bytes, self._files),
            entries,
            complete,
            tuple(sorted(self._pruned)),
            tuple(sorted(self._unreadable)),
            self._recognizer.found(self._listings),
            self._listings,
        )
