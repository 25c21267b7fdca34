"""``chown -R``, ``chgrp -R`` and ``chmod -R`` on what layers below hold already.

A builder keeps what an instruction changed, file by file: a new owner or mode writes the whole file again.
"""

from __future__ import annotations

from collections.abc import Iterator

from prebake.build.build import Build, fact
from prebake.build.layers.written import Written, below, size_of
from prebake.build.shipping import ships
from prebake.build.steps import Argument, Step, steps_at
from prebake.project.measuring.scan import Size
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.shell import Command

PROGRAMS = ("chown", "chgrp", "chmod")

_LETTERS = {"chown": "cfhvRHLP", "chgrp": "cfhvRHLP", "chmod": "cfvRh"}
_MOST = 50
"""Bound on the commands that are reported."""

_GIVEN_ELSEWHERE = regex(r"--(reference|from)(=|$)")


class Recursive(NamedTuple):
    """One such command. ``option`` is the argument that says so; ``spec`` the owner or mode, ``None`` where it is taken
    from a file or depends on whose the files are; ``targets`` are the words for what it changes.
    """

    instruction: Instruction
    step: Step
    option: Argument
    spec: Argument | None
    targets: tuple[Argument, ...]

    @property
    def text(self) -> str:
        """The command in one line."""
        return " ".join(word.raw for word in self.step.command.words)

    @property
    def place(self) -> Command | None:
        """Where it stands in its instruction; ``None`` inside the text that another command is given."""
        word = self.option.word
        known = word is not None and self.instruction.raw[word.start : word.end] == word.raw
        return self.step.command if known else None


class Duplicate(NamedTuple):
    """A recursive change, and what instructions above it had written there. ``size`` is what of that comes from the
    context, ``None`` where it cannot be measured.
    """

    change: Recursive
    written: tuple[Written, ...]
    size: Size | None


@fact
def duplicates(build: Build) -> tuple[Duplicate, ...]:
    """The recursive changes in layers that ship which write again what layers below hold."""
    found: list[Duplicate] = []
    for instruction in build.tree.instructions:
        if instruction.keyword != "RUN" or not _may_change(instruction.raw):
            continue
        if not ships(build, instruction):
            continue
        for change in recursive_changes(build, instruction):
            written = _written(build, change)
            if len(found) == _MOST:
                return tuple(found)
            if written:
                found.append(Duplicate(change, written, size_of(build, written)))
    return tuple(found)


def _may_change(raw: str) -> bool:
    """Whether a RUN can have such a command, at a glance."""
    return any(name in raw for name in PROGRAMS) and ("R" in raw or "--recursive" in raw)


def recursive_changes(build: Build, instruction: Instruction) -> Iterator[Recursive]:
    """The recursive changes of owners and modes that a RUN makes in any case."""
    for step in steps_at(build, instruction).steps:
        surely = step.command.before != "||" and all(kind in ("(", "{") for kind in step.command.context)
        if step.program in PROGRAMS and surely and not step.piped:
            change = _read(instruction, step)
            if change is not None:
                yield change


def _read(instruction: Instruction, step: Step) -> Recursive | None:
    letters = _LETTERS[step.program]
    option: Argument | None = None
    words: list[Argument] = []
    elsewhere = ended = False
    for argument in step.arguments:
        text = argument.text or ""
        if ended or not text.startswith("-") or text == "-":
            words.append(argument)
        elif text == "--":
            ended = True
        elif text.startswith("--"):
            elsewhere = elsewhere or _GIVEN_ELSEWHERE.match(text) is not None
            option = argument if text == "--recursive" else option
        elif set(text[1:]) <= set(letters):
            option = argument if "R" in text else option
        else:
            words.append(argument)  # a mode such as `-x`
    by_file = any((argument.text or "").startswith("--reference") for argument in step.arguments)
    if option is None or (not by_file and len(words) < 2):
        return None
    targets = words if by_file else words[1:]
    return Recursive(instruction, step, option, None if elsewhere else words[0], tuple(targets))


def _written(build: Build, change: Recursive) -> tuple[Written, ...]:
    found: dict[int, Written] = {}
    for argument in change.targets:
        place = place_of(change.step, argument)
        for item in below(build, place, change.instruction) if place is not None else ():
            known = found.get(item.instruction.index)
            if known is not None and known.contexts is not None and item.contexts is not None:
                item = item._replace(contexts=(*known.contexts, *item.contexts))
            found[item.instruction.index] = item
    return tuple(found[index] for index in sorted(found))


def place_of(step: Step, argument: Argument) -> str | None:
    """The path of the image that a word names; for a wildcard in its last part (``/app/*``) the folder, for other
    wildcards and what is not known ``None``.
    """
    text = argument.text
    if text is None:
        return None
    if argument.glob:
        folder, _, last = text.rstrip("/").rpartition("/")
        if last not in ("*", ".") or set(folder) & set("*?["):
            return None
        text = folder or ("/" if text.startswith("/") else ".")
    return step.absolute(text)
