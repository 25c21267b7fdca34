"""An instruction without its here-document bodies: everything that follows from its own lines alone.

Headers are memoised by their source, so that an edit of one line of a long file tokenises one instruction; and each
token list is made only when it is asked for.
"""

from __future__ import annotations

from functools import cached_property

from prebake.regex import regex
from prebake.syntax import arguments
from prebake.syntax.arguments import Json, Piece
from prebake.syntax.expand import unquote
from prebake.syntax.forms import HEREDOCS, Form, form_of
from prebake.syntax.fragment import Fragment
from prebake.syntax.heredoc import heredoc_names
from prebake.syntax.logical import Logical
from prebake.syntax.tokens import BLANKS, Flag, HeredocName, Pair, Word

_KEYWORD = regex(r"[^\t\v\f\r ]*+")
_BETWEEN = regex(r"[\t\v\f\r ]*+")


class Header:
    """The tokens of one instruction, or of the one inside an ONBUILD.

    Offsets count from the instruction's first line; ``keyword`` is in upper case.
    """

    def __init__(self, logical: Logical, escape: str, start: int = 0) -> None:
        text = logical.text
        self._logical = logical
        self.escape = escape
        self._start = arguments.skip_blanks(text, start, len(text))
        self._end = max(len(text.rstrip(BLANKS)), self._start)
        self._keyword_end = arguments.skip(_KEYWORD, text, self._start, self._end)
        self.keyword = text[self._start : self._keyword_end].upper()
        self.confirmed = False
        """Whether dockerfile-parse has read these lines (see :mod:`prebake.syntax.view`)."""

    @property
    def keyword_range(self) -> tuple[int, int]:
        """Where the keyword stands; over several lines if a continuation splits it."""
        return self._logical.start(self._start), self._logical.end(self._keyword_end)

    @property
    def end(self) -> int:
        """The end of the last argument."""
        return self._logical.end(self._end)

    @property
    def form(self) -> Form:
        """How the arguments are read."""
        return form_of(self.keyword)

    @property
    def cut(self) -> str | None:
        """Why the arguments are not complete, where the instruction is too long."""
        return self._logical.cut

    @property
    def is_empty(self) -> bool:
        """Whether there are no arguments."""
        return self._arguments >= self._end

    @property
    def has_open_flag(self) -> bool:
        """Whether a quote that a flag opens is never closed."""
        return self._flags[2]

    @cached_property
    def _flags(self) -> tuple[tuple[Piece, ...], int, bool]:
        text = self._logical.text
        start = arguments.skip(_BETWEEN, text, self._keyword_end, self._end)
        return arguments.flags(text, start, self._end, self.escape)

    @property
    def _arguments(self) -> int:
        return self._flags[1]

    @cached_property
    def flags(self) -> tuple[Flag, ...]:
        """The options before the arguments."""
        found = []
        for flag in self._flags[0]:
            name, equals, value = flag.value[2:].partition("=")
            found.append(Flag(name, value if equals else None, *self._range(flag.start, flag.end)))
        return tuple(found)

    @cached_property
    def body(self) -> Fragment:
        """The text after the flags."""
        return self._logical.fragment(self._arguments, self._end)

    @cached_property
    def _command(self) -> tuple[int, int]:
        """Where HEALTHCHECK's first word ends and its command begins; else, for both, where the arguments begin."""
        start = self._arguments
        if self.form is not Form.HEALTHCHECK:
            return start, start
        return arguments.first_word(self._logical.text, start, self._end)

    @cached_property
    def array(self) -> Json | None:
        """The JSON array that the arguments are, one that Docker refuses included."""
        if self.form not in (Form.COMMAND, Form.PATHS, Form.HEALTHCHECK):
            return None
        return arguments.json_array(self._logical.text, self._command[1], self._end)

    @cached_property
    def json(self) -> tuple[Word, ...] | None:
        """The strings of the JSON form."""
        if self.array is None or self.array.strings is None:
            return None
        text = self._logical.text
        return tuple(
            Word(piece.value, text[piece.start : piece.end], *self._range(piece.start, piece.end))
            for piece in self.array.strings
        )

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The arguments, split as Docker does for this instruction."""
        text, start, end = self._logical.text, self._arguments, self._end
        if start >= end:
            return ()
        if self.form is Form.HEALTHCHECK:
            kind_end, command = self._command
            rest = self.json if self.json is not None else (self._literal(command, end),) if command < end else ()
            return (self._word(Piece(text[start:kind_end], start, kind_end)), *rest)
        if self.json is not None:
            return self.json
        if self.form in (Form.COMMAND, Form.ONBUILD):
            return (self._literal(start, end),)
        if self.form is Form.SINGLE:
            return (self._word(Piece(text[start:end], start, end)),)
        if self.form is Form.PAIRS:
            return tuple(self._word(piece) for piece in self._pair_words)
        return tuple(self._word(piece) for piece in arguments.separated_words(text, start, end))

    @cached_property
    def _pair_words(self) -> tuple[Piece, ...]:
        return arguments.quoted_words(self._logical.text, self._arguments, self._end, self.escape)

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The names and values of ENV, ARG and LABEL, the old form ``ENV name value`` included."""
        if self.form is not Form.PAIRS or not self._pair_words:
            return ()
        if self.keyword != "ARG" and "=" not in self._pair_words[0].value:
            return (self._old_pair(),)
        found = []
        for word in self._pair_words:
            name, equals, value = word.value.partition("=")
            value_start = word.end - len(value)
            found.append(self._pair(name, value if equals else None, word.start, word.end, value_start))
        return tuple(found)

    def _old_pair(self) -> Pair:
        text, start, end = self._logical.text, self._arguments, self._end
        name_end = arguments.skip(_KEYWORD, text, start, end)
        value_start = arguments.skip(_BETWEEN, text, name_end, end)
        return self._pair(text[start:name_end], text[value_start:end] or None, start, end, value_start)

    def _pair(self, name: str, value: str | None, start: int, end: int, value_start: int) -> Pair:
        first, last = self._range(start, end)
        value_first = self._range(value_start, end)[0] if value else last
        return Pair(unquote(name, self.escape) or name, value, first, last, value_first, last)

    @cached_property
    def onbuild(self) -> Header | None:
        """The instruction inside an ONBUILD."""
        if self.form is not Form.ONBUILD or self.is_empty:
            return None
        return Header(self._logical, self.escape, self._arguments)

    @cached_property
    def heredoc_names(self) -> tuple[HeredocName, ...]:
        """The here-documents that the instruction announces."""
        if "<<" not in self._logical.text:
            return ()
        inner = self.onbuild or self
        if inner.keyword not in HEREDOCS or inner.json is not None:
            return ()
        return heredoc_names(self._logical.text)

    def _range(self, start: int, end: int) -> tuple[int, int]:
        first = self._logical.start(start)
        return first, max(self._logical.end(end), first)

    def _word(self, piece: Piece) -> Word:
        value = unquote(piece.value, self.escape)
        return Word(piece.value if value is None else value, piece.value, *self._range(piece.start, piece.end))

    def _literal(self, start: int, end: int) -> Word:
        text = self._logical.text[start:end]
        return Word(text, text, *self._range(start, end))


_GENERATION = 4096  # headers; the last one to two generations are kept
_LONGEST = 65_536  # characters of a source worth keeping
_young: dict[tuple[str, str], Header] = {}
_old: dict[tuple[str, str], Header] = {}


def header(source: str, escape: str) -> Header:
    """The header whose lines are ``source``, the last line end excluded.

    The same object for the same text, while it is remembered.
    """
    global _young, _old
    key = (source, escape)
    found = _young.get(key)
    if found is None:
        found = _old.get(key) or Header(Logical(source, escape), escape)
        if len(source) <= _LONGEST:
            if len(_young) >= _GENERATION:
                _young, _old = {}, _young
            _young[key] = found
    return found
