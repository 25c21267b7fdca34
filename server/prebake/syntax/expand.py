"""Variables in Dockerfile words: their references, and their replacement with BuildKit's rules."""

from __future__ import annotations

import re
from typing import NamedTuple

from prebake.syntax.lex import Lexer, LexError, Lookup

_NAME = re.compile(r"[^\W\d]\w*")


class Reference(NamedTuple):
    """A use of a variable.

    ``start`` and ``end`` are indexes into the text that was searched, from the ``$`` to behind the name or the brace. ``default`` is the
    raw word of ``${x:-word}`` and ``${x-word}``, else ``None``.
    """

    name: str
    start: int
    end: int
    default: str | None


def expand(raw: str, lookup: Lookup, escape: str = "\\") -> str | None:
    """The value of a word: variables replaced, quotes and escapes removed.

    ``lookup`` gives a variable's value, or ``None`` for one that is not set or not known. Such a variable is empty for ``${x:+word}``,
    takes the word of ``${x:-word}``, and makes the result ``None`` where its own value is needed. Malformed text gives ``None`` too.
    Source: the Dockerfile reference, "Environment replacement", and BuildKit's shell lexer.
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


def references(raw: str, escape: str = "\\") -> tuple[Reference, ...]:
    """The variables a text refers to, in the order of their ``$``, those inside defaults included.

    Text in single quotes and escaped dollars do not count. Never raises: what is left open ends with the text and is left out.
    """
    if "$" not in raw:
        return ()
    found: list[Reference] = []
    opened: list[
        tuple[str, int, int | None, bool]
    ] = []  # name, start, start of the default, whether inside double quotes
    special = re.compile("[$'\"}" + re.escape(escape) + "]")
    quoted = False
    at = 0
    while match := special.search(raw, at):
        char, start = match[0], match.start()
        at = start + 1
        if char == escape:
            at += 1
        elif char == '"':
            quoted = not quoted
        elif char == "'":
            if not quoted:
                at = raw.find("'", at) + 1
                if not at:
                    break
        elif char == "}":
            if opened and opened[-1][3] == quoted:
                name, begin, default, _ = opened.pop()
                found.append(Reference(name, begin, at, None if default is None else raw[default:start]))
        else:
            braced = raw.startswith("{", at)
            name_match = _NAME.match(raw, at + braced)
            if name_match is None:
                continue
            at = name_match.end()
            if not braced:
                found.append(Reference(name_match[0], start, at, None))
                continue
            default_at = None
            if raw.startswith((":-", "-"), at):
                default_at = at + (2 if raw[at] == ":" else 1)
            opened.append((name_match[0], start, default_at, quoted))
    found.sort(key=lambda reference: reference.start)
    return tuple(found)
