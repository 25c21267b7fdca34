"""The manifests of projects: TOML and JSON files, and what ``pyproject.toml`` says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from prebake.text import Text


@lru_cache(maxsize=32)
def read_toml(text: Text) -> dict[str, Any]:
    """A TOML file's tables; empty for a broken one."""
    import tomllib

    try:
        return tomllib.loads(text.content.replace("\r\n", "\n"))
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


@lru_cache(maxsize=32)
def read_json(text: Text) -> dict[str, Any] | None:
    """The object in a JSON file; ``None`` for a broken one and for any other value."""
    import json

    try:
        found = json.loads(text.content)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def table(data: Any, *keys: str) -> dict[str, Any]:
    """A table inside tables; empty where something else or nothing stands there."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def strings(value: object) -> list[str]:
    """The strings in a list; none where it is something else."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def tables(value: object) -> list[Mapping[str, Any]]:
    """The tables in a list, or the one table."""
    return [item for item in (value if isinstance(value, list) else [value]) if isinstance(item, dict)]


def declared(data: Mapping[str, Any]) -> Iterator[str]:
    """All requirements of a ``pyproject.toml`` in the standard notation: of the project, its extras and its groups."""
    yield from strings(table(data, "project").get("dependencies"))
    extras = (table(data, "project", "optional-dependencies"), table(data, "dependency-groups"))
    for group in (group for found in extras for group in found.values()):
        yield from strings(group)


def console_scripts(text: Text) -> dict[str, str]:
    """The commands that installing the project makes, as ``module:function``."""
    data = read_toml(text)
    found = {**table(data, "tool", "poetry", "scripts"), **table(data, "project", "scripts")}
    return {name: target for name, target in found.items() if isinstance(target, str)}
