"""Moving instructions inside a Dockerfile by edits of its raw text: comments, line ends and blank lines stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from prebake.edits import TextEdit
from prebake.syntax.dockerfile import Dockerfile, Instruction


class Rewrite(NamedTuple):
    """Instructions that go below another one, and lines that are added above some.

    ``moved`` are in their order, each with its new text (``raw`` where it stays as it is). ``added`` are lines to be
    put above an instruction and its comments; where that is one of the moved, they take its place.
    """

    tree: Dockerfile
    moved: Sequence[tuple[Instruction, str]]
    below: Instruction
    added: Sequence[tuple[Instruction, Sequence[str]]]

    def edits(self, extra: str = "") -> tuple[TextEdit, ...]:
        """The edits, with further lines (``extra``, without a last line end) between ``below`` and what is moved."""
        text, newline = self.tree.text, self.tree.text.newline
        edits: list[TextEdit] = []
        replaced = {item.index for item, _ in self.added}
        for instruction, lines in self.added:
            at = text.line_start(self._first(instruction))
            edits.append(TextEdit(text.span(at, at), "".join(line + newline for line in lines)))
        for first, last in self._runs(replaced):
            edits.append(TextEdit(text.span(text.line_start(first), text.line_start(last + 1)), ""))
        edits.append(self._insertion(extra))
        return tuple(edits)

    def _first(self, instruction: Instruction) -> int:
        """The first line of an instruction with the comments directly above it."""
        block = self.tree.comment_block(instruction)
        return block[0].line if block else instruction.line

    def _blank(self, line: int) -> bool:
        return 0 <= line < self.tree.text.line_count and not self.tree.text.line(line).strip()

    def _runs(self, replaced: set[int]) -> list[tuple[int, int]]:
        """The lines to be taken out: each moved instruction, and the blank lines behind it where one stands before."""
        runs: list[tuple[int, int]] = []
        blank_above = False
        for instruction, _ in self.moved:
            first, last = self._first(instruction), instruction.end_line
            if not runs or runs[-1][1] + 1 != first:
                blank_above = first == 0 or self._blank(first - 1)
            blank_above = blank_above and instruction.index not in replaced
            while blank_above and self._blank(last + 1) and last + 1 < self.tree.text.line_count - 1:
                last += 1
            runs.append((first, last))
        return runs

    def _unit(self, instruction: Instruction, raw: str) -> str:
        text = self.tree.text
        start = text.line_start(self._first(instruction))
        return text.content[start : instruction.start] + raw

    def _insertion(self, extra: str) -> TextEdit:
        text, newline = self.tree.text, self.tree.text.newline
        pieces = [extra] if extra else []
        for instruction, raw in self.moved:
            if self._blank(self._first(instruction) - 1):
                pieces.append("")
            pieces.append(self._unit(instruction, raw))
        block = newline.join(pieces)
        at = text.line_start(self.below.end_line + 1)
        if at >= len(text.content) and not text.content.endswith("\n"):
            return TextEdit(text.span(at, at), newline + block)
        return TextEdit(text.span(at, at), block + newline)
