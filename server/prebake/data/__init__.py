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
    """The decoded table of a name, ``installers`` for ``installers.toml``; shared by all who ask: not to be changed."""
    source = _read(f"{name}.toml")
    compiled = _compiled().get(name)
    if compiled is not None and compiled["checksum"] == zlib.crc32(source):
        table: dict[str, Any] = compiled["table"]
        return table
    # The TOML file was edited since.
    import tomllib

    return tomllib.loads(source.decode())


@cache
def _compiled() -> dict[str, dict[str, Any]]:
    compiled: dict[str, dict[str, Any]] = json.loads(_read(COMPILED))
    return compiled


def _read(name: str) -> bytes:
    # As a plain file: importlib.resources would cost more time than most tables.
    with open(os.path.join(_FOLDER, name), "rb") as file:
        return file.read()
