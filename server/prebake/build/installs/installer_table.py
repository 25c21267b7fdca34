"""The table of installers: ``data/installers.toml``, read on first use."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from prebake.data import load_table
from prebake.records import NamedTuple


class Installer(NamedTuple):
    """A row of the table; see ``data/installers.toml`` for what the fields mean."""

    name: str
    program: tuple[str, ...]
    commands: tuple[tuple[str, ...], ...]
    before: frozenset[str]
    manifests: tuple[str, ...]
    needs: tuple[str, ...]
    named: bool
    files: bool
    project: bool
    without_project: frozenset[str]
    compiles: bool
    default: str
    reader: str
    two_steps: str
    environment: Mapping[str, str]
    options: Mapping[str, str]

    @property
    def proved(self) -> bool:
        """Whether it is followed, so that instructions may be moved past it."""
        return bool(self.reader) and not self.compiles

    def role(self, option: str) -> str | None:
        """What an option is for; like pip, any beginning of a long one will do that fits no other."""
        if option in self.options:
            return self.options[option]
        roles = {role for known, role in self.options.items() if option[:2] == "--" and known.startswith(option)}
        return roles.pop() if len(roles) == 1 and len(option) > 3 else None


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Any]:
    return load_table("installers")


@lru_cache(maxsize=1)
def tools() -> frozenset[str]:
    """Packages that are installed to install others with."""
    return frozenset(_data()["tools"]["names"])


@lru_cache(maxsize=1)
def shadowing() -> frozenset[str]:
    """Modules that ``python -m pip`` would take from the working directory before its own."""
    return frozenset(_data()["modules"]["shadowing"])


@lru_cache(maxsize=1)
def scripts() -> Mapping[str, frozenset[str]]:
    """What is known about install scripts of Node.js packages; see ``data/installers.toml``."""
    return {name: frozenset(names) for name, names in _data()["scripts"].items()}


def aliases() -> Mapping[str, str]:
    """Programs that are another one under a different name."""
    names: Mapping[str, str] = _data()["aliases"]
    return names


@lru_cache(maxsize=1)
def programs() -> frozenset[str]:
    """The programs that can install."""
    return frozenset({*(row["program"].partition(" ")[0] for row in _data()["installer"]), *aliases()})


@lru_cache(maxsize=64)
def installers_of(program: str) -> tuple[Installer, ...]:
    """The installers that a program is, in the order in which they are to be tried."""
    rows = {row["name"]: row for row in _data()["installer"]}
    own = (row for row in rows.values() if row["program"].partition(" ")[0] == program)
    return tuple(_installer(row, [rows[name] for name in row.get("tables", ())]) for row in own)


def _installer(row: Mapping[str, Any], tables: list[Mapping[str, Any]]) -> Installer:
    options: dict[str, str] = {}
    environment: dict[str, str] = {}
    for table in (*tables, row):
        environment |= table.get("environment", {})
        for role, names in table.get("options", {}).items():
            options |= dict.fromkeys(names, role)
    return Installer(
        name=row["name"],
        program=tuple(row["program"].split()),
        commands=tuple(sorted((tuple(command.split()) for command in row["commands"]), key=len, reverse=True)),
        before=frozenset(row.get("before", ())),
        manifests=tuple(row.get("manifests", ())),
        needs=tuple(row.get("needs", ())),
        named=row.get("named", False),
        files=row.get("files", False),
        project=row.get("project", True),
        without_project=frozenset(row.get("without-project", ())),
        compiles=row.get("compiles", False),
        default=row.get("default", ""),
        reader=row.get("reader", ""),
        two_steps=row.get("two-steps", ""),
        environment=environment,
        options=options,
    )
