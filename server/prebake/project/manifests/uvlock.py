"""What ``uv.lock`` says of the packages that come from folders and files, and whether it fits the manifest.

Only the header and the entries of such packages are parsed: a lock file has thousands of lines about the others.
"""

from __future__ import annotations

import posixpath
import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from prebake.project.manifests.manifest import table
from prebake.records import NamedTuple
from prebake.text import Text

_LOCAL = ("editable", "directory", "virtual", "path")
_MARKS = tuple(f"source = {{ {kind} = " for kind in _LOCAL)


class LocalPackage(NamedTuple):
    """A package that is not downloaded: ``kind`` is uv's word for it (``editable``, ``directory``, ``virtual`` for one
    that is not installed itself, ``path`` for an archive), ``place`` its path relative to the lock file; ``member``
    says that it belongs to the workspace. ``requires`` are the names of what it needs, groups and extras included,
    ``metadata`` is what its manifest declared, as uv wrote it down.
    """

    name: str
    kind: str
    place: str
    member: bool
    requires: frozenset[str]
    metadata: Mapping[str, Any]


class UvLock(NamedTuple):
    """The local packages of a lock file, the project's own first; ``folders`` are package indexes on the disk."""

    local: tuple[LocalPackage, ...]
    folders: tuple[str, ...]
    requires_python: str

    @property
    def root(self) -> LocalPackage | None:
        """The package in the folder of the lock file."""
        return next((package for package in self.local if package.place == "."), None)


@lru_cache(maxsize=32)
def read_uv_lock(text: Text) -> UvLock | None:
    """What a lock file says; ``None`` for a broken one."""
    header, *entries = text.content.replace("\r\n", "\n").split("\n[[package]]\n")
    try:
        data = tomllib.loads(header)
        packages = [
            tomllib.loads(entry) for entry in entries if any(f"source = {{ {kind} = " in entry for kind in _LOCAL)
        ]
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    members = table(data, "manifest").get("members")
    found = [item for package in packages for item in _local(package, members if isinstance(members, list) else [])]
    mark = 'source = { registry = "'
    registries = {entry.partition(mark)[2].partition('"')[0] for entry in entries if mark in entry}
    return UvLock(
        tuple(sorted(found, key=lambda package: package.place != ".")),
        tuple(sorted(place for place in registries if "://" not in place)),
        str(data.get("requires-python", "")),
    )


def _local(package: Mapping[str, Any], members: list[object]) -> Iterator[LocalPackage]:
    source = table(package, "source")
    for kind in _LOCAL:
        name, place = package.get("name"), source.get(kind)
        if isinstance(name, str) and isinstance(place, str):
            place = posixpath.normpath(place)
            is_member = place == "." or name in members
            # Behind the line that is split at, `[package.metadata]` is a table of its own.
            inner = table(package, "package")
            groups = [package.get("dependencies"), *table(inner, "optional-dependencies").values()]
            groups += table(inner, "dev-dependencies").values()
            items = (item for group in groups if isinstance(group, list) for item in group if isinstance(item, dict))
            requires = frozenset(str(item.get("name")) for item in items)
            yield LocalPackage(name, kind, place, is_member, requires, table(inner, "metadata"))
