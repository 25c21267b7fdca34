"""Small files of data that code reads: YAML, JSON, TOML, ini and ``.env``, as dicts, lists and texts."""

from __future__ import annotations

import re
from functools import lru_cache

from prebake.regex import regex
from prebake.text import Text

MAX_LENGTH = 200_000
"""Longer files (in code points) hold data, no settings."""


class _Hidden:
    """That a value is not one that the file itself says."""


HIDDEN = _Hidden()

# What loaders turn into something else, or replace when they read it.
_CONVERTED = regex(
    r"[-+]?[\d_.:]+(e[-+]?\d+)?\Z|\d{4}-\d\d?-\d\d?|[-+]?\.(inf|nan)\Z|0[xo]|(true|false|yes|no|on|off)\Z", re.I
)
_REPLACED = regex(r"\$\{|\{\{|%\(|\?\?\?\Z")


@lru_cache(maxsize=64)
def read_data(text: Text, kind: str) -> object:
    """The data of a file of a kind (``yaml``, ``json``, ``toml``, ``ini``, ``env``): dicts with texts as keys, lists,
    texts and numbers; :data:`HIDDEN` stands for what the file does not say by itself. ``None`` for a file that is
    broken or too long.
    """
    if len(text.content) > MAX_LENGTH:
        return None
    if kind == "yaml":
        from prebake.project.yamltree import load

        root = load(text)
        return None if root is None else _of_node(root)
    if kind == "json":
        return _json(text.content)
    if kind == "toml":
        from prebake.project.manifests.manifest import read_toml

        return _plain(read_toml(text))
    if kind == "ini":
        return _ini(text.content)
    if kind == "env":
        from prebake.project.starting.start import read_env_file

        return {name: HIDDEN if value is None else value for name, value in read_env_file(text.content).items()}
    return None


def _of_node(node: object) -> object:
    from prebake.project.yamltree import Node

    assert isinstance(node, Node)
    if node.kind == "mapping":
        return {key.text: _of_node(value) for key, value in node.pairs()}
    if node.kind == "sequence":
        return [_of_node(item) for item in node.items]
    if node.is_null:
        return None
    return HIDDEN if _CONVERTED.match(node.text) or _REPLACED.search(node.text) else node.text


def _json(content: str) -> object:
    import json

    try:
        return _plain(json.loads(content))
    except (ValueError, RecursionError):
        return None


def _plain(data: object) -> object:
    if isinstance(data, dict):
        return {str(key): _plain(value) for key, value in data.items()}
    if isinstance(data, list):
        return [_plain(item) for item in data]
    if isinstance(data, str):
        return HIDDEN if _REPLACED.search(data) else data
    return data if data is None or isinstance(data, (bool, int, float)) else HIDDEN


def _ini(content: str) -> object:
    from configparser import Error, RawConfigParser

    parser = RawConfigParser()
    try:
        parser.read_string(content)
        sections = {name: dict(parser.items(name)) for name in parser.sections()}
    except (Error, ValueError):
        return None
    defaults = dict(parser.defaults())
    return _plain({"DEFAULT": defaults, **sections})
