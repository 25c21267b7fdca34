"""The lowest layer of a snapshot: what it offers, and the disk."""

from __future__ import annotations

import os
import posixpath
import stat
import time
from array import array
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from enum import Enum
from functools import partial
from typing import Any, Protocol

from prebake import git
from prebake.paths import parent
from prebake.records import NamedTuple
from prebake.text import Text

MAX_TEXT = 16 * 1024 * 1024
"""Larger files are not read as text (bytes)."""


class Kind(Enum):
    """What a directory entry is, links not followed."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    OTHER = "other"


class Entry(NamedTuple):
    """A directory entry; ``size`` is in bytes (a symbolic link's is that of its target's name, a directory's is 0),
    ``mode`` are the permission bits of a file.
    """

    name: str
    kind: Kind
    size: int
    mode: int = 0o644


class Names(NamedTuple):
    """What lies in a directory, by name alone: directories, regular files and symbolic links, nothing else."""

    folders: list[str]
    files: list[str]
    links: list[str]


Stamp = tuple[int, ...]
"""When a directory changed, and which one it is."""

_YOUNG_NANOSECONDS = 2_000_000_000
"""Two changes of a directory within this time may have the same date: that is as exact as file systems are."""


class FileSystem(Protocol):
    """The lowest layer of a snapshot. No method raises for a missing or unreadable path.

    ``age`` grows whenever something that is remembered of it may have changed.
    """

    age: int

    def entry(self, path: str) -> Entry | None:
        """The entry itself, a final symbolic link not followed."""

    def target(self, path: str) -> Entry | None:
        """The entry with symbolic links followed; ``None`` when they lead nowhere."""

    def resolve(self, path: str) -> str | None:
        """The path with symbolic links followed; ``None`` when they lead nowhere."""

    def link(self, path: str) -> str | None:
        """What a symbolic link holds, as it is written; ``None`` for anything else."""

    def scandir(self, path: str) -> Iterator[Entry]:
        """The entries of a directory, in no order and not remembered."""

    def list(self, path: str) -> tuple[Entry, ...]:
        """The entries of a directory, sorted by name."""

    def names(self, path: str) -> Names:
        """The names in a directory, in no order and not remembered; much cheaper than :meth:`scandir`."""

    def sizes(self, path: str, names: Sequence[str]) -> Sequence[int]:
        """The sizes in bytes of files that lie in a directory; 0 for one that has gone."""

    def stamp(self, path: str) -> Stamp | None:
        """What differs once an entry of a directory has come, gone or been replaced; not remembered. ``None`` where
        nothing can be told by it: the directory is missing, or its last change is too young to have a date of its own.
        """

    def text(self, path: str) -> Text | None:
        """A regular file's text."""

    def fingerprint(self, path: str) -> str | None:
        """What tells the contents of two files apart, or the targets of two links: the name that git gives them.

        A file larger than :data:`MAX_TEXT` is known by its size and date alone where it is not git that holds it.
        """

    def unreadable(self, path: str) -> str | None:
        """Why something that is there cannot be read."""

    def ignored(self, root: str, paths: Iterable[str]) -> frozenset[str]:
        """Those paths that git ignores and does not track, for the work tree ``root``."""

    def tracked(self, root: str, paths: Iterable[str]) -> frozenset[str]:
        """Those paths that git tracks, for the work tree ``root``."""


def fingerprint_of(data: bytes) -> str:
    """The name that git gives to a content."""
    import hashlib

    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _name(entry: Entry) -> str:
    return entry.name


def _kind(mode: int) -> Kind:
    if stat.S_ISREG(mode):
        return Kind.FILE
    if stat.S_ISDIR(mode):
        return Kind.DIRECTORY
    return Kind.SYMLINK if stat.S_ISLNK(mode) else Kind.OTHER


def _signature(found: os.stat_result) -> tuple[int, int, int]:
    """What changes when a file does."""
    return found.st_mtime_ns, found.st_size, found.st_ino


class Disk:
    """The real file system, remembered until told to forget: a keystroke costs no system call."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry | None] = {}
        self._targets: dict[str, Entry | None] = {}
        self._lists: dict[str, tuple[Entry, ...]] = {}
        self._texts: dict[str, tuple[tuple[int, int, int], Text]] = {}
        self._fresh: dict[str, Text | None] = {}
        self._fingerprints: dict[str, tuple[tuple[int, int, int], str]] = {}
        self._errors: dict[str, str] = {}
        self._ignored: dict[str, bool] = {}
        self._tracked: dict[str, bool] = {}
        self.age = 0

    def forget(self, paths: Iterable[str] | None = None) -> None:
        """Look again at the given paths when they are next asked for; at everything when ``None``."""
        self.age += 1
        if paths is None:
            for memory in (*self._memories(), self._ignored, self._tracked):
                memory.clear()
            return
        gone = frozenset(paths)
        if not gone:
            return
        self._ignored.clear()
        self._tracked.clear()
        for path in gone:
            self._lists.pop(parent(path), None)
        below = tuple(f"{path.rstrip('/')}/" for path in gone)
        for memory in self._memories():
            for known in [known for known in memory if known in gone or known.startswith(below)]:
                memory.pop(known, None)

    def _memories(self) -> tuple[dict[str, Any], ...]:
        return self._entries, self._targets, self._lists, self._fresh, self._errors

    def entry(self, path: str) -> Entry | None:
        if path not in self._entries:
            self._entries[path] = self._look(path, follow=False)
        return self._entries[path]

    def target(self, path: str) -> Entry | None:
        if path not in self._targets:
            self._targets[path] = self._look(path, follow=True)
        return self._targets[path]

    def _look(self, path: str, *, follow: bool) -> Entry | None:
        try:
            found = os.stat(path, follow_symlinks=follow)
        except (OSError, ValueError) as error:
            if isinstance(error, PermissionError):
                self._errors[path] = "permission denied"
            return None
        kind = _kind(found.st_mode)
        size = 0 if kind is Kind.DIRECTORY else found.st_size
        return Entry(posixpath.basename(path), kind, size, stat.S_IMODE(found.st_mode))

    def resolve(self, path: str) -> str | None:
        try:
            return os.path.realpath(path, strict=True).replace(os.sep, "/")
        except (OSError, ValueError):
            return None

    def link(self, path: str) -> str | None:
        found = self.entry(path)  # remembered, as reading a link is not
        if found is None or found.kind is not Kind.SYMLINK:
            return None
        try:
            return os.readlink(path).replace(os.sep, "/")
        except (OSError, ValueError):
            return None

    def scandir(self, path: str) -> Iterator[Entry]:
        try:
            with os.scandir(path) as entries:
                for item in entries:
                    try:
                        if item.is_dir(follow_symlinks=False):
                            yield Entry(item.name, Kind.DIRECTORY, 0)
                            continue
                        found = item.stat(follow_symlinks=False)
                    except OSError:
                        continue
                    yield Entry(item.name, _kind(found.st_mode), found.st_size, stat.S_IMODE(found.st_mode))
        except PermissionError:
            self._errors[path] = "permission denied"
        except (OSError, ValueError):
            return

    def list(self, path: str) -> tuple[Entry, ...]:
        if path not in self._lists:
            self._lists[path] = tuple(sorted(self.scandir(path), key=_name))
        return self._lists[path]

    def names(self, path: str) -> Names:
        found = Names([], [], [])
        self._errors.pop(path, None)
        try:
            with os.scandir(path) as entries:
                for item in entries:
                    # What the directory says of its entries; no look at the entries themselves.
                    if item.is_dir(follow_symlinks=False):
                        found.folders.append(item.name)
                    elif item.is_file(follow_symlinks=False):
                        found.files.append(item.name)
                    elif item.is_symlink():
                        found.links.append(item.name)
        except PermissionError:
            self._errors[path] = "permission denied"
        except (OSError, ValueError):
            return found
        return found

    def sizes(self, path: str, names: Sequence[str]) -> Sequence[int]:
        found = array("q", bytes(8 * len(names)))
        descriptor: int | None = None
        try:
            if os.stat in os.supports_dir_fd:
                descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
            for number, name in enumerate(names):
                try:
                    if descriptor is not None:
                        found[number] = os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_size
                    else:
                        found[number] = os.lstat(f"{path}/{name}").st_size
                except OSError:
                    continue
        except (OSError, ValueError):
            return found
        finally:
            if descriptor is not None:
                os.close(descriptor)
        return found

    def stamp(self, path: str) -> Stamp | None:
        try:
            found = os.stat(path)
        except (OSError, ValueError):
            return None
        if time.time_ns() - max(found.st_mtime_ns, found.st_ctime_ns) < _YOUNG_NANOSECONDS:
            return None
        return found.st_mtime_ns, found.st_ctime_ns, found.st_ino, found.st_dev

    def text(self, path: str) -> Text | None:
        if path not in self._fresh:
            self._fresh[path] = self._read(path)
        return self._fresh[path]

    def _read(self, path: str) -> Text | None:
        try:
            # O_NONBLOCK: a named pipe must not make us wait for a writer.
            descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        except (OSError, ValueError) as error:
            if isinstance(error, PermissionError):
                self._errors[path] = "permission denied"
            return None
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            os.close(descriptor)  # `fdopen` raises for a folder
            return None
        with os.fdopen(descriptor, "rb") as file:
            if found.st_size > MAX_TEXT:
                self._errors[path] = f"larger than {MAX_TEXT // 1024 // 1024} MiB"
                return None
            signature = _signature(found)
            known = self._texts.get(path)
            if known is not None and known[0] == signature:
                return known[1]
            try:
                text = Text.from_bytes(file.read(MAX_TEXT + 1))
            except OSError as error:
                self._errors[path] = error.strerror or "read error"
                return None
        self._texts[path] = (signature, text)
        return text

    def fingerprint(self, path: str) -> str | None:
        try:
            found = os.stat(path, follow_symlinks=False)
            if stat.S_ISLNK(found.st_mode):
                return fingerprint_of(os.fsencode(os.readlink(path)))
            signature = _signature(found)
            known = self._fingerprints.get(path)
            if known is not None and known[0] == signature:
                return known[1]
            if not stat.S_ISREG(found.st_mode):
                return None
            if found.st_size > MAX_TEXT:
                return f"{signature}"
            with open(path, "rb") as file:
                fingerprint = fingerprint_of(file.read(MAX_TEXT + 1))
        except (OSError, ValueError):
            return None
        self._fingerprints[path] = (signature, fingerprint)
        return fingerprint

    def unreadable(self, path: str) -> str | None:
        return self._errors.get(path)

    def ignored(self, root: str, paths: Iterable[str]) -> frozenset[str]:
        return _answered(paths, self._ignored, partial(git.ignored, root))

    def tracked(self, root: str, paths: Iterable[str]) -> frozenset[str]:
        return _answered(paths, self._tracked, partial(git.tracked, root))


def _answered(
    paths: Iterable[str], known: dict[str, bool], ask: Callable[[list[str]], Collection[str] | None]
) -> frozenset[str]:
    """Those of some paths of which git says yes: it is asked once for all that are not known, and where it cannot
    answer, of none.
    """
    asked = list(paths)
    unknown = [path for path in asked if path not in known]
    if unknown:
        found = ask(unknown) or ()
        known.update((path, path in found) for path in unknown)
    return frozenset(path for path in asked if known.get(path))
