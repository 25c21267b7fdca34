"""A read-only view of a project: the only door through which analysis sees files.

A :class:`Snapshot` is layered: a file system (the disk, or a git tree) below, changed texts (open buffers, pending
edits) above. The same analysis therefore serves an editor's unsaved files, ``--diff``, fix-all, ``--stdin-filename``
and old commits.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence

from prebake.filesystem import MAX_TEXT, Disk, Entry, FileSystem, Kind, Names, Stamp, fingerprint_of
from prebake.paths import absolute, ancestors, is_below, join, parent, relative
from prebake.text import Text

__all__ = [
    "MAX_TEXT",
    "Disk",
    "Entry",
    "FileSystem",
    "Kind",
    "Names",
    "Snapshot",
    "Stamp",
    "absolute",
    "ancestors",
    "disk",
    "git_tree",
    "is_below",
    "join",
    "parent",
    "relative",
]


class Snapshot:
    """A project as it is, or as it would be with some texts changed. Never changes what it was made from, never raises
    for bad files.
    """

    def __init__(self, system: FileSystem, texts: Mapping[str, Text | None] | None = None) -> None:
        """A view of ``system`` with the given files replaced; ``None`` as a text means that the file is gone."""
        self._system = system
        self._texts = dict(texts or {})
        self._extra: dict[str, dict[str, Entry | None]] = {}
        self._lists: dict[str, tuple[Entry, ...]] = {}
        self._git_roots: dict[str, str | None] = {}
        for path, text in self._texts.items():
            name = posixpath.basename(path)
            if text is None:
                self._extra.setdefault(parent(path), {})[name] = None
                continue
            self._extra.setdefault(parent(path), {})[name] = self._changed(path, text)
            folder = parent(path)
            while folder != parent(folder) and system.target(folder) is None:
                self._extra.setdefault(parent(folder), {})[posixpath.basename(folder)] = Entry(
                    posixpath.basename(folder), Kind.DIRECTORY, 0
                )
                folder = parent(folder)

    def _changed(self, path: str, text: Text) -> Entry:
        before = self._system.target(path)
        mode = before.mode if before is not None and before.kind is Kind.FILE else 0o644
        return Entry(posixpath.basename(path), Kind.FILE, text.size, mode)

    def overlay(self, texts: Mapping[str, Text | None]) -> Snapshot:
        """This view with further texts changed (``None``: the file is gone)."""
        return Snapshot(self._system, {**self._texts, **texts}) if texts else self

    @property
    def changed(self) -> Mapping[str, Text | None]:
        """The texts that lie above the file system."""
        return self._texts

    def state_without(self, path: str) -> tuple[object, ...]:
        """Equal to that of an earlier view where nothing but one file can have changed since, as far as is known."""
        return self._system, self._system.age, frozenset(item for item in self._texts.items() if item[0] != path)

    def state_of_names(self) -> tuple[object, ...]:
        """Equal to that of an earlier view that has the same files and folders, as far as is known."""
        return self._system, self._system.age, frozenset((path, text is None) for path, text in self._texts.items())

    def text(self, path: str) -> Text | None:
        """A file's text; ``None`` when it is missing, no regular file, unreadable or larger than :data:`MAX_TEXT`."""
        return self._texts[path] if path in self._texts else self._system.text(path)

    def fingerprint(self, path: str) -> str | None:
        """What tells the contents of two files apart, or the targets of two links, a final link not followed; ``None``
        where there is neither. The same on disk and in a git tree, except for files larger than :data:`MAX_TEXT`.
        """
        if path not in self._texts:
            return self._system.fingerprint(path)
        text = self._texts[path]
        return None if text is None else fingerprint_of(text.to_bytes())

    def unreadable(self, path: str) -> str | None:
        """Why :meth:`text` or :meth:`list` gave nothing although something is there, in words; ``None`` when nothing
        went wrong.
        """
        return None if path in self._texts else self._system.unreadable(path)

    def stat(self, path: str) -> Entry | None:
        """The entry itself, a symbolic link not followed; ``None`` when missing."""
        folder, slash, name = path.rpartition("/")
        extra = self._extra.get(folder or slash)
        return extra[name] if extra is not None and name in extra else self._system.entry(path)

    def _followed(self, path: str) -> Entry | None:
        found = self.stat(path)
        return self._system.target(path) if found is not None and found.kind is Kind.SYMLINK else found

    def resolve(self, path: str) -> str | None:
        """The path with symbolic links followed; ``None`` when missing or looping."""
        if self._texts.get(path) is not None:
            return path
        return None if path in self._texts else self._system.resolve(path)

    def link(self, path: str) -> str | None:
        """What a symbolic link on disk holds, as it is written, whatever text a view has for it; ``None`` for anything
        else.
        """
        return self._system.link(path)

    def exists(self, path: str) -> bool:
        """Whether something is there, symbolic links followed."""
        return self._followed(path) is not None

    def is_file(self, path: str) -> bool:
        """Whether a regular file is there, symbolic links followed."""
        found = self._followed(path)
        return found is not None and found.kind is Kind.FILE

    def is_dir(self, path: str) -> bool:
        """Whether a folder is there, symbolic links followed."""
        found = self._followed(path)
        return found is not None and found.kind is Kind.DIRECTORY

    def list(self, path: str) -> tuple[Entry, ...]:
        """A folder's entries, sorted by name, links not followed; empty when it is missing or unreadable."""
        extra = self._extra.get(path)
        if not extra:
            return self._system.list(path)
        if path not in self._lists:
            merged: dict[str, Entry | None] = {entry.name: entry for entry in self._system.list(path)}
            merged.update(extra)
            entries = (merged[name] for name in sorted(merged))
            self._lists[path] = tuple(entry for entry in entries if entry is not None)
        return self._lists[path]

    def scandir(self, path: str) -> Iterator[Entry]:
        """A folder's entries in no order, not remembered: for walks over many files."""
        extra = self._extra.get(path)
        if not extra:
            return self._system.scandir(path)
        return self._merged(path, extra)

    def _merged(self, path: str, extra: Mapping[str, Entry | None]) -> Iterator[Entry]:
        yield from (entry for entry in extra.values() if entry is not None)
        yield from (entry for entry in self._system.scandir(path) if entry.name not in extra)

    def names(self, path: str) -> Names:
        """The names in a folder, in no order, not remembered: for walks over many files."""
        found = self._system.names(path)
        extra = self._extra.get(path)
        if not extra:
            return found
        folders, files, links = ([name for name in names if name not in extra] for names in found)
        folders += [name for name, entry in extra.items() if entry is not None and entry.kind is Kind.DIRECTORY]
        files += [name for name, entry in extra.items() if entry is not None and entry.kind is not Kind.DIRECTORY]
        return Names(folders, files, links)

    def sizes(self, path: str, names: Sequence[str]) -> Sequence[int]:
        """The sizes in bytes of files that lie in a folder, not remembered; 0 for one that is not there."""
        found = self._system.sizes(path, names)
        extra = self._extra.get(path)
        if not extra:
            return found
        entries = (extra.get(name) for name in names)
        return [size if entry is None else entry.size for size, entry in zip(found, entries, strict=True)]

    def stamp(self, path: str) -> Stamp | None:
        """What differs once an entry of a folder on disk has come, gone or been replaced, not remembered; ``None``
        where nothing can be told by it. Changed texts are not part of it.
        """
        return self._system.stamp(path)

    def git_root(self, path: str) -> str | None:
        """The nearest folder from ``path`` upwards that holds ``.git`` (a folder, or a worktree's file)."""
        if path not in self._git_roots:
            around = (folder for folder in ancestors(path) if self.exists(join(folder, ".git")))
            self._git_roots[path] = next(around, None)
        return self._git_roots[path]

    def git_ignored(self, paths: Iterable[str]) -> frozenset[str]:
        """Those paths that git ignores and does not track: a fresh clone does not have them. Empty outside of git."""
        asked = list(paths)
        root = self.git_root(parent(asked[0])) if asked else None
        if root is None:
            return frozenset()
        return self._system.ignored(root, (path for path in asked if is_below(path, root) and path != root))

    def git_tracked(self, paths: Iterable[str]) -> frozenset[str]:
        """Those paths that git tracks: everybody who has the repository has them. Empty outside of git."""
        by_root: dict[str, list[str]] = {}
        for path in paths:
            # A commit has no .git of its own.
            by_root.setdefault(self.git_root(parent(path)) or parent(path), []).append(path)
        found = (self._system.tracked(root, asked) for root, asked in by_root.items())
        return frozenset().union(*found)

    def is_git_ignored(self, path: str) -> bool:
        """Whether git ignores this path and does not track it."""
        return path in self.git_ignored([path])


def disk() -> Snapshot:
    """A view of the real file system."""
    return Snapshot(Disk())


def git_tree(root: str, revision: str) -> Snapshot:
    """A view of one commit of the repository whose top folder is ``root``.

    Raises:
        LookupError: git has no such commit, or is missing.
    """
    from prebake.gittree import GitTree

    return Snapshot(GitTree(root, revision))
