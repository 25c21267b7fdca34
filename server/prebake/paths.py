"""Paths as every room speaks of them: absolute, normalised, ``/``-separated strings."""

from __future__ import annotations

import os
import posixpath


def absolute(path: str) -> str:
    """A path as snapshots want it: absolute, without ``.``, ``..`` and doubled separators, ``/``-separated."""
    return os.path.abspath(path).replace(os.sep, "/")


def parent(path: str) -> str:
    """The folder a path is in; the root is its own parent."""
    return posixpath.dirname(path) or path


def join(folder: str, *names: str) -> str:
    """A path below a folder, normalised."""
    return posixpath.normpath(posixpath.join(folder, *names))


def is_below(path: str, folder: str) -> bool:
    """Whether a path is the folder or something in it, by name."""
    return path == folder or path.startswith(folder.rstrip("/") + "/")


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
