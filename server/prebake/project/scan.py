"""Measuring a build context: what lies in it, and what of that is sent to the builder.

Links are not followed: Docker sends the link itself. Sockets, pipes and devices do not count. What the ignore rules
leave out for certain is not looked into unless asked for, which is what makes a second look cheap.
"""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

from prebake.files import Kind, Snapshot, join
from prebake.project.ignore import ROOT, Folder, IgnoreRules, Walker
from prebake.project.landmarks import Landmark, Listing, Recognizer
from prebake.records import NamedTuple
from prebake.syntax.ignorefile import Pattern

T = TypeVar("T")

DEFAULT_BUDGET_SECONDS = 30.0
_REPORT_EVERY_SECONDS = 0.1
_CHUNK = 4096
_MOST_REMEMBERED = 32


class Size(NamedTuple):
    """Bytes, as files are long (not as a disk stores them), and a number of files; links count as files of no bytes."""

    bytes: int = 0
    files: int = 0

    def plus(self, other: Size) -> Size:
        """Both together."""
        return Size(self.bytes + other.bytes, self.files + other.files)

    def minus(self, other: Size) -> Size:
        """What remains without a part."""
        return Size(self.bytes - other.bytes, self.files - other.files)


class EntrySize(NamedTuple):
    """A top-level entry of the context: all of it that was looked at, and what of it is sent."""

    bytes: int
    files: int
    sent_bytes: int
    sent_files: int
    kind: Kind


_NOTHING = EntrySize(0, 0, 0, 0, Kind.DIRECTORY)


class ScanProgress(NamedTuple):
    """How far a scan is: what was looked at up to now, and the folder it is in, relative to the context root."""

    files: int
    bytes: int
    folder: str


class _Found(NamedTuple):
    root: str
    rules: IgnoreRules
    whole: bool
    sent: Size
    total: Size
    entries: Mapping[str, EntrySize]
    complete: bool
    pruned: tuple[str, ...]
    unreadable: tuple[str, ...]
    landmarks: tuple[Landmark, ...]
    listings: Mapping[str, Listing]


class ContextScan(_Found):
    """What a walk over a context has found.

    ``root`` is absolute, all other paths are relative to it. ``complete`` is false when time ran out or the scan was
    cancelled: sizes are then lower bounds. ``pruned`` are the ignored folders that were not looked into; ``unreadable``
    those that could not be. Unless the scan was of the ``whole`` context, what the rules leave out is not measured:
    ``total`` is then no more than ``sent``, and ignored files are in no list.
    """

    def largest(self, count: int) -> tuple[tuple[str, EntrySize], ...]:
        """The top-level entries that most bytes are sent of, largest first."""
        ranked = sorted(self.entries.items(), key=lambda item: (-item[1].sent_bytes, item[0]))
        return tuple(item for item in ranked[:count] if item[1].sent_files)

    def files(self, folder: str = "") -> Iterator[tuple[str, int]]:
        """All files that were seen in a folder and below it, with their sizes in bytes."""
        prefix = f"{folder}/" if folder else ""
        for path, listing in self.listings.items():
            if not folder or path == folder or path.startswith(prefix):
                for name, size in zip(listing.names, listing.sizes, strict=True):
                    yield (f"{path}/{name}" if path else name), size

    def size_of(self, path: str) -> Size:
        """A file, or all that was seen in a folder and below it; nothing for what is not there."""

        def measure() -> Size:
            prefix = f"{path}/" if path else ""
            found = sum_of(
                Size(sum(listing.sizes), len(listing.sizes))
                for folder, listing in self.listings.items()
                if folder == path or folder.startswith(prefix)
            )
            parent, _, name = path.rpartition("/")
            listing = self.listings.get(parent)
            if found.files or listing is None or name not in listing.names:
                return found
            return Size(listing.sizes[listing.names.index(name)], 1)

        return self._remembered((f"size of {path}", self.rules), measure)

    def sent_under(self, rules: IgnoreRules) -> Size:
        """What would be sent under other rules, of what was measured."""

        def measure() -> Size:
            walker = rules.walker()
            listings = self.listings.items()
            return sum_of(_sent(walker, path, listing, rules.folder(path)) for path, listing in listings)

        return self._remembered(("sent", rules), measure)

    def all_sent_under(self, rules: IgnoreRules, folder: str) -> bool:
        """Whether other rules leave out nothing of a folder, as far as it was measured."""
        return self._remembered((folder, rules), lambda: all(rules.sends(path) for path, _ in self.files(folder)))

    def _remembered(self, key: tuple[str, IgnoreRules], compute: Callable[[], T]) -> T:
        """Every keystroke asks again, and the answer takes a moment in a large context."""
        if key not in self._memory:
            while len(self._memory) >= _MOST_REMEMBERED:
                self._memory.pop(next(iter(self._memory)), None)
            self._memory[key] = compute()
        found: T = self._memory[key]
        return found

    @cached_property
    def _memory(self) -> dict[tuple[str, IgnoreRules], Any]:
        return {}

    @cached_property
    def by_pattern(self) -> Mapping[Pattern, Size]:
        """What each pattern leaves out, of what was measured: a file counts for the pattern that decides on it."""
        found: dict[Pattern, Size] = {pattern: Size() for pattern in self.rules.patterns}
        for path, size in self.files():
            pattern = self.rules.deciding(path)
            if pattern is not None:
                found[pattern] = found[pattern].plus(Size(size, 1))
        return found


