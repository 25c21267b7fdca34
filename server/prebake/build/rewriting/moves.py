"""Moving instructions to other places of their Dockerfile by edits of its raw text: each takes the comments directly
above it along; line ends and blank lines between groups stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from prebake.edits import TextEdit
from prebake.syntax.dockerfile import Dockerfile, Instruction


class Move(NamedTuple):
    """An instruction that goes to another place: directly below ``anchor``, or with ``above`` directly above it and its
    comments. An anchor is not moved itself.
    """

    instruction: Instruction
    anchor: Instruction
    above: bool = False


def moved(tree: Dockerfile, moves: Sequence[Move]) -> tuple[TextEdit, ...]:
    """The edits that make the moves; several to one place come to stand there in the order in which they are given."""
    text, newline = tree.text, tree.text.newline
    edits = [
        TextEdit(text.span(text.line_start(first), text.line_start(last + 1)), "")
        for first, last in _gaps(tree, sorted({move.instruction.line: move.instruction for move in moves}.items()))
    ]
    places: dict[tuple[int, bool], list[Move]] = {}
    for move in moves:
        places.setdefault((move.anchor.index, move.above), []).append(move)
    for (_, above), group in places.items():
        anchor = group[0].anchor
        pieces: list[str] = []
        for move in group:
            if not above and _is_blank(tree, first_line(tree, move.instruction) - 1):
                pieces.append("")
            pieces.append(_unit(tree, move.instruction))
        block = newline.join(pieces)
        at = text.line_start(first_line(tree, anchor) if above else anchor.end_line + 1)
        if not above and at < len(text.content) and _stands_apart(tree, group[-1].instruction):
            block += "" if _is_blank(tree, anchor.end_line + 1) else newline
        if not above and at >= len(text.content) and not text.content.endswith("\n"):
            edits.append(TextEdit(text.span(at, at), newline + block))
        else:
            edits.append(TextEdit(text.span(at, at), block + newline))
    return tuple(edits)


def first_line(tree: Dockerfile, instruction: Instruction) -> int:
    """The first line of an instruction with the comments directly above it."""
    block = tree.comment_block(instruction)
    return block[0].line if block else instruction.line


def _stands_apart(tree: Dockerfile, instruction: Instruction) -> bool:
    """Whether an instruction has blank lines around it."""
    below = instruction.end_line + 1
    at_end = tree.text.line_start(below) >= len(tree.text.content)
    return _is_blank(tree, first_line(tree, instruction) - 1) and (at_end or _is_blank(tree, below))


def _unit(tree: Dockerfile, instruction: Instruction) -> str:
    return tree.text.content[tree.text.line_start(first_line(tree, instruction)) : instruction.end]


def _is_blank(tree: Dockerfile, line: int) -> bool:
    return 0 <= line < tree.text.line_count and not tree.text.line(line).strip()


def _gaps(tree: Dockerfile, instructions: Iterable[tuple[int, Instruction]]) -> list[tuple[int, int]]:
    """The lines to be taken out: each instruction, and the blank lines behind it where one stands before."""
    runs: list[tuple[int, int]] = []
    blank_above = False
    for _, instruction in instructions:
        first, last = first_line(tree, instruction), instruction.end_line
        if not runs or runs[-1][1] + 1 != first:
            blank_above = first == 0 or _is_blank(tree, first - 1)
        while blank_above and _is_blank(tree, last + 1) and last + 1 < tree.text.line_count - 1:
            last += 1
        if tree.text.line_start(last + 1) >= len(tree.text.content):
            while _is_blank(tree, first - 1) and (not runs or runs[-1][1] < first - 1):
                first -= 1
        runs.append((first, last))
    return runs
