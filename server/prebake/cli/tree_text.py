"""Trees of sizes as lines, their columns aligned."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from prebake.cli.output import Output, printable
from prebake.cli.snippet import width
from prebake.cli.tree import Item, Node
from prebake.project.measuring.scan import Size
from prebake.records import NamedTuple
from prebake.sizes import files, human
from prebake.syntax.ignorefile import Pattern

Note = tuple[str, str]
"""Words behind an item, and their style."""

_NO_NOTE: Note = ("", "")
_WIDEST_NAME = 48
"""Notes stand behind the longest name, but not further to the right than behind one so long."""
_NARROWEST_NAME = 16
_DRAWN = ("├─ ", "└─ ", "│  ", "…")
_PLAIN = ("|- ", "`- ", "|  ", "...")
_CUT = "..."


class _Row(NamedTuple):
    """A line, its columns not yet made equally wide."""

    size: str
    share: str
    files: str
    branch: str
    name: str
    style: str
    note: Note

    @property
    def width(self) -> int:
        """Columns of the branch and the name."""
        return width(self.branch) + width(self.name)


class TreeText:
    """Draws trees for a stream."""

    def __init__(self, output: Output) -> None:
        """Lines and colours are those that ``output`` can show."""
        self._output = output
        self._signs = _DRAWN if output.can_show("".join(_DRAWN)) else _PLAIN

    def lines(self, root: Node, note: Callable[[Item], Note]) -> Iterator[str]:
        """The lines of a tree: size, part of the whole, number of files, name, and what ``note`` says of the item."""
        rows = list(self._rows(root, root.size, "", _NO_NOTE, note))
        size = max((len(row.size) for row in rows), default=0)
        count = max((len(row.files) for row in rows), default=0)
        room = self._output.columns
        if room is not None:
            left = room - size - count - len("        100%")
            rows = [_fitted(row, left) for row in rows]
        noted = min(max((row.width for row in rows if row.note[0]), default=0), _WIDEST_NAME)
        paint = self._output.paint
        for row in rows:
            name = paint(row.name, row.style) if row.style else row.name
            line = f"  {row.size:>{size}}  {row.share:>4}  {row.files:>{count}}  {paint(row.branch, 'dim')}{name}"
            words, style = row.note
            yield f"{line}{' ' * max(noted - row.width, 0)}  {paint(words, style)}" if words else line

    def _rows(self, node: Node, whole: Size, before: str, said: Note, note: Callable[[Item], Note]) -> Iterator[_Row]:
        """The lines for what is shown in a node; what was ``said`` of the node is not said again."""
        branch, last, straight, dots = self._signs
        is_top = node.item is None

        def row(size: Size, count: str, name: str, lead: str, style: str = "", words: Note = _NO_NOTE) -> _Row:
            drawn = before + ("" if is_top else lead)
            return _Row(human(size.bytes), _share(size.bytes, whole.bytes), count, drawn, name, style, words)

        for number, child in enumerate(node.children):
            item = child.item
            if item is None:
                continue
            is_last = number == len(node.children) - 1 and not node.hidden
            is_pattern = isinstance(item.about, Pattern)
            name = on_one_line(item.name) + ("/" if item.is_group and not is_pattern else "")
            count = files(child.size.files) if item.is_group else ""
            style = "information" if is_pattern else "bold" if item.is_group else ""
            words = note(item)
            # Below a pattern, each entry has the same one.
            is_known = words == said or (node.item is not None and isinstance(node.item.about, Pattern))
            yield row(child.size, count, name, last if is_last else branch, style, _NO_NOTE if is_known else words)
            below = "" if is_top else " " * len(straight) if is_last else straight
            yield from self._rows(child, whole, before + below, words, note)
        if node.hidden and node.children:
            yield row(node.hidden_size, files(node.hidden_size.files), f"{dots} {node.hidden:,} more", last)


def on_one_line(name: str) -> str:
    """A name as it can be printed, without tabs, which would shift what follows."""
    return printable(name).replace("\t", "\\t")


def _share(part: int, whole: int) -> str:
    percent = 100 * part / whole if whole else 0
    return f"{percent:.0f}%" if percent >= 0.5 or not part else "<1%"


def _fitted(row: _Row, room: int) -> _Row:
    """The row with the middle of its name left out where it and the note are too wide."""
    note = width(row.note[0]) + 2 if row.note[0] else 0
    room = max(room - note - width(row.branch), _NARROWEST_NAME)
    name, keep = row.name, room - len(_CUT)
    while width(name) > room and keep > 1:
        name = row.name[: keep // 2] + _CUT + row.name[-(keep - keep // 2) :]
        keep -= 1
    return row._replace(name=name)
