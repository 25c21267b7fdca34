"""Which items of a large tree are worth a line: the largest, and one line for the rest of each group."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush

from prebake.project.measuring.attribution import ContextEntry
from prebake.project.measuring.scan import Size, sum_of
from prebake.records import NamedTuple
from prebake.syntax.ignorefile import Pattern

_LEAST_SHARE = 0.01
"""Below the top, items of a smaller part of the whole are not worth a line where lines are few."""
_UNLIKE = 0.1
"""A group whose largest item is a smaller part of it holds many alike things: shards, images, modules."""
_NEARER = 3.0
"""How many times larger an item must be to be as interesting as one in the group above."""
_DEEPEST = 100
"""Levels that are shown at most."""


class Item(NamedTuple):
    """A line that may be shown: an entry of the context, or a pattern that stands for what it decides about.

    ``key`` is unique in its tree, and what :class:`View` gives the items in it for; ``opens`` says whether these are of
    interest.
    """

    key: str
    name: str
    size: Size
    about: ContextEntry | Pattern
    opens: bool

    @property
    def is_group(self) -> bool:
        """Whether it stands for several files: a folder or a pattern."""
        return isinstance(self.about, Pattern) or self.about.is_folder


class View(NamedTuple):
    """A tree to be shown: ``children`` gives the items in one with that key, largest first, ``""`` for the uppermost;
    ``size`` is that of the whole.
    """

    size: Size
    children: Callable[[str], Sequence[Item]]


class Node:
    """An item that is shown, ``None`` for the whole tree.

    ``children`` are those in it that are shown, largest first; ``hidden`` the number of the others, ``hidden_size``
    their size. ``depth`` counts the items above.
    """

    def __init__(self, item: Item | None, size: Size, depth: int) -> None:
        self.item = item
        self.size = size
        self.depth = depth
        self.children: list[Node] = []
        self.hidden = 0
        self.hidden_size = Size()

    @property
    def key(self) -> str:
        """The item's key."""
        return self.item.key if self.item is not None else ""

    @property
    def lines(self) -> int:
        """The lines that what is shown in it takes."""
        own = len(self.children) + bool(self.children and self.hidden)
        return own + sum(child.lines for child in self.children)


def choose(view: View, lines: int | None, depth: int | None = None, *, plain: bool = False) -> Node:
    """The tree of those items that fit into a number of lines (``None``: all), the largest of the whole tree first, at
    most ``depth`` levels of them. The lines for the rest of a group count.

    Not ``plain``, it is for people: a group that holds a single item shares its line, what stands further up comes
    first, and lines are not spent on many alike things or on what hardly counts.
    """
    root = Node(None, view.size, 0)
    deepest = _DEEPEST if depth is None else min(depth, _DEEPEST)
    picky = lines is not None and not plain
    least = int(view.size.bytes * _LEAST_SHARE) if picky else 0
    waiting: list[tuple[float, float, str, Node, Node]] = []
    used = 0

    def open_group(node: Node) -> None:
        if node.depth >= deepest or (node.item is not None and not (node.item.is_group and node.item.opens)):
            return
        below = view.children(node.key)
        node.hidden = len(below)
        if picky and node is not root and below and below[0].size.bytes < node.size.bytes * _UNLIKE:
            return
        small = sum(item.size.bytes < least for item in below)
        weight = 1 if plain else _NEARER**-node.depth
        for item in below:
            # One item takes no more lines than "1 more" does.
            if node is root or item.size.bytes >= least or small == 1:
                shown = item if plain else _joined(view, item)
                child = Node(shown, item.size, node.depth + 1)
                heappush(waiting, (-item.size.bytes * weight, -item.size.files * weight, item.key, child, node))

    open_group(root)
    while waiting:
        *_, child, above = heappop(waiting)
        # A line of its own, and the first one in a group needs another one for the rest.
        cost = 1 + (not above.children and above.hidden > 1) - (bool(above.children) and above.hidden == 1)
        if lines is not None and used + cost > lines:
            lines = used  # only what takes the place of a line for the rest still fits
            continue
        used += cost
        above.children.append(child)
        above.hidden -= 1
        open_group(child)
    _sum_up(root)
    return root


def _joined(view: View, item: Item) -> Item:
    """An item, or the one far below it that is all that its folder has, with both names."""
    while isinstance(item.about, ContextEntry) and item.is_group and item.opens:
        below = view.children(item.key)
        if len(below) != 1:
            break
        item = below[0]._replace(name=f"{item.name}/{below[0].name}")
    return item


def _sum_up(root: Node) -> None:
    """Work out what the hidden items have together."""
    todo = [root]
    while todo:
        node = todo.pop()
        node.hidden_size = node.size.minus(sum_of(child.size for child in node.children))
        todo += node.children
