"""Blocks of lines: an instruction with the comments directly above it, and the blank lines around."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from prebake.syntax.dockerfile import Dockerfile, Instruction


def first_line(tree: Dockerfile, instruction: Instruction) -> int:
    """The first line of an instruction with the comments directly above it."""
    block = tree.comment_block(instruction)
    return block[0].line if block else instruction.line


def block_text(tree: Dockerfile, instruction: Instruction, raw: str | None = None) -> str:
    """The text of an instruction with its comments, without a last line end; ``raw`` is a new text of its own."""
    start = tree.text.line_start(first_line(tree, instruction))
    return tree.text.content[start : instruction.start] + (instruction.raw if raw is None else raw)


def is_blank(tree: Dockerfile, line: int) -> bool:
    """Whether there is such a line, and nothing in it."""
    return 0 <= line < tree.text.line_count and not tree.text.line(line).strip()


def taken_out(
    tree: Dockerfile, instructions: Iterable[Instruction], replaced: Collection[int] = ()
) -> list[tuple[int, int]]:
    """The first and last lines that go when instructions, given in their order, are taken out: their blocks, and the
    blank lines behind one where some stand before it. Not for those (by index) in whose place something else is put.
    """
    runs: list[tuple[int, int]] = []
    blank_above = False
    for instruction in instructions:
        first, last = first_line(tree, instruction), instruction.end_line
        if not runs or runs[-1][1] + 1 != first:
            blank_above = first == 0 or is_blank(tree, first - 1)
        blank_above = blank_above and instruction.index not in replaced
        while blank_above and is_blank(tree, last + 1) and last + 1 < tree.text.line_count - 1:
            last += 1
        if tree.text.line_start(last + 1) >= len(tree.text.content):
            while is_blank(tree, first - 1) and (not runs or runs[-1][1] < first - 1):
                first -= 1
        runs.append((first, last))
    return runs
