"""The order of the steps of a stage that puts lower tiers first, as far as what depends on what allows it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

Depends = Callable[[int, int], bool]
"""Whether the second of two steps has to stay below the first."""


def schedule(tiers: Sequence[int], dear: Sequence[bool], depends: Depends) -> tuple[int, ...]:
    """The steps, given as numbers from 0, in their new order.

    ``tiers`` has the tier of each step; 0 stands for one that is never put off. ``dear`` says which are worth being
    kept in the cache. A step is put off while a dear one of a lower tier is left that does not need it; else the first
    that can come next does, so that steps keep their order where nothing is gained. Scheduling the outcome again
    changes nothing, as long as no two steps wait for each other.
    """
    count = len(tiers)
    above = [{first for first in range(second) if depends(first, second)} for second in range(count)]
    needs: list[set[int]] = []
    for second in range(count):
        needs.append(above[second].union(*(needs[first] for first in above[second])))
    left = list(range(count))
    order: list[int] = []
    wanted = [number for number in left if dear[number] and tiers[number]]
    while left:
        there = set(order)
        ready = [step for step in left if above[step] <= there]
        chosen = next((step for step in ready if not _waits(step, wanted, tiers, needs)), ready[0])
        order.append(chosen)
        left.remove(chosen)
        wanted = [step for step in wanted if step != chosen]
    return tuple(order)


def _waits(step: int, wanted: Sequence[int], tiers: Sequence[int], needs: Sequence[set[int]]) -> bool:
    """Whether a dear step of a lower tier is left that does not need this one."""
    return bool(tiers[step]) and any(tiers[other] < tiers[step] and step not in needs[other] for other in wanted)


def staying(order: Sequence[int], weights: Sequence[int]) -> frozenset[int]:
    """The steps that need not be moved to come to an order: of all sets that keep their order, the one of the greatest
    weight.
    """
    best: list[int] = []
    before: list[int | None] = []
    for at, step in enumerate(order):
        earlier = [other for other in range(at) if order[other] < step]
        chosen = max(earlier, key=lambda other: best[other], default=None)
        best.append(weights[step] + (best[chosen] if chosen is not None else 0))
        before.append(chosen)
    place: int | None = max(range(len(order)), key=lambda at: best[at], default=None)
    found: set[int] = set()
    while place is not None:
        found.add(order[place])
        place = before[place]
    return frozenset(found)
