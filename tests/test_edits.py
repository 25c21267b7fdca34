"""Applying and computing edits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.edits import EditError, FileEdit, TextEdit, apply, difference, with_lines, without_lines
from prebake.text import Position, Span, Text


def span(line: int, start: int, end: int) -> Span:
    return Span(Position(line, start), Position(line, end))


def test_edits_refer_to_the_original_text() -> None:
    text = Text("one two three")
    edits = (TextEdit(span(0, 8, 13), "3"), TextEdit(span(0, 0, 3), "1"))
    assert apply(text, edits).content == "1 two 3"


def test_inserts_at_one_place_keep_their_order_and_stand_before_a_replacement() -> None:
    edits = (TextEdit(span(0, 0, 1), "X"), TextEdit.insert(Position(0, 0), "a"), TextEdit.insert(Position(0, 0), "b"))
    assert apply(Text("_"), edits).content == "abX"


def test_overlap_is_refused() -> None:
    with pytest.raises(EditError):
        apply(Text("abcdef"), (TextEdit(span(0, 0, 3), ""), TextEdit(span(0, 2, 4), "")))


def test_byte_order_mark_is_kept() -> None:
    text = Text.from_bytes(b"\xef\xbb\xbfFROM a\n")
    assert apply(text, [TextEdit(span(0, 5, 6), "b")]).to_bytes() == b"\xef\xbb\xbfFROM b\n"


def test_created_file_is_one_insert() -> None:
    edit = difference("/x", None, Text("a\nb\n"))
    assert edit == FileEdit("/x", None, (TextEdit.insert(Position(0, 0), "a\nb\n"),))
    assert edit.creates
    assert edit.apply().content == "a\nb\n"


def test_difference_leaves_common_lines_alone() -> None:
    edit = difference("/x", Text("a\nb\nc\nd\n"), Text("a\nB\nc\nd\ne\n"))
    assert [item.span.start.line for item in edit.edits] == [1, 4]


LINES = st.lists(st.sampled_from(["a\n", "b\n", "\n", "c\r\n", "x"]), max_size=8).map("".join)


@given(LINES, LINES)
def test_difference_leads_from_one_text_to_the_other(before: str, after: str) -> None:
    assert difference("/x", Text(before), Text(after)).apply().content == after


def test_the_difference_of_long_texts_of_the_same_lines_gives_the_other_text() -> None:
    same = "pip install x \\\n" * 3000
    before, after = Text("COPY . .\n" + same + "CMD x\n"), Text("COPY a .\n" + same + "COPY . .\nCMD x\n")
    change = difference("/Dockerfile", before, after)
    assert change.apply().content == after.content
    assert all("CMD" not in edit.new_text for edit in change.edits)


@pytest.mark.parametrize(
    ("before", "numbers", "after"),
    [
        ("a\nb\nc\n", (1,), "a\nc\n"),
        ("a\nb\nc", (2,), "a\nb"),
        ("a\r\nb\r\nc", (2,), "a\r\nb"),
        ("a\nb\nb", (1, 2), "a"),
        ("a\nb\nc\nd\n", (0, 2), "b\nd\n"),
        ("a", (0,), ""),
    ],
)
def test_lines_are_removed_whole(before: str, numbers: tuple[int, ...], after: str) -> None:
    assert apply(Text(before), without_lines(Text(before), numbers)).content == after


@pytest.mark.parametrize(
    ("before", "after"), [("a\nb\n", "a\nx\ny\nb\n"), ("a", "a\nx\ny"), ("a\r\nb", "a\r\nx\r\ny\r\nb")]
)
def test_lines_are_put_in_with_the_text_s_own_line_ends(before: str, after: str) -> None:
    assert apply(Text(before), [with_lines(Text(before), 0, ("x", "y"))]).content == after
