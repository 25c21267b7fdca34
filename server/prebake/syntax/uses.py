"""The uses of variables in an instruction: those that the builder replaces, and those that a shell does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.expand import Reference, references
from prebake.syntax.fragment import Fragment
from prebake.syntax.run import scripts_of
from prebake.syntax.shell import Command, ShellWord

_SETTERS = frozenset(
    (
        *("declare", "export", "for", "getopts", "let", "local", "mapfile", "read", "readarray", "readonly", "select"),
        *("typeset", "unset"),
    )
)
"""Commands of the shell that give variables of their own a value, or take it."""
_NAME = regex(r"[^\W\d]\w*")


class Use(NamedTuple):
    """A variable where it is used. ``start`` and ``end`` are offsets relative to the instruction, from the ``$`` to
    behind the name or the brace.
    """

    reference: Reference
    start: int
    end: int


def builder_uses(instruction: Instruction, escape: str = "\\") -> Iterator[Use]:
    """The variables in an instruction in which the builder replaces them, here-documents of COPY and ADD included."""
    yield from flag_uses(instruction, escape)
    if "$" not in instruction.raw:
        return
    yield from _uses(instruction.body, escape)
    for heredoc in instruction.heredocs if instruction.keyword in ("COPY", "ADD") else ():
        if heredoc.expand:
            yield from _uses(Fragment.whole(heredoc.body, heredoc.start), escape, quotes=False)


def flag_uses(instruction: Instruction, escape: str = "\\") -> Iterator[Use]:
    """The variables in the options of an instruction, which the builder replaces in RUN, too."""
    for flag in instruction.flags:
        if flag.value is not None and "$" in flag.value:
            yield from _uses(Fragment.whole(instruction.raw[flag.start : flag.end], flag.start), escape)


def shell_uses(instruction: Instruction, shell: Sequence[str]) -> Iterator[Use]:
    """The variables that a shell replaces in RUN, CMD, ENTRYPOINT and HEALTHCHECK and gives no value itself; ``shell``
    is the SHELL in force.
    """
    if "$" not in instruction.raw or (instruction.json is not None and instruction.keyword != "RUN"):
        return
    commands = [command for script in scripts_of(instruction, shell) for command in script.walk()]
    own = {name for command in commands for name in _assigned(command)}
    for command in commands:
        for word in _words(command):
            if len(word.raw) != word.end - word.start:
                continue  # a continuation stands in it: places cannot be told
            for use in _uses(Fragment.whole(word.raw, word.start)):
                if use.reference.name in word.variables and use.reference.name not in own:
                    yield use


def _uses(text: Fragment, escape: str = "\\", *, quotes: bool = True) -> Iterator[Use]:
    for reference in references(text.text, escape, quotes=quotes):
        yield Use(reference, text.start(reference.start), text.end(reference.end))


def _words(command: Command) -> Iterator[ShellWord]:
    yield from command.words
    yield from (assignment.value for assignment in command.assignments)
    for redirection in command.redirections:
        yield redirection.target
        if redirection.body is not None:
            yield redirection.body


def _assigned(command: Command) -> Iterator[str]:
    """The variables that a command may give a value."""
    yield from (assignment.name for assignment in command.assignments)
    if command.name in _SETTERS:
        for word in command.words[1:]:
            match = _NAME.match(word.raw)
            if match is not None:
                yield match[0]
