"""Tables that analysis looks things up in, a TOML file each, read on first use."""

from __future__ import annotations

import json
import os
import zlib
from functools import cache
from typing import Any

_FOLDER = os.path.dirname(__file__)
COMPILED = "compiled.json"
"""What the TOML files say, as JSON, which is read in a tenth of the time; `make tables` writes it."""


@cache
def load_table(name: str) -> dict[str, Any]:
    """The decoded table of a name, ``installers`` for ``installers.toml``, ``models/torch`` for ``models/torch.toml``;
    shared by all who ask: not to be changed.
    """
    source = _read(f"{name}.toml")
    line = _compiled().get(name)
    compiled = json.loads(line) if line is not None else None
    if compiled is not None and compiled["checksum"] == zlib.crc32(source):
        table: dict[str, Any] = compiled["table"]
        return table
    # The TOML file was edited since.
    import tomllib

    return tomllib.loads(source.decode())


def names_in(folder: str) -> tuple[str, ...]:
    """The names of the tables of a folder, in order."""
    files = sorted(name for name in os.listdir(os.path.join(_FOLDER, folder)) if name.endswith(".toml"))
    return tuple(f"{folder}/{name.removesuffix('.toml')}" for name in files)


@cache
def _compiled() -> dict[str, str]:
    """The compiled tables, each still a text: most runs need a few of them."""
    lines = (line.partition(": ") for line in _read(COMPILED).decode().splitlines() if ": " in line)
    return {name.strip('"'): text.removesuffix(",") for name, _, text in lines}


def _read(name: str) -> bytes:
    # As a plain file: importlib.resources would cost more time than most tables.
    with open(os.path.join(_FOLDER, name), "rb") as file:
        return file.read()
