"""What each source of COPY and ADD, and each bind mount, takes from the context."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.build.build import Build, fact_at
from prebake.build.context.use import mounted
from prebake.build.contextfiles import TooMany
from prebake.build.copies import SourceKind, copies
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Flag, Instruction, Word
from prebake.syntax.glob import GlobError


class Taken(NamedTuple):
    """A source word or a ``--mount`` flag, and the paths of the context that it stands for: ``""`` for the root; for a
    wildcard, those that are sent.
    """

    token: Word | Flag
    paths: tuple[str, ...]


@fact_at
def taken(build: Build, instruction: Instruction) -> tuple[Taken, ...]:
    """What an instruction takes from the context, as far as that is known."""
    return tuple(_copied(build, instruction) if instruction.keyword in ("COPY", "ADD") else _mounts(build, instruction))


def _copied(build: Build, instruction: Instruction) -> Iterator[Taken]:
    copy = copies(build).get(instruction.index)
    for source in copy.sources if copy is not None else ():
        if source.kind is SourceKind.ROOT:
            yield Taken(source.word, ("",))
        elif source.kind is SourceKind.GLOB and source.path is not None and copy is not None:
            try:
                yield Taken(source.word, copy.files.matches(source.path))
            except (GlobError, TooMany):
                continue
        elif source.path is not None:
            yield Taken(source.word, (source.path,))


def _mounts(build: Build, instruction: Instruction) -> Iterator[Taken]:
    for flag in instruction.flags:
        source = mounted(build, instruction, flag.value or "") if flag.name == "mount" else None
        if source is not None:
            yield Taken(flag, (source,))
