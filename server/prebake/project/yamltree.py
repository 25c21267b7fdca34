"""YAML as a tree of nodes that know their place, for compose files and workflows.

Values stay the text that was written: nothing is converted, no tag is acted on. Broken YAML gives no tree and no error.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import MAX_BY_HAND, Position, Span, Text

_MAX_BRACKETS = 100
_BRACKET = regex(r"[\[\]{}]")
_MAX_DEPTH = 50
_MAX_NODES = 200_000


class Node(NamedTuple):
    """A scalar (``text`` is its value), a sequence (``items``) or a mapping (``keys`` and ``items`` side by side, merge
    keys resolved).

    ``is_null`` tells an empty or null scalar from an empty string; ``is_block`` a ``|`` or ``>`` scalar, whose text
    begins on the line after ``span.start``.
    """

    kind: str
    span: Span
    text: str = ""
    items: tuple[Node, ...] = ()
    keys: tuple[Node, ...] = ()
    is_null: bool = False
    is_block: bool = False

    @property
    def line(self) -> int:
        """The 0-based line the node begins on."""
        return self.span.start.line

    @property
    def scalar(self) -> str | None:
        """The text of a scalar that is not null."""
        return self.text if self.kind == "scalar" and not self.is_null else None

    def get(self, *names: str) -> Node | None:
        """The value behind a chain of mapping keys."""
        node = self
        for name in names:
            found = next((value for key, value in node.pairs() if key.text == name), None)
            if found is None:
                return None
            node = found
        return node

    def pairs(self) -> Iterator[tuple[Node, Node]]:
        """The keys and values of a mapping; nothing for other nodes."""
        return zip(self.keys, self.items, strict=False)

    def sequence(self) -> tuple[Node, ...]:
        """The items of a sequence; nothing for other nodes."""
        return self.items if self.kind == "sequence" else ()

    def strings(self) -> tuple[str, ...]:
        """The scalars of a sequence, or a scalar alone."""
        nodes = self.sequence() or (self,)
        return tuple(node.text for node in nodes if node.scalar is not None)


@lru_cache(maxsize=32)
def load(text: Text) -> Node | None:
    """The first document of a YAML text; ``None`` when it is empty, broken or too large."""
    if len(text.content) > MAX_BY_HAND or _is_bottomless(text.content):
        return None
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        root = next(iter(YAML(typ="safe", pure=True).compose_all(text.content)), None)
        return None if root is None else _Converter().convert(root, 0)
    # ruamel.yaml raises many things for hostile input, from ValueError to AttributeError; none of them concerns us.
    except (YAMLError, ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError):
        return None


def _is_bottomless(content: str) -> bool:
    """Whether more brackets are open at once than anyone means; the reader's time grows with their square."""
    depth = 0
    for bracket in _BRACKET.findall(content):
        depth = depth + 1 if bracket in "[{" else max(depth - 1, 0)
        if depth > _MAX_BRACKETS:
            return True
    return False


class _Converter:
    """From ruamel.yaml's nodes to ours; aliases become the node they stand for."""

    def __init__(self) -> None:
        self._done: dict[int, Node] = {}
        self._open: set[int] = set()
        self._count = 0

    def convert(self, node: Any, depth: int) -> Node:
        known = self._done.get(id(node))
        if known is not None:
            return known
        self._count += 1
        start, end = node.start_mark, node.end_mark
        span = Span(Position(start.line, start.column), Position(end.line, end.column))
        empty = Node("scalar", span, is_null=True)
        if depth > _MAX_DEPTH or self._count > _MAX_NODES or id(node) in self._open:
            return empty
        self._open.add(id(node))
        made = self._made(node, span, depth)
        self._open.discard(id(node))
        self._done[id(node)] = made
        return made

    def _made(self, node: Any, span: Span, depth: int) -> Node:
        if node.id == "sequence":
            return Node("sequence", span, items=tuple(self.convert(item, depth + 1) for item in node.value))
        if node.id == "mapping":
            return self._mapping(node, span, depth)
        style = node.style
        is_null = not style and node.value in ("", "~", "null", "Null", "NULL")
        return Node("scalar", span, node.value, is_null=is_null, is_block=style in ("|", ">"))

    def _mapping(self, node: Any, span: Span, depth: int) -> Node:
        pairs: dict[str, tuple[Node, Node]] = {}
        merged: list[Node] = []
        for raw_key, raw_value in node.value:
            key, value = self.convert(raw_key, depth + 1), self.convert(raw_value, depth + 1)
            if key.text == "<<":
                merged += value.sequence() or (value,)
            else:
                pairs[key.text] = (key, value)
        for other in merged:
            for key, value in other.pairs():
                pairs.setdefault(key.text, (key, value))
        keys, items = zip(*pairs.values(), strict=True) if pairs else ((), ())
        return Node("mapping", span, items=items, keys=keys)
