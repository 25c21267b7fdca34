"""The diagnostics of all Dockerfiles that somebody wants to know of, by file, and which of them are shown."""

from __future__ import annotations

from lsprotocol import types

from prebake.lsp.diagnostics import ByPath, add

Shown = tuple[int | None, list[types.Diagnostic]]
"""The version of a document and its diagnostics."""

NOTHING_SHOWN: Shown = (None, [])
UNKNOWN: Shown = (-1, [])
"""What a client shows for a document that it has closed: it may have kept what it had, or not."""


class Shelf:
    """What is known and shown. Read and written by work on the engine, one piece at a time."""

    def __init__(self) -> None:
        self.concerned: dict[str, tuple[str, ...]] = {}
        """Open file to the Dockerfiles that it concerns."""
        self.shown: dict[str, Shown] = {}
        self.uris: dict[str, str] = {}
        """How the files were named to the client that are shown."""
        self.contexts: dict[str, frozenset[str | None]] = {}
        """The folders that a Dockerfile is built from."""
        self._found: dict[str, ByPath] = {}
        self._holders: dict[str, dict[str, None]] = {}

    def put(self, dockerfile: str, found: ByPath) -> set[str]:
        """Take in what a Dockerfile's check has found; the files whose diagnostics may be others now."""
        before = self._found.pop(dockerfile, {})
        for path in before:
            del self._holders[path][dockerfile]
        if found:
            self._found[dockerfile] = found
        for path in found:
            self._holders.setdefault(path, {})[dockerfile] = None
        return {*before, *found}

    def keep(self, dockerfiles: set[str]) -> set[str]:
        """Forget all other Dockerfiles; the files whose diagnostics may be others now."""
        gone = self._found.keys() - dockerfiles
        self.contexts = {path: found for path, found in self.contexts.items() if path in dockerfiles}
        return {path for dockerfile in gone for path in self.put(dockerfile, {})}

    def items(self, path: str) -> list[types.Diagnostic]:
        """The diagnostics of a file, whichever Dockerfiles they come from."""
        found: ByPath = {}
        for dockerfile in self._holders.get(path, ()):
            add(found, path, self._found[dockerfile][path])
        return found.get(path, [])
