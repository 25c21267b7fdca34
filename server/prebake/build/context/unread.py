"""What large things of a context nothing in its images reads: data, weights, archives."""

from __future__ import annotations

import fnmatch
import posixpath
from collections.abc import Iterator

from prebake.build.build import Build, fact
from prebake.build.context.mentions import mentions
from prebake.build.context.unnamed import unnamed
from prebake.build.context.use import named_sources
from prebake.files import Kind, is_below, join
from prebake.project.measuring.landmarks import LARGE, Landmark
from prebake.project.measuring.scan import ContextScan, Size
from prebake.records import NamedTuple
from prebake.syntax.glob import WILDCARDS
from prebake.syntax.ignorefile import can_name

_DATA = frozenset({"data", "dataset", "datasets", "raw_data", "corpus", "corpora"})
_WEIGHTS = frozenset({"models", "model", "weights", "checkpoints", "ckpts", "ckpt", "pretrained", "saved_models"})
_KINDS = frozenset({"weights", "dataset", "archive", "model-cache"})
_SOURCES = (
    *(".py", ".pyx", ".sh", ".bash", ".js", ".ts", ".tsx", ".jsx", ".go", ".rs", ".c", ".cc", ".cpp", ".cu", ".h"),
    *(".hpp", ".java", ".kt", ".rb", ".php", ".html", ".css", ".yaml", ".yml", ".toml", ".cfg", ".ini"),
)
_MOST_FOLDERS = 100


class Unread(NamedTuple):
    """A large file or folder that nothing reads, relative to the context root. ``kept`` are the paths inside that
    instructions name and that have to stay.
    """

    path: str
    kept: tuple[str, ...]
    bytes: int
    files: int


@fact
def large_unread(build: Build) -> tuple[Unread, ...]:
    """The large things that nothing reads, folders first; none where what the image runs could not be followed."""
    scan = build.scan
    if scan is None or not is_closed(build):
        return ()
    marks = tuple(mark for mark in scan.landmarks if mark.kind in _KINDS and mark.files)
    sizes = {mark.path: Size(mark.bytes, mark.files) for mark in marks}
    found: list[Unread] = []
    done: list[str] = []
    for path in (*_named_folders(scan, marks), *_full_folders(scan, marks), *(mark.path for mark in marks)):
        if not can_name(path) or any(is_below(path, other) for other in done):
            continue
        kept = unread(build, path)
        if kept is not None:
            size = sizes.get(path) or scan.size_of(path)
            stays = [scan.size_of(inside) for inside in kept]
            bytes_, files = (
                size.bytes - sum(each.bytes for each in stays),
                size.files - sum(each.files for each in stays),
            )
            if bytes_ >= LARGE:
                found.append(Unread(path, kept, bytes_, files))
                done.append(path)
        elif "/" not in path and path in scan.entries and scan.entries[path].kind is Kind.DIRECTORY:
            done.append(path)  # a part of it is as likely to be read by a name that is put together
    return tuple(found)


def is_closed(build: Build) -> bool:
    """Whether what is not named is not read: all that the images run was followed."""
    return mentions(build).closed and not unnamed(build).finds_code


def unread(build: Build, path: str) -> tuple[str, ...] | None:
    """The paths inside a path that instructions name, where it is read by nothing else: no instruction takes all of it
    or a folder it is in, no program names it or is in it. ``None`` where it is read.
    """
    kept = []
    for source in named_sources(build):
        if overlaps(source, path):
            if WILDCARDS & set(source) or not is_below(source, path) or source == path:
                return None
            kept.append(source)
    found = mentions(build)
    if found.named(path) or any(is_below(file, path) for file in found.files) or _searched(build, path):
        return None
    return tuple(kept)


def _searched(build: Build, path: str) -> bool:
    """Whether a program looks for files of a kind that lie there, as with ``glob("*.pt")``."""
    scan = build.scan
    lying = [mark.path for mark in scan.landmarks if is_below(mark.path, path)] if scan is not None else []
    lying += [entry.name for entry in build.snapshot.list(join(build.context.root or "/", path))]
    wild = [part for part in mentions(build).parts if "*" in part and part.strip("*.")]
    return any(fnmatch.fnmatch(posixpath.basename(item), part) for item in (path, *lying) for part in wild)


def overlaps(source: str, path: str) -> bool:
    """Whether a source, wildcards possibly in it, and a path lie one inside the other."""
    literal = source.split("/")
    wild = next((number for number, part in enumerate(literal) if WILDCARDS & set(part)), len(literal))
    known = literal[:wild]
    parts = path.split("/")
    return known[: len(parts)] == parts[: len(known)]


def _named_folders(scan: ContextScan, marks: tuple[Landmark, ...]) -> Iterator[str]:
    """Folders at the context's top that hold data, or mostly weights, and are called so."""
    for name, entry in sorted(scan.entries.items()):
        if entry.kind is not Kind.DIRECTORY or entry.sent_bytes < LARGE:
            continue
        weights = sum(mark.bytes for mark in marks if mark.kind == "weights" and is_below(mark.path, name))
        if name.lower() in _DATA or (name.lower() in _WEIGHTS and weights * 10 >= entry.sent_bytes * 9):
            yield name


def _full_folders(scan: ContextScan, marks: tuple[Landmark, ...]) -> Iterator[str]:
    """Folders of several large things and hardly anything else, no sources, the outermost first; not those around just
    one such folder, since more than that may come to lie there.
    """
    inside: dict[str, list[Landmark]] = {}
    for mark in marks:
        folder = posixpath.dirname(mark.path)
        while folder:
            inside.setdefault(folder, []).append(mark)
            folder = posixpath.dirname(folder)
    largest = sorted(inside.items(), key=lambda item: -sum(mark.bytes for mark in item[1]))[:_MOST_FOLDERS]
    for folder, held in sorted(largest):
        below = {mark.path[len(folder) + 1 :].partition("/")[0] for mark in held}
        full = len(below) > 1 and sum(mark.bytes for mark in held) * 20 >= scan.size_of(folder).bytes * 19
        if full and not _has_sources(scan, folder):
            yield folder


def _has_sources(scan: ContextScan, folder: str) -> bool:
    return any(path.endswith(_SOURCES) for path, _ in scan.files(folder))
