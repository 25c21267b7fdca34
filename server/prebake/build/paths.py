"""Paths inside an image: absolute ones, and ones below a working directory whose place is not known."""

from __future__ import annotations


def inside(path: str, folder: str) -> str | None:
    """The part of a normalised path below a folder: empty for the folder itself, ``None`` for what lies elsewhere.

    A relative path is compared with relative folders only, ``.`` being the one that holds them all.
    """
    if folder == ".":
        return None if path.startswith("/") else "" if path == "." else path
    if path == folder:
        return ""
    prefix = folder.rstrip("/") + "/"
    return path[len(prefix) :] if path.startswith(prefix) else None


def comparable(one: str, other: str) -> bool:
    """Whether it can be told how two paths lie to each other: both absolute, or both relative."""
    return one.startswith("/") == other.startswith("/")


def related(one: str, other: str) -> bool:
    """Whether one of two paths is the other, or lies inside it."""
    return inside(one, other) is not None or inside(other, one) is not None
