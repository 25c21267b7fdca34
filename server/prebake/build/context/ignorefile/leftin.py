"""What an author's ignore file leaves in the context of what was recognised there, and what was decided so."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator
from functools import cached_property

from prebake.files import is_below
from prebake.project.ignore.rules import rules_of
from prebake.project.measuring.landmarks import Landmark
from prebake.project.measuring.scan import ContextScan
from prebake.syntax.glob import WILDCARDS
from prebake.text import Text

_GENERATED = frozenset({"python-cache", "tool-cache", "package-metadata", "node-modules", "notebook-checkpoints"})
"""Kinds of which a pattern without a slash that does not say ``**/`` is likely to be a mistake."""

_ANYTHING = ("*", "**", ".*")


class LeftIn:
    """The landmarks that the rules of a scan leave in."""

    def __init__(self, scan: ContextScan) -> None:
        """``scan`` is of a context with an ignore file in force."""
        self._rules = scan.rules
        self._scan = scan
        comments = self._rules.file.comments if self._rules.file is not None else ()
        self._declined = {plain(comment.text.strip()) for comment in comments}
        self._exceptions = tuple(pattern.pattern for pattern in self._rules.patterns if pattern.negated)
        self.written = frozenset(pattern.pattern for pattern in self._rules.patterns)

    @cached_property
    def marks(self) -> tuple[Landmark, ...]:
        """What is left in, and neither on purpose nor by a pattern for the top alone."""
        return tuple(mark for mark in self._scan.landmarks if mark.files and self._is_left(mark))

    @cached_property
    def _by_name(self) -> dict[str, list[Landmark]]:
        found: dict[str, list[Landmark]] = {}
        for mark in self.marks:
            found.setdefault(mark.name, []).append(mark)
        return found

    def covered_by(self, pattern: str) -> Iterator[Landmark]:
        """The landmarks that a pattern of ours would leave out."""
        name = pattern.removeprefix("**/")
        if name != pattern and "/" not in name:
            fitting = (name,) if not WILDCARDS & set(name) else fnmatch.filter(self._by_name, name)
            for each in fitting:
                yield from self._by_name.get(each, ())
        elif not WILDCARDS & set(pattern):
            yield from (mark for mark in self.marks if is_below(mark.path, pattern))
        else:
            rules = rules_of(Text(pattern), "")
            yield from (mark for mark in self.marks if not rules.sends(mark.path, mark.is_folder))

    def is_declined(self, name: str) -> bool:
        """Whether a comment of the author's is about such a name or path alone: a pattern that was taken back."""
        return name in self._declined

    def is_on_purpose(self, path: str) -> bool:
        """Whether the author lets in a path by an exception for it, or has commented it out."""
        names = {path, posixpath.basename(path)}
        return not names.isdisjoint(self._declined) or any(
            pattern.startswith(f"{path}/") or plain(pattern) in names for pattern in self._exceptions
        )

    def is_known(self, name: str) -> bool:
        """Whether a pattern of the author's is about such a name, wherever it holds."""
        own = (posixpath.basename(pattern.pattern) for pattern in self._rules.patterns)
        return any(fnmatch.fnmatchcase(name, pattern) for pattern in own if pattern not in _ANYTHING)

    def is_root_only(self, name: str) -> bool:
        """Whether a pattern of the author's is about such a name, but matches at the context's top only, which does not
        say that this is meant: for what tools generate that is a mistake of its own, with a repair of its own.
        """
        return any(
            pattern.is_for_top and fnmatch.fnmatchcase(name, pattern.pattern)
            for pattern in self._rules.patterns
            if pattern.pattern not in _ANYTHING
        )

    def _is_left(self, mark: Landmark) -> bool:
        if not self._rules.sends(mark.path, mark.is_folder) or self.is_on_purpose(mark.path):
            return False
        return mark.kind not in _GENERATED or "/" not in mark.path or not self.is_root_only(mark.name)


def plain(pattern: str) -> str:
    """What a pattern, possibly one in a comment, is about."""
    return pattern.removeprefix("**/").strip("/")


def left_in(scan: ContextScan) -> LeftIn:
    """What the rules of a scan leave in; remembered for the last scan of each context, since every keystroke asks."""
    known = _looked.get(scan.root)
    if known is None or known[0] is not scan:
        if len(_looked) >= _MOST_REMEMBERED:
            _looked.clear()
        known = _looked[scan.root] = scan, LeftIn(scan)
    return known[1]


_looked: dict[str, tuple[ContextScan, LeftIn]] = {}
_MOST_REMEMBERED = 16
