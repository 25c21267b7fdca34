"""Here-documents: which ones a line announces, by BuildKit's rules."""

from __future__ import annotations

from prebake.regex import regex
from prebake.syntax.lex import Lexer, LexError, Words
from prebake.syntax.tokens import HeredocName

_WORD = regex(r"[0-9]*<<(-?)[\t\n\f\r ]*([^<]+)")


def heredoc_names(line: str) -> tuple[HeredocName, ...]:
    """The here-documents of a joined RUN, COPY or ADD line, in order.

    A line with an open quote has none, as for BuildKit.
    """
    if "<<" not in line:
        return ()
    names = []
    for word in _words(line, keep_quotes=True, keep_escapes=True) or ():
        match = _WORD.fullmatch(word)
        if match is None:
            continue
        plain = _words(match[2], keep_quotes=False, keep_escapes=False)
        quoted = _words(match[2], keep_quotes=True, keep_escapes=False)
        if plain is None or quoted is None or len(plain) != 1 or len(quoted) != 1:
            continue
        names.append(HeredocName(plain[0], _quotes(plain[0]) == _quotes(quoted[0]), bool(match[1])))
    return tuple(names)


def _words(text: str, *, keep_quotes: bool, keep_escapes: bool) -> list[str] | None:
    words = Words()
    try:
        Lexer(text, keep_quotes=keep_quotes, keep_escapes=keep_escapes, words=words).run()
    except LexError:
        return None
    return words.finish()


def _quotes(text: str) -> int:
    return text.count("'") + text.count('"')
