"""Manifests mounted into the install instead of copied above it, in files that do so elsewhere.

The mount leaves nothing in the image: the file itself comes with the COPY that moved below.
"""

from __future__ import annotations

import posixpath

from prebake.build.build import Build
from prebake.build.builders import builder_of
from prebake.build.image import Mount, mounts_of
from prebake.build.installs.sink import SinkPlan, plan_onto
from prebake.build.paths import inside
from prebake.build.rewriting.copytext import Piece
from prebake.build.state import states
from prebake.syntax.dockerfile import Instruction
from prebake.text import Text

_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-/")


def with_mounts(plan: SinkPlan, moved: Instruction) -> SinkPlan | None:
    """The same plan with the manifests mounted; ``None`` where the file mounts none, or it would not be the same.

    ``moved`` is the COPY that the plan is for, an instruction of the plan's own Dockerfile.
    """
    build, target = plan.build, plan.below
    example = _example(build)
    here = states(build)[target.index].directory
    pieces = [piece for _, piece in plan.early]
    if example is None or here is None or not pieces or target.json is not None:
        return None
    for index, piece in plan.early:
        plain = set(piece.context) <= _PLAIN and set(piece.image) <= _PLAIN
        # A mount makes the folder that it needs, so that it must be there: the working directory is.
        if index != target.index or piece.folder or piece.wild or not plain or posixpath.dirname(piece.image) != here:
            return None
    text = _mounted(build, target, [_flag(example, piece, here) for piece in pieces])
    trial = build.with_text(text)
    instructions = trial.tree.instructions
    found = plan_onto(trial, instructions[moved.index], instructions[target.index])
    if not isinstance(found, SinkPlan) or found.early or set(found.doubts) - set(plan.doubts):
        return None
    return found


def _example(build: Build) -> tuple[Mount, str] | None:
    """A mount of a file of the context that the Dockerfile has, and how its target is written."""
    root = build.context.root
    if root is None or "bind" not in builder_of(build).mounts:
        return None
    for item in build.tree.instructions:
        if item.keyword != "RUN" or item.stage is None or "bind" not in item.raw:
            continue
        for mount in mounts_of(item, states(build)[item.index]):
            place = posixpath.join(root, mount.source or "")
            if mount.kind == "bind" and mount.source and build.snapshot.is_file(place):
                return mount, item.raw
    return None


def _flag(example: tuple[Mount, str], piece: Piece, here: str) -> str:
    mount, raw = example
    absolute = f"={mount.target}" in raw
    target = piece.image if absolute else inside(piece.image, here) or piece.image
    return f"--mount=type=bind,source={piece.context},target={target}"


def _mounted(build: Build, target: Instruction, flags: list[str]) -> Text:
    """The Dockerfile with further options of a RUN, each set off as the first of those that it has is."""
    raw = target.raw
    words = target.words
    if target.flags:
        at = target.flags[0].start
        following = target.flags[1].start if len(target.flags) > 1 else words[0].start
        between = raw[target.flags[0].end : following]
    else:
        at, between = words[0].start, " "
    place = target.start + at
    content = build.text.content
    added = "".join(flag + between for flag in flags)
    return Text(content[:place] + added + content[place:], bom=build.text.bom)
