"""COPY and ADD resolved: which files of the context they take, and where in the image they put them.

Paths of the context are relative to its root (``""`` is the root itself). Paths of the image are as in
:class:`~prebake.build.state.State`: absolute, or relative to the base image's working directory where its place is not
known.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Container, Iterator
from enum import Enum
from functools import cached_property

from prebake.build.build import Build, fact
from prebake.build.contextfiles import ContextFiles, TooMany
from prebake.build.paths import inside
from prebake.build.state import State, base_stage, states
from prebake.files import Kind, join
from prebake.project.ignore.rules import IgnoreRules, rules_of
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction, Word
from prebake.syntax.glob import GlobError, clean, wildcard
from prebake.text import Text

SYSTEM_FOLDERS = frozenset(
    {
        *("/", "/bin", "/etc", "/home", "/lib", "/media", "/mnt", "/opt", "/root", "/run", "/sbin", "/srv", "/tmp"),
        *("/usr", "/usr/bin", "/usr/lib", "/usr/local", "/usr/local/bin", "/usr/local/lib", "/usr/local/share"),
        *("/usr/share", "/usr/src", "/var", "/var/lib", "/var/tmp"),
    }
)
"""Folders that an image has: a file copied to one of them goes into it."""

_UNPACKED = regex(r"\.(tar|tgz|tbz2?|txz|tar\.(gz|bz2|xz|zst)|tzst)$", re.IGNORECASE)
_GIT = regex(
    r"^(git@|git://|ssh://)|^https?://(github|gitlab)\.com/[^?#]+/[^/?#]+\.git(#|\?|$)|^(\w+://|[\w.+-]+@|github\.com/).*\.git(#|$)"
)


class SourceKind(Enum):
    """What a source word of COPY or ADD stands for."""

    ROOT = "the whole context"
    FOLDER = "a folder"
    FILE = "a file"
    GLOB = "a wildcard"
    MISSING = "nothing that is there"
    REMOTE = "a URL"
    HEREDOC = "a here-document"
    OTHER = "a file of another stage or image"
    UNKNOWN = "a path that is not known"


_OF_CONTEXT = frozenset((SourceKind.ROOT, SourceKind.FOLDER, SourceKind.FILE, SourceKind.GLOB))
_FILE_NAME = regex(r"[^*?\[$]*\.[A-Za-z]\w{0,9}")
"""Names that a file has and hardly ever a folder."""


class Source(NamedTuple):
    """One source. ``path`` is relative to the context root, ``None`` where the source is not of the context or holds a
    variable without a known value; ``word`` is the token it stands in.
    """

    word: Word
    kind: SourceKind
    path: str | None


class Mapping(NamedTuple):
    """A file of the context and its place in the image; or a folder, whose content goes into the one in the image."""

    context: str
    image: str
    folder: bool
    source: int


class Foreign(NamedTuple):
    """A file of the image that is not of the context as it is; with ``folder``, perhaps a folder of anything."""

    image: str
    folder: bool


class Copy:
    """One COPY or ADD.

    ``destination`` is the path in the image, ``None`` where it is not known; ``into`` says that it is a folder into
    which files go. ``origin`` is the value of ``--from``. ``mappings`` are in the order in which they are written, so
    that the last one for a path counts.
    """

    def __init__(
        self,
        instruction: Instruction,
        state: State,
        sources: tuple[Source, ...],
        destination: str | None,
        into: bool,
        origin: str | None,
        mappings: tuple[Mapping, ...],
        files: ContextFiles,
    ) -> None:
        self.instruction = instruction
        self.state = state
        self.sources = sources
        self.destination = destination
        self.into = into
        self.origin = origin
        self.mappings = mappings
        self.files = files

    @cached_property
    def from_context(self) -> bool:
        """Whether it takes anything from the build context."""
        return self.origin is None and any(
            source.kind not in (SourceKind.REMOTE, SourceKind.HEREDOC) for source in self.sources
        )

    @property
    def absolute(self) -> bool:
        """Whether its destination is written as an absolute path."""
        words = _words(self.instruction)
        text = self.state.expand(words[-1].value) if words else None
        return text is not None and text.startswith("/")

    @property
    def words_known(self) -> bool:
        """Whether it has sources and a destination at all: half-typed text has not."""
        return bool(self.sources) and self.instruction.problem is None

    @property
    def broad(self) -> bool:
        """Whether it takes the whole context: its root, or a wildcard for everything in it."""
        return any(source.kind is SourceKind.ROOT for source in self.sources)

    @property
    def unpacks(self) -> bool:
        """Whether ADD unpacks a local archive, so that what it writes is not known."""
        return self.instruction.keyword == "ADD" and any(
            not item.folder and _UNPACKED.search(item.context) for item in self.mappings
        )

    @property
    def exact(self) -> bool:
        """Whether everything it writes is known from the context as it is now."""
        known = all(source.kind in _OF_CONTEXT for source in self.sources)
        return known and self.destination is not None and self.origin is None and not self.unpacks

    @property
    def foreign(self) -> tuple[Foreign, ...]:
        """The places of what it writes besides files of the context as they are; none where its destination is not
        known.
        """
        place = self.destination
        if place is None:
            return ()
        documents = iter(self.instruction.heredocs)
        found: list[Foreign] = []
        for number, source in enumerate(self.sources):
            name: str | None = posixpath.basename(source.word.value.rstrip("/"))
            if source.kind is SourceKind.HEREDOC:
                name = next(documents).name
            elif source.kind is SourceKind.REMOTE:
                whole = _GIT.search(source.word.value) or self.instruction.flag("unpack") is not None
                name = None if whole else _name_in(source.word.value)
            elif source.kind in _OF_CONTEXT:
                unpacked = self.unpacks and any(
                    item.source == number and _UNPACKED.search(item.context) for item in self.mappings
                )
                found += [Foreign(place, True)] if unpacked else []
                continue
            elif not _FILE_NAME.fullmatch(name or ""):
                name = None
            target = posixpath.normpath(posixpath.join(place, name)) if self.into and name is not None else place
            found.append(Foreign(target, name is None))
        return tuple(found)

    @cached_property
    def _excluded(self) -> IgnoreRules | None:
        patterns = self.instruction.flag_values("exclude")
        return rules_of(Text("\n".join(patterns)), "") if patterns else None

    def takes(self, below: str) -> bool:
        """Whether a path below a copied folder is not left out by ``--exclude``."""
        return self._excluded is None or not below or self._excluded.sends(below)

    def provider(self, image: str) -> Mapping | None:
        """The mapping that a file of the image comes from, with ``context`` and ``image`` those of the file itself;
        ``None`` when this instruction does not write such a file.
        """
        for item in reversed(self.mappings):
            if not item.folder:
                if item.image == image:
                    return item
                continue
            below = inside(image, item.image)
            if below:
                path = posixpath.join(item.context, below)
                if self.files.is_file(path) and self.takes(below):
                    return Mapping(path, image, False, item.source)
        return None

    def provides_folder(self, image: str) -> bool:
        """Whether a folder of the image is made or filled by this instruction."""
        for item in self.mappings:
            above = inside(item.image, image)
            if above or (item.folder and above == ""):
                return True
            below = inside(image, item.image) if item.folder else None
            if below is None or not self.takes(below):
                continue
            if self.files.is_folder(posixpath.join(item.context, below)):
                return True
        return False

    def touches(self, image: str) -> str | None:
        """A path of the context that goes to, into or above a place of the image as a file; ``None`` when this
        instruction writes nothing there.

        The folders that merely lead to the place are no answer: making them twice changes nothing.
        """
        for item in self.mappings:
            if inside(item.image, image) is not None:
                if not item.folder:
                    return item.context
                first = next(iter(self.files.children(item.context)), None)
                if first is not None:
                    return first[0]
            below = inside(image, item.image)
            if below and not item.folder:
                return item.context
            parts = below.split("/") if below else []
            for end in range(1, len(parts) + 1):
                path = posixpath.join(item.context, *parts[:end])
                if not self.takes("/".join(parts[:end])):
                    break
                if self.files.is_file(path) or (end == len(parts) and self.files.is_folder(path)):
                    return path
        return None

    def overlaps(self, other: Copy) -> str | None:
        """A path of the context whose place this and another COPY both write, so that their order counts."""
        for item in other.mappings:
            if not item.folder:
                found = self.touches(item.image)
                if found is not None:
                    return found
                continue
            for path, _ in other.files.children(item.context):
                found = self.touches(join(item.image, posixpath.basename(path)))
                if found is not None:
                    return found
        return None


def _name_in(url: str) -> str | None:
    """The name of the file that a URL leads to; ``None`` where its path has none."""
    address = url.partition("://")[2].partition("#")[0].partition("?")[0]
    return posixpath.basename(address.partition("/")[2]) or None


@fact
def copies(build: Build) -> dict[int, Copy]:
    """The COPY and ADD instructions by their index, resolved in the build's context."""
    files = ContextFiles(build.snapshot, build.context.root, build.ignore)
    before = states(build)
    found: dict[int, Copy] = {}
    made: dict[int, set[str]] = {}
    for stage in build.tree.stages:
        base = base_stage(build, stage)
        folders = set(made[base.index]) if base is not None else set()
        for instruction in stage.instructions:
            if instruction.keyword in ("COPY", "ADD"):
                copy = resolve(instruction, before[instruction.index], files, folders, build.tree.escape)
                found[instruction.index] = copy
                folders |= {
                    item.image if item.folder else posixpath.dirname(item.image) or "." for item in copy.mappings
                }
            elif (path := _made(before, instruction)) is not None:
                folders.add(path)
        made[stage.index] = folders
    return found


