"""Build contexts as JSON, for programs. Paths are relative to the working directory, with ``/``; lines are 1-based."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from prebake.cli.contexts import Reader, Shown, whole_view
from prebake.cli.json_format import VERSION
from prebake.cli.tree import Node, choose
from prebake.files import join, relative
from prebake.project.ignore.rules import IgnoreRules
from prebake.project.measuring.attribution import Attribution, ContextEntry
from prebake.project.measuring.scan import Size, sum_of
from prebake.syntax.ignorefile import Pattern

_ENTRIES = 1000
"""Entries of a context that are listed unless the command line says otherwise."""


def document(
    shown: Sequence[Shown], folder: str, lines: int | None = None, depth: int | None = None, all_entries: bool = False
) -> str:
    """The JSON text for contexts, seen from ``folder``; the bounds are those of the text format."""
    bound = None if all_entries else lines or _ENTRIES
    value = {"version": VERSION, "contexts": [_context(context, folder, bound, depth) for context in shown]}
    return json.dumps(value, indent=2)


def _context(shown: Shown, folder: str, lines: int | None, depth: int | None) -> dict[str, Any]:
    whole = shown.whole
    return {
        "path": None if shown.root is None else relative(shown.root, folder),
        "remote": shown.remote,
        "ignore_file": None if shown.rules.path is None else relative(shown.rules.path, folder),
        "problem": _problem(shown.rules, folder),
        "complete": whole is None or whole.scan.complete,
        "unreadable": [] if whole is None else [_path(shown, path, folder) for path in whole.scan.unreadable],
        "dockerfiles": [_reader(shown, reader, folder) for reader in shown.readers],
        "patterns": [] if whole is None else [_counted(whole, pattern, folder) for pattern in whole.by_pattern],
        "tree": None if whole is None else _Tree(shown, whole, folder).value(lines, depth),
    }


def _reader(shown: Shown, reader: Reader, folder: str) -> dict[str, Any]:
    asked, taken = reader.transfer, shown.taken([reader])
    return {
        "path": relative(reader.path, folder),
        "target": reader.target,
        "context_source": reader.source,
        "takes": "all" if asked.whole else "paths" if asked.is_any else "nothing",
        "paths": list(asked.paths),
        "unknown_paths": asked.unknown,
        "sent": None if taken is None else _size(taken.sent),
    }


def _problem(rules: IgnoreRules, folder: str) -> dict[str, Any] | None:
    pattern = rules.problem
    return None if pattern is None else {**_pattern(pattern, rules, folder), "message": pattern.problem}


def _counted(whole: Attribution, pattern: Pattern, folder: str) -> dict[str, Any]:
    return {
        **_pattern(pattern, whole.rules, folder),
        "exception": pattern.negated,
        **_size(whole.by_pattern[pattern]),
    }


def _pattern(pattern: Pattern, rules: IgnoreRules, folder: str) -> dict[str, Any]:
    return {"path": relative(rules.path or "", folder), "line": pattern.line + 1, "text": pattern.raw}


def _size(size: Size) -> dict[str, int]:
    return {"bytes": size.bytes, "files": size.files}


def _path(shown: Shown, path: str, folder: str) -> str:
    return relative(join(shown.root or "/", path), folder)


class _Tree:
    """The entries of one context."""

    def __init__(self, shown: Shown, whole: Attribution, folder: str) -> None:
        self._shown = shown
        self._whole = whole
        self._sent = shown.taken(shown.readers) or whole
        self._folder = folder

    def value(self, lines: int | None, depth: int | None) -> dict[str, Any]:
        """The tree with the largest entries."""

        return self._node(choose(whole_view(self._whole), lines, depth, plain=True))

    def _node(self, node: Node) -> dict[str, Any]:
        entry = self._whole.entry(node.key)
        value = {
            "path": _path(self._shown, entry.path, self._folder),
            "kind": "folder" if entry.is_folder else "file",
            **self._sizes([entry]),
            "pattern": None if entry.pattern is None else _pattern(entry.pattern, self._whole.rules, self._folder),
        }
        if entry.is_folder:
            value["children"] = [self._node(child) for child in node.children]
            value["more"] = self._more(node)
        return value

    def _more(self, node: Node) -> dict[str, Any] | None:
        """What is in a folder and not listed."""
        listed = {child.key for child in node.children}
        hidden = [entry for entry in self._whole.children(node.key) if entry.path not in listed]
        return {"entries": len(hidden), **self._sizes(hidden)} if hidden else None

    def _sizes(self, entries: Sequence[ContextEntry]) -> dict[str, Any]:
        """What there is, what of it the ignore file lets through, and what of that is sent."""
        taken = entries if self._sent is self._whole else filter(None, (self._sent.find(e.path) for e in entries))
        return {
            **_size(sum_of(entry.size for entry in entries)),
            "allowed": _size(sum_of(entry.sent for entry in entries)),
            "sent": _size(sum_of(entry.sent for entry in taken)),
        }
