"""The words of a compose file that name another file of the project: Dockerfiles and files of variables."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.files import Snapshot, join, parent
from prebake.project.compose.services import interpolate, services
from prebake.project.yamltree import Node, load
from prebake.records import NamedTuple
from prebake.text import Span


class ComposeLink(NamedTuple):
    """A word and the file that it names; ``path`` is absolute."""

    span: Span
    path: str


def compose_links(snapshot: Snapshot, path: str) -> tuple[ComposeLink, ...]:
    """The words that name files which are there; none for a file that is missing, broken or no compose file."""
    text = snapshot.text(path)
    root = load(text) if text is not None and "services" in text.content else None
    table = root.get("services") if root is not None else None
    if table is None:
        return ()
    dockerfiles = {service.name: service.build.dockerfile for service in services(snapshot, path) if service.build}
    found: list[ComposeLink] = []
    for key, service in table.pairs():
        word = service.get("build", "dockerfile")
        dockerfile = dockerfiles.get(key.text)
        if word is not None and word.scalar and dockerfile is not None:
            found.append(ComposeLink(word.span, dockerfile))
        found += _env_files(service.get("env_file"), parent(path))
    return tuple(link for link in found if snapshot.is_file(link.path))


def _env_files(node: Node | None, folder: str) -> Iterator[ComposeLink]:
    if node is None:
        return
    for item in node.sequence() or (node,):
        word = item.get("path") if item.kind == "mapping" else item
        name = interpolate(word.scalar) if word is not None and word.scalar else None
        if word is not None and name:
            yield ComposeLink(word.span, join(folder, name))