@fact
def copies_by_stage(build: Build) -> dict[int, list[Copy]]:
    """The COPY and ADD instructions of each stage in order, by its number."""
    found: dict[int, list[Copy]] = {}
    for copy in copies(build).values():
        found.setdefault(copy.instruction.stage or 0, []).append(copy)
    return found


def _made(before: tuple[State, ...], instruction: Instruction) -> str | None:
    """The working directory that WORKDIR makes."""
    if instruction.keyword != "WORKDIR" or not instruction.words:
        return None
    state = before[instruction.index]
    path = state.expand(instruction.words[0].raw)
    return state.absolute(path) if path else None


def resolve(
    instruction: Instruction,
    state: State,
    files: ContextFiles,
    folders: Container[str | None] = (),
    escape: str = "\\",
) -> Copy:
    """Resolve one COPY or ADD in the state before it; ``folders`` are those that the image is known to have."""
    origin = instruction.flag("from") if instruction.keyword == "COPY" else None
    words = _words(instruction)
    sources = tuple(_source(instruction, word, state, files, origin, escape) for word in words[:-1])
    raw = words[-1] if len(words) > 1 else None
    text = _expanded(instruction, raw, state, escape) if raw is not None else None
    destination = state.absolute(text) if text else None
    into = text is not None and (
        text.endswith(("/", "/."))
        or text in (".", "..")
        or len(sources) > 1
        or destination in folders
        or destination in SYSTEM_FOLDERS
    )
    mappings: list[Mapping] = []
    known: list[Source] = []
    for number, source in enumerate(sources):
        try:
            if destination is not None and origin is None:
                mappings += _mappings(instruction, number, source, destination, into, files)
            known.append(source)
        except (GlobError, TooMany):
            known.append(source._replace(kind=SourceKind.UNKNOWN))
    return Copy(instruction, state, tuple(known), destination, into, origin, tuple(mappings), files)


