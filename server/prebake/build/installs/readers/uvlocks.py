"""Whether ``uv.lock`` fits ``pyproject.toml``, so that ``uv sync`` leaves it as it is."""

from __future__ import annotations

from prebake.build.installs.readers.projects import Project, name_of
from prebake.build.installs.releases import normalised, requirement
from prebake.project.manifests.manifest import declared, table, tables
from prebake.project.manifests.uvlock import UvLock


def fits(project: Project, lock: UvLock) -> bool:
    """Whether the lock file lists what the manifest declares."""
    root = lock.root
    if root is None:
        return "project" not in project.data
    own = normalised(root.name)
    wanted = {known for item in declared(project.data) if (known := requirement(item)) is not None and known[0] != own}
    entries = [*tables(root.metadata.get("requires-dist", []))]
    for group in table(root.metadata, "requires-dev").values():
        entries += tables(group)
    sources = {"git", "url", "path", "editable", "directory", "virtual"}
    locked = {
        (str(entry.get("name")), _parts(str(entry.get("specifier", ""))))
        for entry in entries
        if not sources & set(entry)
    }
    names = {str(entry.get("name")) for entry in entries}
    elsewhere = {str(entry.get("name")) for entry in entries if sources & set(entry)}
    return (
        all(name in elsewhere or (name, _parts(specifier)) in locked for name, specifier in wanted)
        and names <= {own, *(normalised(name_of(item)) for item in declared(project.data))}
        and _same_python(str(table(project.data, "project").get("requires-python", "")), lock.requires_python)
    )


def _same_python(wanted: str, locked: str) -> bool:
    """Whether a lock file is for the interpreters that are asked for; uv writes `>=3.11,<3.12` as `==3.11.*`."""
    known = _parts(wanted)
    return not wanted or known == _parts(locked) or any(part[:2] not in (">=", "==") for part in known)


def _parts(specifier: str) -> frozenset[str]:
    return frozenset(part.strip().replace(" ", "") for part in specifier.split(",") if part.strip())
