"""Positions, line ends and bytes of texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from prebake.text import Position, Span, Text


def test_only_newlines_end_a_line() -> None:
    text = Text("a\fb\u2028c\x85d\re\nf\r\ng")
    assert text.line_count == 3
    assert [text.line(number) for number in range(3)] == ["a\fb\u2028c\x85d\re", "f", "g"]


def test_final_newline_opens_an_empty_line() -> None:
    text = Text("FROM a\n")
    assert text.line_count == 2
    assert text.line(1) == ""
    assert text.position(7) == Position(1, 0)


def test_byte_order_mark_takes_no_column_and_comes_back() -> None:
    data = b"\xef\xbb\xbfFROM a\r\n"
    text = Text.from_bytes(data)
    assert text.content == "FROM a\r\n"
    assert text.position(0) == Position(0, 0)
    assert text.newline == "\r\n"
    assert text.to_bytes() == data


def test_columns_are_code_points() -> None:
    text = Text("x😋y\nz")
    assert text.position(2) == Position(0, 2)
    assert text.slice(Span(Position(0, 1), Position(0, 2))) == "😋"


def test_positions_past_the_end_are_moved_back() -> None:
    text = Text("ab\r\ncd")
    assert text.offset(Position(0, 99)) == 2
    assert text.offset(Position(9, 0)) == 6
    assert text.offset(Position(-1, 0)) == 0


@given(st.binary(max_size=200))
def test_any_bytes_survive(data: bytes) -> None:
    assert Text.from_bytes(data).to_bytes() == data


@given(st.text(alphabet="ab\r\n\f\u2028😋", max_size=60))
def test_offsets_and_positions_are_inverse(content: str) -> None:
    text = Text(content)
    for offset in range(len(text.content) + 1):
        line, column = text.position(offset)
        inside = column <= len(text.line(line))
        assert text.offset(Position(line, column)) == (
            offset if inside else text.line_start(line) + len(text.line(line))
        )


def test_surrogates_that_stand_for_no_byte_are_replaced() -> None:
    assert Text("a\ud800b").to_bytes() == "a\ufffdb".encode()


def test_a_carriage_return_at_the_end_of_a_text_ends_no_line() -> None:
    text = Text("a\r\nb\r")
    assert (text.line(0), text.line(1)) == ("a", "b\r")
    assert text.offset(text.position(5)) == 5
