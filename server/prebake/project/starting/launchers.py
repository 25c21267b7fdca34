"""The table of commands that start Python code (``data/launchers.toml``), loaded on first use."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from prebake.data import load_table
from prebake.records import NamedTuple


class Launcher(NamedTuple):
    """One entry; the keys are those that the data file explains. ``kind`` is ``wrapper``, ``server``, ``script`` or
    ``supervisor``.
    """

    kind: str
    name: str
    valued: frozenset[str] = frozenset()
    positionals: int = 0
    assignments: bool = False
    python: bool = False
    options: tuple[str, ...] = ()
    bare: bool = False
    object: str | None = None
    directory: tuple[str, ...] = ()
    variable: str | None = None
    file: bool = False
    setting: tuple[str, ...] = ()
    defaults: tuple[str, ...] = ()
    handler: bool = False
    many: bool = False
    submodule: str | None = None
    attribute: tuple[str, ...] = ()
    attribute_variable: str | None = None
    arguments: str | None = None
    config: tuple[str, ...] = ()
    config_files: tuple[str, ...] = ()
    config_ending: str | None = None
    config_application: tuple[str, ...] = ()
    config_directory: str | None = None
    format: str | None = None
    tasks: tuple[tuple[str, ...], ...] = ()


@lru_cache(maxsize=1)
def launchers() -> dict[str, Launcher]:
    """All entries by name."""
    tables: dict[str, list[dict[str, Any]]] = load_table("launchers")
    found: dict[str, Launcher] = {}
    for kind, entries in tables.items():
        for entry in entries:
            keys: dict[str, Any] = {key: _frozen(value) for key, value in entry.items()}
            if "valued" in keys:
                keys["valued"] = frozenset(keys["valued"])
            found[entry["name"]] = Launcher(kind, **keys)
    return found


def _frozen(value: Any) -> Any:
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def launcher(words: tuple[str, ...]) -> tuple[Launcher, int] | None:
    """The entry for a command, and how many words its name takes."""
    table = launchers()
    program = words[0].rpartition("/")[2]
    if len(words) > 1 and (entry := table.get(f"{program} {words[1]}")) is not None:
        return entry, 2
    entry = table.get(program)
    return None if entry is None else (entry, 1)
