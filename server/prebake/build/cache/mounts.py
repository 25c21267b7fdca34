"""The mounts of a RUN as its cache key sees them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from prebake.build.cache.environment import Environment
from prebake.build.image import mount_fields
from prebake.build.state import State
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction

_SOURCE = ("source", "src")
_TARGET = ("target", "dst", "destination")
_OWNER = ("mode", "uid", "gid")


class RunMount(NamedTuple):
    """One ``--mount``.

    ``source`` is relative to the context, stage or image that it is taken from, ``None`` where that is not known;
    ``origin`` is that stage or image, ``None`` for the context and for mounts that take nothing. ``options`` are those
    that count: not what a cache holds nor what a secret says.
    """

    kind: str
    origin: str | None
    source: str | None
    target: str
    options: tuple[tuple[str, str], ...]

    @property
    def from_context(self) -> bool:
        """Whether it shows files of the build context."""
        return self.kind == "bind" and self.origin is None


def run_mounts(instruction: Instruction, state: State, around: Environment, escape: str = "\\") -> tuple[RunMount, ...]:
    """The mounts of a RUN."""
    return tuple(_mounts(instruction, state, around, escape))


def _mounts(instruction: Instruction, state: State, around: Environment, escape: str) -> Iterator[RunMount]:
    for value in instruction.flag_values("mount"):
        fields = {name: around.token(text, state, escape) for name, text in mount_fields(value).items()}
        kind = fields.get("type", "bind").lower()
        source = next((fields[name] for name in _SOURCE if name in fields), "")
        target = next((fields[name] for name in _TARGET if name in fields), "")
        if kind in ("secret", "ssh"):
            number = source or fields.get("id") or posixpath.basename(target)
            target = target or f"/run/secrets/{posixpath.basename(number)}"
            kept = {name: fields.get(name, "") for name in (*_OWNER, "env", "required") if name in fields}
            yield RunMount(kind, None, "", target, tuple(sorted({"id": number, **kept}.items())))
            continue
        place = target if target.startswith("/") else posixpath.join(around.directory, target)
        place = posixpath.normpath(place)
        path = None if "\0" in source else posixpath.normpath("/" + source).lstrip("/")
        kept = _kept(kind, fields, path, target, place)
        origin = fields.get("from") if kind in ("bind", "cache") else None
        yield RunMount(kind, origin, path, place, tuple(sorted(kept.items())))


def _kept(kind: str, fields: dict[str, str], source: str | None, target: str, place: str) -> dict[str, str]:
    """The options that are in the key."""
    if kind == "tmpfs":
        return {"size": fields.get("size", "")}
    writable = any(fields.get(name, "false").lower() in ("", "true", "1") for name in ("rw", "readwrite"))
    read_only = any(fields.get(name, "false").lower() in ("", "true", "1") for name in ("ro", "readonly"))
    kept = {"ro": str(read_only if kind == "cache" else not writable)}
    if kind == "cache":
        # A cache of its own name or sharing counts as "some cache"; the name itself is left out.
        shared = fields.get("sharing", "shared").lower() == "shared"
        usual = posixpath.normpath(fields.get("id") or target) == place and shared
        kept["id"] = "usual" if usual else "own"
        if not source:
            kept |= {name: fields[name] for name in _OWNER if name in fields}
    return kept
