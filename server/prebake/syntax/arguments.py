"""Splitting an instruction's joined line: flags, words and JSON arrays, as BuildKit's line parsers split them.

All functions take indexes into the joined line and give such indexes back.
"""

from __future__ import annotations

import json
import re
from functools import cache

from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.tokens import BLANKS

_SEPARATED = regex(r"[^\t\v\f\r ]+")

_STRING = regex(r'"[^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\x00-\x1f]*+)*+"')
_JSON_BLANKS = regex(r"[ \t\r\n]*+")
_SPACES = regex(f"[{re.escape(BLANKS)}]*+")
_ASCII_SPACES = regex(r"[\t\n\v\f\r ]*+")
_NO_ASCII_SPACES = regex(r"[^\t\n\v\f\r ]*+")


class Piece(NamedTuple):
    """A part of the joined line with its meaning."""

    value: str
    start: int
    end: int


class Json(NamedTuple):
    """A JSON array. ``strings`` is ``None`` where an element is no string, which Docker refuses."""

    strings: tuple[Piece, ...] | None


@cache
def _word(escape: str) -> re.Pattern[str]:
    blanks, token = re.escape(BLANKS), re.escape(escape)
    return re.compile(
        rf"""(?:[^{blanks}'"{token}]++|{token}.|{token}\Z|'[^']*+(?:'|\Z)"""
        rf"""|"[^"{token}]*+(?:{token}.[^"{token}]*+)*+(?:"|{token}?\Z))++""",
        re.DOTALL,
    )


@cache
def _flag_part(escape: str) -> re.Pattern[str]:
    return re.compile("[^'\"\\t\\n\\v\\f\\r " + re.escape(escape) + "]+")


def skip(pattern: re.Pattern[str], text: str, at: int, end: int) -> int:
    """Where a match that begins at ``at`` ends; ``at`` when there is none."""
    match = pattern.match(text, at, end)
    return match.end() if match else at


def skip_blanks(text: str, at: int, end: int) -> int:
    """The index of the first character from ``at`` that is no white space."""
    return skip(_SPACES, text, at, end)


def first_word(text: str, at: int, end: int) -> tuple[int, int]:
    """Where HEALTHCHECK's first word ends and where what follows begins. BuildKit looks at bytes there, hence ASCII."""
    word_end = skip(_NO_ASCII_SPACES, text, at, end)
    return word_end, skip(_ASCII_SPACES, text, word_end, end)


def flags(text: str, at: int, end: int, escape: str) -> tuple[tuple[Piece, ...], int, bool]:
    """The leading words that begin with ``--``, unquoted; where the arguments begin; whether a quote was left open.

    A lone ``--`` ends the flags and is dropped. Only ASCII white space separates flags, as BuildKit looks at bytes.
    """
    found: list[Piece] = []
    part = _flag_part(escape)
    while True:
        at = skip(_ASCII_SPACES, text, at, end)
        if not text.startswith("--", at, end):
            return tuple(found), skip_blanks(text, at, end), False
        start = at
        value: list[str] = []
        quote = ""
        while at < end:
            char = text[at]
            if char == escape:
                value.append(text[at + 1 : min(at + 2, end)])
                at = min(at + 2, end)
            elif quote:
                if char == quote:
                    quote = ""
                    at += 1
                else:
                    stop = min(_find(text, quote, at, end), _find(text, escape, at, end))
                    value.append(text[at:stop])
                    at = stop
            elif char in "'\"":
                quote = char
                at += 1
            else:
                match = part.match(text, at, end)
                if match is None:  # white space ends the word
                    break
                value.append(match[0])
                at = match.end()
        flag = "".join(value)
        if flag == "--":
            return tuple(found), skip_blanks(text, at, end), False
        found.append(Piece(flag, start, at))
        if quote:
            return tuple(found), at, True


def _find(text: str, char: str, at: int, end: int) -> int:
    found = text.find(char, at, end)
    return found if found >= 0 else end


def separated_words(text: str, at: int, end: int) -> tuple[Piece, ...]:
    """Words of FROM, COPY, ADD, EXPOSE and VOLUME: quotes do not hold them together."""
    return tuple(Piece(match[0], *match.span()) for match in _SEPARATED.finditer(text, at, end))


def quoted_words(text: str, at: int, end: int, escape: str) -> tuple[Piece, ...]:
    """Words of ENV, ARG and LABEL: quotes and escapes hold white space together and stay in the value.

    An open quote takes the rest.
    """
    words = tuple(Piece(match[0], *match.span()) for match in _word(escape).finditer(text, at, end))
    return words[:-1] if words and words[-1].value == escape else words


def json_array(text: str, at: int, end: int) -> Json | None:
    """The JSON array that the text is; ``None`` where it is none, so that Docker takes the text literally."""
    at = skip_blanks(text, at, end)
    if not text.startswith("[", at, end):
        return None
    strings = _strings(text, at + 1, end)
    if strings is not None:
        return Json(strings)
    try:
        is_array = isinstance(json.loads(text[at:end], parse_constant=_refuse), list)
    except (ValueError, RecursionError):
        return None
    return Json(None) if is_array else None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")


def _strings(text: str, at: int, end: int) -> tuple[Piece, ...] | None:
    found: list[Piece] = []
    while True:
        at = skip(_JSON_BLANKS, text, at, end)
        if not found and text.startswith("]", at, end):
            break
        match = _STRING.match(text, at, end)
        if match is None:
            return None
        token = match[0]
        found.append(Piece(json.loads(token) if "\\" in token else token[1:-1], *match.span()))
        at = skip(_JSON_BLANKS, text, match.end(), end)
        if text.startswith("]", at, end):
            break
        if not text.startswith(",", at, end):
            return None
        at += 1
    return tuple(found) if skip(_JSON_BLANKS, text, at + 1, end) == end else None
