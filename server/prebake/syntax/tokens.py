"""The tokens of a Dockerfile.

``start`` and ``end`` are offsets in code points from the start of the instruction's first line, so that a token stays
valid when the instruction moves; :meth:`prebake.syntax.dockerfile.Instruction.span_of` makes a span of them.
Positions and spans are absolute.
"""

from __future__ import annotations

from prebake.records import NamedTuple
from prebake.text import Span

BLANKS = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""White space for BuildKit: Go's ``unicode.IsSpace``. Python's ``str.isspace`` has four control characters more."""


class Word(NamedTuple):
    """One argument.

    ``raw`` is its text as Docker reads it: continuations joined, quotes and variables kept; it is what :func:`expand`
    wants. ``value`` has quotes and escapes removed and variables kept. In JSON form ``value`` is the decoded string.
    """

    value: str
    raw: str
    start: int
    end: int


class Flag(NamedTuple):
    """An option such as ``--mount=type=cache``.

    ``name`` is without the dashes, ``value`` without quotes, ``None`` where there is no ``=``.
    """

    name: str
    value: str | None
    start: int
    end: int


class Heredoc(NamedTuple):
    """A here-document with its body.

    ``expand`` is false when the name is quoted; ``chomp`` is true for ``<<-``. ``body`` is the source text from
    ``start`` to ``end``, the last line end included; ``terminator_end`` is where the terminator line ends, without
    its line end.
    """

    name: str
    expand: bool
    chomp: bool
    body: str
    start: int
    end: int
    terminator_end: int


class HeredocName(NamedTuple):
    """What a ``<<`` word announces, before its body is looked for."""

    name: str
    expand: bool
    chomp: bool


class Pair(NamedTuple):
    """A name of ENV, ARG or LABEL with its raw value; ``None`` (and an empty range at ``end``) for a name alone."""

    name: str
    value: str | None
    start: int
    end: int
    value_start: int
    value_end: int


class Comment(NamedTuple):
    """A comment line.

    ``text`` is without the ``#`` and the white space around it; ``span`` goes from the ``#`` to the line's end.
    """

    line: int
    text: str
    span: Span


class Directive(NamedTuple):
    """A parser directive.

    ``name`` is in lower case. ``problem`` says why Docker refuses it; such a directive has no effect.
    """

    name: str
    value: str
    line: int
    problem: str | None = None
