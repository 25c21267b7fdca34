"""Positions in the client's units and in ours. The reference here encodes every text in full."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types

from prebake.lsp.convert import Coordinates, column, units
from prebake.text import Position, Span, Text

ENCODINGS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
CHARACTERS = st.text(st.sampled_from("a é€🐳\t\u0301\x0c\u2028\x85"), max_size=12)


def encoded_length(text: str, encoding: str) -> int:
    codec, size = ENCODINGS[encoding]
    return len(text.encode(codec)) // size


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(line=CHARACTERS)
def test_each_character_is_found_again(encoding: str, line: str) -> None:
    for index in range(len(line) + 1):
        length = encoded_length(line[:index], encoding)
        assert units(line[:index], encoding) == length
        assert column(line, length, encoding) == index


@pytest.mark.parametrize(("encoding", "inside"), [("utf-8", (1, 2, 3)), ("utf-16", (1,))])
def test_a_place_inside_of_a_character_is_its_start(encoding: str, inside: tuple[int, ...]) -> None:
    assert [column("🐳x", place, encoding) for place in inside] == [0] * len(inside)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_place_past_the_end_is_the_end(encoding: str) -> None:
    assert column("é🐳", 99, encoding) == 2
    assert column("ab", 99, encoding) == 2
    assert column("", 5, encoding) == 0


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_lone_surrogates_are_no_obstacle(encoding: str) -> None:
    assert column("\udce9x", units("\udce9", encoding), encoding) == 1


def test_a_span_behind_an_astral_character() -> None:
    text = Text('LABEL a="🐳" b=c\n')
    span = Span(Position(0, 12), Position(0, 15))
    assert text.slice(span) == "b=c"
    expected = {"utf-8": (15, 18), "utf-16": (13, 16), "utf-32": (12, 15)}
    for encoding, (start, end) in expected.items():
        found = Coordinates(text, encoding).range(span)
        assert found == types.Range(types.Position(0, start), types.Position(0, end))
        assert Coordinates(text, encoding).span(found) == span


def test_only_line_ends_of_the_protocol_end_lines() -> None:
    coordinates = Coordinates(Text("a\x0cb\u2028c\x85d\nsecond"), "utf-16")
    assert coordinates.position(Position(1, 3)) == types.Position(1, 3)
    assert coordinates.from_client(types.Position(1, 3)) == Position(1, 3)
    assert coordinates.from_client(types.Position(0, 7)) == Position(0, 7)


def test_a_lone_carriage_return_ends_a_line_for_the_client_only() -> None:
    text = Text("one\rtwo\r\nthree\n")
    coordinates = Coordinates(text, "utf-16")
    assert text.position(text.content.index("two")) == Position(0, 4)
    assert coordinates.position(Position(0, 4)) == types.Position(1, 0)
    assert coordinates.from_client(types.Position(1, 2)) == Position(0, 6)
    assert coordinates.from_client(types.Position(1, 99)) == Position(0, 7)
    assert coordinates.position(Position(1, 0)) == types.Position(2, 0)
    assert coordinates.from_client(types.Position(2, 5)) == Position(1, 5)


@pytest.mark.parametrize(
    ("client", "ours"),
    [((0, 99), (0, 4)), ((1, 99), (1, 3)), ((2, 0), (1, 3)), ((99, 7), (1, 3))],
)
def test_places_that_do_not_exist_are_moved_to_the_nearest(client: tuple[int, int], ours: tuple[int, int]) -> None:
    assert Coordinates(Text("FROM\nend"), "utf-16").from_client(types.Position(*client)) == Position(*ours)


def test_the_empty_line_after_the_last_line_end_is_a_line() -> None:
    coordinates = Coordinates(Text("FROM\n"), "utf-16")
    assert coordinates.offset(types.Position(1, 0)) == 5
    assert coordinates.position(Position(1, 0)) == types.Position(1, 0)


def test_a_byte_order_mark_counts_for_a_client_that_sent_it() -> None:
    text = Text("\ufeffFROM a\nRUN b\n")
    sent = Coordinates(text, "utf-16", counts_bom=True)
    assert sent.position(Position(0, 5)) == types.Position(0, 6)
    assert sent.from_client(types.Position(0, 6)) == Position(0, 5)
    assert sent.from_client(types.Position(1, 4)) == Position(1, 4)
    assert sent.offset(types.Position(0, 0)) == -1
    assert Coordinates(text, "utf-8", counts_bom=True).position(Position(0, 5)) == types.Position(0, 8)
    assert Coordinates(text, "utf-16").position(Position(0, 5)) == types.Position(0, 5)


@pytest.mark.parametrize("encoding", ENCODINGS)
@given(content=st.text(st.sampled_from("ab é🐳\r\n\x0c\u2028"), max_size=30))
def test_there_and_back(encoding: str, content: str) -> None:
    text = Text(content)
    coordinates = Coordinates(text, encoding)
    for offset in range(len(content) + 1):
        position = text.position(offset)
        if text.offset(position) == offset:  # not between \r and \n, which is no place
            assert coordinates.offset(coordinates.position(position)) == offset
