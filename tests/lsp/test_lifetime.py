"""When the process ends, and with which status."""

import socket
import subprocess
import sys

import pytest

from prebake.lsp.transport import MessageReader
from tests.lsp.raw import COMMAND, SECONDS, RawClient, frame

# As long as analysing this takes, it must hold up nobody.
LONG = "FROM a\n" + "RUN echo 'some text' && pip install -r requirements.txt || true\n" * 60_000


def test_exit_after_shutdown_is_success() -> None:
    with RawClient() as client:
        client.initialize()
        client.request("shutdown")
        client.notify("exit")
        assert client.ended() == 0
        assert client.complaints == ""


def test_exit_without_shutdown_is_failure() -> None:
    with RawClient() as client:
        client.initialize()
        client.notify("exit")
        assert client.ended() == 1
        assert "Traceback" not in client.complaints


def test_exit_before_initialize_is_failure() -> None:
    with RawClient() as client:
        client.notify("exit")
        assert client.ended() == 1


def test_end_of_input_ends_the_server() -> None:
    with RawClient() as client:
        client.initialize()
        client.hang_up()
        assert client.ended() == 1
        assert "Traceback" not in client.complaints


def test_end_of_input_does_not_wait_for_work() -> None:
    with RawClient() as client:
        client.initialize()
        client.open("file:///nowhere/Dockerfile", LONG)
        assert "error" in client.request("no/such")  # the document has been taken in, and is being analysed
        client.hang_up()
        assert client.process.wait(5) == 1


def test_shutdown_answers_what_is_running_and_does_not_wait_for_it() -> None:
    with RawClient() as client:
        client.initialize(
            {"textDocument": {"codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": []}}}}}
        )
        client.open("file:///nowhere/Dockerfile", LONG)
        place = {"line": 0, "character": 0}
        params = {
            "textDocument": {"uri": "file:///nowhere/Dockerfile"},
            "range": {"start": place, "end": place},
            "context": {"diagnostics": []},
        }
        for number in range(100, 120):
            client.send(id=number, method="textDocument/codeAction", params=params)
        client.send(id="over", method="shutdown")
        answers = {}
        while "over" not in answers:
            message = client.wait(lambda message: "method" not in message)
            answers[message["id"]] = message
        client.notify("exit")
        assert client.process.wait(5) == 0
        assert answers["over"]["result"] is None
        client.ended()
        assert "Traceback" not in client.complaints and "changed size" not in client.complaints


def test_long_work_holds_up_no_other_request() -> None:
    with RawClient() as client:
        client.initialize()
        client.open("file:///nowhere/Dockerfile", LONG)
        place = {"line": 0, "character": 0}
        slow = {"textDocument": {"uri": "file:///nowhere/Dockerfile"}, "position": place}
        client.send(id="slow", method="textDocument/hover", params=slow)
        client.open("untitled:other", "FROM a\n")
        other = {"textDocument": {"uri": "untitled:other"}, "position": place}
        assert client.request("textDocument/hover", other)["result"] is None
        assert "slow" not in [message.get("id") for message in client.seen]


def test_cancelled_request_is_answered_at_once() -> None:
    with RawClient() as client:
        client.initialize()
        client.open("file:///nowhere/Dockerfile", LONG)
        place = {"line": 0, "character": 0}
        client.send(
            id="slow",
            method="textDocument/hover",
            params={"textDocument": {"uri": "file:///nowhere/Dockerfile"}, "position": place},
        )
        client.notify("$/cancelRequest", {"id": "slow"})
        assert client.answer("slow")["error"]["code"] == -32800


@pytest.mark.skipif(sys.platform == "win32", reason="uses a process of this system's kind")
def test_death_of_the_editor_ends_the_server() -> None:
    editor = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    with RawClient() as client:
        client.initialize(processId=editor.pid)
        editor.kill()
        editor.wait()
        assert client.ended() == 1


def test_number_of_a_process_that_is_not_here_is_no_reason_to_end() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    with RawClient() as client:
        client.initialize(processId=gone.pid)
        assert "error" in client.request("no/such")


def start_on_tcp() -> tuple[subprocess.Popen[bytes], socket.socket]:
    process = subprocess.Popen([*COMMAND, "--tcp", "127.0.0.1:0"], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    port = int(process.stderr.readline().rsplit(b":", 1)[1])
    return process, socket.create_connection(("127.0.0.1", port), timeout=SECONDS)


def test_tcp_conversation_ends_without_a_traceback() -> None:
    process, connection = start_on_tcp()
    with connection:
        connection.sendall(frame({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}))
        reader = MessageReader(connection.recv)
        assert b'"capabilities"' in (reader.read() or b"")
        connection.sendall(frame({"jsonrpc": "2.0", "id": 2, "method": "shutdown"}))
        assert b'"result": null' in (reader.read() or b"")
        connection.sendall(frame({"jsonrpc": "2.0", "method": "exit"}))
        _, complaints = process.communicate(timeout=SECONDS)
    assert (process.returncode, complaints) == (0, b"")


def test_dropped_tcp_connection_ends_the_server() -> None:
    process, connection = start_on_tcp()
    connection.close()
    _, complaints = process.communicate(timeout=SECONDS)
    assert (process.returncode, complaints) == (1, b"")


def test_address_in_use_is_said_and_not_thrown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [*COMMAND, "--tcp", f"127.0.0.1:{port}"]
        done = subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(b"prebake: ") and b"Traceback" not in done.stderr
