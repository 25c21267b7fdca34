"""The cache itself: a set of keys, asked and filled step by step as a builder does.

It is a set, not a memory of the last build: going back to an earlier state of the project hits completely.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from itertools import islice, product

from prebake.build.build import Build
from prebake.build.builders import Builder, builder_of
from prebake.build.cache.content import digest
from prebake.build.cache.reasons import Before, Cause, place, reasons
from prebake.build.cache.sequence import image_of, steps_of
from prebake.build.cache.stages import Known, built_stages
from prebake.build.cache.steps import Foreign, Step
from prebake.build.state import base_stage
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction, Stage

_MOST_WAYS = 32
"""Bound on the results that a step may have had, where only the builder knows which."""

_Results = frozenset[str]


class Outcome(Enum):
    """What becomes of a step."""

    HIT = "comes from the cache"
    RUNS = "runs"
    DEPENDS = "may run"


class Result(NamedTuple):
    """What becomes of one step, and why it runs or may, in words that begin with the most direct cause."""

    instruction: Instruction
    outcome: Outcome
    reasons: tuple[str, ...]


class _Record(NamedTuple):
    """A result in the cache: what it took from elsewhere. Another result of the same key apart from that may be the
    same thing.
    """

    result: str
    foreign: tuple[object, ...]


class _Way(NamedTuple):
    """One way in which a step may be looked up: its key, the key without what is taken from elsewhere, what that is,
    and what is found: the results that it may have, a new one under its own key.
    """

    key: str
    open_key: str
    foreign: tuple[object, ...]
    outcome: Outcome
    results: _Results


class Cache:
    """A builder's cache, empty at first. :meth:`build` says what a build does and leaves its results in the cache; the
    other methods are what a build asks of it.
    """

    def __init__(self) -> None:
        self._results: dict[str, _Results] = {}
        self._alike: dict[str, list[_Record]] = {}
        self._last: list[Before] = []

    def build(
        self, build: Build, target: str | None = None, *, hit: Callable[[Instruction], bool] | None = None
    ) -> tuple[Result, ...]:
        """What becomes of each step that the builder of the settings goes through, in the order of the file.

        ``target`` is the stage that is built, the build's own by default. Where only the builder can tell, ``hit`` is
        asked what it did, so that what follows is certain again.
        """
        run = _Run(self, build, builder_of(build), hit)
        for stage in built_stages(build, run.builder, target):
            run.stage(stage)
        self._last = run.done
        return tuple(run.found)

    @property
    def last(self) -> list[Before]:
        """The steps of the last build."""
        return self._last

    def look_up(self, key: str) -> _Results | None:
        """The results that a key has, ``None`` when it is not in the cache."""
        return self._results.get(key)

    def alike(self, open_key: str, foreign: tuple[object, ...]) -> _Results:
        """Earlier results that may serve although what they took from elsewhere was made otherwise."""
        return frozenset(
            record.result for record in self._alike.get(open_key, ()) if _may_equal(record.foreign, foreign)
        )

    def keep(self, way: _Way, results: _Results) -> None:
        """Put the results of a step into the cache; with none, it turned out to have been made in another way."""
        if not results:
            return
        self._results[way.key] = results
        if way.foreign:
            known = self._alike.setdefault(way.open_key, [])
            known += [record for result in sorted(results) if (record := _Record(result, way.foreign)) not in known]
            del known[:-_MOST_WAYS]


def _may_equal(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Whether what two steps took from elsewhere may be the same bytes, though it is not known to be."""
    return len(one) == len(other) and all(_same(first, second) for first, second in zip(one, other, strict=True))


def _same(one: object, other: object) -> bool:
    if one == other:
        return True
    if isinstance(one, Known) and isinstance(other, Known):
        return one.base != other.base
    return (isinstance(one, Known) or isinstance(other, Known)) or (_by_content(one) and _by_content(other))


def _by_content(token: object) -> bool:
    return isinstance(token, tuple) and token[:1] == ("made by",)


