"""The folder that a Dockerfile must have been written for, judged by the paths it uses after it copied everything.

``COPY . /app`` names nothing, but a later ``RUN python scripts/compile.py`` or ``CMD ["/app/docker/start.sh"]`` does.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from prebake.files import Snapshot, join
from prebake.regex import regex
from prebake.syntax.dockerfile import Dockerfile
from prebake.syntax.glob import clean

_WORD = regex(r"[\w.+@/-]*[\w+-]")
_USERS = ("RUN", "CMD", "ENTRYPOINT", "COPY")
_MOST_WORDS = 500


def implied_sources(tree: Dockerfile) -> tuple[str, ...]:
    """Relative paths that instructions below a broad COPY or ADD use and that may come from it; some will be made in
    the image, others be no paths at all.
    """
    found: dict[str, None] = {}
    destinations: list[str] = []
    for instruction in tree.instructions:
        if instruction.keyword in ("COPY", "ADD") and instruction.flag("from") is None:
            words = instruction.words
            if len(words) > 1 and any(clean("/" + word.value) == "/" for word in words[:-1]):
                destinations.append(posixpath.normpath(words[-1].value))
        elif destinations and instruction.keyword in _USERS and len(found) < _MOST_WORDS:
            found.update(dict.fromkeys(_paths(instruction.raw, destinations)))
    return tuple(found)


def _paths(text: str, destinations: list[str]) -> Iterator[str]:
    for word in _WORD.findall(text):
        path = posixpath.normpath(word)
        for destination in destinations:
            path = path.removeprefix(destination + "/")
        if not path.startswith(("/", "..")) and ("/" in path or "." in path.strip(".")):
            yield path


def implied_folder(snapshot: Snapshot, tree: Dockerfile, candidates: list[str]) -> str | None:
    """The candidate that holds most of the paths; the first of those that hold equally many, ``None`` when all hold
    none.
    """
    paths = implied_sources(tree)
    held = [sum(snapshot.exists(join(folder, path)) for path in paths) for folder in candidates]
    most = max(held, default=0)
    return candidates[held.index(most)] if most else None
