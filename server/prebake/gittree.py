"""The lowest layer of a snapshot of the past: the files of a commit."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from prebake import git
from prebake.filesystem import MAX_TEXT, Entry, Kind, Names, Stamp
from prebake.paths import join, parent
from prebake.text import Text

_LINK, _SUBMODULE = 0o120000, 0o160000


class GitTree:
    """The files of one commit, below the folder of its repository. Symbolic links are not followed: they are
    ``SYMLINK`` throughout.
    """

    def __init__(self, root: str, revision: str) -> None:
        """Read the tree of ``revision``.

        Raises:
            LookupError: git has no such commit, or is missing.
        """
        self.age = 0
        files = git.tree(root, revision)
        if files is None:
            raise LookupError(f"no commit {revision!r} in {root}")
        self._root = root
        self._files = {join(root, name): entry for name, entry in files.items()}
        self._folders: dict[str, dict[str, Entry]] = {root: {}}
        self._links: dict[str, str | None] = {path: None for path, file in self._files.items() if file.mode == _LINK}
        for path, file in self._files.items():
            kind = Kind.SYMLINK if path in self._links else Kind.DIRECTORY if file.mode == _SUBMODULE else Kind.FILE
            self._add(path, Entry(posixpath.basename(path), kind, file.size, file.mode & 0o777))

    def _add(self, path: str, entry: Entry) -> None:
        folder = parent(path)
        if folder not in self._folders:
            self._folders[folder] = {}
            self._add(folder, Entry(posixpath.basename(folder), Kind.DIRECTORY, 0))
        self._folders[folder][entry.name] = entry

    def entry(self, path: str) -> Entry | None:
        if path == self._root:
            return Entry(posixpath.basename(path), Kind.DIRECTORY, 0)
        return self._folders.get(parent(path), {}).get(posixpath.basename(path))

    target = entry

    def is_submodule(self, path: str) -> bool:
        """Whether another repository is to lie there, of which this one holds no files."""
        file = self._files.get(path)
        return file is not None and file.mode == _SUBMODULE

    def is_link(self, path: str) -> bool:
        """Whether a symbolic link is there."""
        return path in self._links

    @property
    def has_links(self) -> bool:
        """Whether there are symbolic links at all."""
        return bool(self._links)

    def held_link(self, path: str) -> str:
        """What a symbolic link of the commit holds; a path to itself where the repository does not have it."""
        found = self._links[path]
        if found is None:
            data = git.blob(self._root, self._files[path].oid)
            found = self._links[path] = posixpath.basename(path) if data is None else os.fsdecode(data)
        return found

    def resolve(self, path: str) -> str | None:
        return path if self.entry(path) is not None else None

    def link(self, path: str) -> str | None:
        return None

    def scandir(self, path: str) -> Iterator[Entry]:
        return iter(self._folders.get(path, {}).values())

    def list(self, path: str) -> tuple[Entry, ...]:
        return tuple(sorted(self.scandir(path), key=attrgetter("name")))

    def names(self, path: str) -> Names:
        found = Names([], [], [])
        by_kind = {Kind.DIRECTORY: found.folders, Kind.FILE: found.files, Kind.SYMLINK: found.links}
        for name, entry in self._folders.get(path, {}).items():
            by_kind[entry.kind].append(name)
        return found

    def sizes(self, path: str, names: Sequence[str]) -> Sequence[int]:
        entries = self._folders.get(path, {})
        return [entries[name].size if name in entries else 0 for name in names]

    def stamp(self, path: str) -> Stamp | None:
        return () if path in self._folders else None

    def text(self, path: str) -> Text | None:
        file = self._files.get(path)
        if file is None or file.mode in (_LINK, _SUBMODULE) or file.size > MAX_TEXT:
            return None
        data = git.blob(self._root, file.oid)
        return None if data is None else Text.from_bytes(data)

    def fingerprint(self, path: str) -> str | None:
        file = self._files.get(path)
        return None if file is None else file.oid

    def unreadable(self, path: str) -> str | None:
        file = self._files.get(path)
        return f"larger than {MAX_TEXT // 1024 // 1024} MiB" if file is not None and file.size > MAX_TEXT else None

    def ignored(self, root: str, paths: Iterable[str]) -> frozenset[str]:
        return frozenset()  # what is in a commit is tracked

    def tracked(self, root: str, paths: Iterable[str]) -> frozenset[str]:
        return frozenset(path for path in paths if path in self._files)
