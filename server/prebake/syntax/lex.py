"""Quotes, escapes and variables of a Dockerfile word, by the rules of BuildKit's lexer (frontend/dockerfile/shell)."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from prebake.regex import regex
from prebake.syntax.patterns import replace, trim
from prebake.syntax.tokens import BLANKS

Lookup = Callable[[str], str | None]

_MAX_DEPTH = 40  # of ``${a:-${b:-...}}``: deeper nesting is an attack or a slip, and would exhaust the stack
_TO_SPACE = {ord(blank): " " for blank in BLANKS}
_NAME = regex(r"\d+|[@*#?\-$!]|\w+")


class LexError(ValueError):
    """The word is malformed: an open quote, a missing brace, an unknown modifier, a bad pattern."""


@cache
def _plain(escape: str, stop: str) -> re.Pattern[str]:
    return re.compile("[^$'\"<" + re.escape(escape + stop) + "]+")


@cache
def _plain_quoted(escape: str) -> re.Pattern[str]:
    return re.compile('[^$"' + re.escape(escape) + "]+")


class Words:
    """Collects words: white space outside quotes ends one."""

    def __init__(self) -> None:
        self._done: list[str] = []
        self._word: list[str] = []

    def add(self, text: str) -> None:
        """Add text whose white space separates words."""
        parts = text.translate(_TO_SPACE).split(" ")
        for number, part in enumerate(parts):
            if number:
                self._end()
            if part:
                self._word.append(part)

    def add_quoted(self, text: str) -> None:
        """Add text whose white space belongs to the word."""
        if text:
            self._word.append(text)

    def _end(self) -> None:
        if self._word:
            self._done.append("".join(self._word))
            self._word.clear()

    def finish(self) -> list[str]:
        """The words."""
        self._end()
        return self._done


class Lexer:
    """Reads one text from its start to its end.

    With ``lookup`` variables are replaced, and ``unknown`` is true after :meth:`run` when the result needed one that
    ``lookup`` does not know; without it they are kept as written. ``keep_quotes`` and ``keep_escapes`` leave those
    characters in the result.
    """

    def __init__(
        self,
        text: str,
        escape: str = "\\",
        lookup: Lookup | None = None,
        *,
        keep_quotes: bool = False,
        keep_escapes: bool = False,
        words: Words | None = None,
    ) -> None:
        self._text = text
        self._at = 0
        self._escape = escape
        self._lookup = lookup
        self._keep_quotes = keep_quotes
        self._keep_escapes = keep_escapes
        self._words = words
        self._depth = 0
        self.unknown = False

    def run(self) -> str:
        """The text's value.

        Raises:
            LexError: the text is malformed.
        """
        return self._until("", self._keep_escapes, self._words)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _next(self) -> str:
        char = self._text[self._at : self._at + 1]
        self._at += 1
        return char

    def _until(self, stop: str, keep_escapes: bool, words: Words | None) -> str:
        text, length, escape = self._text, len(self._text), self._escape
        plain = _plain(escape, stop)
        out: list[str] = []
        outer, self._keep_escapes = self._keep_escapes, keep_escapes
        try:
            while self._at < length:
                char = text[self._at]
                if char == stop:
                    self._at += 1
                    return "".join(out)
                separates = False
                if char == "$":
                    piece = self._dollar()
                    separates = True
                elif char == "'":
                    piece = self._single_quoted()
                elif char == '"':
                    piece = self._double_quoted()
                elif char == escape:
                    self._at += 1
                    piece = (escape if keep_escapes else "") + self._next()
                elif char == "<":
                    piece = self._angle()
                else:
                    match = plain.match(text, self._at)
                    assert match is not None
                    self._at = match.end()
                    piece = match[0]
                    separates = True
                out.append(piece)
                if words is not None:
                    if separates:
                        words.add(piece)
                    else:
                        words.add_quoted(piece)
            if stop:
                raise LexError(f"missing {stop}")
            return "".join(out)
        finally:
            self._keep_escapes = outer

    def _angle(self) -> str:
        # Blanks between `<<` and the name of a here-document do not end the word.
        start = self._at
        self._at += 1
        if self._peek() == "<":
            self._at += 1
            while self._peek() and self._peek() in "\t\r ":
                self._at += 1
        return self._text[start : self._at]

    def _single_quoted(self) -> str:
        start = self._at
        end = self._text.find("'", start + 1)
        if end < 0:
            raise LexError("unterminated single quote")
        self._at = end + 1
        return self._text[start : end + 1] if self._keep_quotes else self._text[start + 1 : end]

    def _double_quoted(self) -> str:
        text, length, escape = self._text, len(self._text), self._escape
        plain = _plain_quoted(escape)
        quote = '"' if self._keep_quotes else ""
        out = [quote]
        self._at += 1
        while self._at < length:
            char = text[self._at]
            if char == '"':
                self._at += 1
                out.append(quote)
                return "".join(out)
            if char == "$":
                out.append(self._dollar())
            elif char == escape:
                self._at += 1
                if self._keep_escapes:
                    out.append(escape)
                following = self._peek()
                if following in ('"', "$", escape):
                    self._at += 1
                    out.append(following)
                elif following:
                    out.append(escape)
            else:
                match = plain.match(text, self._at)
                assert match is not None
                self._at = match.end()
                out.append(match[0])
        raise LexError("unterminated double quote")

    def _dollar(self) -> str:
        self._at += 1
        if self._peek() != "{":
            name = self._name()
            return self._value(name, "$" + name) if name else "$"
        self._at += 1
        if self._peek() in ("", "{", "}", ":"):
            raise LexError("bad substitution")
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise LexError("substitutions nested too deeply")
        name = self._name()
        operator = self._next()
        if operator == "}":
            value = self._value(name, "${" + name + "}")
        elif operator == "/":
            value = self._replace(name)
        elif operator == ":":
            value = self._modify(name, ":", self._next())
        elif operator and operator in "+-?#%":
            value = self._modify(name, "", operator)
        else:
            raise LexError(f"unsupported modifier ({operator}) in substitution")
        self._depth -= 1
        return value

    def _name(self) -> str:
        match = _NAME.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match[0]

    def _value(self, name: str, written: str) -> str:
        if self._lookup is None:
            return written
        value = self._lookup(name)
        if value is None:
            self.unknown = True
            return ""
        return value

    def _modify(self, name: str, colon: str, operator: str) -> str:
        trims = operator in ("#", "%")
        if colon and trims:
            raise LexError(f"unsupported modifier (:{operator}) in substitution")
        before, self.unknown = self.unknown, False
        word = self._until("}", trims, None)
        word_unknown, self.unknown = self.unknown, before
        if self._lookup is None:
            return "${" + name + colon + operator + word + "}"
        value = self._lookup(name)
        unset = value is None or (bool(colon) and not value)
        if operator == "-":
            if not unset:
                return value or ""
            self.unknown |= word_unknown
            return word
        if operator == "+":
            if unset:
                return ""
            self.unknown |= word_unknown
            return word
        if operator == "?":
            if unset:
                raise LexError(f"{name}: {word or 'is not allowed to be unset'}")
            return value or ""
        if not trims:
            raise LexError(f"unsupported modifier ({colon}{operator}) in substitution")
        self.unknown |= word_unknown
        if value is None:
            self.unknown = True
            return ""
        greedy = word.startswith(operator)
        try:
            return trim(value, word[1:] if greedy else word, greedy=greedy, suffix=operator == "%")
        except ValueError as error:
            raise LexError(str(error)) from error

    def _replace(self, name: str) -> str:
        every = self._peek() == "/"
        if every:
            self._at += 1
        pattern = self._until("/", True, None)
        replacement = self._until("}", True, None)
        if self._lookup is None:
            return "${" + name + "/" + pattern + "/" + replacement + "}"
        value = self._lookup(name)
        if value is None:
            self.unknown = True
            return ""
        try:
            return replace(value, pattern, replacement, every=every)
        except ValueError as error:
            raise LexError(str(error)) from error
