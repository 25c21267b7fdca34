"""Dockerfiles as trees: instructions with exact spans, comments, directives and stages."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property, lru_cache
from itertools import pairwise
from typing import Protocol

from prebake.syntax.fragment import Fragment
from prebake.syntax.header import Header
from prebake.syntax.prepass import Lines, Statement, scan
from prebake.syntax.problems import problem_of
from prebake.syntax.tokens import Comment, Directive, Flag, Heredoc, Pair, Word
from prebake.syntax.view import confirm
from prebake.text import Position, Span, Text

__all__ = [
    "Comment",
    "Directive",
    "Dockerfile",
    "Flag",
    "Heredoc",
    "Instruction",
    "Pair",
    "Stage",
    "Token",
    "Word",
    "parse",
]

_REMEMBERED = 1_000_000  # characters of a text worth keeping its tree for


class Token(Protocol):
    """Anything that stands between two offsets relative to its instruction."""

    @property
    def start(self) -> int:
        """The first character."""

    @property
    def end(self) -> int:
        """Behind the last one."""


class Instruction:
    """One instruction, or the one inside an ONBUILD.

    ``index`` counts in :attr:`Dockerfile.instructions` (that of the ONBUILD for an inner one). ``line`` and
    ``end_line`` are its 0-based first and last lines, here-documents and their terminators included. ``start`` and
    ``end`` are offsets in the text of the first line's first character and of the last line's end, without its line
    end. ``stage`` is the index of its stage, ``None`` before the first FROM. ``keyword`` is in upper case; unknown ones
    are kept, and a lone continuation at the end of the file has the empty one. Tokens count from ``start``.
    """

    __slots__ = ("_header", "_statement", "_text", "end", "end_line", "index", "keyword", "line", "stage", "start")

    def __init__(self, text: Text, header: Header, statement: Statement, index: int, stage: int | None) -> None:
        self._text = text
        self._header = header
        self._statement = statement
        self.keyword = header.keyword
        self.index = index
        self.stage = stage
        self.line = statement.line
        self.end_line = statement.end_line
        self.start = statement.start
        self.end = statement.end

    def __repr__(self) -> str:
        return f"Instruction({self.keyword}, lines {self.line}-{self.end_line})"

    @property
    def raw(self) -> str:
        """The source lines without the last line end."""
        return self._text.content[self.start : self.end]

    @property
    def span(self) -> Span:
        """From the keyword to the end of the last argument, here-documents not included."""
        return self._text.span(self.start + self._header.keyword_range[0], self.start + self._header.end)

    @property
    def keyword_span(self) -> Span:
        """Where the keyword stands."""
        start, end = self._header.keyword_range
        return self._text.span(self.start + start, self.start + end)

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The options before the arguments, in order."""
        return self._header.flags

    @property
    def words(self) -> tuple[Word, ...]:
        """The arguments, split as Docker does for this instruction.

        The strings of the JSON form where it has one. One word for RUN, CMD, ENTRYPOINT and SHELL in shell form, for
        WORKDIR, USER, STOPSIGNAL, MAINTAINER and ONBUILD; for HEALTHCHECK its kind and then the command.
        """
        return self._header.words

    @property
    def json(self) -> tuple[Word, ...] | None:
        """The strings of the JSON form; ``None`` for the shell form, which is also what malformed JSON is."""
        return self._header.json

    @property
    def pairs(self) -> tuple[Pair, ...]:
        """The names and values of ENV, ARG and LABEL."""
        return self._header.pairs

    @property
    def body(self) -> Fragment:
        """The text after the flags, continuations joined and comment lines dropped."""
        return self._header.body

    @property
    def heredocs(self) -> tuple[Heredoc, ...]:
        """The here-documents that have a terminator, in order. Of RUN, COPY, ADD and of ONBUILD with one of these."""
        content, origin = self._text.content, self.start
        return tuple(
            Heredoc(
                *name,
                content[body.start : body.end],
                body.start - origin,
                body.end - origin,
                body.terminator_end - origin,
            )
            for name, body in zip(self._header.heredoc_names, self._statement.bodies, strict=False)
        )

    @property
    def is_open(self) -> bool:
        """Whether a here-document of it has no terminator: Docker takes all that follows for its body."""
        return self._statement.unterminated is not None

    @property
    def onbuild(self) -> Instruction | None:
        """The instruction inside an ONBUILD; its coordinates are those of the whole."""
        inner = self._header.onbuild
        return None if inner is None else Instruction(self._text, inner, self._statement, self.index, self.stage)

    @property
    def problem(self) -> str | None:
        """Why Docker refuses the instruction, as far as the syntax shows it, else ``None``."""
        if self._statement.unterminated is not None:
            return f"unterminated heredoc {self._statement.unterminated}"
        return problem_of(self._header)

    def flag(self, name: str) -> str | None:
        """The value of the last option of that name; ``None`` when it is missing or has no value."""
        values = self.flag_values(name) if self._header.flags else ()
        return values[-1] if values else None

    def flag_values(self, name: str) -> tuple[str, ...]:
        """The values of all options of that name, such as several ``--mount``."""
        flags = self._header.flags
        return tuple(flag.value for flag in flags if flag.name == name and flag.value is not None) if flags else ()

    def span_of(self, token: Token) -> Span:
        """Where a token of this instruction stands."""
        return self._text.span(self.start + token.start, self.start + token.end)


