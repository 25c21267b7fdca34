"""Measuring a build context: what lies in it, and what of that is sent to the builder.

Links are not followed: Docker sends the link itself. Sockets, pipes and devices do not count. What the ignore rules
leave out for certain is not looked into unless asked for, which is what makes a second look cheap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

from prebake.files import Kind, Snapshot
from prebake.project.ignore.rules import Folder, IgnoreRules, Walker
from prebake.project.measuring.landmarks import Landmark, Listing
from prebake.records import NamedTuple
from prebake.syntax.ignorefile import Pattern

T = TypeVar("T")

DEFAULT_BUDGET_SECONDS = 30.0
_MOST_REMEMBERED = 32
_MOST_TRIED_FOLDERS = 200_000


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

        return self.remembered(("size", path), measure)

    def sent_under(self, rules: IgnoreRules) -> Size:
        """What would be sent under other rules, of what was measured."""

        def measure() -> Size:
            trial = self._trial(rules)
            return sum_of(trial.sent(path, listing) for path, listing in self.listings.items())

        return self.remembered(("sent", rules), measure)

    def all_sent_under(self, rules: IgnoreRules, folder: str) -> bool:
        """Whether other rules leave out nothing of a folder, nor the content of a file, as far as it was measured."""

        def ask() -> bool:
            trial = self._trial(rules)
            prefix = f"{folder}/" if folder else ""
            return all(
                trial.sent(path, listing) == Size(sum(listing.sizes), len(listing.names))
                for path, listing in self.listings.items()
                if path == folder or path.startswith(prefix)
            )

        return self.remembered(("all sent", folder, rules), ask)

    def follows(self, earlier: ContextScan) -> None:
        """Take over what was worked out for folders that an earlier scan of this context has seen just so."""
        self.__dict__["_trials"] = earlier._trials
        self.__dict__["_by_folder"] = earlier._by_folder

    def by_folder(self, key: tuple[str, ...]) -> dict[str, tuple[Listing, Any]]:
        """A memory for what is worked out from the listings of single folders, each kept with its listing. The next
        scan of this context goes on with it, where most listings are the same objects.
        """
        memories = self._by_folder
        if key not in memories:
            kept = sum(map(len, memories.values()))
            while memories and (len(memories) >= _MOST_REMEMBERED or kept > _MOST_TRIED_FOLDERS):
                kept -= len(memories.pop(next(iter(memories))))
            memories[key] = {}
        return memories[key]

    @cached_property
    def _by_folder(self) -> dict[tuple[str, ...], dict[str, tuple[Listing, Any]]]:
        return {}

    def _trial(self, rules: IgnoreRules) -> _Trial:
        trials = self._trials
        if rules not in trials:
            kept = sum(trial.size for trial in trials.values())
            while trials and (len(trials) >= _MOST_REMEMBERED or kept > _MOST_TRIED_FOLDERS):
                kept -= trials.pop(next(iter(trials))).size
            trials[rules] = _Trial(rules)
        return trials[rules]

    @cached_property
    def _trials(self) -> dict[IgnoreRules, _Trial]:
        return {}

    def remembered(self, key: tuple[str | IgnoreRules, ...], compute: Callable[[], T]) -> T:
        """What was worked out from this scan under a key, or is now: every keystroke asks again, and the answer takes a
        moment in a large context. The last answers are kept, as long as the scan.
        """
        if key not in self._memory:
            while len(self._memory) >= _MOST_REMEMBERED:
                self._memory.pop(next(iter(self._memory)), None)
            self._memory[key] = compute()
        found: T = self._memory[key]
        return found

    @cached_property
    def _memory(self) -> dict[tuple[str | IgnoreRules, ...], Any]:
        return {}

    @cached_property
    def emptied(self) -> tuple[str, ...]:
        """The files that BuildKit sends without their content; see :meth:`IgnoreRules.arrives_empty`. In what is sent
        they count as files of no bytes.
        """
        if not self.rules.may_empty:
            return ()
        return tuple(
            f"{folder}/{name}"
            for folder, listing in self.listings.items()
            if self.rules.may_empty_in(folder)
            for name, size in zip(listing.names, listing.sizes, strict=True)
            if size and self.rules.arrives_empty(f"{folder}/{name}")
        )

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


class _Trial:
    """What would be sent under other rules of each folder that was asked for. As long as a folder has not changed, its
    listing is the same object, and so is the answer.
    """

    def __init__(self, rules: IgnoreRules) -> None:
        self._rules = rules
        self._walker = rules.walker()
        self._sent: dict[str, tuple[Listing, Size]] = {}

    @property
    def size(self) -> int:
        """The number of folders that are remembered."""
        return len(self._sent)

    def sent(self, path: str, listing: Listing) -> Size:
        """What is sent of the files that lie directly in a folder."""
        known = self._sent.get(path)
        if known is None or known[0] is not listing:
            known = listing, sent_of(self._walker, path, listing, self._rules)
            self._sent[path] = known
        return known[1]


def sent_of(walker: Walker, path: str, listing: Listing, rules: IgnoreRules, folder: Folder | None = None) -> Size:
    """What is sent of the files that lie directly in a folder; ``folder`` is what becomes of it, where that is known
    already.
    """
    folder = rules.folder(path) if folder is None else folder
    if folder.pruned:
        return Size()
    bytes_, files = 0, 0
    ignores = walker.ignores
    prefix = f"{path}/" if path else ""
    may_empty = rules.may_empty_in(path)
    for name, size in zip(listing.names, listing.sizes, strict=True):
        if not ignores(prefix + name, folder):
            bytes_ += 0 if may_empty and not rules.sends_alone(prefix + name) else size
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

    ``progress`` is called about ten times a second, ``cancelled`` asked at least as often. ``whole``: measure what is
    ignored, too, which takes several times as long. Who will look again keeps a
    :class:`~prebake.project.measuring.survey.Survey`.
    """
    from prebake.project.measuring.survey import Survey

    survey = Survey(root)
    return survey.look(
        snapshot, rules, budget_seconds=budget_seconds, progress=progress, cancelled=cancelled, whole=whole
    )
