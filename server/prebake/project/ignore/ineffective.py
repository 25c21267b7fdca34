"""Patterns of an ignore file that could be left out: without them the same is sent, whatever lies in the context.

The proof rests on how the walk over a context works (:mod:`prebake.project.ignore.rules`). Call neighbouring patterns
that are all exceptions, or all none, a *run*. Which of a run's patterns matches never counts, only whether any does: at
a path that is not ignored yet, a run of patterns ignores what one of them matches, and remembers that for all below it;
a run of exceptions does the reverse at a path that is ignored. What is ignored already is not compared with a further
pattern, nor what is not ignored with an exception. Hence a pattern can go when

- it matches no path at all;
- it is an exception, and nothing before it can have ignored a path that it matches or a folder that such a path is in;
- another one of its run matches all that it matches;
- it stands in the first run that ignores anything, and all that it matches is matched by another one of that run, or
  lies in a folder that is. (In later runs that does not do: the folder may have been ignored before, so that nothing
  was remembered, and the path brought back by an exception in between.)

Other builders than BuildKit go about it in their own ways. Kaniko looks at each path alone and takes a pattern for all
that is below what it matches: there, nothing before an exception may match what lies below its paths, either. The
legacy builder and Buildah look into an ignored folder only where an exception, at any place, begins with its name:
there, an exception can only go when the very same stands in its run.

Nothing else is claimed. What merely matches nothing today is not looked at.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

from prebake.project.ignore.rules import compiled
from prebake.records import NamedTuple
from prebake.syntax.ignorefile import Pattern, parse_ignore
from prebake.syntax.inclusion import Budget, are_apart, includes, sample
from prebake.text import Text

if TYPE_CHECKING:
    from prebake.config import Builder
    from prebake.project.ignore.docker_pattern import DockerPattern

_MOST_STEPS = 20_000
_MOST_COMPARED = 5_000
_LONGEST_NAME = 64
_SLOW = 100
"""Bounds on the work for one file: behind them nothing more is found."""

Reason = Literal["duplicate", "covered", "never", "nothing-to-except"]


class Ineffective(NamedTuple):
    """A pattern that could be left out, and why.

    ``by`` is the pattern that does its work, or, behind an exception with nothing to except, the last one that
    ignores what it is about, if there is one.
    """

    pattern: Pattern
    reason: Reason
    by: Pattern | None = None


@lru_cache(maxsize=256)
def ineffective(text: Text, builder: Builder = "buildkit") -> tuple[Ineffective, ...]:
    """The patterns of an ignore file that a builder could do without, each for itself or all at once; none in a file
    at which the build stops.
    """
    file = parse_ignore(text)
    return () if file.problem is not None else tuple(_Search(compiled(file), builder).found())


def _matches_nothing(pattern: str) -> bool:
    """Whether a pattern is about the context root or what lies above it, of which the walk never asks."""
    return pattern in (".", "/", "..") or (pattern.startswith("../") and "|" not in pattern)


class _Index:
    """Patterns by what they match, to find those that match a path without asking all of them."""

    def __init__(self, compared: Budget) -> None:
        self._compared = compared
        self.equal: dict[str, int] = {}
        self._literals: dict[str, int] = {}
        self._ends: dict[str, int] = {}
        self._tails: dict[str, int] = {}
        self._rest: list[tuple[int, DockerPattern]] = []

    def add(self, number: int, item: DockerPattern) -> None:
        """Take in a pattern; of several that are equal the first one counts."""
        self.equal.setdefault(item.source.pattern, number)
        if item.literal is not None and item.suffix is None:
            self._literals.setdefault(item.literal, number)
        elif item.suffix is not None:
            if item.literal is not None:
                self._tails.setdefault(item.literal, number)
            else:
                self._ends.setdefault(item.suffix, number)
        else:
            self._rest.append((number, item))

    def matching(self, path: str) -> Iterator[int]:
        """The numbers of patterns that match this very path, as far as the budget goes."""
        if path in self._literals:
            yield self._literals[path]
        if self._tails:
            at = 0
            while True:
                if path[at:] in self._tails:
                    yield self._tails[path[at:]]
                at = path.find("/", at) + 1
                if not at:
                    break
        if self._ends:
            name = path.rpartition("/")[2]
            for at in range(max(0, len(name) - _LONGEST_NAME), len(name)):
                if name[at:] in self._ends:
                    yield self._ends[name[at:]]
        for number, item in self._rest:
            if not self._compared.spend(_SLOW if item.backtracks else 1):
                return
            if item.matches(path):
                yield number


class _Search:
    """Looks for what could be left out of one file."""

    def __init__(self, patterns: tuple[DockerPattern, ...], builder: Builder) -> None:
        self._patterns = patterns
        self._builder = builder
        self._steps = Budget(_MOST_STEPS)
        self._compared = Budget(_MOST_COMPARED)
        self._ignoring = _Index(self._compared)
        self._before: list[int] = []

    def found(self) -> Iterator[Ineffective]:
        """In the order of the file."""
        for first, end in _runs(self._patterns):
            run = range(first, end)
            negated = self._patterns[first].source.negated
            index = _Index(self._compared)
            for number in run:
                index.add(number, self._patterns[number])
            for number in run:
                answer = self._look(number, index, negated=negated, run=run)
                if answer is not None:
                    yield answer
            if not negated:
                for number in run:
                    self._ignoring.add(number, self._patterns[number])
                self._before += run

    def _look(self, number: int, index: _Index, *, negated: bool, run: range) -> Ineffective | None:
        item = self._patterns[number]
        if negated and self._builder in ("legacy", "buildah"):
            first = index.equal[item.source.pattern]
            return Ineffective(item.source, "duplicate", self._patterns[first].source) if first < number else None
        if _matches_nothing(item.source.pattern):
            return Ineffective(item.source, "never")
        if negated and self._excepts_nothing(item):
            return Ineffective(item.source, "nothing-to-except", self._ignored_later(item, run.stop))
        below = not negated and not self._before
        word = next(_samples(item), None)
        if word is None:
            return None
        for other in _around(word, index) if below else index.matching(word):
            if other != number and self._covers(other, number, below=below):
                by = self._patterns[other].source
                return Ineffective(item.source, "duplicate" if by.pattern == item.source.pattern else "covered", by)
        return None

    def _covers(self, other: int, number: int, *, below: bool) -> bool:
        """Whether one pattern does the work of another; of two that do each other's, the first does."""
        if other < number:
            return self._takes(other, number, below=below)
        return self._takes(other, number, below=below) and not self._takes(number, other, below=below)

    def _takes(self, other: int, number: int, *, below: bool) -> bool:
        outer, inner = self._patterns[other], self._patterns[number]
        if outer.source.pattern == inner.source.pattern:
            return True
        if _is_path(inner):
            path = inner.source.pattern
            return any(outer.matches(word) for word in (_folders(path) if below else (path,)))
        return includes(outer.source.pattern, inner.source.pattern, self._steps, below=below)

    def _excepts_nothing(self, item: DockerPattern) -> bool:
        """Whether no pattern before an exception can have ignored what it is about."""
        samples = tuple(_samples(item))
        if self._before and (not samples or any(True for word in samples for _ in _around(word, self._ignoring))):
            return False
        if self._compared.left < 0:
            return False
        pattern = item.source.pattern
        before = [self._patterns[number].source.pattern for number in self._before]
        if self._builder == "kaniko" and not all(are_apart(other, pattern, self._steps) for other in before):
            return False
        return _is_path(item) or all(are_apart(pattern, other, self._steps) for other in before)

    def _ignored_later(self, item: DockerPattern, start: int) -> Pattern | None:
        """The last pattern that ignores what an exception above it is about."""
        samples = tuple(_samples(item))
        for other in reversed(self._patterns[start:]):
            if not self._compared.spend():
                return None
            if not other.source.negated and any(other.matches(path) for word in samples for path in _folders(word)):
                return other.source
        return None


