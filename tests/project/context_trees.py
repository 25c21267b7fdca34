"""Build contexts with an ignore file, and what is sent of them: by prebake's reckoning, and as recorded of builders."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from prebake.config import Builder
from prebake.files import absolute, disk
from prebake.project.ignore.inforce import in_force
from prebake.project.measuring.scan import scan

DATA = Path(__file__).parent / "data" / "contexts.json"

Sent = dict[str, int]
"""The files and links that are sent, with their sizes in bytes; links have none."""

MADE = "FROM scratch\nCOPY . /x\n"


class ContextTree(NamedTuple):
    """A context: files with their sizes, links with their targets, empty folders, ignore files with their bytes, and
    the Dockerfile's path.
    """

    files: Mapping[str, int]
    links: Mapping[str, str]
    folders: tuple[str, ...]
    ignore_files: Mapping[str, bytes]
    dockerfile: str = "Dockerfile"

    def write(self, root: Path) -> Path:
        """Make it on disk; returns `root`."""
        for folder in self.folders:
            (root / folder).mkdir(parents=True, exist_ok=True)
        for name, size in self.files.items():
            self._put(root / name, os.urandom(size))
        for name, data in self.ignore_files.items():
            self._put(root / name, data)
        self._put(root / self.dockerfile, MADE.encode())
        for name, target in self.links.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).symlink_to(target)
        return root

    def _put(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        kept = {name: data.decode() for name, data in self.ignore_files.items()}
        return {**self._asdict(), "ignore_files": kept}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> ContextTree:
        """What `to_json` wrote."""
        ignore_files = {name: text.encode() for name, text in kept["ignore_files"].items()}
        return cls(kept["files"], kept["links"], tuple(kept["folders"]), ignore_files, kept["dockerfile"])


def reckoned(root: Path, tree: ContextTree, builder: Builder = "buildkit") -> Sent | None:
    """What prebake says is sent of a tree on disk; `None` when it says that the builder stops at a pattern."""
    path = absolute(str(root))
    rules = in_force(disk(), f"{path}/{tree.dockerfile}", path, builder)
    if rules.problem is not None:
        return None
    found = scan(disk(), path, rules)
    assert found.complete
    sent = {
        f"{folder}/{name}" if folder else name: size
        for folder, listing in found.listings.items()
        for name, size in zip(listing.names, listing.sizes, strict=True)
    }
    emptied = dict.fromkeys(found.emptied, 0)
    assert (found.sent.bytes, found.sent.files) == (sum((sent | emptied).values()), len(sent))
    whole = scan(disk(), path, rules, whole=True)
    assert whole.sent == found.sent
    return sent


def arriving(root: Path, tree: ContextTree, builder: Builder = "buildkit") -> Sent | None:
    """What prebake says arrives: as `reckoned`, without the content that BuildKit does not send."""
    sent = reckoned(root, tree, builder)
    if sent is None or builder != "buildkit":
        return sent
    path = absolute(str(root))
    found = scan(disk(), path, in_force(disk(), f"{path}/{tree.dockerfile}", path))
    return sent | dict.fromkeys(found.emptied, 0)
