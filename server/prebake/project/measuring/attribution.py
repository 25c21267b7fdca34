"""Why each entry of a build context is sent or left out: the pattern that decides, sizes by folder and by pattern.

A pattern *decides* about an entry when it is the last that matches it or a folder it is in, as the walk over a context
has it: Docker looks only at patterns that would change something, and hands down from folder to folder what has
matched. Every file has one deciding pattern or none, so what the patterns leave out, what exceptions bring back and
what no pattern is about add up to the whole context.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from prebake.project.ignore.reach import NOTHING, Reach, Reached, reach
from prebake.project.ignore.rules import ROOT, Folder, IgnoreRules
from prebake.project.measuring.landmarks import Listing
from prebake.project.measuring.scan import ContextScan, Size
from prebake.records import NamedTuple
from prebake.syntax.ignorefile import IgnoreFile, Pattern, parse_ignore
from prebake.text import Text

__all__ = ["Attribution", "ContextEntry", "Reach", "Reached", "anywhere"]

_NONE = -1
"""The number of no pattern."""
_SHOWN = 10
_MOST_REMEMBERED = 64
_EMPTY = Listing((), ())


class ContextEntry(NamedTuple):
    """A file (or link) or a folder of the context, a folder with all that is in it.

    ``path`` is relative to the context root. ``sent`` is what goes to the builder of it, ``left_out`` what does not.
    ``pattern`` decides about the entry itself (further down, others may decide), ``ignored`` says how. ``measured`` is
    false for an ignored folder that was not looked into: what it holds is not known then.
    """

    path: str
    is_folder: bool
    sent: Size
    left_out: Size
    pattern: Pattern | None
    ignored: bool
    measured: bool = True

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def size(self) -> Size:
        """All of it, sent or not."""
        return self.sent.plus(self.left_out)


class _Sums:
    """Bytes and files of a folder and all below it: sent, and left out."""

    __slots__ = ("left_bytes", "left_files", "sent_bytes", "sent_files")

    def __init__(self) -> None:
        self.sent_bytes = self.sent_files = self.left_bytes = self.left_files = 0

    def add(self, other: _Sums) -> None:
        """Take in a folder below."""
        self.sent_bytes += other.sent_bytes
        self.sent_files += other.sent_files
        self.left_bytes += other.left_bytes
        self.left_files += other.left_files


class Attribution:
    """The entries of a measured context with the patterns that decide about them.

    What was not measured is not counted: make the scan ``whole`` to know what is left out. What BuildKit sends without
    its content counts as a file of no bytes. Made in one pass over the names in memory; what one pattern reaches takes
    another.
    """

    def __init__(self, scan: ContextScan, only: IgnoreRules | None = None) -> None:
        """``scan`` is the measured context; the rules are those it was measured under. ``only`` counts nothing but what
        these other rules match: BuildKit selects what instructions name in the same way as it leaves out.
        """
        self.scan = scan
        self.rules = scan.rules
        listings = _emptied_listings(scan.listings, scan.rules)
        self._listings = listings if only is None else _selected_listings(listings, only)
        self._patterns = scan.rules.usable
        self._walker = scan.rules.walker()
        self._states: dict[str, Folder] = {}
        self._numbers: dict[str, array[int] | int] = {}
        self._sums: dict[str, _Sums] = {}
        self._folders: dict[str, list[str]] = {}
        self._own: dict[str, int] = {}
        self._deciding: dict[str, int] = {}
        self._decided: dict[int, Size] = {}
        self._reaches: dict[tuple[str, str, int], Reach] = {}
        self._attribute()

    @property
    def sent(self) -> Size:
        """All that is sent."""
        return self.entry("").sent

    @property
    def left_out(self) -> Size:
        """All that is left out, as far as it was measured."""
        return self.entry("").left_out

    @cached_property
    def by_pattern(self) -> Mapping[Pattern, Size]:
        """What each pattern decides about, in the order of the file: what it leaves out, or (an exception) what it
        brings back. Malformed patterns are not in it.
        """
        return {pattern: self._decided.get(number, Size()) for number, pattern in enumerate(self._patterns)}

    def find(self, path: str) -> ContextEntry | None:
        """A file or folder, ``""`` for the whole context; ``None`` where nothing was seen."""
        if path in self._states:
            return self._folder(path)
        parent, _, name = path.rpartition("/")
        names = self._listings.get(parent, _EMPTY).names
        if name not in names:
            return None
        at = names.index(name)
        return self._file(path, self._listings[parent].sizes[at], self._numbers_in(parent)[at])

    def entry(self, path: str) -> ContextEntry:
        """A file or folder, ``""`` for the whole context.

        Raises:
            KeyError: nothing of this path was seen.
        """
        found = self.find(path)
        if found is None:
            raise KeyError(path)
        return found

    def children(self, folder: str = "") -> tuple[ContextEntry, ...]:
        """What lies directly in a folder: most bytes sent first, then most bytes left out."""
        found = [self._folder(path) for path in self._folders.get(folder, ())]
        listing = self._listings.get(folder, _EMPTY)
        prefix = f"{folder}/" if folder else ""
        for name, size, number in zip(listing.names, listing.sizes, self._numbers_in(folder), strict=True):
            found.append(self._file(prefix + name, size, number))
        return tuple(sorted(found, key=_order))

    def patterns_in(self, path: str) -> tuple[Pattern, ...]:
        """The patterns that decide about a file or about anything in a folder, in the order of the ignore file."""
        bits = self._deciding.get(path)
        if bits is None:
            found = self.find(path)
            return (found.pattern,) if found is not None and found.pattern is not None else ()
        return tuple(pattern for number, pattern in enumerate(self._patterns) if bits >> number & 1)

    def decided_by(self, pattern: Pattern, most: int = _SHOWN) -> Reach:
        """What a pattern of the rules decides about, with the ``most`` largest entries."""
        if pattern not in self._patterns:
            return NOTHING
        number = self._patterns.index(pattern)

        def taken(folder: str) -> Iterable[bool] | bool:
            numbers = self._numbers[folder]
            if not self._own[folder] >> number & 1:
                return False
            return numbers == number if isinstance(numbers, int) else (decided == number for decided in numbers)

        return self._remembered(
            ("decided", f"{number}", most),
            lambda: reach(
                self._listings, self.scan.pruned, lambda folder: self._states[folder].decided_by == number, taken, most
            ),
        )

    def matched_by(self, pattern: Pattern | str, most: int = _SHOWN) -> Reach:
        """What a pattern matches whatever the others do, with the ``most`` largest entries: a pattern of the rules, or
        the line of one that might be written. The ``!`` of an exception does not count; a malformed pattern matches
        nothing.
        """
        if isinstance(pattern, str):
            lines = parse_ignore(Text(pattern)).patterns
            if len(lines) != 1:
                return NOTHING
            pattern = lines[0]
        if pattern.problem is not None:
            return NOTHING
        walker = IgnoreRules(IgnoreFile(Text(""), (pattern._replace(negated=False),), ()), None).walker()
        states = {"": ROOT}

        def covers(folder: str) -> bool:
            if folder not in states:
                states[folder] = walker.enter(folder, states.get(_parent(folder), ROOT))
            return states[folder].ignored

        def taken(folder: str) -> Iterable[bool] | bool:
            if states[folder].ignored:
                return True
            prefix = f"{folder}/" if folder else ""
            return (walker.ignores(prefix + name, ROOT) for name in self._listings[folder].names)

        return self._remembered(
            ("matched", pattern.pattern, most), lambda: reach(self._listings, self.scan.pruned, covers, taken, most)
        )

    def _attribute(self) -> None:
        """The one pass: states, deciding patterns and sums, folder by folder."""
        totals: dict[int, list[int]] = {}
        negated = [pattern.negated for pattern in self._patterns]
        # Where the walk was stopped at once, not even the root was seen.
        for path, listing in {"": _EMPTY, **self._listings}.items():
            state = self._enter(path)
            sums = self._sums[path] = _Sums()
            numbers: array[int] | int = state.decided_by
            if self._patterns and not state.pruned:
                decides, prefix = self._walker.decides, f"{path}/" if path else ""
                numbers = array("i", [decides(prefix + name, state) for name in listing.names])
            self._numbers[path] = numbers
            bits = 0
            for number, bytes_, files in _grouped(listing, numbers):
                total = totals.setdefault(number, [0, 0])
                total[0] += bytes_
                total[1] += files
                bits |= 1 << number if files and number != _NONE else 0
                if number == _NONE or negated[number]:
                    sums.sent_bytes += bytes_
                    sums.sent_files += files
                else:
                    sums.left_bytes += bytes_
                    sums.left_files += files
            self._deciding[path] = self._own[path] = bits
        for path in reversed(tuple(self._sums)):
            if path:
                self._sums[_parent(path)].add(self._sums[path])
                self._deciding[_parent(path)] |= self._deciding[path]
        for path in self.scan.pruned:
            self._enter(path)
        self._decided = {number: Size(*total) for number, total in totals.items()}

    def _enter(self, path: str) -> Folder:
        """Take down a folder, whose parent was taken down before."""
        if not path:
            self._states[path] = ROOT
            return ROOT
        parent = _parent(path)
        state = self._states[path] = self._walker.enter(path, self._states[parent])
        self._folders.setdefault(parent, []).append(path)
        return state

    def _numbers_in(self, folder: str) -> Sequence[int]:
        """The deciding patterns of the files that lie directly in a folder."""
        numbers = self._numbers.get(folder, _NONE)
        if isinstance(numbers, int):
            return [numbers] * len(self._listings.get(folder, _EMPTY).names)
        return numbers

    def _folder(self, path: str) -> ContextEntry:
        sums = self._sums.get(path)
        state = self._states[path]
        sent = Size(sums.sent_bytes, sums.sent_files) if sums is not None else Size()
        left = Size(sums.left_bytes, sums.left_files) if sums is not None else Size()
        return ContextEntry(path, True, sent, left, self._pattern(state.decided_by), state.ignored, sums is not None)

    def _file(self, path: str, size: int, number: int) -> ContextEntry:
        pattern = self._pattern(number)
        ignored = pattern is not None and not pattern.negated
        amount, nothing = Size(size, 1), Size()
        return ContextEntry(
            path, False, nothing if ignored else amount, amount if ignored else nothing, pattern, ignored
        )

    def _pattern(self, number: int) -> Pattern | None:
        return self._patterns[number] if number != _NONE else None

    def _remembered(self, key: tuple[str, str, int], compute: Callable[[], Reach]) -> Reach:
        if key not in self._reaches:
            while len(self._reaches) >= _MOST_REMEMBERED:
                self._reaches.pop(next(iter(self._reaches)), None)
            self._reaches[key] = compute()
        return self._reaches[key]


def _emptied_listings(listings: Mapping[str, Listing], rules: IgnoreRules) -> Mapping[str, Listing]:
    """The listings with no bytes for the files that arrive empty."""
    concerned = [path for path in listings if rules.may_empty_in(path)] if rules.may_empty else ()
    if not concerned:
        return listings
    found = dict(listings)
    for path in concerned:
        names, sizes = listings[path].names, listings[path].sizes
        pairs = zip(names, sizes, strict=True)
        found[path] = Listing(names, [0 if rules.arrives_empty(f"{path}/{name}") else size for name, size in pairs])
    return found


def _selected_listings(listings: Mapping[str, Listing], only: IgnoreRules) -> Mapping[str, Listing]:
    """The listings without the files that rules do not match."""
    walker = only.walker()
    states: dict[str, Folder] = {}
    found: dict[str, Listing] = {}
    for path, listing in listings.items():
        state = states[path] = walker.enter(path, states[_parent(path)]) if path else ROOT
        if state.ignored:
            found[path] = listing
            continue
        prefix = f"{path}/" if path else ""
        pairs = zip(listing.names, listing.sizes, strict=True)
        kept = [(name, size) for name, size in pairs if walker.ignores(prefix + name, state)]
        found[path] = Listing([name for name, _ in kept], [size for _, size in kept])
    return found


def anywhere(pattern: Pattern) -> str | None:
    """The line that would match what a pattern matches in any folder; ``None`` when the pattern does so already."""
    if pattern.problem is not None or pattern.pattern.startswith("**"):
        return None
    return f"{'!' if pattern.negated else ''}**/{pattern.pattern}"


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _order(entry: ContextEntry) -> tuple[int, int, int, str]:
    return -entry.sent.bytes, -entry.left_out.bytes, -entry.size.files, entry.path


def _grouped(listing: Listing, numbers: array[int] | int) -> Iterator[tuple[int, int, int]]:
    """The deciding patterns of the files in a folder, each with the bytes and the number of its files."""
    if isinstance(numbers, int):
        yield numbers, sum(listing.sizes), len(listing.sizes)
        return
    sums: dict[int, list[int]] = {}
    for number, size in zip(numbers, listing.sizes, strict=True):
        total = sums.get(number)
        if total is None:
            sums[number] = [size, 1]
        else:
            total[0] += size
            total[1] += 1
    for number, (bytes_, files) in sums.items():
        yield number, bytes_, files
