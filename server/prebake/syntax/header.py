"""An instruction without its here-document bodies: everything that follows from its own lines alone.

Headers are memoised by their source, so that an edit of one line of a long file tokenises one instruction; and each token list is made
only when it is asked for.
"""

from __future__ import annotations

import re
from functools import cached_property

from prebake.syntax import arguments
from prebake.syntax.arguments import Piece
from prebake.syntax.expand import unquote
from prebake.syntax.fragment import Fragment
from prebake.syntax.heredoc import heredoc_names
from prebake.syntax.logical import Logical
from prebake.syntax.tokens import BLANKS, Flag, HeredocName, Pair, Word

KEYWORDS = frozenset(
    [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ]
)
_JSON = frozenset(("ADD", "CMD", "COPY", "ENTRYPOINT", "HEALTHCHECK", "RUN", "SHELL", "VOLUME"))
_PAIRS = frozenset(("ARG", "ENV", "LABEL"))
_LITERAL = frozenset(("CMD", "ENTRYPOINT", "RUN", "SHELL"))  # in shell form one argument that Docker does not look into
_SINGLE = frozenset(("MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR"))
_HEREDOCS = frozenset(("ADD", "COPY", "RUN"))
_KEYWORD = re.compile(r"[^\t\v\f\r ]*+")
_BETWEEN = re.compile(r"[\t\v\f\r ]*+")
_STAGE_NAME = re.compile(r"[a-z][a-z0-9\-_.]*")


