"""The steps of the builders whose keys hold every instruction above: the legacy builder, kaniko and Buildah.

The legacy builder looks for a child of the image before with the same configuration, in which stands what made it
(moby, ``builder/dockerfile/dispatchers.go`` and ``image/cache/compare.go``): the resolved instruction, with the hashes
of the files of a COPY under their paths. Kaniko hashes the text of each instruction so far, the files that it takes,
and for RUN all variables in alphabetical order (``pkg/executor/build.go``, ``composite_cache.go``); file names are not
in it. Buildah compares the history of images (``imagebuildah/stage_executor.go``, ``getCreatedBy``): the text of each
instruction, for RUN with the build arguments and the checksums of bind mounts, for COPY a digest of what is copied.
"""

from __future__ import annotations

from collections.abc import Mapping

from prebake.build.build import Build
from prebake.build.builders import BUILDAH, KANIKO, builder_of
from prebake.build.cache.buildkit import taken
from prebake.build.cache.environment import Environment, Variable, environments
from prebake.build.cache.inputs import Selector, inputs, selectors
from prebake.build.cache.mounts import run_mounts
from prebake.build.cache.steps import FILES, Foreign, Part, Step, foreign_of
from prebake.build.copies import copies
from prebake.build.state import State, states
from prebake.syntax.dockerfile import Instruction

_EXPANDED = frozenset(("ENV", "LABEL", "EXPOSE", "VOLUME", "USER", "WORKDIR", "STOPSIGNAL"))
_COPIED_ANEW = "kaniko copies anew at each build, unless it is told to --cache-copy-layers"


def history_step(build: Build, instruction: Instruction) -> Step | None:
    """The step that an instruction is; ``None`` for one that cannot be read."""
    if instruction.problem is not None:
        return None
    state, around = states(build)[instruction.index], environments(build)[instruction.index]
    if instruction.keyword == "RUN":
        return _run(build, instruction, state, around)
    if instruction.keyword in ("COPY", "ADD"):
        return _copy(build, instruction, state, around)
    text = _text(build, instruction, state, around)
    if builder_of(build) is KANIKO:
        fresh = _COPIED_ANEW if instruction.keyword == "WORKDIR" else None
        return Step(instruction, (("its text", text),), fresh=fresh, silent=fresh is None)
    return Step(instruction, (("its text", text),))


def _text(build: Build, instruction: Instruction, state: State, around: Environment) -> object:
    flags = tuple((flag.name, flag.value) for flag in instruction.flags)
    text = instruction.body.text
    if instruction.keyword == "ARG" and builder_of(build) is BUILDAH:
        # The names alone: the values count where a RUN is given them.
        return ("ARG", tuple(sorted({*around.declared, *(pair.name for pair in instruction.pairs)})))
    if builder_of(build) in (KANIKO, BUILDAH):
        documents = tuple(document.body.strip() for document in instruction.heredocs)
        return (instruction.keyword, flags, text, documents)
    if instruction.keyword == "WORKDIR":
        return (instruction.keyword, state.absolute(around.token(text, state, build.tree.escape)) or text)
    if instruction.keyword in _EXPANDED:
        if instruction.pairs:
            pairs = [
                (pair.name, around.token(pair.value or "", state, build.tree.escape)) for pair in instruction.pairs
            ]
            return (instruction.keyword, tuple(pairs))
        return (
            instruction.keyword,
            tuple(around.token(word.raw, state, build.tree.escape) for word in instruction.words),
        )
    if instruction.json is not None:
        return (instruction.keyword, flags, tuple(word.value for word in instruction.json))
    return (instruction.keyword, flags, text)


def _run(build: Build, instruction: Instruction, state: State, around: Environment) -> Step:
    builder = builder_of(build)
    parts: list[Part] = [("the command", _text(build, instruction, state, around))]
    variables = around.run if builder is KANIKO else _arguments(around, buildah=builder is BUILDAH)
    parts += [
        (f"{'ARG' if variable.argument else 'ENV'} {name}", variable.value)
        for name, variable in sorted(variables.items())
    ]
    if builder is not BUILDAH:
        return Step(instruction, tuple(parts))
    mounts = run_mounts(instruction, state, around, build.tree.escape)
    chosen = [Selector(mount.source) for mount in mounts if mount.from_context and mount.source is not None]
    key, files = taken(build, chosen)
    # A mount of another stage counts by the image that the stage is, not by what is in it.
    known = inputs(build)[instruction.index].stages
    foreign = tuple(Foreign(item.stage, item.image, (item.path or "",), None, by_content=False) for item in known)
    return Step(instruction, (*parts, (FILES, key)), files, foreign, context=tuple(chosen))


def _arguments(around: Environment, *, buildah: bool) -> Mapping[str, Variable]:
    """The build arguments that a RUN is given. One that ENV sets as well has ENV's value, and is named by Buildah."""
    return {
        name: around.image.get(name, variable)
        for name, variable in around.declared.items()
        if buildah or name not in around.image
    }


def _copy(build: Build, instruction: Instruction, state: State, around: Environment) -> Step:
    builder = builder_of(build)
    copy = copies(build)[instruction.index]
    chosen = selectors(copy)
    key, files = taken(build, chosen)
    known = inputs(build)[instruction.index]
    words = instruction.words if instruction.json is None else instruction.json
    parts: list[Part] = []
    if builder is KANIKO:
        parts = [("its text", _text(build, instruction, state, around)), (FILES, tuple(files.values()))]
    else:
        destination = words[-1].raw if builder is BUILDAH else around.token(words[-1].raw, state, build.tree.escape)
        flags = tuple((flag.name, flag.value) for flag in instruction.flags if flag.name != "from")
        documents = tuple(document.body for document in instruction.heredocs)
        taken_files = key if builder is BUILDAH else tuple(files.items())
        parts = [
            ("the destination", destination),
            ("the options", (instruction.keyword, flags)),
            ("the here-documents", documents),
            (FILES, taken_files),
        ]
    foreign = foreign_of(build, known)
    doubt = known.opaque or (f"the builder asks for {known.remote[0]} at each build" if known.remote else None)
    fresh = _COPIED_ANEW if builder is KANIKO else None
    return Step(instruction, tuple(parts), files, foreign, fresh=fresh, doubt=doubt, context=chosen)
