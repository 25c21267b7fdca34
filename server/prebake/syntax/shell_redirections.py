"""Reading redirections and the bodies of here-documents."""

from __future__ import annotations

import re

from prebake.regex import regex
from prebake.syntax.shell_nodes import Redirection
from prebake.syntax.shell_words import WordReader

#: The characters that a redirection may start with.
STARTS = frozenset("0123456789<>&{")

_REDIRECTION = regex(r"(\d++|\{[A-Za-z_]\w*+\})?(<<<|<<-|<<|<&|<>|<(?!\()|>>|>&|>\||>(?!\()|&>>|&>)", re.ASCII)


def read_redirection(reader: WordReader, at: int) -> tuple[Redirection, int] | None:
    """The redirection at an index and the index behind it; None where there is none.

    A here-document is noted in ``reader.here_documents``: its body starts behind the next line end.
    """
    found = _REDIRECTION.match(reader.text, at, reader.end)
    if found is None:
        return None
    descriptor, operator = found.groups()
    start = reader.skip_blank(found.end())
    target, stop = reader.word(start)
    if stop == start:
        reader.fail("redirection without a target")
        stop = found.end()
    fd = int(descriptor[:9]) if descriptor and descriptor[0] != "{" else None
    redirection = Redirection(operator, target, fd, reader.offsets[at], reader.offsets[stop - 1] + 1)
    if operator in ("<<", "<<-") and target.raw:
        quoted = any(quote in target.raw for quote in "'\"\\")
        delimiter = target.value if quoted and target.value is not None else target.raw
        reader.here_documents.append((redirection, delimiter, not quoted))
    return redirection, stop


def read_here_documents(reader: WordReader, at: int) -> int:
    """Read the noted here-documents, whose bodies follow one another from an index; returns the index behind them."""
    pending, reader.here_documents = reader.here_documents, []
    for redirection, delimiter, expands in pending:
        at = _read_body(reader, at, redirection, delimiter, expands)
    return at


def _read_body(reader: WordReader, start: int, redirection: Redirection, delimiter: str, expands: bool) -> int:
    text, end = reader.text, reader.end
    strips_tabs = redirection.operator == "<<-"
    at = start
    while at < end:
        stop = text.find("\n", at, end)
        line = text[at : stop if stop >= 0 else end].removesuffix("\r")
        following = stop + 1 if stop >= 0 else end
        if (line.lstrip("\t") if strips_tabs else line) == delimiter:
            redirection.body = reader.body(start, at, expands=expands, strips_tabs=strips_tabs)
            return following
        at = following
    reader.fail("unterminated here-document")
    redirection.body = reader.body(start, at, expands=expands, strips_tabs=strips_tabs)
    return at