class Header:
    """The tokens of one instruction, or of the one inside an ONBUILD. Offsets count from the instruction's first line."""

    def __init__(self, logical: Logical, escape: str, start: int = 0) -> None:
        text = logical.text
        self._logical = logical
        self._escape = escape
        self._start = arguments.skip_blanks(text, start, len(text))
        self._end = max(len(text.rstrip(BLANKS)), self._start)
        match = _KEYWORD.match(text, self._start, self._end)
        self._keyword_end = match.end() if match else self._start
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

    @cached_property
    def _flags(self) -> tuple[tuple[Piece, ...], int, bool]:
        text = self._logical.text
        match = _BETWEEN.match(text, self._keyword_end, self._end)
        return arguments.flags(text, match.end() if match else self._keyword_end, self._end, self._escape)

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
        return self._logical.fragment(self._flags[1], self._end)

    @cached_property
    def _health_command(self) -> int:
        """For HEALTHCHECK the index behind its first word, where the command's arguments begin; else that of the arguments."""
        at = self._flags[1]
        if self.keyword != "HEALTHCHECK":
            return at
        text = self._logical.text
        while at < self._end and text[at] not in BLANKS:
            at += 1
        return arguments.skip_blanks(text, at, self._end)

    @cached_property
    def _array(self) -> arguments.Json | None:
        if self.keyword not in _JSON:
            return None
        return arguments.json_array(self._logical.text, self._health_command, self._end)

    @cached_property
    def json(self) -> tuple[Word, ...] | None:
        """The strings of the JSON form."""
        if self._array is None or self._array.strings is None:
            return None
        text = self._logical.text
        return tuple(
            Word(piece.value, text[piece.start : piece.end], *self._range(piece.start, piece.end))
            for piece in self._array.strings
        )

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The arguments, split as Docker does for this instruction."""
        text, start, end = self._logical.text, self._flags[1], self._end
        if start >= end:
            return ()
        if self.keyword == "HEALTHCHECK":
            kind_end = len(text[start : self._health_command].rstrip(BLANKS)) + start
            kind = self._word(Piece(text[start:kind_end], start, kind_end))
            if self.json is not None:
                return (kind, *self.json)
            if self._health_command >= end:
                return (kind,)
            return (kind, self._literal(self._health_command, end))
        if self.json is not None:
            return self.json
        if self.keyword in _LITERAL or self.keyword == "ONBUILD":
            return (self._literal(start, end),)
        if self.keyword in _SINGLE:
            return (self._word(Piece(text[start:end], start, end)),)
        if self.keyword in _PAIRS:
            return tuple(self._word(piece) for piece in self._pair_words)
        separated = arguments.SEPARATED.finditer(text, start, end)
        return tuple(self._word(Piece(match[0], *match.span())) for match in separated)

    @cached_property
    def _pair_words(self) -> tuple[Piece, ...]:
        return arguments.quoted_words(self._logical.text, self._flags[1], self._end, self._escape)

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The names and values of ENV, ARG and LABEL, the old form ``ENV name value`` included."""
        if self.keyword not in _PAIRS or not self._pair_words:
            return ()
        first = self._pair_words[0]
        if self.keyword != "ARG" and "=" not in first.value:
            return (self._old_pair(),)
        found = []
        for word in self._pair_words:
            name, equals, value = word.value.partition("=")
            name = unquote(name, self._escape) or name
            value_start = word.end - len(value) if equals else word.end
            found.append(
                Pair(
                    name,
                    value if equals else None,
                    *self._range(word.start, word.end),
                    *self._range(value_start, word.end),
                )
            )
        return tuple(found)

    def _old_pair(self) -> Pair:
        text, start, end = self._logical.text, self._flags[1], self._end
        match = _KEYWORD.match(text, start, end)
        name_end = match.end() if match else end
        between = _BETWEEN.match(text, name_end, end)
        value_start = between.end() if between else end
        name = unquote(text[start:name_end], self._escape) or text[start:name_end]
        if name_end == end:
            return Pair(name, None, *self._range(start, end), *self._range(end, end))
        return Pair(name, text[value_start:end], *self._range(start, end), *self._range(value_start, end))

    @cached_property
    def onbuild(self) -> Header | None:
        """The instruction inside an ONBUILD."""
        if self.keyword != "ONBUILD" or self._flags[1] >= self._end:
            return None
        return Header(self._logical, self._escape, self._flags[1])

    @cached_property
    def heredoc_names(self) -> tuple[HeredocName, ...]:
        """The here-documents that the instruction announces."""
        inner = self.onbuild or self
        if inner.keyword not in _HEREDOCS or "<<" not in self._logical.text or inner.json is not None:
            return ()
        return heredoc_names(self._logical.text)

    @cached_property
    def problem(self) -> str | None:
        """Why Docker refuses the instruction, as far as its own lines show it."""
        if not self.keyword:
            return "a line continuation without an instruction"
        if self.keyword not in KEYWORDS:
            return f"unknown instruction {self.keyword}"
        if self._flags[2]:
            return "unterminated quote in a flag"
        if self._array is not None and self._array.strings is None:
            return "a JSON array of arguments may hold strings only"
        if self._flags[1] >= self._end:
            return f"{self.keyword} without arguments"
        if self.keyword == "ONBUILD":
            return self._onbuild_problem()
        if self.keyword == "FROM":
            return self._from_problem()
        if self.keyword in _PAIRS and self.keyword != "ARG" and any(pair.value is None for pair in self.pairs):
            return f"{self.keyword} needs a value for each name"
        if self.json is None and self.keyword in _SINGLE | _PAIRS | {"ADD", "COPY", "EXPOSE"}:
            if any(unquote(word.raw, self._escape) is None for word in self.words):
                return "unterminated quote or substitution"
        if self.keyword in ("ADD", "COPY") and len(self.words) < 2:
            return f"{self.keyword} needs at least one source and a destination"
        return None

    def _onbuild_problem(self) -> str | None:
        inner = self.onbuild
        if inner is None:
            return None
        if inner.keyword in ("ONBUILD", "FROM", "MAINTAINER"):
            return f"{inner.keyword} is not allowed in ONBUILD"
        return inner.problem

    def _from_problem(self) -> str | None:
        words = self.words
        if len(words) == 1:
            return None
        if len(words) != 3 or words[1].raw.lower() != "as":
            return "FROM takes an image, or an image, AS and a name"
        if not _STAGE_NAME.fullmatch(words[2].raw.lower()):
            return f"{words[2].raw} is no name for a stage"
        return None

    def _range(self, start: int, end: int) -> tuple[int, int]:
        first = self._logical.start(start)
        return first, max(self._logical.end(end), first)

    def _word(self, piece: Piece) -> Word:
        value = unquote(piece.value, self._escape)
        return Word(piece.value if value is None else value, piece.value, *self._range(piece.start, piece.end))

    def _literal(self, start: int, end: int) -> Word:
        text = self._logical.text[start:end]
        return Word(text, text, *self._range(start, end))


_GENERATION = 4096  # headers; the last one to two generations are kept
_LONGEST = 65_536  # characters of a source worth keeping
_young: dict[tuple[str, str], Header] = {}
_old: dict[tuple[str, str], Header] = {}


def header(source: str, escape: str) -> Header:
    """The header whose lines are ``source``, the last line end excluded. The same object for the same text, while it is remembered."""
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
