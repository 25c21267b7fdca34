"""What each instruction of a Dockerfile finds set: variables, working directory, user and shell.

Scopes are BuildKit's: ARG before the first FROM serves FROM only, until a stage declares it again; of ENV and ARG of
one name the later wins in its stage; ``FROM stage`` takes over all of that stage's state, ARG values included, and
there ENV wins.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from prebake.build.build import Build, fact
from prebake.build.variables import NO_VARIABLES, Variables
from prebake.project.contexts.namedcontexts import NamedContext, find_named
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Dockerfile, Instruction, Stage
from prebake.syntax.expand import expand, references

DEFAULT_SHELL = ("/bin/sh", "-c")
_UNKNOWN = "\0"
_CHANGING = frozenset({"ARG", "ENV", "SHELL", "USER", "WORKDIR"})
_PROXIES = frozenset(
    name
    for upper in ("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY")
    for name in (upper, upper.lower())
)


class State(NamedTuple):
    """What is set before an instruction.

    ``env`` and ``args`` map names to values, ``None`` for a value that is not known (a build argument without default,
    or one made of something unknown); what the base image sets is in neither. ``directory`` is the working directory:
    absolute; or relative, which means below the base image's own working directory, whose place is not known; ``None``
    when nothing is known. ``user`` is ``None`` where it is the base image's. ``path`` holds the leading entries of
    ``PATH`` that the Dockerfile sets. ``base`` is the image that the stage is built on in the end. ``hidden`` are the
    names in ``env`` that an ARG below has given another value, up to the end of the stage.
    """

    stage: int | None = None
    env: Variables = NO_VARIABLES
    args: Variables = NO_VARIABLES
    directory: str | None = "."
    user: str | None = None
    shell: tuple[str, ...] = DEFAULT_SHELL
    path: tuple[str, ...] = ()
    base: str | None = None
    hidden: frozenset[str] = frozenset()

    def lookup(self, name: str) -> str | None:
        """A variable's value; ``None`` when it is not known."""
        return self.env[name] if self._is_env(name) else self.args.get(name)

    def _is_env(self, name: str) -> bool:
        return name in self.env and name not in self.hidden

    def expand(self, raw: str, escape: str = "\\") -> str | None:
        """A word of an instruction with its variables replaced and quotes removed; ``None`` when one is not known."""
        return expand(raw, self.lookup, escape)

    def arguments(self, raw: str, escape: str = "\\") -> frozenset[str]:
        """The build arguments that a word depends on: another value may be given on the command line."""
        if "$" not in raw:
            return frozenset()
        return frozenset(
            reference.name
            for reference in references(raw, escape)
            if reference.name in self.args and not self._is_env(reference.name)
        )

    def absolute(self, path: str) -> str | None:
        """A path of the image as seen from the working directory, normalised; relative where the latter is (see
        ``directory``), ``None`` when that is not known or the path leads out of it.
        """
        if path.startswith("/"):
            return posixpath.normpath(path).replace("//", "/")
        if self.directory is None:
            return None
        joined = posixpath.normpath(posixpath.join(self.directory, path))
        return None if joined.startswith("..") else joined


@fact
def _both(build: Build) -> tuple[tuple[State, State], ...]:
    run = _Run(build.tree, build.context.args, build.context.named)
    return tuple((run.before(instruction), run.now) for instruction in build.tree.instructions)


@fact
def states(build: Build) -> tuple[State, ...]:
    """The state before each instruction, in the order of :attr:`Dockerfile.instructions`."""
    return tuple(before for before, _ in _both(build))


def state_after(build: Build, instruction: Instruction) -> State:
    """The state that an instruction leaves behind."""
    return _both(build)[instruction.index][1]


def compute(tree: Dockerfile, build_args: Mapping[str, str] | None = None) -> tuple[State, ...]:
    """The state before each instruction of a Dockerfile that is built with the given build arguments."""
    run = _Run(tree, build_args or {})
    return tuple(run.before(instruction) for instruction in tree.instructions)


def compute_at(tree: Dockerfile, index: int) -> State:
    """The state before the instruction of that number; behind the last one, for any greater number."""
    run = _Run(tree, {})
    for instruction in tree.instructions:
        before = run.before(instruction)
        if instruction.index == index:
            return before
    return run.now


def base_stage(build: Build, stage: Stage) -> Stage | None:
    """The stage of this file that another is built on, variables in its FROM replaced; ``None`` for an image."""
    image = states(build)[stage.instruction.index].expand(stage.base, build.tree.escape)
    return build.stage_named(image or "", stage.index)


