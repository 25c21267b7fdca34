"""A client that sends exactly the bytes it is told to: for what a well-behaved client cannot do."""

import itertools
import json
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

from tests.lsp.conformance import Conformance

Message = dict[str, Any]

COMMAND = (sys.executable, "-m", "prebake", "server")
SECONDS = 30.0


def frame(message: object, header: str = "Content-Length") -> bytes:
    """A message as it goes over the wire."""
    body = json.dumps(message).encode()
    return f"{header}: {len(body)}\r\n\r\n".encode() + body


class RawClient:
    """A server process and what it has sent."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self._stdin, self._stdout, self._stderr = self.process.stdin, self.process.stdout, self.process.stderr
        self._ids = itertools.count(1)
        self._arrived: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._complaints: list[bytes] = []
        self.seen: list[Message] = []
        self.conformance = Conformance()
        self.answers = True
        self._listeners = [threading.Thread(target=each, daemon=True) for each in (self._listen, self._overhear)]
        for listener in self._listeners:
            listener.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.process.kill()
        self.process.wait()
        for listener in self._listeners:
            listener.join(SECONDS)
        for stream in (self._stdin, self._stdout, self._stderr):
            stream.close()

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self._stdin.write(data)
        self._stdin.flush()

    def hang_up(self) -> None:
        """Close the server's standard input."""
        self._stdin.close()

    def send(self, **message: Any) -> None:
        """Send a message."""
        self.conformance.sent(message)
        self.write(frame({"jsonrpc": "2.0"} | message))

    def notify(self, method: str, params: object = None) -> None:
        """Send a notification."""
        self.send(method=method, **({} if params is None else {"params": params}))

    def request(self, method: str, params: object = None) -> Message:
        """Send a request; the whole response, an error too."""
        number = next(self._ids)
        self.send(id=number, method=method, **({} if params is None else {"params": params}))
        return self.answer(number)

    def answer(self, number: int | str | None) -> Message:
        """Wait for the response to a request."""
        return self.wait(lambda message: message.get("id", "") == number and "method" not in message)

    def wait(self, wanted: Callable[[Message], bool], seconds: float = SECONDS) -> Message:
        """The next message that is wanted; requests that come meanwhile are answered with nothing."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                message = self._arrived.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"not among {self.seen}; standard error: {self.complaints}") from None
            if message is None:
                raise EOFError(f"the server has gone; standard error: {self.complaints}")
            self.seen.append(message)
            if self.answers and "method" in message and "id" in message:
                items = message.get("params", {}) or {}
                self.send(id=message["id"], result=[None] * len(items["items"]) if "items" in items else None)
            if wanted(message):
                return message

    def initialize(self, capabilities: Message | None = None, **params: Any) -> Message:
        """Do the handshake; the response to ``initialize``. The client wants to know versions, unless it says what
        else it can do with documents.
        """
        able = {"textDocument": {"publishDiagnostics": {"versionSupport": True}}} | (capabilities or {})
        response = self.request("initialize", {"processId": None, "rootUri": None, "capabilities": able} | params)
        self.notify("initialized", {})
        return response

    def open(self, uri: str, text: str, version: int = 1) -> None:
        """Open a Dockerfile."""
        item = {"uri": uri, "languageId": "dockerfile", "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})

    def published(self, uri: str, version: int | None) -> list[Message]:
        """Wait for the diagnostics of a document in a version."""

        def wanted(message: Message) -> bool:
            params = message.get("params", {})
            return (
                message.get("method") == "textDocument/publishDiagnostics"
                and params["uri"] == uri
                and params.get("version") == version
            )

        found: list[Message] = self.wait(wanted)["params"]["diagnostics"]
        return found

    def status(self) -> int:
        """Wait for the end of the process; its exit status."""
        return self.process.wait(SECONDS)

    @property
    def complaints(self) -> str:
        """What the server has written to standard error."""
        return b"".join(self._complaints).decode(errors="replace")

    def ended(self) -> int:
        """Wait for the end of the process and of all it has written; its exit status."""
        status = self.status()
        for listener in self._listeners:
            listener.join(SECONDS)
        return status

    def _listen(self) -> None:
        length = 0
        while header := self._stdout.readline():
            name, colon, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif header == b"\r\n":
                message = json.loads(self._stdout.read(length))
                self.conformance.received(message)
                self._arrived.put(message)
            elif not colon:
                raise AssertionError(f"not a header: {header!r}")
        self._arrived.put(None)

    def _overhear(self) -> None:
        while data := self._stderr.readline():
            self._complaints.append(data)
