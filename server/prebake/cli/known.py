"""What is known already, from a baseline or from before a change, and what is therefore new."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from prebake.cli.results import Result
from prebake.records import NamedTuple


class CannotCompareError(Exception):
    """What findings were to be compared with cannot be had; the message says why, and what to do."""


class Known(NamedTuple):
    """How many findings were left out of a report because they are known, and from where, in words."""

    number: int
    source: str


class Separated(NamedTuple):
    """Results that are new and results that are known, each in the order they had."""

    new: tuple[Result, ...]
    known: tuple[Result, ...]


def separate(found: Sequence[Result], known: Counter[str]) -> Separated:
    """Tell the new results from the known ones. ``known`` says how often each fingerprint is known.

    Findings with one fingerprint are counted: where more are found than are known, the last of them are new.
    """
    if not known:
        return Separated(tuple(found), ())
    left = known.copy()
    indexes: set[int] = set()
    for index in sorted(range(len(found)), key=lambda index: _place(found[index])):
        fingerprint = found[index].fingerprint
        if left[fingerprint] > 0:
            left[fingerprint] -= 1
            indexes.add(index)
    return Separated(
        tuple(result for index, result in enumerate(found) if index not in indexes),
        tuple(result for index, result in enumerate(found) if index in indexes),
    )


def _place(result: Result) -> tuple[str, tuple[int, int]]:
    location = result.finding.location
    return location.path, location.span.start
