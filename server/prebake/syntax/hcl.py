"""Reading HCL, the language of bake files, with the place of every attribute and block.

Of broken and half-typed text everything that can be read is kept: an attribute whose value is no expression has an
:class:`Unreadable` one, and reading goes on at the next line. Source: HCL's native syntax specification.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache, partial

from prebake.regex import regex
from prebake.syntax.hcl_nodes import (
    Attribute,
    Block,
    Body,
    Call,
    Choice,
    Expression,
    For,
    Item,
    ListOf,
    Literal,
    Name,
    ObjectOf,
    Operation,
    Template,
    Unreadable,
)
from prebake.syntax.hcl_scanner import MAX_DEPTH, NAME, Malformed, Scanner
from prebake.text import MAX_BY_HAND, Text

_NUMBER = regex(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_PLAIN = regex(r'[^"\\$%\n]+')
_PLAIN_LINES = regex(r"[^$%]+")
_HERE = regex(r"<<(-?)([^\W\d][\w-]*)[ \t]*\r?\n")
_ESCAPE = regex(r'\\(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([nrt"\\]))')
_CONSTANTS = {"true": True, "false": False, "null": None}
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_Read = Callable[[], Expression]
_LEVELS = (("||",), ("&&",), ("==", "!="), ("<=", ">=", "<", ">"), ("+", "-"), ("*", "/", "%"))


@lru_cache(maxsize=64)
def parse_hcl(text: Text) -> Body:
    """The body of an HCL text; an empty one for a text that is too long. Never raises."""
    if len(text.content) > MAX_BY_HAND:
        return Body()
    return _Reader(text.content).body(closes=False)


def parse_template(content: str) -> Expression:
    """What a text means in which ``${...}`` stands for values, as in the strings of HCL's JSON form."""
    if ("${" not in content and "%{" not in content) or len(content) > MAX_BY_HAND:
        return Literal(content)
    try:
        return _Reader(content).template(quoted=False)
    except Malformed:
        return Unreadable(content)


