"""Framing: what counts as a message, and what never disturbs the stream."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.lsp.transport import BadMessage, MessageReader, MessageWriter, listen
from tests.lsp.raw import RawClient, frame


def reader_of(*pieces: bytes) -> MessageReader:
    rest = iter(pieces)
    return MessageReader(lambda _count: next(rest, b""))


@pytest.mark.parametrize("header", ["Content-Length", "content-length", "CONTENT-LENGTH"])
def test_header_names_have_no_case(header: str) -> None:
    assert reader_of(frame({"a": 1}, header)).read() == b'{"a": 1}'


def test_other_headers_are_ignored() -> None:
    data = b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\nContent-Length: 2\r\n\r\n{}"
    assert reader_of(data).read() == b"{}"


def test_a_header_without_a_length_is_passed_over() -> None:
    assert reader_of(b"X-Odd: 1\r\n\r\nContent-Length: nonsense\r\n\r\nContent-Length: 2\r\n\r\n{}").read() == b"{}"


def test_endless_header_ends_the_stream() -> None:
    assert reader_of(*[b"x" * 65536] * 3).read() is None


def test_stream_that_ends_inside_a_message_has_no_message() -> None:
    assert reader_of(b"Content-Length: 10\r\n\r\n{}").read() is None


@given(st.lists(st.text(max_size=40), max_size=5), st.integers(1, 7))
def test_messages_may_come_in_any_pieces(texts: list[str], size: int) -> None:
    stream = b"".join(frame(text) for text in texts)
    reader = reader_of(*[stream[at : at + size] for at in range(0, len(stream), size)])
    assert [json.loads(body) for body in iter(reader.read, None)] == texts


def test_a_failing_read_is_the_end() -> None:
    def receive(_count: int) -> bytes:
        raise ConnectionResetError

    assert MessageReader(receive).read() is None


def test_nothing_is_written_after_the_client_has_gone() -> None:
    sent: list[bytes] = []

    def send(data: bytes) -> None:
        sent.append(data)
        raise BrokenPipeError

    writer = MessageWriter(send)
    writer.write(b"one")
    writer.write(b"two")
    assert sent == [b"one"]


def test_listening_tells_bad_json_from_messages_and_says_when_it_ends() -> None:
    heard: list[object] = []
    over = threading.Event()
    listen(reader_of(frame({}), b"Content-Length: 3\r\n\r\n{x}", frame([1])), heard.append, over.set)
    assert over.wait(10)
    assert heard[0] == {} and isinstance(heard[1], BadMessage) and heard[2] == [1]


NOISY = """
import os, subprocess, sys
from prebake.lsp.transport import standard_streams

with standard_streams() as (reader, writer):
    print("printed")
    os.write(1, b"written to descriptor 1")
    child = "import sys; print('child read', repr(sys.stdin.read()))"
    subprocess.run([sys.executable, "-c", child])
    writer.write(reader.read())
"""


def test_print_and_child_processes_touch_neither_input_nor_output() -> None:
    done = subprocess.run(
        [sys.executable, "-c", NOISY], input=frame({"kept": True}), capture_output=True, check=True, timeout=60
    )
    assert done.stdout == b'{"kept": true}'
    assert b"printed" in done.stderr and b"descriptor 1" in done.stderr and b"child read ''" in done.stderr


@pytest.fixture(scope="module")
def client() -> Iterator[RawClient]:
    with RawClient() as client:
        client.initialize()
        yield client


def test_lower_case_header_does_not_wedge_the_server(client: RawClient) -> None:
    client.write(frame({"jsonrpc": "2.0", "id": "low", "method": "no/such"}, "content-length"))
    assert client.answer("low")["error"]["code"] == -32601


def test_what_is_not_json_gets_an_error_and_the_next_message_is_read(client: RawClient) -> None:
    client.write(b"Content-Length: 5\r\n\r\n{nope")
    assert client.answer(None)["error"]["code"] == -32700
    client.write(frame({"jsonrpc": "2.0", "id": "next", "method": "no/such"}))
    assert client.answer("next")["error"]["code"] == -32601


def test_deeply_nested_json_does_not_end_the_server(client: RawClient) -> None:
    body = b"[" * 100_000
    client.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    assert client.answer(None)["error"]["code"] == -32700


def test_a_message_within_a_message_is_data(client: RawClient) -> None:
    nested = {"jsonrpc": "2.0", "id": 1, "method": "shutdown"}
    client.notify("workspace/didChangeConfiguration", {"settings": {"prebake": {"targets": nested}}})
    client.write(frame({"jsonrpc": "2.0", "id": "alive", "method": "no/such"}))
    assert client.answer("alive")["error"]["code"] == -32601
