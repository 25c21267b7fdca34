"""JSON with comments and trailing commas, as editors and bake read it, as the same tree of nodes that YAML gives."""

from __future__ import annotations

from functools import lru_cache

from prebake.project.yamltree import Node
from prebake.regex import regex
from prebake.text import MAX_BY_HAND, Text

_MAX_DEPTH = 50

_BLANK = regex(r"\s+")
_STRING = regex(r'"((?:[^"\\\n]|\\.)*)"')
_SCALAR = regex(r"[\w.+-]+")
_ESCAPE = regex(r"\\(?:u([0-9a-fA-F]{4})|(.))")
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


@lru_cache(maxsize=64)
def load_json(text: Text) -> Node | None:
    """The value of a JSON text; ``None`` when it is empty, broken or too large. Never raises."""
    if len(text.content) > MAX_BY_HAND:
        return None
    reader = _Reader(text)
    try:
        value = reader.value(0)
        reader.skip()
    except _Malformed:
        return None
    return value if reader.at == len(text.content) else None


class _Malformed(Exception):
    """What stands here is not what must."""


class _Reader:
    def __init__(self, text: Text) -> None:
        self._text = text
        self._content = text.content
        self.at = 0

    def skip(self) -> None:
        """Pass blanks and comments."""
        content = self._content
        while self.at < len(content):
            found = _BLANK.match(content, self.at)
            if found is not None:
                self.at = found.end()
            elif content.startswith("//", self.at):
                following = content.find("\n", self.at)
                self.at = len(content) if following < 0 else following
            elif content.startswith("/*", self.at):
                close = content.find("*/", self.at + 2)
                self.at = len(content) if close < 0 else close + 2
            else:
                return

    def value(self, depth: int) -> Node:
        """The next value."""
        self.skip()
        if depth > _MAX_DEPTH:
            raise _Malformed
        start = self.at
        if self._take("{"):
            return self._object(start, depth)
        if self._take("["):
            items: list[Node] = []
            while not self._take("]"):
                items.append(self.value(depth + 1))
                self._separator("]")
            return Node("sequence", self._text.span(start, self.at), items=tuple(items))
        if self._content.startswith('"', start):
            return self._string()
        found = _SCALAR.match(self._content, start)
        if found is None:
            raise _Malformed
        self.at = found.end()
        return Node("scalar", self._text.span(start, self.at), found.group(), is_null=found.group() == "null")

    def _object(self, start: int, depth: int) -> Node:
        pairs: dict[str, tuple[Node, Node]] = {}
        while not self._take("}"):
            key = self._string()
            if not self._take(":"):
                raise _Malformed
            pairs[key.text] = (key, self.value(depth + 1))
            self._separator("}")
        keys, items = zip(*pairs.values(), strict=True) if pairs else ((), ())
        return Node("mapping", self._text.span(start, self.at), items=items, keys=keys)

    def _string(self) -> Node:
        self.skip()
        found = _STRING.match(self._content, self.at)
        if found is None:
            raise _Malformed
        start, self.at = self.at, found.end()
        value = found[1]
        if "\\" in value:
            value = _ESCAPE.sub(
                lambda escape: chr(int(escape[1], 16)) if escape[1] else _ESCAPES.get(escape[2], escape[2]), value
            )
        return Node("scalar", self._text.span(start, self.at), value)

    def _take(self, token: str) -> bool:
        self.skip()
        if not self._content.startswith(token, self.at):
            return False
        self.at += 1
        return True

    def _separator(self, closing: str) -> None:
        """A comma, which may be missing only in front of the closing bracket."""
        if not self._take(","):
            self.skip()
            if not self._content.startswith(closing, self.at):
                raise _Malformed