def chain(build: Build, stage: Stage) -> tuple[Stage, ...]:
    """The stages of this file that a stage is built on, lowest first, itself last."""
    found = [stage]
    while (base := base_stage(build, found[0])) is not None:
        found.insert(0, base)
    return tuple(found)


def instructions_above(build: Build, end: Instruction, target: Instruction | None = None) -> Iterator[Instruction]:
    """The instructions that run before ``end``, in its stage and those that is built on; with ``target``, those which
    stand above ``end`` in the stage of ``target`` and those that is built on.
    """
    stage = build.stage_of(target or end)
    return (item for each in chain(build, stage) for item in each.instructions if item.index < end.index)


class _Run:
    def __init__(
        self,
        tree: Dockerfile,
        build_args: Mapping[str, str],
        named: Mapping[str, NamedContext] = MappingProxyType({}),
    ) -> None:
        self._tree = tree
        self._given = build_args
        self._named = named
        self._global = State()
        self._ends: dict[int, State] = {}
        self._now = State()

    @property
    def now(self) -> State:
        """The state behind the last instruction that was asked for."""
        return self._now

    def before(self, instruction: Instruction) -> State:
        """The state before the next instruction; to be called in order."""
        if instruction.keyword == "FROM":
            if self._now.stage is not None:
                self._ends[self._now.stage] = self._now
            before = self._global._replace(stage=instruction.stage)
            self._now = self._begin(instruction, before)
            return before
        before = self._now
        if instruction.keyword not in _CHANGING:
            return before
        self._now = self._after(instruction, before)
        if before.stage is None:
            self._global = self._now
        return before

    def _begin(self, instruction: Instruction, before: State) -> State:
        if instruction.stage is None:
            return State()
        stage = self._tree.stages[instruction.stage]
        image = before.expand(stage.base, self._tree.escape)
        replaced = find_named(self._named, image or "")
        if replaced is not None:
            return State(stage=stage.index, base=replaced.value if replaced.kind == "image" else None)
        base = self._tree.stage_named(image or "", stage.index)
        if base is not None and base.index in self._ends:
            return self._ends[base.index]._replace(stage=stage.index, hidden=frozenset())
        return State(stage=stage.index, directory="/" if image == "scratch" else ".", base=image)

    def _after(self, instruction: Instruction, state: State) -> State:
        keyword, escape = instruction.keyword, self._tree.escape
        if keyword == "ARG":
            return self._argument(instruction, state)
        if keyword == "ENV" and instruction.pairs:
            return self._environment(instruction, state)
        if keyword == "WORKDIR" and instruction.words:
            path = state.expand(instruction.words[0].raw, escape)
            return state._replace(directory=None if not path else state.absolute(path))
        if keyword == "USER" and instruction.words:
            return state._replace(user=state.expand(instruction.words[0].raw, escape) or _UNKNOWN)
        if keyword == "SHELL" and instruction.json:
            return state._replace(shell=tuple(word.value for word in instruction.json))
        return state

    def _argument(self, instruction: Instruction, state: State) -> State:
        for pair in instruction.pairs:
            value: str | None = None
            if pair.name in self._given:
                value = self._given[pair.name]
            elif pair.value is not None:
                value = state.expand(pair.value, self._tree.escape)
            elif state.stage is not None and pair.name not in _PROXIES:
                value = self._global.args.get(pair.name)
            state = state._replace(args=Variables({pair.name: value}, state.args))
            if pair.name in state.env and (value is not None or pair.value is not None):
                state = state._replace(hidden=state.hidden | {pair.name})
        return state

    def _environment(self, instruction: Instruction, state: State) -> State:
        values: dict[str, str | None] = {}
        path = state.path
        for pair in instruction.pairs:
            raw = pair.value or ""
            values[pair.name] = state.expand(raw, self._tree.escape)
            if pair.name == "PATH":
                path = self._search_path(raw, state)
        return state._replace(env=Variables(values, state.env), path=path, hidden=state.hidden - values.keys())

    def _search_path(self, raw: str, state: State) -> tuple[str, ...]:
        def known(name: str) -> str:
            if name == "PATH" and state.lookup(name) is None:
                return ":".join((*state.path, _UNKNOWN))
            value = state.lookup(name)
            return _UNKNOWN if value is None else value

        entries: list[str] = []
        for entry in (expand(raw, known, self._tree.escape) or _UNKNOWN).split(":"):
            if _UNKNOWN in entry:
                break
            entries.append(entry)
        return tuple(entries)
