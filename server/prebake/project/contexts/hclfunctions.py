"""Those of HCL's functions in bake files whose result follows from their arguments.

Source: buildx's ``bake/hclparser/stdlib.go``, which takes most of them from go-cty. Functions of the clock, of random
numbers and of the machine are not here. One that is given what it does not take raises an exception.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from itertools import product
from typing import Any

from prebake.regex import regex

_VERB = regex(r"%(?:(%)|([sdvq]))")
_MOST = 2_000


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    raise TypeError("no text")


def _format(pattern: str, *values: Any) -> str:
    waiting = list(values)

    def verb(found: re.Match[str]) -> str:
        if found[1]:
            return "%"
        written = _text(waiting.pop(0))
        return f'"{written}"' if found[2] == "q" else written

    made = _VERB.sub(verb, pattern)
    if waiting or re.sub(r"%%|%[sdvq]", "", pattern).count("%"):
        raise ValueError("a verb that is not known")
    return made


def _coalesce(*values: Any) -> Any:
    """The first that is not null; unlike Terraform's, an empty text is a value."""
    return next(value for value in values if value is not None)


def _merge(*tables: dict[str, Any] | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for table in tables:
        found.update(table or {})
    return found


def _flatten(items: list[Any], depth: int = 0) -> list[Any]:
    if depth > 20:
        raise ValueError("nested too deeply")
    found: list[Any] = []
    for item in items:
        found += _flatten(item, depth + 1) if isinstance(item, list) else [item]
    return found


def _setproduct(*lists: list[Any]) -> list[Any]:
    size = 1
    for items in lists:
        size *= len(items)
    if size > _MOST:
        raise ValueError("too many")
    return [list(item) for item in product(*lists)]


def _distinct(items: list[Any]) -> list[Any]:
    found: list[Any] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found


def _slice(items: list[Any], start: int, end: int) -> list[Any]:
    if not 0 <= start <= end <= len(items):
        raise IndexError(end)
    return items[start:end]


def _substr(text: str, start: int, length: int) -> str:
    start = max(0, len(text) + start) if start < 0 else start
    return text[start:] if length < 0 else text[start : start + length]


def _range(*bounds: int) -> list[int]:
    numbers = range(*bounds)
    if len(numbers) > _MOST:
        raise ValueError("too many")
    return list(numbers)


def _lookup(table: dict[str, Any], key: str, *default: Any) -> Any:
    return table[key] if key in table or not default else default[0]


def _at(items: Any, key: Any) -> Any:
    return items[key] if isinstance(items, dict) or key >= 0 else items[len(items)]


def _replace(text: str, old: str, new: str) -> str:
    return text.replace(old, new)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "and": lambda left, right: left and right,
    "basename": lambda path: posixpath.basename(path.rstrip("/")) or ("." if not path else "/"),
    "chomp": lambda text: text.rstrip("\r\n"),
    "coalesce": _coalesce,
    "coalescelist": lambda *lists: next(items for items in lists if items),
    "compact": lambda items: [item for item in items if item not in ("", None)],
    "concat": lambda *lists: [item for items in lists for item in list(items)],
    "contains": lambda items, item: item in items,
    "dirname": lambda path: posixpath.normpath(posixpath.dirname(path) or "."),
    "distinct": _distinct,
    "element": lambda items, number: items[number % len(items)],
    "equal": lambda left, right: left == right,
    "flatten": _flatten,
    "format": _format,
    "formatlist": lambda pattern, items: [_format(pattern, item) for item in items],
    "hasindex": lambda items, key: key in items if isinstance(items, dict) else 0 <= key < len(items),
    "index": _at,
    "join": lambda separator, *lists: separator.join(_text(item) for items in lists for item in list(items)),
    "keys": lambda table: sorted(table),
    "length": lambda items: len(items) if isinstance(items, (list, dict)) else len(None),  # type: ignore[arg-type]
    "lookup": _lookup,
    "lower": lambda text: text.lower(),
    "merge": _merge,
    "not": lambda value: not value,
    "notequal": lambda left, right: left != right,
    "or": lambda left, right: left or right,
    "range": _range,
    "replace": _replace,
    "reverselist": lambda items: items[::-1],
    "sanitize": lambda text: re.sub(r"[^a-zA-Z0-9_-]", "_", text),
    "setproduct": _setproduct,
    "slice": _slice,
    "sort": sorted,
    "split": lambda separator, text: text.split(separator) if separator else list(text),
    "strlen": lambda text: len(text),
    "substr": _substr,
    "trim": lambda text, characters: text.strip(characters),
    "trimprefix": lambda text, start: text.removeprefix(start),
    "trimspace": lambda text: text.strip(),
    "trimsuffix": lambda text, end: text.removesuffix(end),
    "upper": lambda text: text.upper(),
    "values": lambda table: [table[key] for key in sorted(table)],
    "zipmap": lambda keys, values: dict(zip(keys, values, strict=True)),
}
"""By name."""
