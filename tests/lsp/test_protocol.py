"""Requests that cannot be carried out, or come at the wrong time, are answered all the same."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.lsp.raw import RawClient, frame

INVALID_PARAMS = -32602
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
NOT_INITIALIZED = -32002

POSITION = {"line": 0, "character": 0}
EMPTY_RANGE = {"start": POSITION, "end": POSITION}


@pytest.fixture(scope="module")
def client() -> Iterator[RawClient]:
    with RawClient() as client:
        literals = {"codeActionKind": {"valueSet": ["quickfix"]}}
        client.initialize({"textDocument": {"codeAction": {"codeActionLiteralSupport": literals}}})
        yield client


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("textDocument/codeAction", {}),
        ("textDocument/codeAction", None),
        ("textDocument/codeAction", []),
        ("textDocument/codeAction", "text"),
        ("textDocument/hover", {"textDocument": {"uri": "file:///a"}}),
        ("textDocument/hover", {"textDocument": {"uri": "file:///a"}, "position": {"line": "one", "character": 0}}),
        (
            "textDocument/codeAction",
            {
                "textDocument": {"uri": "file:///a"},
                "range": EMPTY_RANGE,
                "context": {"diagnostics": [{"range": EMPTY_RANGE, "message": "", "severity": 99}]},
            },
        ),
        ("workspace/executeCommand", {"arguments": []}),
    ],
)
def test_a_request_that_makes_no_sense_gets_an_error(client: RawClient, method: str, params: Any) -> None:
    error = client.request(method, params)["error"]
    assert error["code"] == INVALID_PARAMS
    assert method in error["message"]


def test_the_error_names_the_missing_field(client: RawClient) -> None:
    assert "textDocument" in client.request("textDocument/hover", {"position": POSITION})["error"]["message"]


def test_unknown_methods_are_refused(client: RawClient) -> None:
    assert client.request("no/such")["error"]["code"] == METHOD_NOT_FOUND
    assert client.request("$/optional")["error"]["code"] == METHOD_NOT_FOUND


def test_unknown_command_is_refused(client: RawClient) -> None:
    assert "error" in client.request("workspace/executeCommand", {"command": "prebake.none"})


@pytest.mark.parametrize("message", [[], 1, "x", None, {"jsonrpc": "2.0", "id": None, "method": "shutdown"}, {}])
def test_what_is_no_message_gets_an_error_without_an_id(client: RawClient, message: object) -> None:
    client.write(frame(message))
    assert client.answer(None)["error"]["code"] == INVALID_REQUEST


def test_notifications_that_make_no_sense_are_passed_over(client: RawClient) -> None:
    client.notify("textDocument/didOpen", {"textDocument": {"uri": 1}})
    client.notify("textDocument/didChange", {})
    client.notify("$/cancelRequest", {})
    client.notify("$/cancelRequest", {"id": "unknown"})
    client.notify("no/such", {"jsonrpc": "1.0"})
    client.send(id="unknown", result=None)
    client.send(id="unknown", error={"code": "no number"})
    assert client.request("no/such")["error"]["code"] == METHOD_NOT_FOUND
    assert not [message for message in client.seen if message.get("method") == "window/showMessage"]


def test_second_initialize_is_refused(client: RawClient) -> None:
    again = client.request("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
    assert again["error"]["code"] == INVALID_REQUEST


def test_requests_before_initialize_are_refused_and_notifications_dropped() -> None:
    with RawClient() as client:
        client.open("file:///nowhere/Dockerfile", "FROM a\n")
        early = client.request("textDocument/hover", {"textDocument": {"uri": "file:///a"}, "position": POSITION})
        assert early["error"]["code"] == NOT_INITIALIZED
        assert "capabilities" in client.initialize()["result"]


def test_failed_initialize_can_be_repeated() -> None:
    with RawClient() as client:
        assert client.request("initialize", [])["error"]["code"] == INVALID_PARAMS
        assert "capabilities" in client.initialize()["result"]


def test_capabilities_of_a_newer_protocol_do_not_stop_the_start() -> None:
    with RawClient() as client:
        response = client.initialize(
            {
                "general": {"positionEncodings": ["utf-64", "utf-32"]},
                "textDocument": {"documentSymbol": {"symbolKind": {"valueSet": [1, 999]}}, "unheardOf": {"a": 1}},
                "unheardOf": True,
            }
        )
        assert response["result"]["capabilities"]["positionEncoding"] == "utf-32"


def test_after_shutdown_requests_are_refused_and_exit_is_obeyed() -> None:
    with RawClient() as client:
        client.initialize()
        assert client.request("shutdown") == {"jsonrpc": "2.0", "id": 2, "result": None}
        assert client.request("shutdown")["error"]["code"] == INVALID_REQUEST
        client.notify("textDocument/didOpen", {})
        client.notify("exit")
        assert client.status() == 0


def test_the_server_says_who_it_is(client: RawClient) -> None:
    with RawClient() as other:
        info = other.initialize()["result"]["serverInfo"]
    from prebake import __version__

    assert info == {"name": "prebake", "version": __version__}
