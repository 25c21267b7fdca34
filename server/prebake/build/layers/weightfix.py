"""Giving weights a COPY of their own, above the one that brings the code."""

from __future__ import annotations

import re

from prebake.build.build import Build
from prebake.build.copies import Copy, copies
from prebake.build.layers.weights import LEAST, Mixed
from prebake.build.rewriting.blocks import first_line
from prebake.build.rewriting.copytext import Piece, Unwritable, copies_of, without_sources
from prebake.edits import FileEdit, TextEdit
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Dockerfile, Instruction

_MOST_NAMED = 4
"""Bound on the folders and files that get a COPY of their own."""

_MOST_CHECKED = 2_000

_FRONTEND = regex(r"(?:docker\.io/)?docker/dockerfile(?:-upstream)?:(1|1\.(\d+)(?:\.\d+)?)?(-?labs)?(?:@sha256:\w+)?")


class WeightPlan(NamedTuple):
    """A rewrite: ``names`` are what gets a COPY of its own; ``excluded`` says that the other one leaves it out by
    ``--exclude``.
    """

    names: tuple[str, ...]
    excluded: bool
    edits: tuple[FileEdit, ...]


def plan_weights(build: Build, item: Mixed) -> WeightPlan | str:
    """The rewrite, or the fact that stands in the way: a sentence without its full stop."""
    copy = item.copy
    if not copy.exact or any(flag.name == "exclude" for flag in copy.instruction.flags):
        return "it is not known for certain what the instruction copies"
    apart = [number for number, (size, code) in enumerate(item.by_source) if size and not code]
    rest = [number for number in range(len(copy.sources)) if number not in apart]
    left = sum(size for size, code in item.by_source if code)
    if apart and rest and left < LEAST:
        return _by_source(build, copy, apart, rest)
    return _by_exclusion(build, item)


def _by_source(build: Build, copy: Copy, apart: list[int], rest: list[int]) -> WeightPlan | str:
    """The sources with the weights go into an instruction of their own: nothing is copied twice."""
    shared = _shared(copy, set(apart))
    if shared is not None:
        return f"{shared} comes from more than one source, so that their order counts"
    place = _above(build, copy)
    text, raw = build.text, copy.instruction.raw
    indent = re.match(r"[ \t]*", raw)
    line = without_sources(copy, rest)
    if indent is None or "#" in line:
        return "there is a comment in the instruction"
    at = text.line_start(first_line(build.tree, place))
    new = without_sources(copy, apart)
    start = copy.instruction.start
    edits = (
        TextEdit(text.span(at, at), line + text.newline),
        TextEdit(text.span(start, start + len(raw)), new),
    )
    names = tuple(copy.sources[number].word.value for number in apart)
    return WeightPlan(names, False, (FileEdit(build.path, text, edits),))


def _shared(copy: Copy, apart: set[int]) -> str | None:
    """A path that sources of both groups write; ``None`` where there is none."""
    seen = 0
    for item in copy.mappings:
        if item.source not in apart:
            continue
        if not item.folder:
            found = copy.provider(item.image)
            if found is not None and found.source != item.source:
                return item.context
            continue
        for other in copy.mappings:
            if other.source in apart or other.folder:
                continue
            if other.image.startswith(f"{item.image}/") and copy.files.exists(
                f"{item.context}/{other.image[len(item.image) + 1 :]}"
            ):
                return other.context
        for other in copy.mappings:
            if other.source in apart or not other.folder or other.image != item.image:
                continue
            for path, _ in copy.files.children(item.context):
                seen += 1
                name = path.rpartition("/")[2]
                if seen > _MOST_CHECKED or copy.files.exists(f"{other.context}/{name}".lstrip("/")):
                    return name
    return None


def _above(build: Build, copy: Copy) -> Instruction:
    """The instruction above which the weights go: the first of the COPY instructions right above that bring other files
    with the same options.
    """
    place = copy.instruction
    stage = build.stage_of(place)
    flags = [(flag.name, flag.value) for flag in place.flags]
    for before in reversed([item for item in stage.instructions if item.index < place.index]):
        other = copies(build).get(before.index)
        alike = [(flag.name, flag.value) for flag in before.flags] == flags
        if other is None or not other.exact or not alike or other.overlaps(copy) or copy.overlaps(other):
            break
        place = before
    return place


def _by_exclusion(build: Build, item: Mixed) -> WeightPlan | str:
    """The weights are left out of the COPY that brings the code, which needs ``--exclude``."""
    copy, tree = item.copy, build.tree
    names = ", ".join(weight.path for weight in item.weights[:2]) + (", ..." if len(item.weights) > 2 else "")
    again = (
        f"a COPY of {names} further up would not help: `COPY {copy.sources[0].word.value}` writes the files again, so "
        "that the image holds them twice"
    )
    if not (build.settings.builder == "buildkit" and _excludes(tree)):
        return (
            f"{again}; copy the code by name instead of the whole folder, or leave the weights out of that instruction "
            "with `--exclude`, which needs `# syntax=docker/dockerfile:1.19` or newer"
        )
    if len(copy.sources) != 1 or copy.mappings[0].context or len(copy.mappings) != 1:
        return again
    if len(item.weights) > _MOST_NAMED:
        return f"{again}; {len(item.weights)} files and folders would have to be named"
    if any(flag.name in ("parents", "chmod") for flag in copy.instruction.flags):
        return f"{again}, and its options mean another thing for a folder than for what is in it"
    files = copy.files
    ignored = build.snapshot.git_ignored([files.absolute(weight.path) for weight in item.weights])
    for weight in item.weights:
        if files.absolute(weight.path) in ignored:
            return f"git ignores {weight.path}: a fresh clone does not have it, so that a COPY of it would fail"
        if files.is_link(weight.path):
            return f"{weight.path} is a symbolic link"
    root = copy.mappings[0].image
    pieces = [Piece(weight.path, f"{root.rstrip('/')}/{weight.path}", weight.folder) for weight in item.weights]
    try:
        lines = copies_of(copy, pieces)
    except Unwritable as reason:
        return str(reason)
    text, instruction = build.text, copy.instruction
    at = text.line_start(first_line(tree, instruction))
    first_token = instruction.flags[0].start if instruction.flags else _first_word(copy)
    where = instruction.start + first_token
    options = "".join(f"--exclude={weight.path} " for weight in item.weights)
    edits = (
        TextEdit(text.span(at, at), "".join(line + text.newline for line in lines)),
        TextEdit(text.span(where, where), options),
    )
    return WeightPlan(tuple(weight.path for weight in item.weights), True, (FileEdit(build.path, text, edits),))


def _first_word(copy: Copy) -> int:
    instruction = copy.instruction
    if instruction.json is not None:
        return instruction.raw.index("[")
    return instruction.words[0].start


def _excludes(tree: Dockerfile) -> bool:
    """Whether the frontend that the file names has ``COPY --exclude``: 1.19, or a labs version from 1.7."""
    if any(flag.name == "exclude" for item in tree.instructions for flag in item.flags):
        return True
    match = _FRONTEND.fullmatch(tree.syntax or "")
    if match is None:
        return False
    version, minor, labs = match.groups()
    if minor is None:
        return version is not None or labs is not None
    return int(minor) >= (7 if labs else 19)
