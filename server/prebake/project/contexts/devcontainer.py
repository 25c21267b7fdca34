"""``devcontainer.json``: the Dockerfile that a development container is built from, and its context.

Source: the development container specification. ``dockerfile`` and ``context`` are relative to the file's folder; the
context is that folder where none is given. ``dockerComposeFile`` names compose files, which are read as such.
"""

from __future__ import annotations

from collections.abc import Mapping

from prebake.files import Snapshot, join, parent
from prebake.project.jsontree import load_json
from prebake.project.yamltree import Node
from prebake.records import NamedTuple


class DevContainer(NamedTuple):
    """How a development container is built: paths are absolute, ``line`` is 0-based."""

    context: str
    dockerfile: str
    target: str | None
    args: Mapping[str, str]
    line: int


def dev_container(snapshot: Snapshot, path: str) -> DevContainer | None:
    """What a ``devcontainer.json`` builds; ``None`` when it builds nothing by itself, or cannot be read."""
    text = snapshot.text(path)
    if text is None or "ocker" not in text.content:
        return None
    root = load_json(text)
    if root is None:
        return None
    build = root.get("build")
    file = (build.get("dockerfile") if build is not None else None) or root.get("dockerFile")
    name = _known(file)
    if file is None or name is None:
        return None
    context = (build.get("context") if build is not None else None) or root.get("context")
    place = "." if context is None else _known(context)
    stage = build.get("target") if build is not None else None
    target = _known(stage)
    if place is None or (stage is not None and target is None):
        return None
    folder = parent(path)
    args = build.get("args") if build is not None else None
    pairs = ((key.text, _known(value)) for key, value in args.pairs()) if args is not None else ()
    line = (context if context is not None else file).line
    given = {key: value for key, value in pairs if value is not None}
    return DevContainer(join(folder, place), join(folder, name), target, given, line)


def compose_files_of(snapshot: Snapshot, path: str) -> tuple[str, ...]:
    """The absolute paths of the compose files that a ``devcontainer.json`` names."""
    text = snapshot.text(path)
    if text is None or "dockerComposeFile" not in text.content:
        return ()
    root = load_json(text)
    named = root.get("dockerComposeFile") if root is not None else None
    return tuple(
        join(parent(path), name) for name in (named.strings() if named is not None else ()) if "${" not in name
    )


def _known(node: Node | None) -> str | None:
    """A text without variables of the editor's."""
    return node.text if node is not None and node.scalar and "${" not in node.text else None
