"""The files that the steps of a plan take, followed from commit to commit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from prebake.build.cache.content import filtered
from prebake.build.cache.inputs import Selector
from prebake.githistory import Blob, Change
from prebake.paths import is_below, parent, relative
from prebake.project.ignore.rules import IgnoreRules

_SUBMODULE, _FOLDER = "160000", "040000"
_BITS = (1 << 64) - 1


Touched = Mapping[int, list[str]]
"""Paths that have changed, by the number of the selector that takes them."""


class Selection:
    """What each selector selects of the files of one commit, as a number that is the same for the same files.

    The number is the sum of those of the single files: a commit costs what it changes, not what there is.
    """

    def __init__(
        self, selectors: Iterable[Selector], rules: IgnoreRules, *, top: str, context: str, constant: Iterable[str]
    ) -> None:
        """``selectors`` come in the order of their numbers. ``top`` is the repository's folder and ``context`` the
        build context's; ``constant`` are files (absolute paths) that are taken as they are today: the Dockerfile and
        the ignore file.
        """
        self._selectors = tuple(selectors)
        self._rules = rules
        # One of the two is empty: the context lies in the repository, or the repository in the context.
        self._above = "" if context == top or not is_below(context, top) else relative(context, top) + "/"
        self._below = "" if self._above or context == top else relative(top, context) + "/"
        self._constant = frozenset(relative(path, top) for path in constant if is_below(path, top))
        self._takers: dict[tuple[str, str], tuple[int, ...]] = {}
        self._files_below: Counter[str] = Counter()
        self.digests = [0] * len(self._selectors)
        self.counts = [0] * len(self._selectors)

    def commit(self, changes: Iterable[Change]) -> Touched:
        """Take in the changes of a commit; returns those selectors to which they make a difference."""
        touched: dict[int, list[str]] = {}
        for change in changes:
            for number in self._change(change):
                touched.setdefault(number, []).append(change.path)
        return touched

    def _change(self, change: Change) -> tuple[int, ...]:
        blob = change.after or change.before
        takers = self._takers_of(change.path, _SUBMODULE if blob is not None and blob.startswith(_SUBMODULE) else "")
        times = (change.after is not None) - (change.before is not None)
        if takers:
            self._add(takers, _digest(change.path, change.after) - _digest(change.path, change.before), times)
        return takers if not times else (*takers, *self._folders_change(change.path, times))

    def _folders_change(self, path: str, times: int) -> Iterator[int]:
        """Take in the folders that come with their first file and go with their last: they are sent even where the
        files are not.
        """
        folder = parent(path)
        while folder not in ("", path):
            before = self._files_below[folder]
            self._files_below[folder] = before + times
            if not before or not before + times:
                takers = self._takers_of(folder, _FOLDER)
                self._add(takers, times * _digest(folder, _FOLDER), times)
                yield from takers
            path, folder = folder, parent(folder)

    def _add(self, numbers: Iterable[int], difference: int, times: int) -> None:
        for number in numbers:
            self.digests[number] = (self.digests[number] + difference) & _BITS
            self.counts[number] += times

    def _takers_of(self, path: str, kind: str) -> tuple[int, ...]:
        """The selectors, by number, that take a path of the repository."""
        key = path, kind
        if key not in self._takers:
            self._takers[key] = tuple(self._find(path, kind))
        return self._takers[key]

    def _find(self, path: str, kind: str) -> Iterable[int]:
        inner = self._below + path.removeprefix(self._above)
        if path in self._constant or not path.startswith(self._above):
            return ()
        if not self._rules.sends(inner, is_dir=kind == _FOLDER):
            return ()
        return (
            number
            for number, selector in enumerate(self._selectors)
            if _takes(selector, inner) or (kind == _SUBMODULE and is_below(selector.source, inner))
        )


def _digest(path: str, blob: Blob | None) -> int:
    """A number for what stands at a path; 0 for nothing."""
    # The hash of a string is a strong one. That of a tuple is not: sums of such come out the same.
    return 0 if blob is None else hash(f"{blob} {path}")


def _takes(selector: Selector, path: str) -> bool:
    if not selector.takes(path):
        return False
    parts = len(selector.source.split("/")) if selector.source else 0
    return not filtered(selector, "/".join(path.split("/")[parts:]))
