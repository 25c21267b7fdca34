"""The files of a build context as instructions see them: those that the ignore rules let through."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from prebake.build.build import Build
from prebake.files import Kind, Snapshot
from prebake.project.contexts.namedcontexts import rules_of_folder
from prebake.project.ignore.rules import IgnoreRules
from prebake.syntax.glob import wildcard

_MOST_MATCHES = 10_000
"""Bound on the entries that one wildcard is expanded to."""


def named_files(build: Build, name: str) -> ContextFiles | None:
    """The files of the named context that ``--from=name`` means; ``None`` for a stage, an image and whatever else is no
    folder of this machine. Its own ``.dockerignore`` is in force there, and no other.
    """
    named = build.named_context(name)
    folder = named.folder if named is not None else None
    return None if folder is None else ContextFiles(build.snapshot, folder, rules_of_folder(build.snapshot, folder))


class TooMany(Exception):
    """A wildcard selects more than is looked at."""


class ContextFiles:
    """The files of a context that are sent to the builder, looked up one by one."""

    def __init__(self, snapshot: Snapshot, root: str | None, ignore: IgnoreRules) -> None:
        """``root`` is ``None`` for a remote context, of which nothing is known."""
        self.snapshot = snapshot
        self.root = root
        self.ignore = ignore

    def absolute(self, path: str) -> str:
        """The path on disk of a normalised path relative to the context root."""
        return f"{(self.root or '').rstrip('/')}/{path}" if path else self.root or "/"

    def kind(self, path: str) -> Kind | None:
        """Whether a file or a folder (or a link to one) is sent under this path; a folder counts when something in it
        may be sent. ``None`` for neither.
        """
        place = self.absolute(path)
        if self.root is None or not self.snapshot.exists(place):
            return None
        if self.snapshot.is_dir(place):
            return Kind.DIRECTORY if self.ignore.sends_something_below(path) else None
        return Kind.FILE if self.snapshot.is_file(place) and self.ignore.sends(path) else None

    def is_file(self, path: str) -> bool:
        """Whether a regular file is sent under this path."""
        return self.kind(path) is Kind.FILE

    def is_folder(self, path: str) -> bool:
        """Whether the context has this folder, and may send something of it."""
        return self.kind(path) is Kind.DIRECTORY

    def exists(self, path: str) -> bool:
        """Whether a file or folder is sent under this path."""
        return self.kind(path) is not None

    def is_link(self, path: str) -> bool:
        """Whether the path is, or leads through, a symbolic link."""
        parts = path.split("/") if path else []
        for end in range(1, len(parts) + 1):
            found = self.snapshot.stat(self.absolute("/".join(parts[:end])))
            if found is None:
                return False
            if found.kind is Kind.SYMLINK:
                return True
        return False

    def children(self, path: str) -> Iterator[tuple[str, bool]]:
        """The sent entries of a folder, as paths from the root, and whether each is a folder; sorted."""
        if self.root is None:
            return
        for entry in self.snapshot.list(self.absolute(path)):
            child = posixpath.join(path, entry.name)
            if entry.kind is Kind.DIRECTORY:
                if self.ignore.sends_something_below(child):
                    yield child, True
            elif entry.kind is not Kind.OTHER and self.ignore.sends(child):
                yield child, False

    def matches(self, pattern: str) -> tuple[str, ...]:
        """The paths that a wildcard source selects, sorted.

        Raises:
            GlobError: the pattern is malformed.
            TooMany: it selects more than a fixed number of paths.
        """
        found = [""]
        parts = pattern.split("/")
        for number, part in enumerate(parts):
            expression = wildcard(part)
            last = number == len(parts) - 1
            following: list[str] = []
            for folder in found:
                if expression is None:
                    child = posixpath.join(folder, part)
                    following += [child] if (self.exists(child) if last else self.is_folder(child)) else []
                    continue
                for child, is_folder in self.children(folder):
                    if expression.match(posixpath.basename(child)) and (last or is_folder):
                        following.append(child)
                if len(following) > _MOST_MATCHES:
                    raise TooMany
            found = following
        return tuple(sorted(found))
