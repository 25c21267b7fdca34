"""Walking over a build context, and looking at it again: what has not changed is neither listed nor measured twice.

A folder is listed again when its stamp has changed, which it does whenever an entry comes, goes or is replaced, or when
something in it is said to have changed. All that is worked out from a folder's list (what is sent of it, the landmarks
in it) is kept with the list. Other ignore rules are answered from the same memory: only what the earlier ones left out
has to be looked into.

A file that another program writes to in place, unannounced, changes no stamp: its size is noticed when the folder
changes otherwise, or when all is looked at again.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterable

from prebake.files import Kind, Names, Snapshot, Stamp, is_below, join, parent
from prebake.project.ignore import ROOT, Folder, IgnoreRules, Walker
from prebake.project.landmarks import Listing, Marks, Recognizer
from prebake.project.scan import DEFAULT_BUDGET_SECONDS, ContextScan, EntrySize, ScanProgress, Size, sent_of, sum_of

_REPORT_EVERY_SECONDS = 0.1
_CHUNK = 4096
_MOST_NEWS = 1000
_NOTHING = EntrySize(0, 0, 0, 0, Kind.DIRECTORY)
_NO_LISTING = Listing((), ())


class _UnknownError(Exception):
    """The memory does not say."""


class Survey:
    """The memory of one context. For one thread at a time; what :meth:`look` gives is never changed afterwards."""

    def __init__(self, root: str) -> None:
        """A context that has not been looked at yet; ``root`` is absolute."""
        self.root = root
        self.news: frozenset[str] | None = frozenset()
        """The absolute paths that the last look found new, gone, or of another size; ``None`` when they were many.
        What was looked into for the first time is no news.
        """
        self._seen: dict[str, _Seen] = {}
        self._doubted: set[str] = set()
        self._overlaid: dict[str, int | None] = {}
        self._rules: IgnoreRules | None = None
        self._whole = False
        self._turn = 0
        self._states: dict[str, Folder] = {}
        self._marks: Marks = {}
        self._last: ContextScan | None = None

    def look(
        self,
        snapshot: Snapshot,
        rules: IgnoreRules,
        *,
        changed: Iterable[str] | None = (),
        budget_seconds: float = DEFAULT_BUDGET_SECONDS,
        progress: Callable[[ScanProgress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        whole: bool = False,
    ) -> ContextScan:
        """What is there now; never raises for what lies in the context.

        ``changed`` are the absolute paths of files that may have been written to in place, ``None`` means any of them;
        files that came or went need not be named. The rest is as for :func:`prebake.project.scan.scan`.
        """
        self._judge_by(rules, whole)
        if changed is None:
            self._doubted.update(self._seen)
        else:
            self._doubt(snapshot, changed)
        self._doubt(snapshot, self._laid_over(snapshot))
        self.news = frozenset()
        walk = _Walk(self, snapshot, rules, _Clock(budget_seconds, progress, cancelled), whole)
        found = walk.run()
        self.news = frozenset(walk.news) if len(walk.news) <= _MOST_NEWS else None
        if self._last is not None:
            found.follows(self._last)
        self._last = found
        return found

    def recall(self, rules: IgnoreRules) -> ContextScan | None:
        """What would be sent under other rules as things were at the last look, without asking the disk for anything;
        ``None`` where it takes another look to know.
        """
        if self._last is None:
            return None
        self._judge_by(rules, whole=False)
        try:
            found = _Walk(self, None, rules, _Clock(DEFAULT_BUDGET_SECONDS, None, None), whole=False).run()
        except _UnknownError:
            return None
        found.follows(self._last)
        return found

    @property
    def folders(self) -> int:
        """The number of folders that are remembered."""
        return len(self._seen)

    def _judge_by(self, rules: IgnoreRules, whole: bool) -> None:
        if rules != self._rules or whole != self._whole:
            self._rules, self._whole = rules, whole
            self._turn += 1
            self._states = {}

    def _laid_over(self, snapshot: Snapshot) -> list[str]:
        """The files whose unsaved texts came, went or have another length than at the last look."""
        before = self._overlaid
        self._overlaid = {
            path: None if text is None else text.size
            for path, text in snapshot.changed.items()
            if is_below(path, self.root)
        }
        changed = [path for path in before if path not in self._overlaid]
        for path, size in self._overlaid.items():
            known = before[path] if path in before else self._measured(path)
            if size is None or size != known:
                changed.append(path)
        return changed

    def _measured(self, path: str) -> int | None:
        """The size that a file had at the last look."""
        folder, _, name = path[len(self.root) :].strip("/").rpartition("/")
        seen = self._seen.get(folder)
        return seen.sizes[seen.measured.index(name)] if seen is not None and name in seen.measured else None

    def _doubt(self, snapshot: Snapshot, paths: Iterable[str]) -> None:
        """List the folders again that the given files lie in, and where those are new or gone, the ones above."""
        for folder in {parent(path) for path in paths if path != self.root and is_below(path, self.root)}:
            while True:
                name = folder[len(self.root) :].lstrip("/")
                if name in self._seen:
                    self._doubted.add(name)
                    if self._seen[name].stamp is not None and snapshot.stamp(folder) is not None:
                        break
                if folder == self.root:
                    break
                folder = parent(folder)

    def known(self, path: str) -> _Seen | None:
        """A folder as it was last looked at."""
        return self._seen.get(path)

    def doubts(self, path: str) -> bool:
        """Whether a folder may have changed without a new stamp."""
        return path in self._doubted

    def remember(self, path: str, seen: _Seen) -> None:
        """Take down a folder that was listed just now; what is below one that has gone is forgotten."""
        before = self._seen.get(path)
        self._seen[path] = seen
        self._doubted.discard(path)
        if before is not None:
            for name in set(before.folders).difference(seen.folders):
                self._forget(f"{path}/{name}" if path else name)

    def _forget(self, path: str) -> None:
        todo = [path]
        while todo:
            gone = todo.pop()
            self._doubted.discard(gone)
            self._states.pop(gone, None)
            seen = self._seen.pop(gone, None)
            if seen is not None:
                todo.extend(f"{gone}/{name}" for name in seen.folders)

    @property
    def turn(self) -> int:
        """What is worked out under the rules of this look has this number."""
        return self._turn

    def state(self, walker: Walker, path: str, above: Folder) -> Folder:
        """What becomes of a folder under the rules of this look."""
        found = self._states.get(path)
        if found is None:
            found = self._states[path] = walker.enter(path, above)
        return found

    def recognizer(self) -> Recognizer:
        """A recogniser that knows what was recognised in folders that have not changed."""
        made = Recognizer(self._marks)
        self._marks = made.marks
        return made


class _Seen:
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


class _Clock:
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


class _Walk:
    """One look at a context, depth first, without recursion."""

    def __init__(
        self, survey: Survey, snapshot: Snapshot | None, rules: IgnoreRules, clock: _Clock, whole: bool
    ) -> None:
        """Without a snapshot, what is not remembered is a :class:`_UnknownError`."""
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

    def _has_changed(self, seen: _Seen, place: str, path: str) -> bool:
        assert self._snapshot is not None
        return seen.stamp is None or self._survey.doubts(path) or self._snapshot.stamp(place) != seen.stamp

    def _list(self, place: str) -> _Seen:
        if self._snapshot is None:
            raise _UnknownError
        stamp = self._snapshot.stamp(place)  # first: what changes from here on gives it another one
        names = self._snapshot.names(place)
        return _Seen(stamp, names, not any(names) and self._snapshot.unreadable(place) is not None)

    def _work_out(self, seen: _Seen, place: str, path: str, folder: Folder, known: _Seen | None) -> None:
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
        if self._walker is not None and self._whole:
            seen.sent = sent_of(self._walker, path, seen.listing, folder)
        else:
            seen.sent = Size(sum(sizes), len(sizes))
        if is_all:
            seen.turn = self._survey.turn
            if seen is not known:
                if known is not None:
                    self._compare(place, known, seen)
                self._survey.remember(path, seen)

    def _measure(self, seen: _Seen, place: str, path: str, names: list[str]) -> array[int]:
        """The sizes of some of a folder's files, of the first ones only when there is no time for all."""
        if seen.measured == names:
            return seen.sizes
        known = dict(zip(seen.measured, seen.sizes, strict=True))
        asked = [name for name in names if name not in known] if known else names
        sizes: array[int] = array("q")
        if asked and self._snapshot is None:
            raise _UnknownError
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

    def _compare(self, place: str, before: _Seen, now: _Seen) -> None:
        """Note what has become of a folder."""
        if len(self.news) > _MOST_NEWS:
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
