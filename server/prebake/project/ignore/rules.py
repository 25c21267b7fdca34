"""Which files of a build context are sent to the builder: Docker's ignore rules.

Docker has two answers for one path. The *walk* over the context, which decides what is really sent, hands down from
folder to folder which patterns have matched, and looks at an exception only where something is ignored at that moment;
so ``**/*.pyc`` followed by ``!src`` leaves ``src/a.pyc`` out. A path *looked at alone* (BuildKit's check of copied
sources) asks every pattern for the path and the folders it is in. :meth:`IgnoreRules.sends` is the walk's answer.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from prebake.records import NamedTuple
from prebake.syntax.glob import WILDCARDS
from prebake.syntax.ignorefile import IgnoreFile, Pattern, parse_ignore
from prebake.text import Text

if TYPE_CHECKING:
    from prebake.project.ignore.docker_pattern import DockerPattern

NAME = ".dockerignore"


class Folder(NamedTuple):
    """What the walk knows about a folder: whether it is ignored, whether nothing in it can be sent, and (a bit set of
    pattern numbers) which patterns have matched it or a folder above it.
    """

    ignored: bool
    pruned: bool
    matched: int

    @property
    def decided_by(self) -> int:
        """The number of the pattern that decides about it: the last that has matched; -1 when none has."""
        return self.matched.bit_length() - 1


ROOT = Folder(False, False, 0)
"""The context root, which no pattern can take away."""


class _Run(NamedTuple):
    """Neighbouring patterns that are all exceptions or all none; only whether any of them matches counts for a file."""

    negated: bool
    bits: int
    matches: Callable[[str], bool]
    first: int
    patterns: tuple[DockerPattern, ...]


class Walker:
    """The walk rule. Ask :meth:`enter` for each folder, from the root down, and :meth:`ignores` for its files.

    Paths are relative to the context root. ``folder`` is what :meth:`enter` said about the folder that the path is in.
    """

    def __init__(self, patterns: tuple[DockerPattern, ...], *, prunes_blindly: bool = False) -> None:
        """A walk under compiled patterns; ``prunes_blindly`` as in :class:`IgnoreRules`."""
        self._patterns = patterns
        self._prunes_blindly = prunes_blindly
        self._runs = _runs(patterns)
        self._exceptions = tuple(
            (bit, _literal_start(item.source.pattern)) for bit, item in enumerate(patterns) if item.source.negated
        )

    def enter(self, path: str, folder: Folder) -> Folder:
        """What becomes of a folder."""
        if folder.pruned:
            return folder
        ignored = False
        matched = last = 0
        for bit, item in enumerate(self._patterns):
            hit = bool(folder.matched >> bit & 1)
            if not hit and item.source.negated == ignored:
                hit = item.matches(path)
            if hit:
                matched |= 1 << bit
                last = bit
                ignored = not item.source.negated
        return Folder(ignored, ignored and not self._may_return(path, last), matched)

    def ignores(self, path: str, folder: Folder) -> bool:
        """Whether a file (or link) is left out."""
        ignored = False
        for run in self._runs:
            if run.negated == ignored and (folder.matched & run.bits or run.matches(path)):
                ignored = not run.negated
        return ignored

    def decides(self, path: str, folder: Folder) -> int:
        """The number of the pattern that decides about a file: the last that matches it or a folder it is in, where
        Docker looks only at those that would change something; -1 when none does. It is left out when that pattern is
        no exception.
        """
        if folder.pruned:
            return folder.decided_by
        # What matches the folder matches all in it: only what comes behind can still decide otherwise.
        last, ignored = folder.decided_by, folder.ignored
        for run in self._runs:
            if run.first > last and run.negated == ignored and run.matches(path):
                ignored = not run.negated
                last = next(run.first + at for at, item in enumerate(run.patterns) if item.matches(path))
        return last

    def _may_return(self, path: str, last: int) -> bool:
        """Whether an exception might bring back something below an ignored folder: one behind the pattern that
        decided about it last, which takes in all below it, too.
        """
        if self._prunes_blindly:
            return any(
                item.source.negated and f"{item.source.pattern}/".startswith(f"{path}/") for item in self._patterns
            )
        parts = path.split("/")
        return any(bit > last and parts[: len(start)] == start[: len(parts)] for bit, start in self._exceptions)


def _literal_start(pattern: str) -> list[str]:
    """The leading components of a pattern that hold no wildcard: what it matches lies below them."""
    start: list[str] = []
    if "|" in pattern:
        return start
    for part in pattern.split("/"):
        if (WILDCARDS | set("]^|{")) & set(part):
            break
        start.append(part)
    return start


def _runs(patterns: tuple[DockerPattern, ...]) -> tuple[_Run, ...]:
    runs: list[_Run] = []
    first = 0
    for bit in range(1, len(patterns) + 1):
        if bit == len(patterns) or patterns[bit].source.negated != patterns[first].source.negated:
            bits = (1 << bit) - (1 << first)
            same = patterns[first:bit]
            runs.append(_Run(same[0].source.negated, bits, _any_of(same), first, same))
            first = bit
    return tuple(runs)


def _any_of(patterns: tuple[DockerPattern, ...]) -> Callable[[str], bool]:
    """A test for "one of these matches", with as few steps for each path as the patterns allow."""
    import re

    literals = {item.literal for item in patterns if item.literal is not None}
    ends = tuple(item.suffix for item in patterns if item.suffix is not None)
    slow = tuple(item for item in patterns if item.backtracks)
    rest = [item.whole for item in patterns if item.literal is None and item.suffix is None and not item.backtracks]
    regex = re.compile("|".join(rf"\A(?:{whole})\Z" for whole in rest)).match if rest else None

    def matches(path: str) -> bool:
        if "\n" in path:
            return any(item.matches(path) for item in patterns)
        return (
            path in literals
            or path.endswith(ends)
            or (regex is not None and regex(path) is not None)
            or any(item.matches(path) for item in slow)
        )

    return matches


@lru_cache(maxsize=256)
def compiled(file: IgnoreFile) -> tuple[DockerPattern, ...]:
    """The patterns of an ignore file ready to be compared with paths, without those that are malformed."""
    usable = [pattern for pattern in file.patterns if pattern.problem is None]
    if not usable:
        return ()
    from prebake.project.ignore.docker_pattern import DockerPattern

    return tuple(DockerPattern(pattern) for pattern in usable)


class IgnoreRules:
    """The ignore rules in force for one context.

    ``path`` is the absolute path of the ignore file, ``None`` when there is none; ``file`` its content.
    ``prunes_blindly``: the legacy builder does not look into an ignored folder unless an exception names something in
    it literally, so that ``data`` and ``!**/*.csv`` leave out ``data/a.csv``. ``asks_twice``: before BuildKit reads a
    file that the walk lets in, it looks at the path alone as well; see :meth:`arrives_empty`.
    """

    def __init__(
        self, file: IgnoreFile | None, path: str | None, *, prunes_blindly: bool = False, asks_twice: bool = True
    ) -> None:
        self.file = file
        self.path = path
        self.prunes_blindly = prunes_blindly
        self.asks_twice = asks_twice

    @property
    def _identity(self) -> tuple[object, ...]:
        return self.file, self.path, self.prunes_blindly, self.asks_twice

    def __eq__(self, other: object) -> bool:
        return isinstance(other, IgnoreRules) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash(self._identity)

    @property
    def patterns(self) -> tuple[Pattern, ...]:
        """The patterns, in order, malformed ones included."""
        return self.file.patterns if self.file else ()

    @property
    def problem(self) -> Pattern | None:
        """The first pattern at which the build stops."""
        return self.file.problem if self.file else None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is ignored: no ignore file, or one without patterns."""
        return not self.patterns

    @property
    def usable(self) -> tuple[Pattern, ...]:
        """The patterns that are well formed, as :class:`Folder` and :class:`Walker` count them."""
        return tuple(item.source for item in self._matchers)

    @property
    def has_exceptions(self) -> bool:
        """Whether some pattern lets in again what others leave out."""
        return any(pattern.negated for pattern in self.patterns)

    @cached_property
    def _matchers(self) -> tuple[DockerPattern, ...]:
        return compiled(self.file) if self.file else ()

    @cached_property
    def _folders(self) -> dict[str, Folder]:
        return {"": ROOT}

    @cached_property
    def _overlooked(self) -> dict[str, bool]:
        return {}

    @cached_property
    def _touched(self) -> dict[str, bool]:
        return {}

    @cached_property
    def _walker(self) -> Walker:
        return self.walker()

    def walker(self) -> Walker:
        """The walk rule, for going over a whole context."""
        return Walker(self._matchers, prunes_blindly=self.prunes_blindly)

    def folder(self, path: str) -> Folder:
        """What becomes of a folder, given relative to the context root (``""`` is the root itself)."""
        known = self._folders.get(path)
        if known is not None:
            return known
        known, end = ROOT, 0
        while end < len(path):
            end = path.find("/", end + 1)
            end = len(path) if end < 0 else end
            part = path[:end]
            if part not in self._folders:
                self._folders[part] = self._walker.enter(part, known)
            known = self._folders[part]
        return known

    def sends(self, path: str, is_dir: bool = False) -> bool:
        """Whether a path relative to the context root is sent to the builder.

        A folder counts as sent when it is not ignored itself; an ignored folder may still hold files that are.
        """
        if path in ("", "."):
            return True
        if is_dir:
            return not self.folder(path).ignored
        folder = self.folder(posixpath.dirname(path))
        return not (folder.pruned or self._walker.ignores(path, folder))

    def sends_something_below(self, path: str) -> bool:
        """Whether a folder, or something that may lie in it, can be sent."""
        return path in ("", ".") or not self.folder(path).pruned

    def sends_alone(self, path: str) -> bool:
        """Docker's other answer, for a path looked at alone, as BuildKit's ``CopyIgnoredFile`` check does."""
        from prebake.project.ignore.docker_spec import spec_of

        return not spec_of(self._matchers).match_file(path)

    def arrives_empty(self, path: str) -> bool:
        """Whether BuildKit sends a file's name without its content.

        The walk decides which files the context has; before the content of one is read, BuildKit looks at the path
        alone, and sends nothing where that answer is no. The answers differ so where a folder is ignored, something in
        it is excepted, and a later pattern ignores the folder again: ``data``, ``!data/labels.csv``, ``data``.
        """
        return self.may_empty_in(posixpath.dirname(path)) and self.sends(path) and not self.sends_alone(path)

    def delivers(self, path: str, is_dir: bool = False) -> bool:
        """Whether a path is sent, and with its content; for a folder, with that of a file that lies directly in it."""
        return self.sends(path, is_dir) and not self.arrives_empty(f"{path}/x" if is_dir else path)

    def may_empty_in(self, folder: str) -> bool:
        """Whether a file that lies directly in a folder may arrive empty: a cheap test, since mostly none can."""
        return bool(folder and self._again) and self._overlooks(folder)

    @property
    def may_empty(self) -> bool:
        """Whether any file may arrive empty."""
        return bool(self._again)

    @cached_property
    def _again(self) -> tuple[tuple[int, DockerPattern], ...]:
        """The patterns, with their numbers, that ignore and stand behind an exception that stands behind another one
        that ignores: they may ignore a folder again.
        """
        if not self.asks_twice or not self.has_exceptions:
            return ()
        runs = [item.source.negated for item in self._matchers]
        first = runs.index(False) if False in runs else len(runs)
        start = runs.index(True, first) if True in runs[first:] else len(runs)
        return tuple((bit, self._matchers[bit]) for bit in range(start, len(runs)) if not runs[bit])

    def _overlooks(self, folder: str) -> bool:
        """Whether a pattern matches a folder without the walk having noticed, the folder being ignored already."""
        if not self._touches(folder):
            return False
        if folder not in self._overlooked:
            matched, pruned = self.folder(folder).matched, self.folder(folder).pruned
            self._overlooked[folder] = not pruned and any(
                not matched >> bit & 1 and item.takes_in(folder) for bit, item in self._again
            )
        return self._overlooked[folder]

    def _touches(self, folder: str) -> bool:
        """Whether a pattern that may ignore a folder again matches this one or one above it, as few do."""
        touched, end = False, 0
        while end < len(folder):
            end = folder.find("/", end + 1)
            end = len(folder) if end < 0 else end
            part = folder[:end]
            if part not in self._touched:
                self._touched[part] = touched or self._matches_again(part)
            touched = self._touched[part]
        return touched

    @cached_property
    def _matches_again(self) -> Callable[[str], bool]:
        return _any_of(tuple(item for _, item in self._again))

    def patterns_matching(self, path: str) -> tuple[Pattern, ...]:
        """The patterns, exceptions included, that match a path or a folder it is in."""
        return tuple(item.source for item in self._matchers if item.takes_in(path))

    def deciding(self, path: str, is_dir: bool = False) -> Pattern | None:
        """The pattern that leaves a path out, ``None`` for a path that is sent."""
        pattern = self.decided_by(path, is_dir)
        return None if pattern is None or pattern.negated else pattern

    def decided_by(self, path: str, is_dir: bool = False) -> Pattern | None:
        """The pattern that decides about a path, leaving it out or (an exception) letting it in; ``None`` when none
        matches it.
        """
        if path in ("", "."):
            return None
        if is_dir:
            number = self.folder(path).decided_by
        else:
            number = self._walker.decides(path, self.folder(posixpath.dirname(path)))
        return self._matchers[number].source if number >= 0 else None


NO_RULES = IgnoreRules(None, None)
"""Everything is sent."""


def rules_of(text: Text, path: str) -> IgnoreRules:
    """The rules of an ignore file's text."""
    return IgnoreRules(parse_ignore(text), path)