class Stage:
    """A build stage.

    ``name`` is in lower case; ``base`` is the raw word after FROM, empty where it is missing; ``instructions`` begin
    with ``instruction``, the FROM.
    """

    __slots__ = ("base", "index", "instruction", "instructions", "name", "platform")

    def __init__(
        self,
        index: int,
        name: str | None,
        instruction: Instruction,
        base: str,
        platform: str | None,
        instructions: tuple[Instruction, ...],
    ) -> None:
        self.index = index
        self.name = name
        self.instruction = instruction
        self.base = base
        self.platform = platform
        self.instructions = instructions


class Dockerfile:
    """The tree of one text. ``escape`` is the escape character."""

    def __init__(self, text: Text) -> None:
        self.text = text
        lines = scan(text.content)
        confirm(lines)
        self._comment_lines = lines.comments
        self._frontend = lines.frontend
        self.escape = lines.escape
        self.directives: tuple[Directive, ...] = lines.directives
        self.instructions: tuple[Instruction, ...] = _instructions(text, lines)

    @property
    def syntax(self) -> str | None:
        """The image that the ``syntax`` directive names; a line with ``#!`` may stand before it."""
        for directive in self._frontend:
            if directive.name == "syntax" and directive.problem is None:
                return directive.value.partition(" ")[0]
        return None

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """The comment lines, those inside continuations included; no directives, no lines of here-documents."""
        found = []
        for number in self._comment_lines:
            line = self.text.line(number)
            column = line.index("#")
            span = Span(Position(number, column), Position(number, len(line)))
            found.append(Comment(number, line[column + 1 :].strip(), span))
        return tuple(found)

    @cached_property
    def _comment_of_line(self) -> dict[int, Comment]:
        return {comment.line: comment for comment in self.comments}

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The build stages in order."""
        starts = [index for index, instruction in enumerate(self.instructions) if instruction.keyword == "FROM"]
        bounds = pairwise([*starts, len(self.instructions)])
        return tuple(_stage(number, self.instructions[start:end]) for number, (start, end) in enumerate(bounds))

    def stage_named(self, name: str, before: int) -> Stage | None:
        """The stage of that name (in any case) or number among those before stage number ``before``."""
        wanted = name.lower()
        named = [stage for stage in self.stages[:before] if wanted and stage.name == wanted]
        if named:
            return named[-1]
        numbered = wanted.isascii() and wanted.isdecimal() and len(wanted) < 9 and int(wanted) < before
        return self.stages[int(wanted)] if numbered else None

    @cached_property
    def global_args(self) -> tuple[Instruction, ...]:
        """The ARG instructions before the first FROM."""
        return tuple(item for item in self.instructions if item.stage is None and item.keyword == "ARG")

    @cached_property
    def _first_lines(self) -> list[int]:
        return [instruction.line for instruction in self.instructions]

    def instruction_at(self, position: Position) -> Instruction | None:
        """The instruction whose lines hold the position."""
        at = bisect_right(self._first_lines, position.line) - 1
        if at < 0 or self.instructions[at].end_line < position.line:
            return None
        return self.instructions[at]

    def comment_block(self, instruction: Instruction) -> tuple[Comment, ...]:
        """The comment lines directly above an instruction, from the top, without a blank line between."""
        block: list[Comment] = []
        line = instruction.line - 1
        while line in self._comment_of_line:
            block.append(self._comment_of_line[line])
            line -= 1
        return tuple(reversed(block))


def _instructions(text: Text, lines: Lines) -> tuple[Instruction, ...]:
    found: list[Instruction] = []
    stage: int | None = None
    for index, statement in enumerate(lines.statements):
        if statement.header.keyword == "FROM":
            stage = 0 if stage is None else stage + 1
        found.append(Instruction(text, statement.header, statement, index, stage))
    return tuple(found)


def _stage(index: int, instructions: Sequence[Instruction]) -> Stage:
    opening = instructions[0]
    words = opening.words
    named = len(words) > 2 and words[1].raw.lower() == "as"
    name = words[2].raw.lower() if named else None
    base = words[0].raw if words else ""
    return Stage(index, name, opening, base, opening.flag("platform"), tuple(instructions))


@lru_cache(maxsize=16)
def _remembered(text: Text) -> Dockerfile:
    return Dockerfile(text)


def parse(text: Text) -> Dockerfile:
    """The tree of a Dockerfile's text.

    Never raises, whatever the text; the same tree for the same text, while it is remembered.
    """
    return _remembered(text) if len(text.content) <= _REMEMBERED else Dockerfile(text)
