"""The build contexts of several Dockerfiles: each once, with all Dockerfiles that are built from it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property

from prebake.build.build import Build
from prebake.build.builders import builder_of
from prebake.build.context.transfer import Transfer, transfer
from prebake.cli.tree import Item, View
from prebake.project.ignore.rules import IgnoreRules
from prebake.project.measuring.attribution import Attribution, ContextEntry
from prebake.project.measuring.scan import ContextScan, Size
from prebake.records import NamedTuple
from prebake.syntax.ignorefile import IgnoreFile, Pattern
from prebake.text import Text

Opens = Callable[[ContextEntry], bool]
"""Whether what lies in a folder is worth lines of its own."""


class Reader(NamedTuple):
    """A Dockerfile that is built from a context: its target, what says that this is the context, and what ``builder``,
    the name of the one that the settings name, asks for of it. ``named`` are the folders, absolute paths, that are
    named contexts beside it, by their names.
    """

    path: str
    target: str | None
    source: str
    builder: str
    transfer: Transfer
    named: Mapping[str, str]


class Shown:
    """A context that is shown, under the rules of one ignore file, with the Dockerfiles that are built from it.

    ``root`` is ``None`` where the builder fetches something that is not here; ``remote`` says that it fetches.
    """

    def __init__(self, root: str | None, rules: IgnoreRules, remote: bool, scan: ContextScan | None) -> None:
        self.root = root
        self.rules = rules
        self.remote = remote
        self.scan = scan
        self.readers: list[Reader] = []
        self._named: dict[IgnoreRules | None, Attribution] = {}

    @cached_property
    def whole(self) -> Attribution | None:
        """All of the context; ``None`` when nothing is sent from here."""
        return Attribution(self.scan) if self.scan is not None else None

    def taken(self, readers: Sequence[Reader]) -> Attribution | None:
        """What is sent for any of some Dockerfiles; ``None`` when nothing is sent from here."""
        if self.scan is None:
            return None
        selection = selection_of(reader.transfer for reader in readers)
        if selection is None:
            return self.whole
        if selection not in self._named:
            self._named[selection] = Attribution(self.scan, selection)
        return self._named[selection]

    @property
    def is_sent_whole(self) -> bool:
        """Whether some Dockerfile makes the builder ask for all of it."""
        return any(reader.transfer.whole for reader in self.readers)


def contexts_of(builds: Iterable[Build], folder: str, given_context: bool = False) -> tuple[Shown, ...]:
    """The contexts of builds, those from which something is sent first. Evidence is named as seen from ``folder``."""
    found: dict[tuple[object, ...], Shown] = {}
    for build in builds:
        context = build.context
        key = (context.root, build.ignore, context.remote)
        shown = found.get(key)
        if shown is None:
            shown = found[key] = Shown(context.root, build.ignore, context.remote, build.scan)
        source = "--context" if given_context else context.evidence.source(folder)
        named = {name: other.folder for name, other in context.named.items() if other.folder is not None}
        reader = Reader(build.path, context.target, source, builder_of(build).name, transfer(build), named)
        if not any((known.path, known.transfer) == (reader.path, reader.transfer) for known in shown.readers):
            shown.readers.append(reader)
    return tuple(sorted(found.values(), key=lambda shown: shown.scan is None))


def selection_of(transfers: Iterable[Transfer]) -> IgnoreRules | None:
    """Rules that match what any of several builds asks for; ``None`` for the whole context."""
    selections = [one.selection for one in transfers]
    patterns: dict[Pattern, None] = {}
    for selection in selections:
        if selection is None:
            return None
        patterns.update(dict.fromkeys(selection.patterns))
    return IgnoreRules(IgnoreFile(Text(""), tuple(patterns), ()), None)


def sent_view(found: Attribution, opens: Opens) -> View:
    """What is sent, as a tree of folders."""
    return _folders(found, lambda entry: entry.sent, opens)


def unnamed_view(found: Attribution, named: Attribution, opens: Opens) -> View:
    """What the ignore file lets through and no instruction names, as a tree of folders."""

    def rest(entry: ContextEntry) -> Size:
        taken = named.find(entry.path)
        return entry.sent if taken is None else entry.sent.minus(taken.sent)

    return _folders(found, rest, opens)


def whole_view(found: Attribution) -> View:
    """All there is, sent or not, as a tree of folders."""
    return _folders(found, lambda entry: entry.size, lambda _: True, empty=True)


def _folders(found: Attribution, amount: Callable[[ContextEntry], Size], opens: Opens, empty: bool = False) -> View:
    @cache
    def children(folder: str) -> tuple[Item, ...]:
        items = (Item(entry.path, entry.name, amount(entry), entry, opens(entry)) for entry in found.children(folder))
        return tuple(sorted((item for item in items if empty or item.size.files), key=_largest))

    return View(amount(found.entry("")), children)


def left_out_view(found: Attribution) -> View:
    """What the ignore file leaves out, as a tree: the patterns, and in each the uppermost entries it decides about. A
    pattern with a single one shares its line.
    """
    patterns = [pattern for pattern in found.by_pattern if not pattern.negated]

    @cache
    def children(key: str) -> tuple[Item, ...]:
        if key:
            return tuple(entries(patterns[int(key)], found.left_out.files + 1))
        items: list[Item] = []
        for number, pattern in enumerate(patterns):
            reach = found.decided_by(pattern, 1)
            if reach.entries == 1:
                items += entries(pattern, 1)
            elif reach.size.files:
                items.append(Item(str(number), pattern.raw, reach.size, pattern, True))
        return tuple(sorted(items, key=_largest))

    def entries(pattern: Pattern, most: int) -> Iterator[Item]:
        for reached in found.decided_by(pattern, most).largest:
            # A slash in front keeps the keys of entries apart from those of patterns.
            yield Item(f"/{reached.path}", reached.path, reached.size, found.entry(reached.path), False)

    return View(found.left_out, children)


def _largest(item: Item) -> tuple[int, int, str]:
    return -item.size.bytes, -item.size.files, item.key


def letting_in(found: Attribution, entry: ContextEntry) -> tuple[Pattern, ...]:
    """The exceptions that let in an entry, or something in it."""
    return tuple(pattern for pattern in found.patterns_in(entry.path) if pattern.negated)