def sum_of(sizes: Iterable[Size]) -> Size:
    """All sizes together."""
    bytes_, files = 0, 0
    for size in sizes:
        bytes_ += size.bytes
        files += size.files
    return Size(bytes_, files)


def _sent(walker: Walker, path: str, listing: Listing, folder: Folder) -> Size:
    """What is sent of the files that lie directly in a folder."""
    if folder.pruned:
        return Size()
    bytes_, files = 0, 0
    ignores = walker.ignores
    prefix = f"{path}/" if path else ""
    for name, size in zip(listing.names, listing.sizes, strict=True):
        if not ignores(prefix + name, folder):
            bytes_ += size
            files += 1
    return Size(bytes_, files)


def scan(
    snapshot: Snapshot,
    root: str,
    rules: IgnoreRules,
    *,
    budget_seconds: float = DEFAULT_BUDGET_SECONDS,
    progress: Callable[[ScanProgress], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    whole: bool = False,
) -> ContextScan:
    """Walk over a context; never raises for what lies in it.

    ``progress`` is called about ten times a second, ``cancelled`` asked as often. ``whole``: measure what is ignored,
    too, which takes several times as long.
    """
    return _Scan(snapshot, root, rules, _Clock(budget_seconds, progress, cancelled), whole).run()


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
            self.stopped = now > self._end or (self._cancelled is not None and self._cancelled())
        return not self.stopped


class _Scan:
    """One walk, depth first, without recursion."""

    def __init__(self, snapshot: Snapshot, root: str, rules: IgnoreRules, clock: _Clock, whole: bool) -> None:
        self._snapshot = snapshot
        self._root = root
        self._rules = rules
        self._walker: Walker | None = None if rules.is_empty else rules.walker()
        self._clock = clock
        self._whole = whole
        self._recognizer = Recognizer()
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
                state = self._walker.enter(child, folder) if self._walker is not None else ROOT
                if state.pruned and not self._whole:
                    self._pruned.append(child)
                else:
                    todo.append((child, state))
        return self._result(complete=not todo and not self._clock.stopped)

    def _enter(self, path: str, folder: Folder) -> list[str]:
        """Take down the files of a folder; gives the names of those below it."""
        place = join(self._root, path) if path else self._root
        below, files, links = self._snapshot.names(place)
        if not (below or files or links) and self._snapshot.unreadable(place):
            self._unreadable.append(path)
        if self._walker is not None and not self._whole:
            # What is ignored need not be measured, and measuring is what takes the time.
            ignores, prefix = self._walker.ignores, f"{path}/" if path else ""
            files = [name for name in files if not ignores(prefix + name, folder)]
            links = [name for name in links if not ignores(prefix + name, folder)]
        sizes = self._measure(place, path, files)
        sizes.extend([0] * len(links))
        listing = Listing(files + links, sizes)
        self._listings[path] = listing
        sent = Size(sum(sizes), len(sizes))
        self._files += sent.files
        self._bytes += sent.bytes
        if self._walker is not None and self._whole:
            sent = _sent(self._walker, path, listing, folder)
        self._sent[path] = sent
        self._recognizer.look(path, listing, below)
        below.sort(reverse=True)
        return below

    def _measure(self, place: str, path: str, names: list[str]) -> array[int]:
        sizes: array[int] = array("q")
        for start in range(0, len(names), _CHUNK):
            if start and not self._clock.tick(self._files + start, self._bytes, path):
                break
            sizes.extend(self._snapshot.sizes(place, names[start : start + _CHUNK]))
        del names[len(sizes) :]
        return sizes

    def _result(self, complete: bool) -> ContextScan:
        entries: dict[str, EntrySize] = {}
        for path, listing in self._listings.items():
            top = path.partition("/")[0]
            if top:
                known, sent = entries.get(top, _NOTHING), self._sent[path]
                bytes_, files = known.bytes + sum(listing.sizes), known.files + len(listing.names)
                sent_bytes, sent_files = known.sent_bytes + sent.bytes, known.sent_files + sent.files
                entries[top] = EntrySize(bytes_, files, sent_bytes, sent_files, Kind.DIRECTORY)
        root = self._listings.get("", Listing((), ()))
        ignores = self._walker.ignores if self._walker is not None else None
        for name, size in zip(root.names, root.sizes, strict=True):
            is_sent = ignores is None or not ignores(name, ROOT)
            entries[name] = EntrySize(size, 1, size * is_sent, int(is_sent), Kind.FILE)
        for path in self._pruned:
            if "/" not in path:
                entries.setdefault(path, _NOTHING)
        return ContextScan(
            self._root,
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
