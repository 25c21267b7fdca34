from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from prebake.cli.tree import Item, Node, View, choose
from prebake.project.measuring.attribution import ContextEntry
from prebake.project.measuring.scan import Size, sum_of


def view(files: Mapping[str, int], closed: frozenset[str] = frozenset()) -> View:
    """A view of files with their sizes."""

    def total(path: str) -> Size:
        inside = [size for name, size in files.items() if not path or name == path or name.startswith(f"{path}/")]
        return Size(sum(inside), len(inside))

    def children(folder: str) -> list[Item]:
        prefix = f"{folder}/" if folder else ""
        names = {name.removeprefix(prefix).partition("/")[0] for name in files if name.startswith(prefix)}
        items = []
        for name in names:
            path = prefix + name
            entry = ContextEntry(path, path not in files, total(path), Size(), None, False)
            items.append(Item(path, name, total(path), entry, path not in closed))
        return sorted(items, key=lambda item: (-item.size.bytes, item.key))

    return View(total(""), children)


def drawn(node: Node, before: str = "") -> list[str]:
    lines = []
    for child in node.children:
        assert child.item is not None
        lines += [f"{before}{child.item.name} {child.size.bytes}", *drawn(child, before + "  ")]
    if node.children and node.hidden:
        lines.append(f"{before}+{node.hidden} {node.hidden_size.bytes}")
    return lines


def test_the_largest_come_first_and_the_rest_has_one_line() -> None:
    files = {"a": 100, "b": 90, "c": 80, "d": 70, "e": 60}
    assert drawn(choose(view(files), 3)) == ["a 100", "b 90", "+3 210"]
    assert drawn(choose(view(files), 5)) == ["a 100", "b 90", "c 80", "d 70", "e 60"]
    assert drawn(choose(view(files), None)) == ["a 100", "b 90", "c 80", "d 70", "e 60"]


def test_a_folder_with_one_entry_shares_its_line() -> None:
    files = {"models/bge/onnx/model.bin": 900, "app.py": 100}
    assert drawn(choose(view(files), 10)) == ["models/bge/onnx/model.bin 900", "app.py 100"]
    assert drawn(choose(view(files), 10, plain=True)) == [
        "models 900", "  bge 900", "    onnx 900", "      model.bin 900", "app.py 100",
    ]  # fmt: skip


def test_many_alike_things_are_not_listed() -> None:
    files = {**{f"data/shard-{number}": 50 for number in range(20)}, "data2/big": 400, "data2/small": 600}
    assert drawn(choose(view(files), 20)) == ["data 1000", "data2 1000", "  small 600", "  big 400"]
    assert len(drawn(choose(view(files), None))) == 24


def test_what_is_closed_or_too_deep_stays_closed() -> None:
    files = {".git/objects/a": 500, ".git/objects/b": 400, "src/a": 10, "src/deep/b": 20, "src/deep/c": 5}
    found = drawn(choose(view(files, frozenset([".git"])), None))
    assert found == [".git 900", "src 35", "  deep 25", "    b 20", "    c 5", "  a 10"]
    assert drawn(choose(view(files), None, 1)) == [".git/objects 900", "src 35"]


NAMES = st.lists(st.sampled_from("abcd"), min_size=1, max_size=4).map("/".join)


@given(st.dictionaries(NAMES, st.integers(0, 1000), max_size=25), st.integers(1, 20), st.booleans())
def test_the_lines_are_kept_and_the_sums_are_right(tree: dict[str, int], lines: int, plain: bool) -> None:
    files = {name: size for name, size in tree.items() if not any(other.startswith(f"{name}/") for other in tree)}
    root = choose(view(files), lines, plain=plain)
    assert root.lines == len(drawn(root)) <= lines
    todo = [root]
    while todo:
        node = todo.pop()
        todo += node.children
        assert [child.size.bytes for child in node.children] == sorted(
            (child.size.bytes for child in node.children), reverse=True
        )
        if node.children:
            assert sum_of(child.size for child in node.children).plus(node.hidden_size) == node.size
