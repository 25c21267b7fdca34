"""The manifests of projects: TOML and JSON files, and what ``pyproject.toml`` says."""

from __future__ import annotations

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


def console_scripts(text: Text) -> dict[str, str]:
    """The commands that installing the project makes, as ``module:function``."""
    data = read_toml(text)
    found = {**table(data, "tool", "poetry", "scripts"), **table(data, "project", "scripts")}
    return {name: target for name, target in found.items() if isinstance(target, str)}
