"""Tables that analysis looks things up in, a TOML file each, read on first use."""

from __future__ import annotations

import os
import tomllib
from functools import cache
from typing import Any


@cache
def load_table(name: str) -> dict[str, Any]:
    """The decoded table of a name, ``installers`` for ``installers.toml``; shared by all who ask: not to be changed."""
    # Read as a plain file: importlib.resources would cost more time than most tables.
    with open(os.path.join(os.path.dirname(__file__), f"{name}.toml"), "rb") as file:
        return tomllib.load(file)
