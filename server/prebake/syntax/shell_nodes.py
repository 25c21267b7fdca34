"""What a shell text consists of: scripts, simple commands, words, assignments, redirections.

Every offset counts code points in the source the :class:`~prebake.syntax.fragment.Fragment` was cut from. ``raw`` is
the text without Docker's line continuations; where a token holds none, it equals the slice of the source.
"""

from __future__ import annotations

from collections.abc import Iterator

from prebake.records import NamedTuple


class ShellWord(NamedTuple):
    """One word of a command.

    ``value`` is what the command gets after quote removal, or None where that is only known at run time (expansion,
    substitution, brace expansion, tilde, glob). ``pattern`` is the value with its globs left as they are, which is
    what the command gets when nothing matches (``uvicorn[standard]``); None where more than globs stands in the way.
    ``variables`` are the names expanded in the word, nested ones included, ``substitutions`` the commands of its
    ``$(..)``, backticks and ``<(..)``.
    """

    raw: str
    value: str | None
    pattern: str | None
    has_glob: bool
    start: int
    end: int
    substitutions: tuple[Script, ...] = ()
    variables: tuple[str, ...] = ()


class Assignment(NamedTuple):
    """``NAME=value`` before a command or alone. The word of an array ``NAME=(..)`` has no static value."""

    name: str
    value: ShellWord
    start: int
    end: int


class Redirection:
    """``2>&1``, ``< file``, ``<<EOF``.

    ``fd`` is the descriptor written before the operator. For a here-document ``target`` is its delimiter and ``body``
    its text, without leading tabs for ``<<-``; otherwise ``body`` is None.
    """

    __slots__ = ("body", "end", "fd", "operator", "start", "target")

    def __init__(
        self, operator: str, target: ShellWord, fd: int | None, start: int, end: int, body: ShellWord | None = None
    ) -> None:
        self.operator = operator
        self.target = target
        self.fd = fd
        self.start = start
        self.end = end
        self.body = body

    def _parts(self) -> tuple[object, ...]:
        return (self.operator, self.target, self.fd, self.start, self.end, self.body)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Redirection) and self._parts() == other._parts()

    def __hash__(self) -> int:
        return hash(self._parts())


class Command(NamedTuple):
    """A simple command, or the header of a loop or case.

    ``before`` and ``after`` are the operators around it: ``&&``, ``||``, ``;``, ``|``, ``|&``, ``&``, a newline,
    ``;;`` in a case; ``before`` is empty for the first command, ``after`` for the last and in front of a closing
    parenthesis. ``context`` names the open compounds, outermost first: ``(``, ``{``, ``if``, ``for``, ``while``
    (``until`` too), ``case``, ``function``, ``$(`` (backticks too), ``<(``; inside ``if`` and loops a section
    follows: ``then``, ``elif``, ``else``, ``do``. A condition has no section.

    Headers are commands named ``for``, ``select`` and ``case`` whose words are the variable, ``in`` and the values;
    ``[[ .. ]]`` is a command named ``[[`` and ``((..))`` one word. Redirections behind a compound (``done < list``)
    stand in a command that has no words.
    """

    words: tuple[ShellWord, ...]
    assignments: tuple[Assignment, ...]
    redirections: tuple[Redirection, ...]
    before: str
    after: str
    context: tuple[str, ...]
    negated: bool
    start: int
    end: int

    @property
    def name(self) -> str | None:
        """The first word where it is static: a path is kept whole."""
        return self.words[0].value if self.words else None

    @property
    def values(self) -> tuple[str | None, ...]:
        """The static value of each word, the name included; None for a word that is not static."""
        return tuple(word.value for word in self.words)

    def scripts(self) -> Iterator[Script]:
        """The substitutions of its words, assignments, redirection targets and here-documents, outer ones only."""
        for word in self.words:
            yield from word.substitutions
        for assignment in self.assignments:
            yield from assignment.value.substitutions
        for redirection in self.redirections:
            yield from redirection.target.substitutions
            if redirection.body is not None:
                yield from redirection.body.substitutions


class Script(NamedTuple):
    """The commands of a shell text in order, those of compounds included, those of substitutions not.

    ``problem`` says what is wrong with the text (the first thing only), None for a well-formed one. ``functions`` are
    the names of the functions that it defines; ``bodies`` where in ``commands`` the first command of each would be, and
    ``arms`` the same for the arms of each ``case``, with the raw text of their patterns.
    """

    commands: tuple[Command, ...]
    problem: str | None = None
    functions: tuple[str, ...] = ()
    bodies: tuple[int, ...] = ()
    arms: tuple[tuple[int, str], ...] = ()

    def walk(self) -> Iterator[Command]:
        """All commands, each followed by those of its substitutions."""
        for command in self.commands:
            yield command
            for script in command.scripts():
                yield from script.walk()
