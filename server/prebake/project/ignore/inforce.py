"""Which ignore file is in force for a build."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from prebake.files import Snapshot, join, parent
from prebake.project.ignore.rules import NAME, NO_RULES, IgnoreRules
from prebake.project.links import led_to
from prebake.syntax.ignorefile import parse_ignore
from prebake.text import Text

if TYPE_CHECKING:
    from prebake.config import Builder

CONTAINER_NAME = ".containerignore"


def in_force(
    snapshot: Snapshot, dockerfile_path: str, context_root: str | None, builder: Builder = "buildkit"
) -> IgnoreRules:
    """The rules for a build: those of the first file that the builder looks for and finds (see :func:`looked_for`).

    ``context_root`` is ``None`` for a remote context, to which BuildKit applies no ignore file. A file that cannot be
    read counts as an empty one.
    """
    if context_root is None:
        return NO_RULES
    for path in looked_for(dockerfile_path, context_root, builder):
        place = read_at(snapshot, path, builder)
        if place is not None:
            file = parse_ignore(snapshot.text(place) or Text(""))
            return IgnoreRules(file, place, prunes_blindly=builder == "legacy", asks_twice=builder == "buildkit")
    return NO_RULES


def looked_for(dockerfile_path: str, context_root: str, builder: Builder = "buildkit") -> tuple[str, ...]:
    """The ignore files that a builder would read, the one that it prefers first.

    The file beside the Dockerfile wins over the context root's, which is all that the legacy builder knows. Only
    Buildah (and Podman, which builds with it) knows ``.containerignore``; it is taken for the builder of a
    ``Containerfile``, which no other tool finds by itself.
    """
    beside = f"{dockerfile_path}{NAME}"
    top = join(context_root, NAME)
    if builder == "legacy":
        return (top,)
    if builder == "buildah" or posixpath.basename(dockerfile_path).startswith("Containerfile"):
        return (beside, f"{dockerfile_path}{CONTAINER_NAME}", join(context_root, CONTAINER_NAME), top)
    return beside, top


def read_at(snapshot: Snapshot, path: str, builder: Builder = "buildkit") -> str | None:
    """What a builder reads when it looks for an ignore file at ``path``; ``None`` where there is none for it.

    That is the path itself, if need be through a link. BuildKit follows links within the folder that the client offers
    it, the context or the Dockerfile's folder, whose top is their ``/``. Where it so comes to another file than the
    link leads to here, that file's path is the answer.
    """
    if builder != "buildkit" or snapshot.link(path) is None:
        return path if snapshot.is_file(path) else None
    folder = parent(path)
    behind = led_to(snapshot, folder, posixpath.basename(path))
    place = None if behind is None else join(folder, behind)
    if place is None or not snapshot.is_file(place):
        return None
    return path if snapshot.resolve(place) == snapshot.resolve(path) else place
