"""Which stages a builder builds, and what another stage is known to hold without running anything."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from prebake.build.build import Build
from prebake.build.builders import Builder
from prebake.build.cache.content import context_content, digest
from prebake.build.cache.inputs import Selector, inputs
from prebake.build.copies import Copy, copies
from prebake.build.paths import inside
from prebake.build.state import chain, states
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Stage

_MOST_FILES = 20_000


def target_stage(build: Build, target: str | None) -> Stage | None:
    """The stage that is built: ``target`` by name or number, else the build's own; ``None`` without any FROM."""
    stages = build.tree.stages
    named = build.tree.stage_named(target, len(stages)) if target else None
    return named or build.final_stage


def built_stages(build: Build, builder: Builder, target: str | None = None) -> tuple[Stage, ...]:
    """The stages that are built for a target, in the order of the file."""
    last = target_stage(build, target)
    if last is None:
        return ()
    stages = build.tree.stages
    if builder.unused_stages:
        return stages[: last.index + 1]
    needed: set[int] = set()
    waiting = [last.index]
    while waiting:
        number = waiting.pop()
        if number not in needed:
            needed.add(number)
            waiting += _used(build, stages[number])
    return tuple(stage for stage in stages if stage.index in needed)


def _used(build: Build, stage: Stage) -> list[int]:
    known = inputs(build)
    return [
        taken.stage
        for instruction in stage.instructions
        for taken in known[instruction.index].stages
        if taken.stage is not None
    ]


class Known(NamedTuple):
    """What stands at a path of a finished stage: ``key`` tells it from anything else on the same ``base``."""

    base: str | None
    key: str


def known_content(build: Build, stage: Stage, path: str) -> Known | None:
    """What a stage holds at a path, where that follows from the build context alone; ``None`` where it does not.

    It follows for files that COPY brings and no RUN comes after, and for folders of stages without any RUN.
    """
    before = states(build)
    known = copies(build)
    held: dict[str, str] = {}
    base = before[stage.instruction.index].expand(chain(build, stage)[0].base, build.tree.escape)
    untouched = True
    for below in chain(build, stage):
        for instruction in below.instructions:
            if instruction.keyword == "RUN":
                held, untouched = {}, False
            elif instruction.keyword in ("COPY", "ADD"):
                copy = known[instruction.index]
                if not copy.exact:
                    held, untouched = {}, False
                    continue
                for place, token in _written(build, copy, path):
                    held[place] = token
                    if len(held) > _MOST_FILES:
                        return None
    if path in held and held[path] != "folder":
        return Known(None, digest(held[path]))
    if not untouched or not held:
        return None
    return Known(
        None if base == "scratch" else base,
        digest(sorted((posixpath.relpath(each, path), token) for each, token in held.items())),
    )


def known_sources(build: Build, stage: Stage, path: str) -> tuple[Selector, ...]:
    """The files of the context that :func:`known_content` goes back to."""
    found: dict[Selector, None] = {}
    for below in chain(build, stage):
        for instruction in below.instructions:
            if instruction.keyword not in ("COPY", "ADD"):
                continue
            for mapping in copies(build)[instruction.index].mappings:
                rest = inside(path, mapping.image)
                if rest is not None:
                    found[Selector(posixpath.join(mapping.context, rest).rstrip("/"))] = None
                elif inside(mapping.image, path) is not None:
                    found[Selector(mapping.context)] = None
    return tuple(found)


def _written(build: Build, copy: Copy, path: str) -> Iterator[tuple[str, str]]:
    """The files and folders at or below a path of the image that a COPY writes, and what they are then."""
    content = context_content(build)
    owner = copy.instruction.flag("chown") or "0:0"
    mode = copy.instruction.flag("chmod")
    for mapping in copy.mappings:
        if inside(mapping.image, path) is None and inside(path, mapping.image) is None:
            continue
        for source, token in content.entries(content.followed(mapping.context)):
            below = posixpath.relpath(source, mapping.context or ".") if mapping.folder else "."
            place = posixpath.normpath(posixpath.join(mapping.image, below))
            if inside(place, path) is None:
                continue
            kind, _, rest = token.partition(" ")
            own_mode, _, fingerprint = rest.partition(" ")
            yield place, token if kind == "folder" else f"{kind} {owner} {mode or own_mode} {fingerprint}"
