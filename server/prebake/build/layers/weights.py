"""COPY instructions that put model weights and code into one layer, which is made again with every edit of the code."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from prebake.build.build import Build, fact
from prebake.build.context.use import needed_stages
from prebake.build.copies import Copy, Mapping, copies
from prebake.build.installs.misplaced import is_code
from prebake.build.paths import inside
from prebake.project.measuring.scan import ContextScan
from prebake.records import NamedTuple

LEAST = 100_000_000
"""Fewer bytes of weights in a layer with code are not worth a word."""

_OF_A_MODEL = frozenset(("config.json", "model_index.json", "tokenizer.json", "generation_config.json"))
"""Files that make a folder one of a model, whose code belongs to the model."""


class Weight(NamedTuple):
    """A file or folder of weights: its path in the context, and its bytes. A folder holds no code."""

    path: str
    folder: bool
    bytes: int


class Mixed(NamedTuple):
    """A COPY that takes weights and code: what of the weights, largest first, all their bytes and files, and a file of
    the code. ``by_source`` tells for each source whether it brings weights, and whether it brings code.
    """

    copy: Copy
    weights: tuple[Weight, ...]
    bytes: int
    files: int
    code: str
    by_source: tuple[tuple[int, bool], ...]


@fact
def mixed(build: Build) -> tuple[Mixed, ...]:
    """The COPY and ADD instructions of the stages that are built which take weights and code."""
    stages = {stage.index for stage in needed_stages(build)}
    candidates = [copy for copy in copies(build).values() if copy.instruction.stage in stages and _may_mix(copy)]
    scan = build.scan if candidates else None  # it may have to be measured for this alone
    if scan is None:
        return ()
    files = {item.path: item.bytes for item in scan.landmarks if item.kind == "weights"}
    if sum(files.values()) < LEAST:
        return ()
    return tuple(item for copy in candidates if (item := _mixed(scan, copy, files)) is not None)


def _may_mix(copy: Copy) -> bool:
    return copy.from_context and (len(copy.mappings) > 1 or any(item.folder for item in copy.mappings))


def _mixed(scan: ContextScan, copy: Copy, files: dict[str, int]) -> Mixed | None:
    taken: dict[str, int] = {}
    by_source: list[tuple[int, bool]] = []
    code: str | None = None
    for number in range(len(copy.sources)):
        own = [item for item in copy.mappings if item.source == number]
        heavy = {path: size for item in own for path, size in files.items() if _takes(copy, item, path)}
        found = next((path for item in own for path in _code(scan, copy, item)), None)
        code = code or found
        taken |= heavy
        by_source.append((sum(heavy.values()), found is not None))
    total = sum(taken.values())
    if total < LEAST or code is None:
        return None
    weights = sorted(_grouped(scan, copy, taken), key=lambda item: (-item.bytes, item.path))
    return Mixed(copy, tuple(weights), total, len(taken), code, tuple(by_source))


def _takes(copy: Copy, item: Mapping, path: str) -> bool:
    if not item.folder:
        return path == item.context
    below = inside(f"/{path}", f"/{item.context}")
    return bool(below) and copy.provider(posixpath.join(item.image, below or "")) is not None


def _code(scan: ContextScan, copy: Copy, item: Mapping) -> Iterator[str]:
    """The files of code that a part of a COPY takes, those of a model itself not among them."""
    if not item.folder:
        if is_code(posixpath.basename(item.context)):
            yield item.context
        return
    prefix = f"{item.context}/" if item.context else ""
    for folder, listing in scan.listings.items():
        if folder != item.context and not folder.startswith(prefix):
            continue
        if folder and _OF_A_MODEL & set(listing.names):
            continue
        for name in listing.names:
            if is_code(name) and _takes(copy, item, posixpath.join(folder, name)):
                yield posixpath.join(folder, name)


def _grouped(scan: ContextScan, copy: Copy, taken: dict[str, int]) -> Iterator[Weight]:
    """Weights by the highest folders that hold no code, else one by one."""
    roots = {item.context for item in copy.mappings if item.folder}
    coded: dict[str, bool] = {}
    groups: dict[str, int] = {}
    for path, size in taken.items():
        highest = path
        folder = posixpath.dirname(path)
        while folder and folder not in roots:
            if folder not in coded:
                coded[folder] = _holds_code(scan, folder)
            if coded[folder]:
                break
            highest = folder
            folder = posixpath.dirname(folder)
        groups[highest] = groups.get(highest, 0) + size
    yield from (Weight(path, path not in taken, size) for path, size in groups.items())


def _holds_code(scan: ContextScan, folder: str) -> bool:
    for path, listing in scan.listings.items():
        if path != folder and not path.startswith(f"{folder}/"):
            continue
        if not _OF_A_MODEL & set(listing.names) and any(map(is_code, listing.names)):
            return True
    return False
