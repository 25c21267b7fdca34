"""Where the libraries of the Hugging Face Hub keep what they download.

Source: huggingface_hub 2.4.0, ``constants.py``: ``HF_HUB_CACHE``, else ``HF_HOME/hub``, else
``$XDG_CACHE_HOME/huggingface/hub``, else ``~/.cache/huggingface/hub``.
"""

from __future__ import annotations

from collections.abc import Mapping

from prebake.build.paths import inside
from prebake.files import join

HUB_VARIABLES = ("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE")


def cache_folders(environment: Mapping[str, str | None], home: str = "/root") -> tuple[str, ...]:
    """The folders that hold downloaded models when these variables are set; a variable without a known value counts
    for nothing.
    """
    found = []
    for name in HUB_VARIABLES:
        if environment.get(name):
            found.append(environment[name] or "")
    if environment.get("HF_HOME"):
        found.append(environment["HF_HOME"] or "")
    elif not found:
        cache = environment.get("XDG_CACHE_HOME") or join(environment.get("HOME") or home, ".cache")
        found.append(join(cache, "huggingface"))
    if environment.get("SENTENCE_TRANSFORMERS_HOME"):
        found.append(environment["SENTENCE_TRANSFORMERS_HOME"] or "")
    return tuple(folder for folder in found if folder.startswith("/"))


def overlaps(folder: str, other: str) -> bool:
    """Whether one of two folders lies inside the other or is it: what hides one hides part of the other."""
    return inside(folder, other) is not None or inside(other, folder) is not None