def _runs(patterns: tuple[DockerPattern, ...]) -> Iterator[tuple[int, int]]:
    """Where the runs begin and end."""
    first = 0
    for end in range(1, len(patterns) + 1):
        if end == len(patterns) or patterns[end].source.negated != patterns[first].source.negated:
            yield first, end
            first = end


def _is_path(item: DockerPattern) -> bool:
    """Whether a pattern means one path, which it is."""
    return item.literal is not None and item.suffix is None


def _folders(path: str) -> Iterator[str]:
    """The folders that a path is in, from the top, and the path itself."""
    at = path.find("/")
    while at >= 0:
        yield path[:at]
        at = path.find("/", at + 1)
    yield path


def _around(word: str, index: _Index) -> Iterator[int]:
    """The patterns that match a path or a folder it is in."""
    for path in _folders(word):
        yield from index.matching(path)


def _samples(item: DockerPattern) -> Iterator[str]:
    """A path for each alternative of a pattern, none where that is not known: whatever includes it matches these."""
    if _is_path(item):
        yield item.source.pattern
    elif item.source.pattern.isascii():
        for branch in item.alternatives:
            word = "".join(sample(atom.regex) for atom in branch if atom.kind in ("one", "many"))
            sound = all(atom.kind != "start" for atom in branch)
            if sound and all(part not in ("", ".", "..") for part in word.split("/")):
                yield word
