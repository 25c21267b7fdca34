"""``huggingface-cli`` commands in a Dockerfile, and the ``hf`` commands that do the same.

Source: the entry points and command lines of huggingface_hub 0.33.5 to 2.4.0. ``hf`` came with 0.34.0; 1.0.0 removed
``huggingface-cli``, and with it ``--resume-download``, ``--local-dir-use-symlinks`` and several values behind one
``--include`` or ``--exclude``. Before, the last such option replaces the others.
"""

from __future__ import annotations

from collections.abc import Iterator

from prebake.build.build import Build, fact
from prebake.build.rewriting.commandedits import CommandEdits
from prebake.build.state import states
from prebake.edits import TextEdit
from prebake.project.starting.launchers import launchers
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.run import scripts_of
from prebake.syntax.shell import ShellWord

OLD = "huggingface-cli"
NEW = "hf"
REFUSING = "2.4"
"""The release of which it is known that ``hf download`` refuses the options of old ones."""

_SUBCOMMANDS = {
    "download": "download",
    "upload": "upload",
    "upload-large-folder": "upload-large-folder",
    "login": "auth login",
    "logout": "auth logout",
    "whoami": "auth whoami",
    "env": "env",
    "version": "version",
}
_DROPPED = frozenset(("--resume-download",))
_DROPPED_WITH_VALUE = frozenset(("--local-dir-use-symlinks",))
GONE = (*_DROPPED, *_DROPPED_WITH_VALUE)
"""Options that ``hf download`` of huggingface_hub 2.4.0 refuses, with a usage error."""

_REPEATED = frozenset(("--include", "--exclude"))


class OldCommand(NamedTuple):
    """One use of ``huggingface-cli``: the word that names it, and the words behind it."""

    instruction: Instruction
    program: ShellWord
    words: tuple[ShellWord, ...]

    @property
    def subcommand(self) -> str | None:
        """What it is asked to do; ``None`` where that is not known."""
        return self.words[0].value if self.words else None


@fact
def old_commands(build: Build) -> tuple[OldCommand, ...]:
    """The uses of ``huggingface-cli`` in RUN, CMD and ENTRYPOINT, in order."""
    before = states(build)
    return tuple(
        command
        for instruction in build.tree.instructions
        if instruction.keyword in ("RUN", "CMD", "ENTRYPOINT") and OLD in instruction.raw
        for command in _commands(instruction, before[instruction.index].shell)
    )


@fact
def stale_commands(build: Build) -> tuple[OldCommand, ...]:
    """The uses of ``hf download`` with an option that only releases before 1.0 had, in order."""
    before = states(build)
    return tuple(
        command
        for instruction in build.tree.instructions
        if instruction.keyword in ("RUN", "CMD", "ENTRYPOINT") and any(name in instruction.raw for name in GONE)
        for command in _commands(instruction, before[instruction.index].shell, NEW)
        if command.subcommand == "download" and any(_option(word) in GONE for word in command.words)
    )


def without_gone_options(command: OldCommand, escape: str = "\\") -> tuple[TextEdit, ...] | str:
    """The edits that leave out what ``hf download`` no longer takes, or why there are none, as a sentence without its
    full stop.
    """
    edits = CommandEdits(command.instruction, escape)
    _options(command, edits)
    return edits.problem or tuple(edits.edits)


def _option(word: ShellWord) -> str:
    return (word.value if word.value is not None else word.raw).partition("=")[0]


def _commands(instruction: Instruction, shell: tuple[str, ...], name: str = OLD) -> Iterator[OldCommand]:
    seen: set[int] = set()
    for script in scripts_of(instruction, shell):
        for command in script.walk():
            at = _program(command.words, name)
            if at is not None and command.words[at].start not in seen:
                seen.add(command.words[at].start)
                yield OldCommand(instruction, command.words[at], command.words[at + 1 :])


def _program(words: tuple[ShellWord, ...], name: str) -> int | None:
    """Which word is the program, wrappers passed over."""
    for at, word in enumerate(words):
        if (word.value or "").rpartition("/")[2] == name:
            return at if at == 0 or _is_wrapper(words[:at]) else None
    return None


def _is_wrapper(words: tuple[ShellWord, ...]) -> bool:
    first = (words[0].value or "").rpartition("/")[2]
    both = f"{first} {words[1].value}" if len(words) > 1 else first
    return first == "xargs" or any(
        name in launchers() and launchers()[name].kind == "wrapper" for name in (first, both)
    )


def translated(command: OldCommand, *, repeats: bool | None = True) -> tuple[TextEdit, ...] | str:
    """The edits that make it an ``hf`` command, or why there is none, as a sentence without its full stop.

    ``repeats``: whether the release wants each pattern behind an option of its own (1.0 and newer), ``None`` when that
    is not known.
    """
    subcommand = command.subcommand
    if subcommand is None:
        return "what huggingface-cli is asked to do is not written out"
    if subcommand not in _SUBCOMMANDS:
        return f"hf has no command that does exactly what `huggingface-cli {subcommand}` did"
    edits = CommandEdits(command.instruction)
    edits.replace(command.program, (command.program.value or OLD)[: -len(OLD)] + "hf")
    if _SUBCOMMANDS[subcommand] != subcommand:
        edits.replace(command.words[0], _SUBCOMMANDS[subcommand])
    further = _options(command, edits)
    if repeats is None and further:
        return "releases of huggingface_hub before 1.0 take several patterns in another way than newer ones"
    for option, word in further if repeats else ():
        edits.before(word, f"{option} ")
    return edits.problem or tuple(edits.edits)


def _options(command: OldCommand, edits: CommandEdits) -> list[tuple[str, ShellWord]]:
    """Drop what is gone; the patterns that stand behind another one, each with its option."""
    further: list[tuple[str, ShellWord]] = []
    repeated: str | None = None
    values = 0
    before = command.words[0]
    words = iter(command.words[1:])
    for word in words:
        value = word.value if word.value is not None else word.raw
        name = value.partition("=")[0]
        if value.startswith("-"):
            repeated, values = None, 0
        last = next(words, word) if value in _DROPPED_WITH_VALUE else word
        if name in _DROPPED or name in _DROPPED_WITH_VALUE:
            edits.drop(before, word, last)
        elif value in _REPEATED:
            repeated = value
        elif repeated is not None:
            values += 1
            if values > 1:
                further.append((repeated, word))
        before = last
    return further
