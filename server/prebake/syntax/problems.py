"""Why Docker refuses an instruction, as far as its own lines show it."""

from __future__ import annotations

from functools import lru_cache

from prebake.regex import regex
from prebake.syntax.expand import unquote
from prebake.syntax.forms import KEYWORDS, Form
from prebake.syntax.header import Header

_STAGE_NAME = regex(r"[a-z][a-z0-9\-_.]*")


@lru_cache(maxsize=4096)
def problem_of(header: Header) -> str | None:
    """A phrase for messages; ``None`` when nothing is known against the instruction."""
    keyword = header.keyword
    if not keyword:
        return "a line continuation without an instruction"
    if keyword not in KEYWORDS:
        return f"unknown instruction {keyword}"
    if header.cut is not None:
        return header.cut
    if header.has_open_flag:
        return "unterminated quote in a flag"
    if header.array is not None and header.array.strings is None:
        return "a JSON array of arguments may hold strings only"
    if header.form is Form.COMMAND:
        return None
    if header.is_empty:
        return f"{keyword} without arguments"
    if header.onbuild is not None:
        if header.onbuild.keyword in ("FROM", "MAINTAINER", "ONBUILD"):
            return f"{header.onbuild.keyword} is not allowed in ONBUILD"
        return problem_of(header.onbuild)
    if keyword in ("ENV", "LABEL") and any(pair.value is None for pair in header.pairs):
        return f"{keyword} needs a value for each name"
    if any(not pair.name for pair in header.pairs):
        return f"{keyword} needs a name before each ="
    if keyword in ("ADD", "COPY") and len(header.words) < 2:
        return f"{keyword} needs at least one source and a destination"
    if header.json is None and any(unquote(word.raw, header.escape) is None for word in header.words):
        return "malformed quotes or variables"
    return _from_problem(header) if keyword == "FROM" else None


def _from_problem(header: Header) -> str | None:
    words = header.words
    if len(words) == 1:
        return None
    if len(words) != 3 or words[1].raw.lower() != "as":
        return "FROM takes an image, or an image, AS and a name"
    if not _STAGE_NAME.fullmatch(words[2].raw.lower()):
        return f"{words[2].raw} is no name for a stage"
    return None
