"""Sources of named contexts that do not reach the builder: ``COPY --from=shared`` where ``shared`` is a folder."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.build.build import Build, Token, fact
from prebake.build.builders import BUILDKIT, builder_of
from prebake.build.context.arriving.sources import Place, is_sent
from prebake.build.context.use import needed_stages
from prebake.build.contextfiles import ContextFiles, named_files
from prebake.build.state import states
from prebake.files import join
from prebake.project.contexts.sources import mount_options
from prebake.project.ignore.rules import NO_RULES
from prebake.project.links import led_to
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.glob import WILDCARDS, clean
from prebake.syntax.ignorefile import Pattern

_WEAK = ("makefile", "script", "readme")
"""Kinds of evidence whose folders depend on where something is run."""


class LostNamed(NamedTuple):
    """A source of the named context ``name`` at which the build stops.

    ``path`` is relative to ``folder``, the context's top, an absolute path. ``ignore_file`` leaves it out by
    ``pattern``; both are ``None`` where there is no such path.
    """

    instruction: Instruction
    token: Token
    name: str
    folder: str
    path: str
    ignore_file: str | None
    pattern: Pattern | None


@fact
def lost_named(build: Build) -> tuple[LostNamed, ...]:
    """The sources of named contexts that are missing there, or left out by the context's own ignore file. Wildcards,
    links, and folders that are not there or empty are passed over: what belongs there may be yet to come.
    """
    if not build.context.named or builder_of(build) is not BUILDKIT:
        return ()
    return tuple(
        lost
        for stage in needed_stages(build)
        for instruction in stage.instructions
        for name, token, path in _named(build, instruction)
        if (lost := _lost(build, instruction, name, token, path)) is not None
    )


def _named(build: Build, instruction: Instruction) -> Iterator[tuple[str, Token, str]]:
    """The sources that an instruction names of other contexts or stages: whose, where it stands, and the path."""
    if instruction.problem is not None:
        return
    state, escape = states(build)[instruction.index], build.tree.escape
    origin = instruction.flag("from") if instruction.keyword == "COPY" else None
    if origin is not None:
        words = instruction.words if instruction.json is None else instruction.json
        for word in words[:-1]:
            text = state.expand(word.raw if instruction.json is None else word.value, escape)
            if text and not WILDCARDS & set(text):
                yield origin, word, clean(f"/{text}")[1:]
    elif instruction.keyword == "RUN":
        for flag in instruction.flags:
            options = mount_options(flag.value) if flag.name == "mount" and flag.value is not None else {}
            written = options.get("source", options.get("src", ""))
            text = state.expand(written, escape) if written and "from" in options else None
            if text and options.get("type", "bind") == "bind":
                at = instruction.raw.find(written, flag.start, flag.end)
                place = Place(at, at + len(written)) if at >= 0 else Place(flag.start, flag.end)
                yield options["from"], place, clean(f"/{text}")[1:]


def _lost(build: Build, instruction: Instruction, name: str, token: Token, path: str) -> LostNamed | None:
    files = named_files(build, name)
    if files is None or files.root is None or not path or not build.snapshot.list(files.root):
        return None
    if led_to(build.snapshot, files.root, path) != path:
        return None
    there = build.snapshot.stat(join(files.root, path)) is not None
    if there and is_sent(ContextFiles(build.snapshot, files.root, NO_RULES), files.ignore, path):
        return None
    if not there and build.context.evidence.kind in _WEAK:
        return None
    is_folder = build.snapshot.is_dir(join(files.root, path))
    pattern = files.ignore.deciding(path, is_folder) if there else None
    return LostNamed(instruction, token, name, files.root, path, files.ignore.path if there else None, pattern)
