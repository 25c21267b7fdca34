"""Which entries of a large tree are worth a line: the largest, and one line for the rest of each folder."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush

from prebake.project.attribution import ContextEntry
from prebake.project.scan import Size, sum_of
from prebake.records import NamedTuple

_LEAST_SHARE = 0.01
"""Below the top, entries of a smaller part of the whole are not worth a line where lines are few."""
_UNLIKE = 0.1
"""A folder whose largest entry is a smaller part of it holds many alike things: shards, images, modules."""
_DEEPEST = 100
"""Levels of folders that are shown at most."""


class View(NamedTuple):
    """A tree to be shown: ``children`` gives what lies in a folder with the size that counts here, largest first;
    ``opens`` says whether what lies in a folder is of interest; ``size`` is that of the whole.
    """

    size: Size
    children: Callable[[str], Sequence[tuple[ContextEntry, Size]]]
    opens: Callable[[ContextEntry], bool]


class Node:
    """An entry that is shown. ``children`` are those in it that are shown, largest first; ``hidden`` the number of the
    others, ``hidden_size`` their size. ``name`` is the path from the parent: a folder that holds a single entry shares
    its line.
    """

    def __init__(self, entry: ContextEntry | None, name: str, size: Size, depth: int) -> None:
        """``entry`` is ``None`` for the context itself; ``depth`` counts the folders above."""
        self.entry = entry
        self.name = name
        self.size = size
        self.depth = depth
        self.children: list[Node] = []
        self.hidden = 0
        self.hidden_size = Size()

    @property
    def path(self) -> str:
        """The entry's path relative to the context root."""
        return self.entry.path if self.entry is not None else ""

    @property
    def lines(self) -> int:
        """The lines that what is shown in it takes."""
        own = len(self.children) + bool(self.children and self.hidden)
        return own + sum(child.lines for child in self.children)

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.entry is None or self.entry.is_folder


def choose(view: View, lines: int | None, depth: int | None = None, *, plain: bool = False) -> Node:
    """The tree of those entries that fit into a number of lines (``None``: all), the largest of the whole tree first,
    at most ``depth`` levels of them. The lines for the rest of a folder count.

    Not ``plain``, it is for people: a folder that holds a single entry shares its line, and lines are not spent on many
    alike things or on what hardly counts.
    """
    root = Node(None, "", view.size, 0)
    deepest = _DEEPEST if depth is None else min(depth, _DEEPEST)
    picky = lines is not None and not plain
    least = int(view.size.bytes * _LEAST_SHARE) if picky else 0
    waiting: list[tuple[int, int, str, Node, Node]] = []
    used = 0

    def open_folder(node: Node) -> None:
        if not node.is_folder or node.depth >= deepest or (node.entry is not None and not view.opens(node.entry)):
            return
        below = view.children(node.path)
        node.hidden = len(below)
        if picky and node is not root and below and below[0][1].bytes < node.size.bytes * _UNLIKE:
            return
        small = sum(size.bytes < least for _, size in below)
        for entry, size in below:
            # One entry takes no more lines than "1 more" does.
            if node is root or size.bytes >= least or small == 1:
                name = entry.name
                if not plain:
                    entry, size, name = _joined(view, entry, size)
                child = Node(entry, name, size, node.depth + 1)
                heappush(waiting, (-size.bytes, -size.files, child.path, child, node))

    open_folder(root)
    while waiting:
        *_, child, above = heappop(waiting)
        # A line of its own, and the first one in a folder needs another one for the rest.
        cost = 1 + (not above.children and above.hidden > 1) - (bool(above.children) and above.hidden == 1)
        if lines is not None and used + cost > lines:
            lines = used  # only what takes the place of a line for the rest still fits
            continue
        used += cost
        above.children.append(child)
        above.hidden -= 1
        open_folder(child)
    _sum_up(root)
    return root


def _joined(view: View, entry: ContextEntry, size: Size) -> tuple[ContextEntry, Size, str]:
    """An entry, or the one far below it that is all that its folder has; and its name."""
    name = entry.name
    while entry.is_folder and view.opens(entry):
        below = view.children(entry.path)
        if len(below) != 1:
            break
        entry, size = below[0]
        name = f"{name}/{entry.name}"
    return entry, size, name


def _sum_up(root: Node) -> None:
    """Work out what the hidden entries have together."""
    todo = [root]
    while todo:
        node = todo.pop()
        shown = sum_of(child.size for child in node.children)
        node.hidden_size = Size(node.size.bytes - shown.bytes, node.size.files - shown.files)
        todo += node.children
