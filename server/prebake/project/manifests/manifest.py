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


def console_scripts(text: Text, name: str = "pyproject.toml") -> dict[str, str]:
    """The commands that installing the project makes, as ``module:function``.

    ``name`` is the file's: ``pyproject.toml``, ``setup.cfg`` or ``setup.py``, of which only literals are read.
    """
    if name == "setup.cfg":
        return dict(_entry_points(_section(text.content, "options.entry_points")))
    if name == "setup.py":
        return dict(_setup_scripts(text))
    data = read_toml(text)
    found = {
        **table(data, "tool", "poetry", "scripts"),
        **table(data, "project", "entry-points", "console_scripts"),
        **table(data, "project", "scripts"),
    }
    return {name: target for name, target in found.items() if isinstance(target, str)}


MANIFESTS = ("pyproject.toml", "setup.cfg", "setup.py")
"""The files that say which commands a project has."""


def _section(content: str, wanted: str) -> str:
    """The ``console_scripts`` of a section of an INI file."""
    inside, found, key = False, [], False
    for line in content.replace("\r", "").split("\n"):
        if line.startswith("["):
            inside = line.strip() == f"[{wanted}]"
        elif inside and line[:1] not in (" ", "\t", ""):
            name, _, value = line.partition("=")
            key = name.strip() == "console_scripts"
            found += [value] if key else []
        elif inside and key:
            found.append(line)
    return "\n".join(found)


def _entry_points(text: str) -> Iterator[tuple[str, str]]:
    for line in text.split("\n"):
        name, equals, target = line.partition("=")
        if equals and name.strip() and not name.strip().startswith("#"):
            yield name.strip(), target.strip()


def _setup_scripts(text: Text) -> Iterator[tuple[str, str]]:
    """``entry_points={"console_scripts": ["name = module:function"]}`` of a call of ``setup``."""
    if "console_scripts" not in text.content:
        return
    import ast

    from prebake.project.python.parse import parse

    for node in ast.walk(parse(text)):
        if not isinstance(node, ast.keyword) or node.arg != "entry_points":
            continue
        if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from _entry_points(_section("[x]\n" + _under(node.value.value), "x"))
        for key, value in (
            zip(node.value.keys, node.value.values, strict=True) if isinstance(node.value, ast.Dict) else ()
        ):
            if isinstance(key, ast.Constant) and key.value == "console_scripts":
                parts = value.elts if isinstance(value, (ast.List, ast.Tuple)) else [value]
                texts = (part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str))
                for item in texts:
                    yield from _entry_points(item)


def _under(text: str) -> str:
    """The lines below ``[console_scripts]`` in the text form of entry points, as one setting."""
    lines = text.replace("\r", "").split("\n")
    at = next((number for number, line in enumerate(lines) if line.strip() == "[console_scripts]"), len(lines))
    below = []
    for line in lines[at + 1 :]:
        if line.strip().startswith("["):
            break
        below.append(" " + line.strip())
    return "console_scripts =\n" + "\n".join(below)
