"""Instructions and commands in a few words, for messages."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from prebake.build.copies import Copy
from prebake.build.steps import Step
from prebake.syntax.dockerfile import Instruction
from prebake.text import shortened

if TYPE_CHECKING:
    from prebake.build.installs.installers import Install


def title(instruction: Instruction) -> str:
    """An instruction in one line, shortened, for messages."""
    return shortened(instruction.raw.split("\n")[0].rstrip("\r\\`"))


def shown(step: Step) -> str:
    """A command in a few words, for messages."""
    words = [step.program, *(argument.text or "..." for argument in step.arguments[:2])]
    return shortened(" ".join(words), 50)


def why_inexact(copy: Copy) -> str:
    """Why it is not known what a COPY writes, to be put behind a sentence that says so; empty where it is not told."""
    if copy.unpacks:
        return ": ADD unpacks the archive"
    if copy.destination is None:
        return ": its destination depends on a value that is not known"
    for source in copy.sources:
        if source.kind.value.startswith("nothing"):
            return f": {source.word.value} does not exist in the context"
        if source.path is None:
            return f": {source.word.value} is {source.kind.value}"
    return ""


def where(install: Install) -> str:
    """Where an install stands, for messages: its line, or the file that the line runs."""
    line = f"line {install.instruction.line + 1}"
    if install.by_make is not None:
        return f"line {install.by_make[1] + 1} of {install.by_make[0]}, run by {line}"
    return f"{posixpath.basename(install.files[-1])}, run by {line}" if install.files else line
