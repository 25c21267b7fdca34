"""What is known about base images by their names."""

from __future__ import annotations

from functools import lru_cache

from prebake.data import load_table


@lru_cache(maxsize=1)
def _plain_bases() -> frozenset[str]:
    return frozenset(load_table("bases")["plain"])


def is_plain_base(image: str | None) -> bool:
    """Whether a base image is known to have no ONBUILD triggers and to run as root."""
    name = (image or "").partition("@")[0]
    repository, colon, tag = name.rpartition(":")
    name = repository if colon and "/" not in tag else name
    return name.removeprefix("docker.io/").removeprefix("library/") in _plain_bases()


def is_windows_base(image: str | None) -> bool:
    """Whether a base image is one of Windows, by its name: its commands and paths are none of Linux."""
    name = (image or "").partition("@")[0].lower()
    return any(mark in name for mark in ("windowsservercore", "nanoserver", "mcr.microsoft.com/windows"))
