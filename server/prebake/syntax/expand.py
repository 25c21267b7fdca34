"""Variables in Dockerfile words: their references, and their replacement with BuildKit's rules."""

from __future__ import annotations

import re

from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.lex import Lexer, LexError, Lookup

_MAX_DEPTH = 40  # of nested defaults that are cut out; each level copies the text again
_NAME = regex(r"[^\W\d]\w*")
_BRACED = regex(r"\{[#!]?([^\W\d]\w*)(:?-)?")


class Reference(NamedTuple):
    """A use of a variable.

    ``start`` and ``end`` are indexes into the text that was searched, from the ``$`` to behind the name or the brace.
    ``default`` is the raw word of ``${x:-word}`` and ``${x-word}``, else ``None``.
    """

    name: str
    start: int
    end: int
    default: str | None


def expand(raw: str, lookup: Lookup, escape: str = "\\") -> str | None:
    """The value of a word: variables replaced, quotes and escapes removed.

    ``lookup`` gives a variable's value, or ``None`` for one that is not set or not known. Such a variable is empty
    for ``${x:+word}``, takes the word of ``${x:-word}``, and makes the result ``None`` where its own value is needed.
    Malformed text gives ``None`` too. Source: the Dockerfile reference, "Environment replacement", and BuildKit's
    shell lexer.
    """
    if "$" not in raw:
        return unquote(raw, escape)
    lexer = Lexer(raw, escape, lookup)
    try:
        value = lexer.run()
    except LexError:
        return None
    return None if lexer.unknown else value


def unquote(raw: str, escape: str = "\\") -> str | None:
    """A word without its quotes and escapes, variables kept; ``None`` where a quote or a brace is open."""
    if "'" not in raw and '"' not in raw and escape not in raw and "${" not in raw:
        return raw
    try:
        return Lexer(raw, escape).run()
    except LexError:
        return None


def references(raw: str, escape: str = "\\", *, quotes: bool = True) -> tuple[Reference, ...]:
    """The variables a text refers to, in the order of their ``$``, those inside defaults included.

    Text in single quotes does not count, nor an escaped dollar; with ``quotes`` false, as for the body of a
    here-document, quotes mean nothing. ``${#name}`` and the shell's other forms count as well. Never raises: a quote
    that nothing closes is taken literally, and a brace that nothing closes ends with the text.
    """
    if "$" not in raw:
        return ()
    found: list[Reference] = []
    opened: list[_Open] = []
    special = re.compile("[$}" + ("'\"" if quotes else "") + re.escape(escape) + "]")
    doubled = False
    last_single = raw.rfind("'")
    at = 0
    while match := special.search(raw, at):
        char, start = match[0], match.start()
        at = start + 1
        if char == escape:
            at += 1
        elif char == '"':
            doubled = not doubled
        elif char == "'":
            if not doubled and start < last_single:
                at = raw.index("'", at) + 1
        elif char == "}":
            if opened and opened[-1].doubled == doubled:
                found.append(opened.pop().close(raw, start))
        elif (braced := _BRACED.match(raw, at)) is not None:
            at = braced.end()
            default = at if braced[2] and len(opened) < _MAX_DEPTH else None
            opened.append(_Open(braced[1], start, default, doubled))
        elif (name := _NAME.match(raw, at)) is not None:
            at = name.end()
            found.append(Reference(name[0], start, at, None))
    found.extend(item.close(raw, len(raw)) for item in opened)
    found.sort(key=lambda reference: reference.start)
    return tuple(found)


class _Open(NamedTuple):
    name: str
    start: int
    default: int | None
    doubled: bool

    def close(self, raw: str, brace: int) -> Reference:
        default = None if self.default is None else raw[self.default : brace]
        return Reference(self.name, self.start, min(brace + 1, len(raw)), default)
