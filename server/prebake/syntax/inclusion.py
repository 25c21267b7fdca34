"""What holds of ignore patterns for all paths at once: whether one matches everything that another matches.

The atoms of a pattern are a finite automaton. Two of them are run side by side, together with a third one that knows
what a path can look like, over one character of each kind that the patterns tell apart; a path that only one of them
takes is found if there is one. The answer is exact; where finding it would take too long there is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from prebake.regex import regex
from prebake.syntax.glob import Atom, GlobError, alternatives

_MOST_ATOMS = 120
_MOST_OPEN = 6
"""Patterns with more atoms, or with more that take any number of characters, are not compared."""

_CHARACTERS = 128
"""ASCII characters are told apart; one more stands for all others, which ASCII patterns do not tell apart."""
_OTHER = "\u0394"
_ALL = (1 << _CHARACTERS + 1) - 2  # no path holds a NUL
_SLASH = 1 << ord("/")
_DOT = 1 << ord(".")
# An escaped letter or digit may be one of Go's that Python lacks, or one that `alternatives` only approximates.
_ESCAPED = regex(r"\\[0-9A-Za-z]")

# A path's component so far: nothing, `.`, `..`, or a name. Only behind a name may a path end or a `/` follow.
_EMPTY, _ONE_DOT, _TWO_DOTS, _NAME = range(4)
_INSIDE = -1
"""In place of an automaton's states: the path lies in a folder that it has taken."""


class Budget:
    """How many steps may still be taken; shared by all questions about one file."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int = 1) -> bool:
        """Take some; whether there were so many."""
        self.left -= steps
        return self.left >= 0


class Automaton:
    """The paths that a pattern matches. States are the bits of a number."""

    def __init__(self, branches: tuple[tuple[Atom, ...], ...]) -> None:
        self._atoms: list[Atom | None] = []  # `None` is the end of a branch
        self.start = 0
        for branch in branches:
            first = len(self._atoms)
            self._atoms += (*branch, None)
            self.start |= self._closed(first, start=True)
        self._members = [0 if atom is None or atom.kind == "start" else _members(atom.regex) for atom in self._atoms]
        # The upper half of the bits: inside of a "dirs" atom, which only a `/` ends.
        self._inside = len(self._atoms)
        self._ends = sum(1 << at for at, atom in enumerate(self._atoms) if atom is None)
        self._steps: dict[tuple[int, int], int] = {}

    @property
    def classes(self) -> frozenset[int]:
        """The sets of characters that it tells apart, as bits."""
        return frozenset(self._members)

    def accepts(self, states: int) -> bool:
        """Whether a path may end here."""
        return bool(states & self._ends)

    def step(self, states: int, letter: int) -> int:
        """The states behind one more character, given as its bit."""
        key = states, letter
        if key not in self._steps:
            self._steps[key] = self._step(states, letter)
        return self._steps[key]

    def _step(self, states: int, letter: int) -> int:
        after = 0
        for state in _bits(states):
            at = state % self._inside
            atom = self._atoms[at]
            if atom is None:
                continue
            if atom.kind == "dirs" and letter == _SLASH:
                after |= self._closed(at + 1)
            if self._members[at] & letter:
                if atom.kind == "dirs":
                    after |= 1 << at + self._inside
                else:
                    after |= self._closed(at + (atom.kind != "many"))
        return after

    def _closed(self, at: int, *, start: bool = False) -> int:
        """An atom's state with those that are reached from it without a character."""
        states = 1 << at
        while (atom := self._atoms[at]) is not None and (
            atom.kind in ("maybe", "many", "dirs") or (start and atom.kind == "start")
        ):
            at += 1
            states |= 1 << at
        return states


def _bits(number: int) -> Iterator[int]:
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low


@lru_cache(maxsize=4096)
def _members(expression: str) -> int:
    """The characters that an atom's expression matches, as bits."""
    if len(expression) == 1 and expression.isascii() and expression != ".":
        return 1 << ord(expression)
    matches = re.compile(rf"(?:{expression})\Z").match
    found = sum(1 << code for code in range(1, _CHARACTERS) if matches(chr(code)))
    return found | (1 << _CHARACTERS if matches(_OTHER) else 0)


@lru_cache(maxsize=4096)
def sample(expression: str) -> str:
    """A character that an atom's expression matches, a letter if possible; nothing where none does."""
    members = _members(expression)
    letters = [char for char in "qz" if members >> ord(char) & 1]
    return letters[0] if letters else chr((members & -members).bit_length() - 1) if members else ""


@lru_cache(maxsize=1024)
def automaton(pattern: str) -> Automaton | None:
    """The automaton of a cleaned ignore pattern; ``None`` for one that is malformed, too long, or not known exactly."""
    if not pattern.isascii() or len(pattern) > _MOST_ATOMS or _ESCAPED.search(pattern):
        return None
    try:
        branches = alternatives(pattern)
    except GlobError:
        return None
    atoms = [atom for branch in branches for atom in branch]
    open_ended = sum(atom.kind in ("many", "dirs") for atom in atoms)
    return None if len(atoms) > _MOST_ATOMS or open_ended > _MOST_OPEN else Automaton(branches)


def includes(outer: str, inner: str, budget: Budget, *, below: bool = False) -> bool:
    """Whether every path that ``inner`` matches is matched by ``outer``, or (``below``) lies in a folder that it
    matches. False also where that is not known.
    """
    one, other = automaton(outer), automaton(inner)
    if one is None or other is None:
        return False
    return _none(other, one, budget, below=below, taken=False)


def are_apart(pattern: str, other: str, budget: Budget) -> bool:
    """Whether ``other`` matches no path of ``pattern`` and no folder that one of them lies in. False also where that is
    not known.
    """
    one, two = automaton(pattern), automaton(other)
    if one is None or two is None:
        return False
    return _none(one, two, budget, below=True, taken=True)


def _none(inner: Automaton, outer: Automaton, budget: Budget, *, below: bool, taken: bool) -> bool:
    """Whether there is no path of ``inner`` that ``outer`` takes, or (``taken`` is false) does not take."""
    letters = _letters(inner.classes | outer.classes)
    todo = [(_EMPTY, inner.start, outer.start)]
    seen = set(todo)
    while todo:
        if not budget.spend():
            return False
        component, left, right = todo.pop()
        is_taken = right == _INSIDE or outer.accepts(right)
        if component == _NAME and inner.accepts(left) and is_taken == taken:
            return False
        for letter in letters:
            after = _component(component, letter)
            following = inner.step(left, letter)
            if after is None or not following:
                continue
            if right == _INSIDE or (below and letter == _SLASH and is_taken):
                state = after, following, _INSIDE
            else:
                state = after, following, outer.step(right, letter)
            if state not in seen:
                seen.add(state)
                todo.append(state)
    return True


def _component(before: int, letter: int) -> int | None:
    """What a path's component is with one more character; ``None`` where no path goes on so."""
    if letter == _SLASH:
        return _EMPTY if before == _NAME else None
    return before + 1 if letter == _DOT and before < _NAME else _NAME


def _letters(classes: frozenset[int]) -> list[int]:
    """One character, as its bit, of each kind that the classes tell apart."""
    kinds = [_ALL]
    for members in (*classes, _SLASH, _DOT):
        kinds = [part for kind in kinds for part in (kind & members, kind & ~members) if part]
    return [kind & -kind for kind in kinds]
