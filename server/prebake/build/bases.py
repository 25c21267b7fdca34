"""What is known about base images by their names."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from importlib.resources import files


@lru_cache(maxsize=1)
def _plain_bases() -> frozenset[str]:
    text = files("prebake.data").joinpath("bases.toml").read_text(encoding="utf-8")
    return frozenset(tomllib.loads(text)["plain"])


def is_plain_base(image: str | None) -> bool:
    """Whether a base image is known to have no ONBUILD triggers and to run as root."""
    name = (image or "").partition("@")[0]
    repository, colon, tag = name.rpartition(":")
    name = repository if colon and "/" not in tag else name
    return name.removeprefix("docker.io/").removeprefix("library/") in _plain_bases()
