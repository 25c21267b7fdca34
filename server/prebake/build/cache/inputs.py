"""What each instruction depends on: the files, arguments, images and stages that may make it run again.

This is BuildKit's rule; where another builder's differs, :mod:`prebake.build.builders` says so. LABEL, CMD and the
like depend on nothing and, under BuildKit, nothing depends on them.
"""

from __future__ import annotations

import posixpath

from prebake.build.build import Build, fact
from prebake.build.cache.environment import Environment, environments
from prebake.build.cache.mounts import RunMount, run_mounts
from prebake.build.copies import Copy, SourceKind, copies
from prebake.build.state import State, base_stage, states
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.glob import GlobError, clean, wildcard

_COMMIT = regex(r"#[0-9a-f]{40}(:|$)")


class Selector(NamedTuple):
    """Files of the build context that an instruction takes.

    ``source`` is a path relative to the context root (``""`` is the root), or with ``wildcard`` a pattern for such
    paths; of a folder all that is in it counts, or what ``include`` names, without what ``exclude`` names.
    """

    source: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    wildcard: bool = False

    def takes(self, path: str) -> bool:
        """Whether a path of the context, relative to its root, is among them or in a folder that is; filters aside."""
        if not self.wildcard:
            return not self.source or path == self.source or path.startswith(self.source + "/")
        parts, wanted = path.split("/"), self.source.split("/")
        if len(parts) < len(wanted):
            return False
        try:
            tests = [wildcard(part) for part in wanted]
        except GlobError:
            return False
        return all(
            part == text if test is None else test.match(part) is not None
            for part, text, test in zip(parts, wanted, tests, strict=False)
        )


class StagePath(NamedTuple):
    """Something that is taken from another stage (its index) or from an image; ``path`` is absolute, ``None`` where it
    is not known. BuildKit compares its bytes, so that a stage which ran again and came out the same changes nothing.
    """

    stage: int | None
    image: str | None
    path: str | None


class Inputs(NamedTuple):
    """What an instruction depends on by itself, whatever stands above it.

    ``context`` are the files it takes, ``args`` the build arguments whose value reaches it, ``base`` the image that a
    FROM names, ``stages`` what it takes from other stages and images, ``text`` its own text as far as that counts,
    ``remote`` addresses whose content the builder asks for at each build. ``opaque`` says why not everything is known.
    """

    context: tuple[Selector, ...] = ()
    args: frozenset[str] = frozenset()
    base: str | None = None
    stages: tuple[StagePath, ...] = ()
    text: str = ""
    remote: tuple[str, ...] = ()
    opaque: str | None = None


@fact
def inputs(build: Build) -> tuple[Inputs, ...]:
    """What each instruction depends on, in the order of :attr:`Dockerfile.instructions`."""
    before, around = states(build), environments(build)
    return tuple(
        _inputs(build, instruction, before, around[instruction.index]) for instruction in build.tree.instructions
    )


def _inputs(build: Build, instruction: Instruction, before: tuple[State, ...], around: Environment) -> Inputs:
    keyword, escape = instruction.keyword, build.tree.escape
    state = before[instruction.index]
    if keyword == "FROM" and instruction.stage is not None:
        stage = build.tree.stages[instruction.stage]
        base = base_stage(build, stage)
        if base is not None:
            return Inputs(stages=(StagePath(base.index, None, None),))
        return Inputs(base=around.token(stage.base, state, escape), args=state.arguments(stage.base, escape))
    if state.stage is None:
        return Inputs()
    if keyword == "RUN":
        return _run(build, instruction, state, around)
    if keyword in ("COPY", "ADD"):
        return _copy(build, copies(build)[instruction.index], around)
    if keyword == "WORKDIR" and instruction.words:
        raw = instruction.words[0].raw
        return Inputs(args=around.arguments(raw, escape), text=raw)
    return Inputs()


def _run(build: Build, instruction: Instruction, state: State, around: Environment) -> Inputs:
    context: list[Selector] = []
    stages: list[StagePath] = []
    opaque: str | None = None
    for mount in run_mounts(instruction, state, around, build.tree.escape):
        if mount.source is None:
            opaque = f"the source of the mount at {mount.target} is not known"
        elif mount.from_context:
            context.append(Selector(mount.source))
        elif mount.origin is not None:
            stages.append(_taken(build, instruction, mount))
            opaque = opaque or _unfollowed(build, mount.origin)
    args = frozenset().union(*(variable.args for variable in around.run.values()))
    return Inputs(tuple(context), args, None, tuple(stages), instruction.body.text, (), opaque)


def _unfollowed(build: Build, name: str) -> str | None:
    """Why what is taken from a name may change: it is a named context, and none that is an image."""
    named = build.named_context(name)
    return None if named is None or named.kind == "image" else f"the files of the named context {name} are not followed"


def _taken(build: Build, instruction: Instruction, mount: RunMount) -> StagePath:
    stage = stage_called(build, mount.origin or "", instruction, numbers=False)
    path = posixpath.join("/", mount.source or "")
    return StagePath(stage, mount.origin if stage is None else None, path)


def stage_called(build: Build, name: str, instruction: Instruction, *, numbers: bool = True) -> int | None:
    """The index of the stage that ``--from`` names, ``None`` for an image. A mount cannot name one by its number."""
    if not numbers and name.isdecimal():
        return None
    found = build.stage_named(name, instruction.stage or 0)
    return None if found is None else found.index


def _copy(build: Build, copy: Copy, around: Environment) -> Inputs:
    instruction, escape = copy.instruction, build.tree.escape
    raws = [word.raw for word in instruction.words] if instruction.json is None else []
    raws += [flag.value for flag in instruction.flags if flag.name in ("chown", "chmod") and flag.value]
    args = frozenset().union(*(around.arguments(raw, escape) for raw in raws))
    remote: list[str] = []
    stages: list[StagePath] = []
    opaque: str | None = None
    for source in copy.sources:
        if source.kind is SourceKind.REMOTE:
            address = around.token(source.word.raw, copy.state, escape)
            if instruction.flag("checksum") is None and not _COMMIT.search(address):
                remote.append(address)
        elif source.kind is SourceKind.UNKNOWN:
            opaque = f"{source.word.value} is not known"
        elif copy.origin is not None:
            stage = stage_called(build, copy.origin, instruction)
            path = clean("/" + around.token(source.word.raw, copy.state, escape))
            stages.append(StagePath(stage, copy.origin if stage is None else None, path))
            opaque = _unfollowed(build, copy.origin)
    return Inputs(selectors(copy), args, None, tuple(stages), instruction.body.text, tuple(remote), opaque)


def selectors(copy: Copy) -> tuple[Selector, ...]:
    """The files of the context that a COPY or ADD takes, one selector for each source whose path is known."""
    excluded = copy.instruction.flag_values("exclude")
    parents = any(flag.name == "parents" and flag.value != "false" for flag in copy.instruction.flags)
    found: list[Selector] = []
    for source in copy.sources:
        if source.path is None:
            continue
        above, pivot, below = source.word.value.partition("/./")
        if parents:
            start = clean("/" + above)[1:] if pivot else ""
            found.append(Selector(start, (clean("/" + (below if pivot else above))[1:],), excluded))
        else:
            found.append(Selector(source.path, (), excluded, _is_pattern(source.path)))
    return tuple(found)


def _is_pattern(path: str) -> bool:
    try:
        return any(wildcard(part) is not None for part in path.split("/"))
    except GlobError:
        return False
