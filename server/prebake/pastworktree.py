"""The lowest layer of a snapshot: a work tree as it was at a commit, beside the files that git does not hold.

What git ignores (data, weights, virtual environments) is no part of any commit and is taken as it is now; so is what
lies outside of the repository or in a submodule. Files that are new, staged or not, are not there. Git writes nothing
and runs nothing for it: no checkout, no filter, no hook.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator, Sequence
from operator import attrgetter

from prebake import git
from prebake.filesystem import MAX_TEXT, Entry, FileSystem, Kind, Names, Stamp
from prebake.gittree import GitTree
from prebake.paths import ancestors, is_below, join, parent
from prebake.text import Text

_MOST_LINKS = 40
_POINTER = "version https://git-lfs.github.com/spec/"
_LONGEST_POINTER = 1024


class PastWorktree:
    """The files of a commit in their work tree. Links that the commit holds are followed, as on disk."""

    def __init__(self, root: str, revision: str, now: FileSystem) -> None:
        """The work tree whose top folder is ``root``; ``now`` gives what is not in the commit.

        Raises:
            LookupError: git has no such commit or not all of its files, as in a partial clone, or cannot tell.
        """
        self.age = 0
        self._root = root
        self._real_root = now.resolve(root) or root
        self._tree = GitTree(root, revision)
        self._now = now
        ignored = git.ignored_below(root)
        if ignored is None:
            raise LookupError(f"git does not tell what it ignores in {root}")
        self._kept: dict[str, set[str]] = {}
        self._texts: dict[str, Text | None] = {}
        for path in {join(root, ".git"), *ignored}:
            if parent(path) == root or self._is_folder(parent(path)):
                self._kept.setdefault(parent(path), set()).add(posixpath.basename(path))

    def _is_folder(self, path: str) -> bool:
        found = self._tree.entry(path)
        return found is not None and found.kind is Kind.DIRECTORY

    def _named(self, path: str) -> str:
        """The path by its name below the top folder, where it came from following links."""
        if self._real_root != self._root and is_below(path, self._real_root) and not is_below(path, self._root):
            return self._root + path[len(self._real_root) :]
        return path

    def _is_as_now(self, path: str) -> bool:
        """Whether the disk tells what is at a path: it lies outside of the commit, or git holds nothing of it."""
        if not is_below(path, self._root):
            return True
        held = self._tree.entry(path)
        if held is not None:
            return False
        for place in ancestors(path, self._root):
            if posixpath.basename(place) in self._kept.get(parent(place), ()) or self._tree.is_submodule(place):
                return True
            if self._tree.entry(place) is not None:
                return False
        return False

    def _followed(self, path: str) -> str | None:
        """The path with the links in it followed, its last name included; ``None`` when they lead round in circles."""
        for _ in range(_MOST_LINKS if self._tree.has_links else 0):
            around = reversed([*ancestors(path, self._root)])
            link = next((place for place in around if self._tree.is_link(place)), None)
            if link is None:
                return path
            path = self._named(join(parent(link), self._tree.held_link(link), path[len(link) :].lstrip("/")))
        return None if self._tree.has_links else path

    def _place(self, path: str) -> str:
        """The path with the links in its folder followed."""
        named = self._named(path)
        folder = self._followed(parent(named))
        return named if folder is None or folder == parent(named) else join(folder, posixpath.basename(named))

    def entry(self, path: str) -> Entry | None:
        path = self._place(path)
        if self._is_as_now(path):
            return self._now.entry(path)
        held = self._tree.entry(path)
        if held is None or held.kind is not Kind.FILE or held.size > _LONGEST_POINTER:
            return held
        return self._smudged(path, held)

    def _smudged(self, path: str, held: Entry) -> Entry:
        """A file of the commit with the size it has in a work tree: Git LFS puts a large file in a pointer's place."""
        now = self._now.entry(path)
        if now is None or now.kind is not Kind.FILE or now.size <= _LONGEST_POINTER or held.size < len(_POINTER):
            return held
        text = self._held_text(path)
        if text is not None and text.content.startswith(_POINTER) and f"\nsize {now.size}\n" in text.content:
            return now
        return held

    def target(self, path: str) -> Entry | None:
        found = self.entry(path)
        if found is None or found.kind is not Kind.SYMLINK:
            return found
        place = self.resolve(path)
        return None if place is None else self.entry(place)

    def resolve(self, path: str) -> str | None:
        place = self._followed(self._named(path))
        if place is None:
            return None
        if not self._is_as_now(place):
            return self._real_root + place[len(self._root) :] if self._tree.entry(place) is not None else None
        real = self._now.resolve(place)
        if real is None or self._named(real) == place or self._is_as_now(self._named(real)):
            return real
        return self.resolve(real)  # from what git does not hold to what it does

    def link(self, path: str) -> str | None:
        path = self._place(path)
        if self._is_as_now(path):
            return self._now.link(path)
        return self._tree.held_link(path) if self._tree.is_link(path) else None

    def scandir(self, path: str) -> Iterator[Entry]:
        path = self._folder(path)
        if self._is_as_now(path) or self._tree.is_submodule(path):
            yield from self._now.scandir(path)
            return
        for held in self._tree.scandir(path):
            yield self.entry(join(path, held.name)) or held
        for name in self._kept.get(path, ()):
            kept = self._now.entry(join(path, name))
            if kept is not None and self._tree.entry(join(path, name)) is None:
                yield kept

    def _folder(self, path: str) -> str:
        named = self._named(path)
        return self._followed(named) or named

    def list(self, path: str) -> tuple[Entry, ...]:
        return tuple(sorted(self.scandir(path), key=attrgetter("name")))

    def names(self, path: str) -> Names:
        found = Names([], [], [])
        by_kind = {Kind.DIRECTORY: found.folders, Kind.FILE: found.files, Kind.SYMLINK: found.links}
        for entry in self.scandir(path):
            if entry.kind in by_kind:
                by_kind[entry.kind].append(entry.name)
        return found

    def sizes(self, path: str, names: Sequence[str]) -> Sequence[int]:
        entries = {entry.name: entry.size for entry in self.scandir(path)}
        return [entries.get(name, 0) for name in names]

    def stamp(self, path: str) -> Stamp | None:
        return None

    def text(self, path: str) -> Text | None:
        place = self._followed(self._named(path))
        if place is None:
            return None
        now = self._now.text(place)
        if self._is_as_now(place):
            return now
        held = self._tree.entry(place)
        if held is None or held.kind is not Kind.FILE or held.size > MAX_TEXT:
            return None
        if now is not None and self._now.fingerprint(place) == self._tree.fingerprint(place):
            return now
        then = self._held_text(place)
        if then is None:
            return now
        # A work tree may have other line ends than the commit: that is no change.
        return now if now is not None and _unix(now.content) == _unix(then.content) else then

    def _held_text(self, path: str) -> Text | None:
        """The text that the commit has, as git keeps it."""
        if path not in self._texts:
            self._texts[path] = self._tree.text(path)
        return self._texts[path]

    def fingerprint(self, path: str) -> str | None:
        path = self._place(path)
        return self._now.fingerprint(path) if self._is_as_now(path) else self._tree.fingerprint(path)

    def unreadable(self, path: str) -> str | None:
        path = self._place(path)
        return self._now.unreadable(path) if self._is_as_now(path) else self._tree.unreadable(path)

    def ignored(self, root: str, paths: Iterable[str]) -> frozenset[str]:
        asked = self._now.ignored(root, paths)
        return frozenset(path for path in asked if root != self._root or self._tree.entry(path) is None)

    def tracked(self, root: str, paths: Iterable[str]) -> frozenset[str]:
        return self._tree.tracked(root, paths) if root == self._root else self._now.tracked(root, paths)


def _unix(content: str) -> str:
    return content.replace("\r\n", "\n")
