"""Files of weights in the context that git LFS has not brought yet: short texts that point to them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from prebake.build.build import Build, fact
from prebake.build.context.use import needed_stages, text_of
from prebake.build.copies import Copy, Mapping, SourceKind, copies
from prebake.build.paths import inside
from prebake.files import join
from prebake.project.measuring.landmarks import WEIGHT_SUFFIXES
from prebake.records import NamedTuple
from prebake.regex import regex

_SHORTEST, _LONGEST = 100, 1_024
"""Bytes of a pointer, by its specification."""
_FIRST = "version https://git-lfs.github.com/spec/v1"
_SIZE = regex(r"^size (\d{1,18})\s*$", re.MULTILINE)
_FETCHES = regex(r"\bgit lfs (?:pull|fetch|checkout)\b|^\s*lfs:\s*['\"]?true\b", re.MULTILINE)
_MOST_READ = 200
_RUNS = frozenset({"RUN"})


class Place(NamedTuple):
    """A line of a file; ``line`` is 0-based."""

    path: str
    line: int


class Pointers(NamedTuple):
    """The pointers that one source of a COPY takes: their paths in the context, and the bytes of the files that they
    stand for.
    """

    copy: Copy
    source: int
    paths: tuple[str, ...]
    bytes: int


@fact
def pointers(build: Build) -> tuple[Pointers, ...]:
    """The COPY and ADD sources of the stages that are built which take pointers instead of weights."""
    if build.context.root is None or build.context.remote:
        return ()
    stages = {stage.index for stage in needed_stages(build)}
    found = []
    for copy in copies(build).values():
        if copy.instruction.stage not in stages or not copy.from_context:
            continue
        for number in range(len(copy.sources)):
            taken = dict(_pointers(build, copy, number))
            if taken:
                found.append(Pointers(copy, number, tuple(taken), sum(taken.values())))
    return tuple(found) if found and "lfs" not in text_of(build, _RUNS) else ()


def _pointers(build: Build, copy: Copy, number: int) -> Iterator[tuple[str, int]]:
    for mapping in (item for item in copy.mappings if item.source == number):
        for path in _candidates(build, copy, mapping):
            size = pointed_size(build, path)
            if size is not None:
                yield path, size


def _candidates(build: Build, copy: Copy, mapping: Mapping) -> Iterator[str]:
    """The files of one mapping that are as short as a pointer; of a folder, only those named like weights."""
    if not mapping.folder:
        # Asked of a file that is named, not of the many that a wildcard selects.
        if copy.sources[mapping.source].kind is SourceKind.FILE or mapping.context.lower().endswith(WEIGHT_SUFFIXES):
            entry = build.snapshot.stat(join(build.context.root or "/", mapping.context))
            if entry is not None and _SHORTEST <= entry.size < _LONGEST:
                yield mapping.context
        return
    if not _uses_lfs(build):
        return
    scan = build.scan
    read = 0
    for path, size in scan.files(mapping.context) if scan is not None else ():
        if not (_SHORTEST <= size < _LONGEST and path.lower().endswith(WEIGHT_SUFFIXES)):
            continue
        below = inside(f"/{path}", f"/{mapping.context}") or ""
        if below and copy.provider(join(mapping.image, below)) is not None:
            read += 1
            if read > _MOST_READ:
                return
            yield path


@fact
def fetcher(build: Build) -> Place | None:
    """The line of a build file of the project that fetches the files."""
    from prebake.build.context.arriving.tellers import tellers

    for teller in tellers(build):
        found = _FETCHES.search(teller.text.content) if teller.kind == "build" else None
        if found is not None:
            return Place(teller.path, teller.text.position(found.end()).line)
    return None


@fact
def _uses_lfs(build: Build) -> bool:
    """Whether a ``.gitattributes`` near the top of the project, the context or a copied folder speaks of LFS."""
    root = build.context.root or "/"
    copied = (item.context for copy in copies(build).values() for item in copy.mappings if item.folder)
    places = dict.fromkeys((build.root, root, *(join(root, path) if path else root for path in copied)))
    below = [join(place, entry.name) for place in places for entry in build.snapshot.list(place) if not entry.size]
    for place in dict.fromkeys((*places, *below)):
        text = build.snapshot.text(join(place, ".gitattributes"))
        if text is not None and "filter=lfs" in text.content:
            return True
    return False


def pointed_size(build: Build, path: str) -> int | None:
    """The bytes of the file that a pointer in the context stands for; ``None`` for a file that is no pointer."""
    text = build.snapshot.text(join(build.context.root or "/", path))
    if text is None or not text.content.startswith(_FIRST):
        return None
    found = _SIZE.search(text.content)
    return int(found[1]) if found is not None else 0
