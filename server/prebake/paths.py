"""Paths as every room speaks of them: absolute, normalised, ``/``-separated strings."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator


def absolute(path: str) -> str:
    """A path as snapshots want it: absolute, without ``.``, ``..`` and doubled separators, ``/``-separated."""
    return os.path.abspath(path).replace(os.sep, "/")


def parent(path: str) -> str:
    """The folder a path is in; the root is its own parent."""
    folder, slash, _ = path.rpartition("/")
    return folder or slash or path


def join(folder: str, *names: str) -> str:
    """A path below a folder, normalised."""
    if len(names) == 1:
        path = f"{folder}/{names[0]}"
        end = f"{path}/"
        # Nearly all paths are normal as they are, and each keystroke joins hundreds.
        if end[0] == "/" and not ("//" in end or "/./" in end or "/../" in end):
            return path
    return posixpath.normpath(posixpath.join(folder, *names))


def is_below(path: str, folder: str) -> bool:
    """Whether a path is the folder or something in it, by name."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def ancestors(path: str, top: str = "/") -> Iterator[str]:
    """A path and the folders it is in, the innermost first, up to ``top``; nothing for a path outside of that."""
    while is_below(path, top):
        yield path
        if path in (top, parent(path)):
            return
        path = parent(path)


def relative(path: str, folder: str) -> str:
    """A path as seen from a folder, ``/``-separated; unchanged when they have nothing in common (other drive)."""
    try:
        return (
            posixpath.relpath(path, folder)
            if posixpath.isabs(path)
            else os.path.relpath(path, folder).replace(os.sep, "/")
        )
    except ValueError:
        return path
