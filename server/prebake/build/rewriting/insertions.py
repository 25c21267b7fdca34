"""New instructions in a Dockerfile: whole lines above or below another instruction, in its case."""

from __future__ import annotations

from collections.abc import Iterable

from prebake.build.build import Build
from prebake.build.rewriting.blocks import first_line
from prebake.edits import FileEdit, TextEdit, with_lines
from prebake.syntax.dockerfile import Instruction


def insert_below(build: Build, anchor: Instruction, lines: Iterable[str]) -> TextEdit:
    """The edit that puts lines below an instruction."""
    return with_lines(build.text, anchor.end_line, lines)


def insert_above(build: Build, anchor: Instruction, lines: Iterable[str]) -> TextEdit:
    """The edit that puts lines above an instruction and the comments that belong to it."""
    text = build.text
    at = text.line_start(first_line(build.tree, anchor))
    return TextEdit(text.span(at, at), "".join(line + text.newline for line in lines))


def cased(like: Instruction, lines: Iterable[str]) -> list[str]:
    """Instructions in lower case, where another one is."""
    if not like.raw.lstrip()[:3].islower():
        return list(lines)
    found = []
    for line in lines:
        keyword, space, rest = line.partition(" ")
        found.append(keyword.lower() + space + rest)
    return found


def edited(build: Build, *edits: TextEdit) -> FileEdit:
    """Edits of the Dockerfile."""
    return FileEdit(build.path, build.text, edits)
