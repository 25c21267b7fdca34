"""Moving instructions to other places of their Dockerfile by edits of its raw text: each takes the comments directly
above it along; line ends and blank lines between groups stay.
"""

from __future__ import annotations

from collections.abc import Sequence

from prebake.build.rewriting.blocks import block_text, first_line, is_blank, taken_out
from prebake.edits import TextEdit
from prebake.records import NamedTuple
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
        for first, last in taken_out(tree, sorted({move.instruction for move in moves}, key=lambda item: item.index))
    ]
    places: dict[tuple[int, bool], list[Move]] = {}
    for move in moves:
        places.setdefault((move.anchor.index, move.above), []).append(move)
    for (_, above), group in places.items():
        anchor = group[0].anchor
        pieces: list[str] = []
        for move in group:
            if not above and is_blank(tree, first_line(tree, move.instruction) - 1):
                pieces.append("")
            pieces.append(block_text(tree, move.instruction))
        block = newline.join(pieces)
        at = text.line_start(first_line(tree, anchor) if above else anchor.end_line + 1)
        if not above and at < len(text.content) and _stands_apart(tree, group[-1].instruction):
            block += "" if is_blank(tree, anchor.end_line + 1) else newline
        if not above and at >= len(text.content) and not text.content.endswith("\n"):
            edits.append(TextEdit(text.span(at, at), newline + block))
        else:
            edits.append(TextEdit(text.span(at, at), block + newline))
    return tuple(edits)


def _stands_apart(tree: Dockerfile, instruction: Instruction) -> bool:
    """Whether an instruction has blank lines around it."""
    below = instruction.end_line + 1
    at_end = tree.text.line_start(below) >= len(tree.text.content)
    return is_blank(tree, first_line(tree, instruction) - 1) and (at_end or is_blank(tree, below))
