"""The names in a Dockerfile: where stages and variables get them, and what each use of one means.

Scopes are those of :mod:`prebake.build.state`: a stage sees its own ARGs and ENVs and those of the stage it is built
on, FROM sees the ARGs above the first FROM, and what a container runs (CMD, ENTRYPOINT, HEALTHCHECK) sees no ARG.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Literal

from prebake.build.build import Build, fact
from prebake.build.state import State, base_stage, state_after, states
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction, Pair, Stage
from prebake.syntax.expand import Reference
from prebake.syntax.uses import Use, builder_uses, flag_uses, shell_uses
from prebake.text import Position, Span

Kind = Literal["stage", "ARG", "ENV"]

_EXPANDED = frozenset(("EXPOSE", "LABEL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"))
"""Instructions in which the builder replaces variables, besides those that have rules of their own."""
_AT_START = frozenset(("CMD", "ENTRYPOINT", "HEALTHCHECK"))
_MOUNT_FROM = regex(r"(?<=[=,\"'])from=([^,\"'\s]+)")


class Definition(NamedTuple):
    """Where a stage or a variable gets its name. ``start`` and ``end`` are offsets relative to the instruction."""

    kind: Kind
    name: str
    instruction: Instruction
    start: int
    end: int


class Occurrence(NamedTuple):
    """A name where it stands.

    ``definition`` is what it means, ``None`` where nothing in the file gives it that name; it is the occurrence itself
    where ``defines``, or, for an ARG without a default, the ARG above the first FROM that it takes its value from.
    ``state`` is what is set at this place. ``reference`` is the use of a variable as it is written.
    """

    kind: Literal["stage", "variable"]
    name: str
    instruction: Instruction
    start: int
    end: int
    definition: Definition | None
    state: State
    defines: bool = False
    reference: Reference | None = None

    @property
    def span(self) -> Span:
        """Where it stands."""
        return self.instruction.span_of(self)

    @property
    def own(self) -> Definition:
        """What it defines, where ``defines``."""
        is_env = self.instruction.keyword == "ENV"
        kind: Kind = "stage" if self.kind == "stage" else "ENV" if is_env else "ARG"
        return Definition(kind, self.name, self.instruction, self.start, self.end)


class _Scope(NamedTuple):
    """The last ENV and the last ARG of each name."""

    env: dict[str, Definition]
    args: dict[str, Definition]

    def copy(self) -> _Scope:
        """A scope that starts from this one."""
        return _Scope(dict(self.env), dict(self.args))

    def find(self, name: str, state: State) -> Definition | None:
        """What a name means where ``state`` is what is set."""
        if name in state.env and name not in state.hidden:
            return self.env.get(name)
        return self.args.get(name) if name in state.args else None


@fact
def occurrences(build: Build) -> tuple[Occurrence, ...]:
    """The names of stages and variables in the file, in order; a narrow one behind the wide one that it stands in."""
    found = {(item.instruction.index, item.start, -item.end, item.kind): item for item in _Reader(build).read()}
    return tuple(found[place] for place in sorted(found))


def occurrence_at(build: Build, position: Position) -> Occurrence | None:
    """The narrowest name that a position is in; of a stage that a variable names, the variable."""
    instruction = build.tree.instruction_at(position)
    here = [
        item for item in occurrences(build) if instruction is not None and item.instruction.index == instruction.index
    ]
    around = [item for item in here if item.span.contains(position)]
    return min(around, key=lambda item: (item.end - item.start, item.kind == "stage"), default=None)


def same(build: Build, occurrence: Occurrence) -> tuple[Occurrence, ...]:
    """All occurrences that mean the same stage or variable, where the file defines it; else this one alone."""
    if occurrence.definition is None:
        return (occurrence,)
    every = occurrences(build)
    # What a stage takes over from the ARG above the first FROM is the same variable.
    above = {item.own: item.definition for item in every if item.defines}

    def root(item: Occurrence) -> Definition | None:
        return None if item.definition is None else above.get(item.definition, item.definition)

    return tuple(item for item in every if root(item) == root(occurrence))


class _Reader:
    def __init__(self, build: Build) -> None:
        self._build = build
        self._before = states(build)
        self._escape = build.tree.escape
        self._global = _Scope({}, {})
        self._ends: dict[int, _Scope] = {}

    def read(self) -> Iterator[Occurrence]:
        """All occurrences, in no order."""
        for instruction in self._build.tree.instructions:
            if instruction.stage is not None:
                break
            yield from self._instruction(instruction, self._global)
        for stage in self._build.tree.stages:
            yield from self._stage(stage)

    def _stage(self, stage: Stage) -> Iterator[Occurrence]:
        opening = stage.instruction
        base = base_stage(self._build, stage)
        scope = self._ends[base.index].copy() if base is not None else _Scope({}, {})
        self._ends[stage.index] = scope
        yield from self._uses(opening, self._global, self._before[opening.index])
        if opening.words:
            word = opening.words[0]
            yield self._stage_use(opening, stage.base, word.start, word.end, base)
        if stage.name is not None:
            own = _stage_definition(stage)
            state = self._before[opening.index]
            yield Occurrence("stage", stage.name, opening, own.start, own.end, own, state, defines=True)
        for instruction in stage.instructions[1:]:
            if instruction.keyword not in _AT_START:
                yield from self._instruction(instruction, scope)
        yield from self._at_start(stage, scope)

    def _at_start(self, stage: Stage, scope: _Scope) -> Iterator[Occurrence]:
        """What is run in a container finds the variables of the whole stage, and no build arguments."""
        last = state_after(self._build, stage.instructions[-1])
        state = last._replace(args=State().args, hidden=frozenset())
        for instruction in stage.instructions:
            if instruction.keyword in _AT_START:
                yield from self._shell_uses(instruction, _Scope(scope.env, {}), state, scope.args)

    def _instruction(self, instruction: Instruction, scope: _Scope) -> Iterator[Occurrence]:
        keyword, state = instruction.keyword, self._before[instruction.index]
        if keyword == "RUN":
            yield from self._shell_uses(instruction, scope, state)
            for use in flag_uses(instruction, self._escape):
                yield self._use(instruction, use, scope, state)
            yield from self._taken(instruction)
        elif keyword in ("COPY", "ADD"):
            yield from self._uses(instruction, scope, state)
            yield from self._taken(instruction)
        elif keyword == "ARG":
            yield from self._arguments(instruction, scope, state)
        elif keyword == "ENV":
            yield from self._uses(instruction, scope, state)
            for pair in instruction.pairs:
                definition = self._definition("ENV", instruction, pair)
                scope.env[pair.name] = definition
                yield self._defined(definition, definition)
        elif keyword in _EXPANDED:
            yield from self._uses(instruction, scope, state)

    def _arguments(self, instruction: Instruction, scope: _Scope, state: State) -> Iterator[Occurrence]:
        """ARG gives one variable after the other, each of which the next may be made of."""
        after = state_after(self._build, instruction)
        uses = list(self._uses(instruction, scope, state))
        for pair in instruction.pairs:
            for use in uses:
                if pair.value_start <= use.start < pair.value_end:
                    known = scope.find(use.name, after if use.name in scope.args else state)
                    yield use._replace(definition=known)
            own = self._definition("ARG", instruction, pair)
            above = self._global.args.get(pair.name) if instruction.stage is not None and pair.value is None else None
            scope.args[pair.name] = own
            yield self._defined(own, above or own)

    def _defined(self, own: Definition, meant: Definition) -> Occurrence:
        state = state_after(self._build, own.instruction)
        return Occurrence("variable", own.name, own.instruction, own.start, own.end, meant, state, defines=True)

    def _definition(self, kind: Kind, instruction: Instruction, pair: Pair) -> Definition:
        end = pair.start + len(pair.name)
        plain = instruction.raw[pair.start : end] == pair.name
        return Definition(kind, pair.name, instruction, pair.start, end if plain else pair.end)

    def _stage_use(self, instruction: Instruction, name: str, start: int, end: int, stage: Stage | None) -> Occurrence:
        definition = None if stage is None else _stage_definition(stage)
        return Occurrence("stage", name, instruction, start, end, definition, self._before[instruction.index])

    def _taken(self, instruction: Instruction) -> Iterator[Occurrence]:
        """The stages that ``--from`` and ``--mount=from=`` name. A mount cannot name one by its number."""
        raw, before = instruction.raw, instruction.stage or 0
        for flag in instruction.flags:
            text = raw[flag.start : flag.end]
            if flag.name == "from" and flag.value and instruction.keyword == "COPY":
                at = text.find(flag.value)
                if at >= 0:
                    stage = self._build.stage_named(flag.value, before)
                    start = flag.start + at
                    yield self._stage_use(instruction, flag.value, start, start + len(flag.value), stage)
            elif flag.name == "mount":
                match = _MOUNT_FROM.search(text)
                if match is not None:
                    name = match[1]
                    stage = None if name.isdecimal() else self._build.stage_named(name, before)
                    start = flag.start + match.start(1)
                    yield self._stage_use(instruction, name, start, flag.start + match.end(1), stage)

    def _uses(self, instruction: Instruction, scope: _Scope, state: State) -> Iterator[Occurrence]:
        """The variables that the builder replaces."""
        for use in builder_uses(instruction, self._escape):
            yield self._use(instruction, use, scope, state)

    def _shell_uses(
        self, instruction: Instruction, scope: _Scope, state: State, out_of_scope: Container[str] = ()
    ) -> Iterator[Occurrence]:
        """The variables that a shell gets from the Dockerfile, and those of an ARG that does not reach there."""
        for use in shell_uses(instruction, state.shell):
            name = use.reference.name
            if scope.find(name, state) is not None or name in self._global.args or name in out_of_scope:
                yield self._use(instruction, use, scope, state)

    def _use(self, instruction: Instruction, use: Use, scope: _Scope, state: State) -> Occurrence:
        name = use.reference.name
        definition = scope.find(name, state)
        return Occurrence("variable", name, instruction, use.start, use.end, definition, state, reference=use.reference)


def _stage_definition(stage: Stage) -> Definition:
    """Where a stage has its name; its image, for one that has none."""
    words = stage.instruction.words
    number = 2 if stage.name is not None else 0
    start, end = (words[number].start, words[number].end) if words else (0, 0)
    return Definition("stage", stage.name or str(stage.index), stage.instruction, start, end)
