"""An ignore file's pattern, matched as Docker does. :mod:`docker_spec` beside it makes a ``pathspec`` of it."""

from __future__ import annotations

import re
from functools import lru_cache

from prebake.syntax.glob import WILDCARDS, Atom, alternatives, expression
from prebake.syntax.ignorefile import Pattern

_OPTIONAL = frozenset({"maybe", "many", "dirs"})


class DockerPattern:
    """One pattern of an ignore file, ready to be compared with paths relative to the context root.

    :meth:`matches` is what the walk over a context asks, :meth:`takes_in` what counts for a path looked at alone.
    """

    __slots__ = ("alternatives", "backtracks", "literal", "source", "suffix", "whole")

    def __init__(self, source: Pattern) -> None:
        """Prepare a pattern, which must have no problem."""
        self.source = source
        self.alternatives = alternatives(source.pattern)
        self.backtracks = any(_backtracks(branch) for branch in self.alternatives)
        self.whole = expression(source.pattern)
        self.literal, self.suffix = _simple(source.pattern)

    def matches(self, path: str) -> bool:
        """Whether the pattern matches this very path."""
        if self.backtracks:
            return any(simulate(branch, path) for branch in self.alternatives)
        return _compiled(rf"(?:{self.whole})\Z").match(path) is not None

    def takes_in(self, path: str) -> bool:
        """Whether the pattern matches a path or a folder it is in."""
        if not self.backtracks:
            return _compiled(rf"(?:{self.whole})(?:/[\s\S]*)?\Z").match(path) is not None
        ends = [at for at, char in enumerate(path) if char == "/"]
        return any(self.matches(path[:end]) for end in (*ends, len(path)))


def _backtracks(branch: tuple[Atom, ...]) -> bool:
    """Whether the regular expression could take more than quadratic time on a path made for it."""
    open_ended = sum(atom.kind not in ("one", "start") for atom in branch)
    return open_ended > (3 if branch and branch[0].kind == "dirs" else 2)


@lru_cache(maxsize=2048)
def _compiled(regex: str) -> re.Pattern[str]:
    return re.compile(r"\A" + regex)


def _simple(pattern: str) -> tuple[str | None, str | None]:
    """The path that a pattern means, or the end of all paths that it matches, where it is as simple as that.

    The end holds for paths without line feeds only, which ``*`` and ``**`` do not cross.
    """
    tail = pattern.removeprefix("**/")
    anywhere = tail != pattern
    literal = tail.removeprefix("*") if anywhere else tail
    if WILDCARDS & set(literal) or set("]^|{") & set(literal):
        return None, None
    if not anywhere:
        return literal, None
    if literal != tail:
        return None, literal if literal and "/" not in literal else None
    return literal, "/" + literal


def simulate(pattern: tuple[Atom, ...], path: str) -> bool:
    """Match a whole path in time proportional to the lengths of pattern and path."""
    classes = [re.compile(atom.regex) for atom in pattern]

    def skipping(states: set[tuple[int, bool]], start: bool) -> set[tuple[int, bool]]:
        """Add the states that are reached without taking a character."""
        for state, inside in tuple(states):
            at = state
            while not inside and at < len(pattern) and _optional(pattern[at], start):
                at += 1
                states.add((at, False))
        return states

    # A state is the number of the next atom, and whether characters were taken for it that only a `/` can end.
    states = skipping({(0, False)}, True)
    for char in path:
        following: set[tuple[int, bool]] = set()
        for at, _ in states:
            if at == len(pattern):
                continue
            kind = pattern[at].kind
            if kind == "dirs" and char == "/":
                following.add((at + 1, False))
            if kind != "start" and classes[at].match(char):
                following.add((at + (kind in ("one", "maybe")), kind == "dirs"))
        states = skipping(following, False)
    return (len(pattern), False) in states


def _optional(atom: Atom, start: bool) -> bool:
    return atom.kind in _OPTIONAL or (atom.kind == "start" and start)
