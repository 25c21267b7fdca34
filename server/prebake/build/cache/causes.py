"""Which changes make an instruction run again: what it depends on itself, and what everything above it does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prebake.build.build import Build
from prebake.build.builders import builder_of
from prebake.build.cache.buildkit import buildkit_step
from prebake.build.cache.inputs import Inputs, inputs
from prebake.build.copies import copies
from prebake.build.state import chain
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction, Stage

_STEPS = frozenset(("FROM", "RUN", "COPY", "ADD", "WORKDIR"))
_MOST_NAMES = 3


class Source(NamedTuple):
    """An instruction on the way to another one, with what it depends on. Where it is not ``certain``, it stands in
    another stage, and the builder runs what comes after only if what is taken from there came out otherwise.
    """

    instruction: Instruction
    inputs: Inputs
    certain: bool


class Causes(NamedTuple):
    """What makes an instruction run again; ``sources`` are in the order of the file, its own last."""

    build: Build
    sources: tuple[Source, ...]

    def of_edit(self, path: str) -> Source | None:
        """The first instruction through which an edit of a file of the context, given relative to its root, makes this
        one run again: a certain one where there is one, ``None`` when the file does not matter.
        """
        found = [source for source in self.sources if self._takes(source, path)]
        return next((source for source in found if source.certain), found[0] if found else None)

    def _takes(self, source: Source, path: str) -> bool:
        sent = self.build.ignore.sends(path)
        return sent and any(selector.takes(path) for selector in source.inputs.context)

    @property
    def whole_context(self) -> Instruction | None:
        """The first instruction, certain ones only, that takes the whole build context: each edit counts then."""
        known = copies(self.build)
        for source in self.sources:
            copy = known.get(source.instruction.index)
            broad = copy.broad if copy is not None else any(not item.source for item in source.inputs.context)
            if source.certain and broad:
                return source.instruction
        return None

    @property
    def args(self) -> frozenset[str]:
        """The build arguments whose value makes it run again for certain."""
        return frozenset().union(*(source.inputs.args for source in self.sources if source.certain))

    @property
    def files(self) -> tuple[str, ...]:
        """The files, folders and patterns of the context that make it run again for certain, in order."""
        selectors = (item for source in self.sources if source.certain for item in source.inputs.context)
        return tuple(dict.fromkeys(item.source for item in selectors))

    @property
    def words(self) -> str:
        """The same for a reader, without the builder's name."""
        broad = self.whole_context
        value = f"another value of ARG {_listed(sorted(self.args), 'or')}" if self.args else ""
        if broad is not None:
            what = f"runs again with every edit ({broad.keyword} of the whole context at line {broad.line + 1})"
            what += f", and with {value}" * bool(value)
        elif self.files:
            what = f"cached until {_listed(self.files, 'or')} changes" + f", or {value} is given" * bool(value)
        else:
            what = "no file of the build context makes it run again" + f"; {value} does" * bool(value)
        if any(not source.certain for source in self.sources):
            what += "; reused when what it takes from other stages comes out the same"
        return what


def causes(build: Build, instruction: Instruction) -> Causes:
    """What makes an instruction run again. Under BuildKit, LABEL, CMD and the like above it do not."""
    found = {source.instruction.index: source for source in _above(build, instruction, True, set())}
    return Causes(build, tuple(found[index] for index in sorted(found)))


def _above(build: Build, instruction: Instruction, certain: bool, entered: set[int]) -> Iterator[Source]:
    """The sources of an instruction; those of other stages first, so that certain ones replace them."""
    stage = build.stage_of(instruction)
    known = inputs(build)
    way = list(_way(build, stage, instruction))
    for item in way:
        for taken in known[item.index].stages:
            if item.keyword != "FROM" and taken.stage is not None and taken.stage not in entered:
                entered.add(taken.stage)
                yield from _above(build, build.tree.stages[taken.stage].instructions[-1], False, entered)
    for item in way:
        yield Source(item, known[item.index], certain)


def _way(build: Build, stage: Stage, last: Instruction) -> Iterator[Instruction]:
    """The instructions that count, from the base image down to ``last``."""
    if not builder_of(build).metadata_in_keys:
        step = buildkit_step(build, last) if last.keyword in _STEPS else None
        if step is not None and step.linked:
            yield last
            return
    for below in chain(build, stage):
        for item in below.instructions:
            if item.index <= last.index and (builder_of(build).metadata_in_keys or item.keyword in _STEPS):
                yield item


def _listed(names: Sequence[str], word: str) -> str:
    rest = len(names) - _MOST_NAMES
    if rest > 0:
        return f"{', '.join(names[:_MOST_NAMES])} {word} {rest} more"
    return f" {word} ".join(filter(None, (", ".join(names[:-1]), names[-1])))
