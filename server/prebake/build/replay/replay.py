"""Counting, commit by commit, which steps of today's Dockerfile a warm cache would not have had.

Each buildable commit is built once, in order. The cache is a set of keys as BuildKit's is: what an earlier commit has
made is found again, after a revert, too. It is as full as the commit before the first one leaves it.
"""

from __future__ import annotations

from collections import Counter

from prebake.build.replay.plan import Plan, PlannedStage, PlannedStep
from prebake.build.replay.selection import Selection, Touched
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction

_Keys = tuple[int, int]
"""Two keys of a result: as if all that is taken from a stage that ran came out the same, and as if it never did."""


class StepCount(NamedTuple):
    """What became of one step: in how many builds it ran, and in how many more it may have, since only the builder
    knows whether a stage that ran came out the same. ``always``: the builder works it out anew each time.

    ``causes`` are the uppermost instructions whose files made it run, with the number of builds; ``files`` are those
    paths where it is such an instruction itself.
    """

    instruction: Instruction
    runs: int
    may_run: int
    always: bool
    causes: Counter[int]
    files: Counter[str]


class _End(NamedTuple):
    """What a stage ends with: the keys of its last step, the first instruction that made a step of it run, and the keys
    of the stages that it needs.
    """

    keys: _Keys
    cause: int | None
    above: tuple[_Keys | None, ...] = ()


class Replay:
    """The builds of one Dockerfile along a history: :meth:`commit` for each commit, once the selection has taken it in.

    ``builds`` is how many are counted, and ``skipped`` how many commits cannot be built.
    """

    def __init__(self, plan: Plan, selection: Selection) -> None:
        self._plan = plan
        self._selection = selection
        self._certain: set[int] = set()
        self._possible: set[int] = set()
        self._touched: dict[int, set[str]] = {}
        self._ends: dict[int, _End] = {}
        self._empty = True
        self._runs: Counter[int] = Counter()
        self._may_run: Counter[int] = Counter()
        self._causes: dict[int, Counter[int]] = {}
        self._files: dict[int, Counter[str]] = {}
        self.builds = 0
        self.skipped = 0

    def start(self) -> None:
        """Fill the cache with a build of the files that were there before the first commit."""
        if self._is_buildable():
            self._build(counts=False)

    def commit(self, touched: Touched) -> None:
        """Build a commit, given what it touched."""
        for number, paths in touched.items():
            self._touched.setdefault(number, set()).update(paths)
        if not self._is_buildable():
            self.skipped += 1
            return
        self.builds += not self._empty
        if self._touched or self._empty:
            self._build(counts=not self._empty)

    def _is_buildable(self) -> bool:
        counts = self._selection.counts
        return all(counts[number] for number in self._plan.needed)

    def _build(self, *, counts: bool) -> None:
        ends: dict[int, _End] = {}
        for stage in self._plan.stages:
            above = tuple(ends[number].keys if number in ends else None for number in stage.needs)
            known = self._ends.get(stage.number)
            if known is None or known.above != above or not self._touched.keys().isdisjoint(stage.takes):
                known = self._stage(stage, ends, counts)._replace(above=above)
            else:
                known = known._replace(cause=None)
            ends[stage.number] = known
        self._ends = ends
        self._touched.clear()
        self._empty = False

    def _stage(self, stage: PlannedStage, ends: dict[int, _End], counts: bool) -> _End:
        """Go through the steps of a stage."""
        image = hash(("image", stage.image))
        above, cause = (image, image), None
        if stage.base in ends:
            above, cause = ends[stage.base].keys, ends[stage.base].cause
        for step in stage.steps:
            keys, own = self._keys(step, above, ends)
            runs, may_run = keys[0] not in self._certain, keys[1] not in self._possible
            self._certain.add(keys[0])
            self._possible.add(keys[1])
            if runs and cause is None:
                cause = own
            if counts and not step.silent:
                self._count(step, runs, may_run, cause)
            above = (hash((above[0], keys[0])), hash((above[1], keys[1]))) if step.linked else keys
        return _End(above, cause)

    def _keys(self, step: PlannedStep, above: _Keys, ends: dict[int, _End]) -> tuple[_Keys, int | None]:
        """The keys of a step, and the instruction whose files make them others than in the last build."""
        digests = self._selection.digests
        taken = tuple(digests[number] for number in step.takes)
        known: list[object] = []
        made: list[object] = []
        cause: int | None = step.instruction.index if not self._touched.keys().isdisjoint(step.takes) else None
        for origin in step.origins:
            if origin.takes is None:
                made.append(ends[origin.stage].keys[1] if origin.stage in ends else None)
                continue
            known.append(tuple(digests[number] for number in origin.takes))
            if cause is None and not self._touched.keys().isdisjoint(origin.takes):
                cause = step.instruction.index
        own = hash((step.constant, taken, tuple(known)))
        certain = hash(own) if step.apart else hash((above[0], own))
        return (certain, hash((above[1], own, tuple(made)))), cause

    def _count(self, step: PlannedStep, runs: bool, may_run: bool, cause: int | None) -> None:
        index = step.instruction.index
        if not runs:
            self._may_run[index] += may_run
            return
        self._runs[index] += 1
        if cause is not None:
            self._causes.setdefault(index, Counter())[cause] += 1
        if cause == index:
            takes = {*step.takes, *(number for origin in step.origins for number in origin.takes or ())}
            paths = set().union(*(self._touched.get(number, ()) for number in takes))
            self._files.setdefault(index, Counter()).update(paths)

    def counts(self) -> tuple[StepCount, ...]:
        """What became of each step, in the order of the file."""
        steps = [step for stage in self._plan.stages for step in stage.steps if not step.silent]
        return tuple(
            StepCount(
                step.instruction,
                self._runs[step.instruction.index],
                self._may_run[step.instruction.index],
                step.fresh,
                self._causes.get(step.instruction.index, Counter()),
                self._files.get(step.instruction.index, Counter()),
            )
            for step in steps
        )
