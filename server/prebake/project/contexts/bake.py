"""Bake files: the targets that ``docker buildx bake`` builds, HCL or JSON.

Source: buildx, ``bake/bake.go`` and ``bake/hclparser``. Files are merged in the order in which bake reads them, blocks
of one name as bake merges them; paths are those of the working directory, a Dockerfile's of its target's context.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from functools import lru_cache
from types import MappingProxyType

from prebake.discovery import is_bake_file
from prebake.files import Snapshot, join, parent
from prebake.project.contexts.bakefile import Declared, Definition, read
from prebake.project.contexts.hclvalues import UNKNOWN, Value, as_text
from prebake.project.contexts.namedcontexts import REMOTE, NamedContext, named_context
from prebake.records import NamedTuple
from prebake.text import Text

DEFAULT_NAMES = ("docker-bake.json", "docker-bake.hcl", "docker-bake.override.json", "docker-bake.override.hcl")
"""What bake reads without ``-f``, in this order and behind the compose files."""
COMPOSE_NAMES = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
_MOST_TARGETS = 200


class BakeTarget(NamedTuple):
    """A target that is built.

    ``context`` and ``dockerfile`` are absolute; ``context`` is ``None`` for one that the builder fetches (``remote``),
    ``dockerfile`` where it stands in the bake file itself or in a remote context. ``path`` and the 0-based ``line`` are
    where the target is declared. ``is_default``: built without naming a target.
    """

    name: str
    context: str | None
    dockerfile: str | None
    target: str | None
    args: Mapping[str, str]
    named: Mapping[str, NamedContext]
    remote: bool
    path: str
    line: int
    is_default: bool = False


def bake_sets(files: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Which of a folder's bake files are read together: those with bake's own names, and each other one alone."""
    own = {name: path for path in files if is_bake_file(name := posixpath.basename(path))}
    default = tuple(own.pop(name) for name in DEFAULT_NAMES if name in own)
    if default:
        yield default
    for path in own.values():
        yield (path,)


def bake_targets(
    snapshot: Snapshot, files: tuple[str, ...], project: str, base: str | None = None
) -> tuple[BakeTarget, ...]:
    """The targets of bake files that are read together.

    Bake takes paths as relative to where it is run, ``base``. Where that is not known, it is the folder of the files,
    or one above it up to the project's top: the one where most of the Dockerfiles are, and none where two folders have
    equally many and the files have names of their own, so that nobody runs bake beside them without saying where they
    are.
    """
    texts = tuple((path, text) for path in files if (text := snapshot.text(path)) is not None)
    if not texts:
        return ()
    if base is not None:
        return _targets(texts, (), base)
    folder = parent(files[0])
    base = folder
    if folder != project:
        counted = [(_held(snapshot, _targets(texts, (), place)), place) for place in _between(folder, project)]
        most = max(count for count, _ in counted)
        best = [place for count, place in counted if count == most]
        if len(best) > 1 and most and posixpath.basename(files[0]) not in DEFAULT_NAMES:
            return ()
        base = best[0]
    is_default = posixpath.basename(files[0]) in DEFAULT_NAMES and base == folder
    return _targets(texts, _services(snapshot, folder) if is_default else (), base)


def _between(folder: str, project: str) -> Iterator[str]:
    while True:
        yield folder
        if folder == project or parent(folder) == folder:
            return
        folder = parent(folder)


def _held(snapshot: Snapshot, targets: tuple[BakeTarget, ...]) -> int:
    return len({target.dockerfile for target in targets if target.dockerfile and snapshot.is_file(target.dockerfile)})


_Service = tuple[str, str, str | None, str | None, tuple[tuple[str, str], ...], str, int]


def _services(snapshot: Snapshot, folder: str) -> tuple[_Service, ...]:
    """The compose services that bake reads as targets, in a form that can be remembered."""
    paths = [path for name in COMPOSE_NAMES if snapshot.is_file(path := join(folder, name))]
    if not paths:
        return ()
    from prebake.project.compose.services import services

    return tuple(
        (service.name, build.context, build.dockerfile, build.target, tuple(build.args.items()), path, service.line)
        for path in paths
        for service in services(snapshot, path)
        if (build := service.build) is not None and build.context is not None
    )


@lru_cache(maxsize=64)
def _targets(texts: tuple[tuple[str, Text], ...], services: tuple[_Service, ...], base: str) -> tuple[BakeTarget, ...]:
    definition = read(texts)
    declared = [_declared(service) for service in services] + list(definition.targets)
    merged: dict[str, Declared] = {}
    for item in declared:
        known = merged.get(item.name)
        merged[item.name] = item if known is None else _merge(known, item, declares=True)
    # A compose service alone is compose's evidence; what bake adds to it is bake's.
    named = [name for name in dict.fromkeys(item.name for item in definition.targets) if name in merged]
    default = _members("default", definition.groups) or {"default"}
    wanted = _wanted(named, merged, definition)
    found: list[BakeTarget] = []
    for name in sorted(wanted[:_MOST_TARGETS], key=lambda name: name not in default):
        resolved = _resolve(name, merged, {})
        made = _made(resolved, merged[name], base, name in default) if resolved is not None else None
        if made is not None:
            found.append(made)
    return tuple(found)