class _Reader(Scanner):
    def body(self, *, closes: bool) -> Body:
        """Attributes and blocks up to the end or, with ``closes``, behind the closing brace."""
        attributes: list[Attribute] = []
        blocks: list[Block] = []
        while True:
            self.skip(lines=True)
            if self.at >= self.end:
                break
            if self.text[self.at] == "}":
                self.at += 1
                if closes:
                    break
                continue
            depth = self.depth
            try:
                self.enter()
                self._item(attributes, blocks)
            except Malformed:
                self.to_next_line()
            self.depth = depth
        return Body(tuple(attributes), tuple(blocks))

    def template(self, *, quoted: bool) -> Expression:
        """Text with interpolations up to a quote, or to the end where it stands in none."""
        parts: list[str | Expression] = []
        plain = _PLAIN if quoted else _PLAIN_LINES
        while self.at < self.end:
            run = plain.match(self.text, self.at, self.end)
            if run is not None:
                parts.append(run.group())
                self.at = run.end()
                continue
            char = self.text[self.at]
            if quoted and char in '"\n':
                break
            parts.append(self._special(char))
        if any(isinstance(part, Unreadable) for part in parts):
            return Unreadable()
        if all(isinstance(part, str) for part in parts):
            return Literal("".join(part for part in parts if isinstance(part, str)))
        if len(parts) == 1 and not isinstance(parts[0], str):
            return parts[0]
        return Template(tuple(parts))

    def _item(self, attributes: list[Attribute], blocks: list[Block]) -> None:
        start = self.at
        lines_count, self.lines_count = self.lines_count, True
        try:
            name = self.name()
            self.skip()
            if self.text.startswith("=", self.at) and not self.text.startswith("==", self.at):
                self.at += 1
                self.skip()
                attributes.append(self._attribute(name, start))
            else:
                blocks.append(self._block(name, start))
        finally:
            self.lines_count = lines_count

    def _attribute(self, name: str, start: int) -> Attribute:
        value_start, depth = self.at, self.depth
        try:
            value = self._expression()
            end = self.last
            self.skip()
            if self.at < self.end and self.text[self.at] not in "\n}":
                raise Malformed
        except Malformed:
            self.depth = depth
            self.to_next_line()
            end = max(value_start, self.at - 1)
            value = Unreadable()
        return Attribute(name, value, start, value_start, end)

    def _block(self, kind: str, start: int) -> Block:
        labels: list[str] = []
        while not self.take("{"):
            if self.take('"'):
                label = self.template(quoted=True)
                self.need('"')
                if not isinstance(label, Literal) or not isinstance(label.value, str):
                    raise Malformed
                labels.append(label.value)
            else:
                labels.append(self.name())
        body = self.body(closes=True)
        return Block(kind, tuple(labels), body, start, self.at)

    def _expression(self) -> Expression:
        self.enter()
        condition = self._binary(0)
        if self.take("?"):
            yes = self._expression()
            self.need(":")
            condition = Choice(condition, yes, self._expression())
        self.depth -= 1
        return condition

    def _binary(self, level: int) -> Expression:
        if level == len(_LEVELS):
            return self._unary()
        left = self._binary(level + 1)
        while (operator := next((token for token in _LEVELS[level] if self.take(token)), None)) is not None:
            left = Operation(operator, (left, self._binary(level + 1)))
        return left

    def _unary(self) -> Expression:
        signs: list[str] = []
        while len(signs) < MAX_DEPTH and (sign := next((sign for sign in "!-" if self.take(sign)), None)) is not None:
            signs.append(sign)
        value = self._postfix()
        for sign in reversed(signs):
            value = Operation(sign, (value,))
        return value

    def _postfix(self) -> Expression:
        value = self._primary()
        while True:
            self.skip()
            if self.text.startswith(".", self.at) and not self.text.startswith("...", self.at):
                self.at += 1
                value = self._step(value)
            elif self.text.startswith("[", self.at) and self.at < self.end:
                self.at += 1
                value = self._inside("]", partial(self._index, value))
            else:
                return value

    def _step(self, base: Expression) -> Expression:
        if self.take("*"):
            return Unreadable()
        number = _NUMBER.match(self.text, self.at, self.end)
        if number is not None:
            self.at = self.last = number.end()
            written = number.group()
            return Item(base, Literal(int(written)) if written.isdecimal() and len(written) < 10 else Unreadable())
        return Item(base, Literal(self.name()))

    def _index(self, base: Expression) -> Expression:
        return Unreadable() if self.take("*") else Item(base, self._expression())

    def _inside(self, closing: str, read: _Read) -> Expression:
        """What stands between brackets, of which the opening one has been passed."""
        lines_count, self.lines_count = self.lines_count, False
        try:
            value = read()
            self.need(closing)
        finally:
            self.lines_count = lines_count
        return value

    def _primary(self) -> Expression:
        self.skip()
        if self.at >= self.end:
            raise Malformed
        char = self.text[self.at]
        if char == '"':
            self.at += 1
            value = self.template(quoted=True)
            if not self.text.startswith('"', self.at):
                raise Malformed
            self.at = self.last = self.at + 1
            return value
        if char in "([{":
            self.at += 1
            reads: dict[str, tuple[str, _Read]] = {
                "(": (")", self._expression),
                "[": ("]", self._list),
                "{": ("}", self._object),
            }
            return self._inside(*reads[char])
        number = _NUMBER.match(self.text, self.at, self.end)
        if number is not None:
            self.at = self.last = number.end()
            written = number.group()
            return Literal(int(written) if written.isdecimal() and len(written) < 100 else float(written))
        if char == "<":
            return self._heredoc()
        name = self.name()
        if name in _CONSTANTS:
            return Literal(_CONSTANTS[name])
        if self.text.startswith("(", self.at):
            self.at += 1
            return self._inside(")", lambda: self._call(name))
        if self.text.startswith("::", self.at):
            raise Malformed
        return Name(name)

    def _call(self, name: str) -> Expression:
        arguments: list[Expression] = []
        spread = False
        while not self._closed(")"):
            arguments.append(self._expression())
            spread = self.take("...")
            if spread or not self.take(","):
                break
        return Call(name, tuple(arguments), spread)

    def _closed(self, closing: str) -> bool:
        self.skip()
        return self.at >= self.end or self.text.startswith(closing, self.at)

    def _starts_for(self) -> bool:
        self.skip()
        found = NAME.match(self.text, self.at, self.end)
        if found is None or found.group() != "for":
            return False
        self.at = found.end()
        return True

    def _list(self) -> Expression:
        if self._starts_for():
            return self._for(is_object=False)
        items: list[Expression] = []
        while not self._closed("]"):
            items.append(self._expression())
            if not self.take(","):
                break
        return ListOf(tuple(items))

    def _object(self) -> Expression:
        if self._starts_for():
            return self._for(is_object=True)
        pairs: list[tuple[Expression, Expression]] = []
        while not self._closed("}"):
            key = self._expression()
            if isinstance(key, Name):
                key = Literal(key.name)
            if not self.take("=") and not self.take(":"):
                raise Malformed
            # The value ends with its line, unless it is in brackets of its own.
            lines_count, self.lines_count = self.lines_count, True
            try:
                self.skip(lines=True)
                pairs.append((key, self._expression()))
                self.skip()
            finally:
                self.lines_count = lines_count
            if not self.text.startswith(("\n", ",", "}"), self.at):
                raise Malformed
            self.take(",")
        return ObjectOf(tuple(pairs))

    def _for(self, *, is_object: bool) -> Expression:
        names = [self.name()]
        if self.take(","):
            names.append(self.name())
        if self.name() != "in":
            raise Malformed
        collection = self._expression()
        self.need(":")
        key: Expression | None = None
        value = self._expression()
        if is_object:
            self.need("=>")
            key, value = value, self._expression()
        grouped = self.take("...")
        condition: Expression | None = None
        if not self._closed("}" if is_object else "]"):
            if self.name() != "if":
                raise Malformed
            condition = self._expression()
        return For(tuple(names), collection, key, value, condition, grouped)

    def _special(self, char: str) -> str | Expression:
        """An escape, an interpolation, or a character that only looks like the beginning of one."""
        text, at = self.text, self.at
        if char == "\\":
            found = _ESCAPE.match(text, at, self.end)
            if found is None:
                raise Malformed
            self.at = found.end()
            short, long, plain = found.groups()
            if plain is not None:
                return _ESCAPES.get(plain, plain)
            code = int(short or long, 16)
            return chr(code) if code < 0x110000 else "\ufffd"
        if text.startswith((f"{char}{char}{{",), at):
            self.at += 3
            return f"{char}{{"
        if not text.startswith("{", at + 1) or at + 1 >= self.end:
            self.at += 1
            return char
        self.at += 2
        if text.startswith("~", self.at):
            self.at += 1
        if char == "%":
            return self._inside("}", self._directive)
        return self._inside("}", self._interpolated)

    def _interpolated(self) -> Expression:
        value = self._expression()
        self.take("~")
        return value

    def _directive(self) -> Expression:
        """``%{ if ... }`` and its like, which are not evaluated."""
        close = self.text.find("}", self.at, self.end)
        self.at = self.end if close < 0 else close
        return Unreadable()

    def _heredoc(self) -> Expression:
        found = _HERE.match(self.text, self.at, self.end)
        if found is None:
            raise Malformed
        start = found.end()
        closing = regex(rf"^[ \t]*{found[2]}[ \t]*\r?$", re.MULTILINE).search(self.text, start, self.end)
        stop = self.end if closing is None else closing.start()
        outer, self.end, self.at = self.end, stop, start
        lines_count, self.lines_count = self.lines_count, False
        try:
            value = self.template(quoted=False)
        finally:
            self.end, self.lines_count = outer, lines_count
        self.at = self.last = outer if closing is None else min(closing.end(), outer)
        if found[1] and isinstance(value, Literal) and isinstance(value.value, str):
            from textwrap import dedent

            return Literal(dedent(value.value))
        return value
