"""The catalogue of calls that download models (``data/models.toml``), loaded on first use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

from prebake.data import load_table
from prebake.records import NamedTuple
from prebake.regex import regex

# Source: huggingface_hub.utils.validate_repo_id; at most one slash, as for models.
_HUB_ID = regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,95}(/[A-Za-z0-9][A-Za-z0-9_.-]{0,95})?\Z")
_NOTHING: Mapping[str, str] = MappingProxyType({})


class Entry(NamedTuple):
    """One entry; the fields are the keys that the data file explains."""

    id: str
    library: str
    calls: tuple[str, ...]
    model: tuple[str, int | None]
    distribution: str | None = None
    since: str | None = None
    optional: bool = False
    default: str | None = None
    prefixes: Mapping[str, str] = _NOTHING
    names: Mapping[str, str] = _NOTHING
    unprefixed: frozenset[str] = frozenset()
    small: Mapping[str, str] = _NOTHING
    files: tuple[str, int | None] | None = None
    filters: tuple[str, ...] = ()
    revision: str | None = None
    repository: str | None = None
    token: tuple[str, ...] = ()
    cache: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    offline: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entry) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    def repository_of(self, name: str, model: str) -> str:
        """The repository that an id given to the call of that dotted name stands for."""
        if model in self.names:
            return self.names[model]
        if "/" in model or model.lower() in self.unprefixed:
            return model
        return self.prefixes.get(name.rpartition(".")[2], "") + model

    def kind_of(self, name: str) -> str:
        """What the call of that dotted name fetches: ``weights``, ``tokenizer`` or ``config``."""
        owner = name.rpartition(".")[0].rpartition(".")[2]
        return next((kind for ending, kind in self.small.items() if owner.endswith(ending)), "weights")


class _Catalogue(NamedTuple):
    entries: tuple[Entry, ...]
    by_last: dict[str, tuple[tuple[str, Entry], ...]]


def is_hub_id(text: str) -> bool:
    """Whether a text can be the id of a repository on the Hugging Face Hub: nothing in it means anything to a shell."""
    return (
        _HUB_ID.match(text) is not None
        and "--" not in text
        and ".." not in text
        and not text.endswith((".git", "-", "."))
        and "./" not in text
        and "-/" not in text
    )


@lru_cache(maxsize=1)
def _catalogue() -> _Catalogue:
    tables: dict[str, list[dict[str, Any]]] = load_table("models")
    entries = tuple(_entry(table) for table in tables["call"])
    by_last: dict[str, list[tuple[str, Entry]]] = {}
    for entry in entries:
        for call in entry.calls:
            by_last.setdefault(call.rpartition(".")[2], []).append((call, entry))
    return _Catalogue(entries, {name: tuple(found) for name, found in by_last.items()})


def _entry(table: dict[str, Any]) -> Entry:
    keys: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    for name in ("model", "files"):
        if name in keys:
            keys[name] = (keys[name][0], keys[name][1] if len(keys[name]) > 1 else None)
    keys["unprefixed"] = frozenset(keys.get("unprefixed", ()))
    return Entry(**keys)


@cache
def _pattern(call: str) -> re.Pattern[str]:
    parts = call.split(".")
    text = "".join(
        r"(?:[^.]+\.)*" if part == "**" else re.escape(part).replace(r"\*", "[^.]*") + r"\." for part in parts[:-1]
    )
    return re.compile(text + re.escape(parts[-1]) + r"\Z")


def entries() -> tuple[Entry, ...]:
    """The whole catalogue."""
    return _catalogue().entries


def may_download(name: str) -> bool:
    """Whether some call of the catalogue has this last name: a cheap test before a whole name is worked out."""
    return name in _catalogue().by_last


def entry_for(name: str) -> Entry | None:
    """The entry for a call of a library's function by its dotted name; ``None`` for any other call."""
    for call, entry in _catalogue().by_last.get(name.rpartition(".")[2], ()):
        if _pattern(call).match(name):
            return entry
    return None
