"""Named build contexts: what stands behind a name in ``FROM name``, ``COPY --from=name`` and ``RUN --mount=from=name``.

They are given with ``--build-context name=...``, with ``contexts`` in a bake file, or with ``additional_contexts`` in a
compose file. A name that is also a stage's replaces the stage (source: BuildKit, ``dockerfile2llb/convert.go``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from prebake.files import Snapshot, join
from prebake.project.ignore.inforce import read_at
from prebake.project.ignore.rules import NAME, NO_RULES, IgnoreRules, rules_of
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Text

Kind = Literal["folder", "image", "target", "remote", "unknown"]

REMOTE = regex(r"(?:https?|git|ssh)://|git@|github\.com/", re.IGNORECASE)
"""Addresses that the builder fetches a context from."""


class NamedContext(NamedTuple):
    """What a name stands for: a ``folder`` of this machine (``value`` is its absolute path), an ``image``, another
    ``target`` of a bake file or another service, something ``remote``, or what is not known (``value`` is empty).
    """

    kind: Kind
    value: str

    @property
    def folder(self) -> str | None:
        """The absolute path of a folder; ``None`` for anything else."""
        return self.value if self.kind == "folder" else None


def named_context(value: str | None, base: str) -> NamedContext:
    """What a value of ``--build-context`` and its like stands for; ``base`` is what paths are relative to."""
    if not value:
        return NamedContext("unknown", "")
    for start, kind in (("docker-image://", "image"), ("target:", "target"), ("service:", "target")):
        if value.startswith(start):
            return NamedContext(kind, value.removeprefix(start))  # type: ignore[arg-type]
    if REMOTE.match(value) or value.startswith("oci-layout:"):
        return NamedContext("remote", value)
    return NamedContext("folder", join(base, value.removeprefix("cwd://") or "."))


def named_key(name: str) -> str:
    """What a name is looked up by: an image reference stands for itself however much of it is written."""
    found = name.lower().removeprefix("docker.io/").removeprefix("library/")
    return found.removesuffix(":latest")


def find_named(named: Mapping[str, NamedContext], name: str) -> NamedContext | None:
    """The named context that ``FROM name`` or ``--from=name`` means; ``None`` where it is a stage or an image."""
    if not named or name.lower() in ("scratch", "context"):
        return None
    wanted = named_key(name)
    return next((context for given, context in named.items() if named_key(given) == wanted), None)


def rules_of_folder(snapshot: Snapshot, root: str) -> IgnoreRules:
    """The ignore rules of a named context that is a folder: those of its own ``.dockerignore``, and of no other."""
    path = read_at(snapshot, join(root, NAME))
    return NO_RULES if path is None else rules_of(snapshot.text(path) or Text(""), path)