def _declared(service: _Service) -> Declared:
    name, context, dockerfile, target, args, path, line = service
    values: dict[str, Value] = {"context": context, "dockerfile": dockerfile, "target": target, "args": dict(args)}
    return Declared(name, {key: value for key, value in values.items() if value is not None}, path, line)


def _wanted(names: list[str], merged: Mapping[str, Declared], definition: Definition) -> list[str]:
    """The targets that somebody builds: those in a group, those that these are linked to, and of the others those that
    no other inherits from or that give their image a name of its own.
    """
    parents = {each for item in merged.values() for each in _texts(item.values.get("inherits"))}
    grouped = {name for group in definition.groups for name in _members(group, definition.groups)}
    wanted = [
        name
        for name in names
        if name in grouped or name == "default" or name not in parents or merged[name].values.get("tags")
    ]
    for name in wanted:
        values = (_resolve(name, merged, {}) or {}).get("contexts")
        for value in values.values() if isinstance(values, dict) else ():
            linked = value.removeprefix("target:") if isinstance(value, str) and value.startswith("target:") else ""
            if linked in merged and linked not in wanted:
                wanted.append(linked)
    return wanted


def _members(group: str, groups: Mapping[str, tuple[str, ...]]) -> set[str]:
    """The targets of a group, groups in it taken apart."""
    found: set[str] = set()
    waiting, seen = [group], set()
    while waiting:
        name = waiting.pop()
        if name in groups and name not in seen:
            seen.add(name)
            waiting += groups[name]
        elif name not in groups:
            found.add(name)
    return found


def _texts(value: Value) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _merge(below: Declared, above: Declared, *, declares: bool = False) -> Declared:
    """Two declarations of one target, the later one winning; ``args`` and ``contexts`` are joined."""
    values = dict(below.values)
    for key, value in above.values.items():
        if value is None:
            continue
        known = values.get(key)
        if key in ("args", "contexts") and isinstance(known, dict) and isinstance(value, dict):
            values[key] = {**known, **{name: item for name, item in value.items() if item is not None}}
        elif key == "inherits" and isinstance(known, list) and isinstance(value, list):
            values[key] = [*known, *value]
        else:
            values[key] = value
    place = above if declares and not below.path.endswith((".hcl", ".json")) else below
    return Declared(below.name, values, place.path, place.line)


_MOST_INHERITED = 50


def _resolve(
    name: str, merged: Mapping[str, Declared], visited: dict[str, Mapping[str, Value] | None]
) -> Mapping[str, Value] | None:
    """A target with what it inherits: of several parents the later one wins, the target itself over all. A parent that
    is being worked out already, so that it inherits from itself, adds nothing. ``None`` when one is missing: the build
    fails.
    """
    if name in visited:
        return visited[name] or MappingProxyType({})
    item = merged.get(name)
    if item is None or len(visited) > _MOST_INHERITED:
        return None
    visited[name] = None
    inherited = Declared(name, {}, item.path, item.line)
    if item.values.get("inherits") is UNKNOWN:
        return None
    for each in item.values.get("inherits") or ():
        if not isinstance(each, str):
            return None
        values = _resolve(each, merged, visited)
        if values is None:
            return None
        inherited = _merge(inherited, Declared(each, values, item.path, item.line))
    found = _merge(inherited, item).values
    visited[name] = found
    return found


def _made(values: Mapping[str, Value], item: Declared, base: str, is_default: bool) -> BakeTarget | None:
    """The build of a resolved target; ``None`` when it depends on something that is not known, or only checks."""
    if values.get("call") not in (None, "", "build"):
        return None
    context, file, stage = (values.get(key) for key in ("context", "dockerfile", "target"))
    context = "." if context is None else as_text(context)
    file = "Dockerfile" if file in (None, "") else as_text(file)
    target = None if stage is None else as_text(stage)
    if context is None or file is None or (stage is not None and target is None) or context == "-" or file == "-":
        return None
    args, contexts = values.get("args"), values.get("contexts")
    known = {name: as_text(value) for name, value in args.items()} if isinstance(args, dict) else {}
    given = contexts.items() if isinstance(contexts, dict) else ()
    named = {name: named_context(as_text(value), base) for name, value in given if value != ""}
    remote = REMOTE.match(context) is not None
    root = None if remote else join(base, context.removeprefix("cwd://") or ".")
    path: str | None = None
    if "dockerfile-inline" not in values and root is not None and REMOTE.match(file) is None:
        path = join(base, file.removeprefix("cwd://")) if file.startswith("cwd://") else join(root, file)
    return BakeTarget(
        item.name,
        root,
        path,
        target or None,
        {name: text for name, text in known.items() if text is not None},
        named,
        remote,
        item.path,
        item.line,
        is_default,
    )