class _Run:
    """One build."""

    def __init__(self, cache: Cache, build: Build, builder: Builder, hit: Callable[[Instruction], bool] | None) -> None:
        self._cache = cache
        self._build = build
        self.builder = builder
        self._observed = hit
        self._ends: dict[int, _Results] = {}
        self._causes: dict[int, Cause | None] = {}
        self._first: Cause | None = None
        self.found: list[Result] = []
        self.done: list[Before] = []

    def stage(self, stage: Stage) -> None:
        """Go through the steps of a stage."""
        base = base_stage(self._build, stage)
        self._first = None
        if base is not None and base.index in self._ends:
            above = self._ends[base.index]
            self._first = self._causes.get(base.index)
        else:
            above = frozenset((digest(self.builder.name, *image_of(self._build, stage)),))
        for step in steps_of(self._build, stage):
            above = self._step(step, above)
        self._ends[stage.index] = above
        self._causes[stage.index] = self._first

    def _step(self, step: Step, above: _Results) -> _Results:
        ways = self._ways(step, above)
        outcomes = {way.outcome for way in ways}
        outcome = outcomes.pop() if len(outcomes) == 1 else Outcome.DEPENDS
        if len(ways) == _MOST_WAYS or (step.doubt is not None and outcome is Outcome.HIT):
            outcome = Outcome.DEPENDS
        results = frozenset().union(*(way.results for way in ways))
        if step.fresh is not None:
            outcome = Outcome.RUNS
        elif outcome is Outcome.DEPENDS and self._observed is not None:
            came = self._observed(step.instruction)
            outcome = Outcome.HIT if came else Outcome.RUNS
            new = {way.key for way in ways if way.outcome is not Outcome.HIT}
            results = (results - new if came else results & new) or results
        for way in ways:
            self._cache.keep(way, way.results & results)
        self._note(step, outcome, ways[0].foreign)
        if step.linked:
            return frozenset(digest("link", each, every) for each in above for every in results)
        return results

    def _ways(self, step: Step, above: _Results) -> list[_Way]:
        """What the step may find, for each thing that the steps before it may have made."""
        starts, tokens = sorted(above), [self._tokens(item) for item in step.foreign]
        if step.apart is not None:
            tokens.append([("made by", result, ()) for result in starts])
            starts = [""]
        found: list[_Way] = []
        for start, *foreign in islice(product(starts, *tokens), _MOST_WAYS):
            open_key = digest(self.builder.name, step.instruction.keyword, step.parts, start)
            key = digest(open_key, foreign)
            known = self._cache.look_up(key)
            if known is not None:
                found.append(_Way(key, open_key, tuple(foreign), Outcome.HIT, known))
                continue
            alike = self._cache.alike(open_key, tuple(foreign))
            outcome = Outcome.DEPENDS if alike else Outcome.RUNS
            found.append(_Way(key, open_key, tuple(foreign), outcome, alike | {key}))
        return found

    def _tokens(self, foreign: Foreign) -> list[object]:
        """What is taken from elsewhere, in each way that it may have been made."""
        if foreign.known is not None and foreign.by_content:
            return [foreign.known]
        kind = "made by" if foreign.by_content else "is"
        if foreign.stage is None:
            return [(kind, foreign.image, foreign.paths)]
        return [(kind, result, foreign.paths) for result in sorted(self._ends.get(foreign.stage, ("",)))]

    def _note(self, step: Step, outcome: Outcome, foreign: tuple[object, ...]) -> None:
        """Remember what became of a step, and why."""
        why: tuple[str, ...] = ()
        if step.fresh is not None:
            why = (step.fresh,)
        elif outcome is not Outcome.HIT:
            why = reasons(self._build, step, foreign, self._cache.last, self._first)
            if outcome is Outcome.DEPENDS and (step.doubt or step.apart) is not None:
                why = (step.doubt or step.apart or "", *why)
        if outcome is not Outcome.HIT and step.fresh is None:
            self._first = self._first or Cause(step.instruction, outcome is Outcome.RUNS)
        if not step.silent:
            self.found.append(Result(step.instruction, outcome, why))
        self.done.append(Before(place(self._build, step.instruction), step, foreign))
