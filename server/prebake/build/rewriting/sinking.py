"""Sinking instructions below another one, changed where need be, by edits of the raw text."""

from __future__ import annotations

from collections.abc import Sequence

from prebake.build.rewriting.blocks import block_text, first_line, is_blank, taken_out
from prebake.edits import TextEdit
from prebake.records import NamedTuple
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
            at = text.line_start(first_line(self.tree, instruction))
            edits.append(TextEdit(text.span(at, at), "".join(line + newline for line in lines)))
        for first, last in taken_out(self.tree, [item for item, _ in self.moved], replaced):
            edits.append(TextEdit(text.span(text.line_start(first), text.line_start(last + 1)), ""))
        edits.append(self._insertion(extra))
        return tuple(edits)

    def _insertion(self, extra: str) -> TextEdit:
        text, newline = self.tree.text, self.tree.text.newline
        pieces = [extra] if extra else []
        for instruction, raw in self.moved:
            if is_blank(self.tree, first_line(self.tree, instruction) - 1):
                pieces.append("")
            pieces.append(block_text(self.tree, instruction, raw))
        block = newline.join(pieces)
        at = text.line_start(self.below.end_line + 1)
        if at >= len(text.content) and not text.content.endswith("\n"):
            return TextEdit(text.span(at, at), newline + block)
        return TextEdit(text.span(at, at), block + newline)
