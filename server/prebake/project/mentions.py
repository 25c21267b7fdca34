"""The paths that a text names: in a shell command, a configuration file or a Python file.

A path is taken apart, and every part counts: ``/app/data/x.csv`` names ``app``, ``data`` and ``x.csv``. That is on the
safe side for the question that this answers, whether something may be left out of an image.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache

from prebake.project.python.parse import parse
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Text

_PART = regex(r"[^\s\"'`=,;:()\[\]{}<>|&$/\\]+")
_WORD = regex(r"[^\s\"'`=,;()\[\]{}<>|&$]+")
_MAX_LITERAL = 1000
_KEYED = frozenset({"get", "pop", "setdefault", "startswith", "endswith", "split", "strip", "replace", "add_argument"})
"""Methods whose string arguments are no paths."""


class PythonMentions(NamedTuple):
    """The parts of paths in a Python file's strings, the strings that may be paths, and the modules it imports: each a
    dotted name and the number of leading dots.
    """

    parts: frozenset[str]
    words: tuple[str, ...]
    imports: tuple[tuple[str, int], ...]


def parts(text: str) -> frozenset[str]:
    """The parts of everything in a text that may be a path."""
    return frozenset(_PART.findall(text))


def words(text: str) -> tuple[str, ...]:
    """The words of a text, slashes and colons kept."""
    return tuple(dict.fromkeys(_WORD.findall(text)))


@lru_cache(maxsize=4096)
def python_mentions(text: Text) -> PythonMentions:
    """What a Python file names. Strings that are keys, or are compared with, do not count."""
    tree = parse(text)
    skipped: set[int] = set()
    strings: dict[str, None] = {}
    imports: dict[tuple[str, int], None] = {}
    for node in ast.walk(tree):
        skipped.update(id(child) for child in _no_paths(node))
        if isinstance(node, ast.Import):
            imports.update(((alias.name, 0), None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = node.module or ""
            imports[module, node.level] = None
            imports.update((((f"{module}." if module else "") + alias.name, node.level), None) for alias in node.names)
        elif isinstance(node, ast.Constant) and id(node) not in skipped and _may_be_path(node.value):
            strings[str(node.value)] = None
    found = frozenset(part for string in strings for part in _PART.findall(string))
    return PythonMentions(found, tuple(strings), tuple(imports))


def _may_be_path(value: object) -> bool:
    return isinstance(value, str) and len(value) <= _MAX_LITERAL and "\n" not in value


def _no_paths(node: ast.AST) -> Iterator[ast.AST]:
    """The children of a node that name no path although they are strings."""
    if isinstance(node, ast.Subscript):
        yield node.slice
    elif isinstance(node, ast.Dict):
        yield from (key for key in node.keys if key is not None)
    elif isinstance(node, ast.Compare):
        yield from (node.left, *node.comparators)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _KEYED:
        yield from node.args[:1]
    elif isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr):
            yield first.value
