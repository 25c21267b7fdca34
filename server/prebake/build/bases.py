"""What is known about base images by their names."""

from __future__ import annotations

from functools import lru_cache

from prebake.data import load_table
from prebake.project.starting.start import ImageCommand


@lru_cache(maxsize=1)
def _plain_bases() -> frozenset[str]:
    return frozenset(load_table("bases")["plain"])


def is_plain_base(image: str | None) -> bool:
    """Whether a base image is known to have no ONBUILD triggers and to run as root."""
    return _repository(image) in _plain_bases()


@lru_cache(maxsize=1)
def _commands() -> dict[str, ImageCommand]:
    return {
        name: ImageCommand(None, None, tuple(entry.get("entrypoint", ())), tuple(entry.get("cmd", ())))
        for entry in load_table("bases")["command"]
        for name in entry["images"]
    }


def base_command(image: str | None) -> ImageCommand | None:
    """What a base image starts by itself, without instructions; ``None`` for one that is not known."""
    return _commands().get(_repository(image))


def _repository(image: str | None) -> str:
    """The repository of an image, without Docker Hub's own names."""
    name = (image or "").partition("@")[0]
    repository, colon, tag = name.rpartition(":")
    name = repository if colon and "/" not in tag else name
    return name.removeprefix("docker.io/").removeprefix("library/")


def is_windows_base(image: str | None) -> bool:
    """Whether a base image is one of Windows, by its name: its commands and paths are none of Linux."""
    name = (image or "").partition("@")[0].lower()
    return any(mark in name for mark in ("windowsservercore", "nanoserver", "mcr.microsoft.com/windows"))