def _words(instruction: Instruction) -> tuple[Word, ...]:
    return instruction.words if instruction.json is None else instruction.json


def _expanded(instruction: Instruction, word: Word, state: State, escape: str) -> str | None:
    return state.expand(word.raw if instruction.json is None else word.value, escape)


def _source(
    instruction: Instruction, word: Word, state: State, files: ContextFiles, origin: str | None, escape: str
) -> Source:
    if origin is not None:
        return Source(word, SourceKind.OTHER, None)
    if word.raw.startswith("<<") and instruction.heredocs:
        return Source(word, SourceKind.HEREDOC, None)
    text = _expanded(instruction, word, state, escape)
    if text is None:
        return Source(word, SourceKind.UNKNOWN, None)
    if instruction.keyword == "ADD" and (re.match(r"(https?|ftp)://", text) or _GIT.search(text)):
        return Source(word, SourceKind.REMOTE, None)
    path = clean("/" + text)[1:]
    if path == "" or not path.strip("*/"):
        return Source(word, SourceKind.ROOT, path)
    kind = files.kind(path)
    if kind is not None:
        return Source(word, SourceKind.FOLDER if kind is Kind.DIRECTORY else SourceKind.FILE, path)
    try:
        is_glob = any(wildcard(part) for part in path.split("/"))
    except GlobError:
        return Source(word, SourceKind.UNKNOWN, None)
    return Source(word, SourceKind.GLOB if is_glob else SourceKind.MISSING, path)


def _mappings(
    instruction: Instruction, number: int, source: Source, destination: str, into: bool, files: ContextFiles
) -> Iterator[Mapping]:
    if source.path is None:
        return
    paths: tuple[str, ...] = (source.path,)
    if source.kind is SourceKind.GLOB or (source.kind is SourceKind.ROOT and source.path):
        paths = files.matches(source.path)
        into = into or len(paths) > 1
    elif source.kind is SourceKind.MISSING:
        return
    parents = any(flag.name == "parents" and flag.value != "false" for flag in instruction.flags)
    for path in paths:
        folder = files.is_folder(path)
        if parents:
            image = join(destination, _below_pivot(source.word.value, path)) if path else destination
        elif folder:
            image = destination
        else:
            image = join(destination, posixpath.basename(path)) if into else destination
        yield Mapping(path, image, folder, number)


def _below_pivot(written: str, path: str) -> str:
    """The part of a source's path that ``COPY --parents`` keeps: what follows ``/./``, else all of it."""
    before, pivot, _ = written.partition("/./")
    return posixpath.relpath(path, clean("/" + before)[1:] or ".") if pivot else path
