"""Ignore rules for surveys, and what a scan shows."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from prebake.files import Disk, Names, Stamp
from prebake.project.ignore.rules import NO_RULES, IgnoreRules, rules_of
from prebake.project.measuring.scan import ContextScan
from prebake.text import Text


def rules(*lines: str) -> IgnoreRules:
    return rules_of(Text("\n".join(lines)), "/context/.dockerignore") if lines else NO_RULES


class CountingDisk(Disk):
    """A disk whose clock is fine enough to tell any two changes of a folder apart, and that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: dict[str, int] = {}
        self.listed: list[str] = []
        self.measured: list[str] = []

    def touch(self, folder: Path) -> None:
        """An entry of a folder came or went."""
        self.changes[folder.as_posix()] = self.changes.get(folder.as_posix(), 0) + 1

    def stamp(self, path: str) -> Stamp | None:
        return (os.stat(path).st_ino, self.changes.get(path, 0)) if os.path.isdir(path) else None

    def names(self, path: str) -> Names:
        self.listed.append(path)
        return super().names(path)

    def sizes(self, path: str, names: Sequence[str]) -> Sequence[int]:
        self.measured += [f"{path}/{name}" for name in names]
        return super().sizes(path, names)

    def asked(self, root: str) -> tuple[list[str], list[str]]:
        """The folders that were listed and the files that were measured since this was last asked."""
        found = [
            sorted(path[len(root) :].lstrip("/") or "." for path in paths) for paths in (self.listed, self.measured)
        ]
        self.listed.clear()
        self.measured.clear()
        return found[0], found[1]


def shown(found: ContextScan) -> dict[str, Any]:
    """A scan, without the order that the file system happens to give."""
    return found._asdict() | {
        "entries": dict(found.entries),
        "listings": {
            path: dict(zip(listing.names, listing.sizes, strict=True)) for path, listing in found.listings.items()
        },
    }
