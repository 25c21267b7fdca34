"""What each instruction is run with, as far as cache keys hold it: variables in BuildKit's order, directory, user.

:mod:`prebake.build.state` knows the values. Here their order counts as well, and a value that is not known is still
told from another one: it is the text with the unknown names marked, which means the same as long as the base image is
the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from prebake.build.build import Build, fact
from prebake.build.state import State, base_stage, state_after, states
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.expand import expand, references

_PLATFORM = frozenset(
    f"{side}{part}" for side in ("TARGET", "BUILD") for part in ("PLATFORM", "OS", "ARCH", "VARIANT")
) | {"TARGETSTAGE"}
"""Arguments that BuildKit sets itself; a stage sees them once it declares them."""


class Variable(NamedTuple):
    """A variable that a RUN sees. ``args`` are the build arguments that its value comes from; ``argument`` says that
    ARG sets it.
    """

    value: str
    args: frozenset[str] = frozenset()
    argument: bool = False


_Variables = Mapping[str, Variable]
_PATH: _Variables = MappingProxyType({"PATH": Variable("\0PATH\0")})


class Environment(NamedTuple):
    """What is set before an instruction.

    ``run`` are the variables that a RUN gets from BuildKit, in the order in which they stand in its key; ``image``
    those of the image's configuration; ``declared`` the arguments of this stage alone, for the other builders.
    ``directory`` and ``user`` are as in :class:`~prebake.build.state.State`, or marked text.
    """

    run: _Variables = _PATH
    image: _Variables = _PATH
    declared: _Variables = MappingProxyType({})
    directory: str = "."
    user: str | None = None

    def token(self, raw: str, state: State, escape: str = "\\") -> str:
        """A word with its variables replaced; those that are not known stay, marked."""
        known = state.expand(raw, escape)
        if known is not None:
            return known

        def lookup(name: str) -> str:
            value = state.lookup(name)
            if value is None and name in self.run:
                value = self.run[name].value
            return f"\0{name}\0" if value is None else value

        marked = expand(raw, lookup, escape)
        return f"\0{raw}" if marked is None else marked

    def arguments(self, raw: str, escape: str = "\\") -> frozenset[str]:
        """The build arguments that a word depends on, by way of ENV too."""
        if "$" not in raw:
            return frozenset()
        found = (self.run.get(item.name) for item in references(raw, escape))
        return frozenset().union(*(item.args for item in found if item is not None))


def environments(build: Build) -> tuple[Environment, ...]:
    """What is set before each instruction, in the order of :attr:`Dockerfile.instructions`."""
    return tuple(before for before, _ in _both(build))


def environment_after(build: Build, instruction: Instruction) -> Environment:
    """What an instruction leaves set behind it."""
    return _both(build)[instruction.index][1]


@fact
def _both(build: Build) -> tuple[tuple[Environment, Environment], ...]:
    before = states(build)
    ends: dict[int, Environment] = {}
    found: list[tuple[Environment, Environment]] = []
    now = Environment()
    stage: int | None = None
    for instruction in build.tree.instructions:
        if instruction.keyword == "FROM":
            if stage is not None:
                ends[stage] = now
            stage = instruction.stage
            now = _begin(build, instruction, ends)
            found.append((Environment(), now))
            continue
        after = now if stage is None else _after(build, instruction, before[instruction.index], now)
        found.append((now, after))
        now = after
    return tuple(found)


def _begin(build: Build, instruction: Instruction, ends: Mapping[int, Environment]) -> Environment:
    base = base_stage(build, build.stage_of(instruction))
    if base is None or base.index not in ends:
        return Environment(directory=state_after(build, instruction).directory or ".")
    end = ends[base.index]
    # BuildKit sets the image's variables once more, so that they move behind the arguments, and win.
    run = {name: value for name, value in end.run.items() if name not in end.image}
    return end._replace(run={**run, **end.image}, declared=MappingProxyType({}))


def _after(build: Build, instruction: Instruction, state: State, now: Environment) -> Environment:
    keyword, escape = instruction.keyword, build.tree.escape
    after = state_after(build, instruction)
    if keyword == "ARG":
        return _argument(build, instruction, state, after, now)
    if keyword == "ENV":
        run, image = dict(now.run), dict(now.image)
        for pair in instruction.pairs:
            value = after.env.get(pair.name)
            raw = pair.value or ""
            token = now.token(raw, state, escape) if value is None else value
            variable = Variable(token, now.arguments(raw, escape))
            run.pop(pair.name, None)
            run[pair.name] = image[pair.name] = variable
        return now._replace(run=run, image=image)
    if keyword == "WORKDIR" and instruction.words:
        directory = after.directory
        token = now.directory + "/" + now.token(instruction.words[0].raw, state, escape)
        return now._replace(directory=token if directory is None else directory)
    if keyword == "USER" and instruction.words:
        return now._replace(user=now.token(instruction.words[0].raw, state, escape))
    return now


def _argument(build: Build, instruction: Instruction, state: State, after: State, now: Environment) -> Environment:
    run, declared = dict(now.run), dict(now.declared)
    for pair in instruction.pairs:
        value = after.args.get(pair.name)
        if value is None and pair.value is not None:
            value = now.token(pair.value, state, build.tree.escape)
        if value is None and pair.name in _PLATFORM:
            value = f"\0{pair.name}\0"
        if value is None:
            continue
        variable = Variable(value, frozenset((pair.name,)), argument=True)
        run.pop(pair.name, None)
        run[pair.name] = variable
        declared[pair.name] = variable
    return now._replace(run=run, declared=declared)
