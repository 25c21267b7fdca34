"""Symbolic links as builders follow them: within the context, whose top folder is their ``/``."""

from __future__ import annotations

from prebake.files import Snapshot, join

_MOST_LINKS = 40


def led_to(snapshot: Snapshot, root: str, path: str) -> str | None:
    """Where a path leads, both relative to the top folder ``root``; itself where no link is on the way, ``None`` where
    links go round in circles.

    An absolute target counts from ``root``, and ``..`` does not lead out of it. So a link that holds the absolute path
    of a file in the context does not lead there for a builder. Whether anything is at the end is not asked.
    """
    todo = path.split("/")[::-1]
    done: list[str] = []
    links = 0
    while todo:
        part = todo.pop()
        if part == "..":
            del done[-1:]
        elif part not in ("", "."):
            target = snapshot.link(join(root, "/".join((*done, part))))
            if target is None:
                done.append(part)
                continue
            links += 1
            if links > _MOST_LINKS:
                return None
            if target.startswith("/"):
                done = []
            todo += target.split("/")[::-1]
    return "/".join(done)
