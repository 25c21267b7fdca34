"""A small LSP client over stdio that stamps each message when it arrives, before it is parsed."""

import itertools
import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO

Message = dict[str, Any]

# What an editor that wants diagnostics pushed says about itself; docker-langserver only pushes.
PUSH_CAPABILITIES: Message = {
    "general": {"positionEncodings": ["utf-16"]},
    "textDocument": {
        "synchronization": {"didSave": True},
        "publishDiagnostics": {"relatedInformation": True, "versionSupport": True},
        "codeAction": {"codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix"]}}},
    },
    "workspace": {"workspaceFolders": True, "configuration": True},
    "window": {"workDoneProgress": True},
}


class Client:
    """One server process; `started` is the `time.perf_counter()` just before it was spawned."""

    def __init__(self, command: Sequence[str]) -> None:
        self._arrived: queue.SimpleQueue[tuple[float, bytes | None]] = queue.SimpleQueue()
        self._ids = itertools.count(1)
        self.progress: list[str] = []
        """What was told of progress: each time `begin`, `report` or `end`."""
        self.started = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        threading.Thread(target=self._read, args=(self.process.stdout,), daemon=True).start()

    def initialize(self, root: Path) -> float:
        """Do the handshake; seconds from the spawn to the response to `initialize`."""
        uri = root.as_uri()
        arrived, _ = self.request(
            "initialize",
            {
                "processId": os.getpid(),
                "clientInfo": {"name": "prebake-bench"},
                "rootUri": uri,
                "workspaceFolders": [{"uri": uri, "name": root.name}],
                "capabilities": PUSH_CAPABILITIES,
            },
        )
        self.notify("initialized", {})
        return arrived - self.started

    def request(self, method: str, params: Message | None = None) -> tuple[float, Message]:
        """Send a request and wait for its response: when it arrived, and what it says."""
        number = next(self._ids)
        self._send({"id": number, "method": method} | ({} if params is None else {"params": params}))
        arrived, answer = self.wait(lambda message: message.get("id") == number and "method" not in message)
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        return arrived, answer

    def notify(self, method: str, params: Message | None = None) -> None:
        """Send a notification."""
        self._send({"method": method} | ({} if params is None else {"params": params}))

    def diagnostics(self, uri: str, version: int) -> float:
        """Wait for the diagnostics of a document in this version; when they arrived."""

        def published(message: Message) -> bool:
            if message.get("method") != "textDocument/publishDiagnostics":
                return False
            params = message["params"]
            return bool(params["uri"] == uri and params.get("version", version) == version)

        return self.wait(published)[0]

    def wait(self, wanted: Callable[[Message], bool], timeout: float = 60) -> tuple[float, Message]:
        """The first message that is wanted, with its time of arrival; what the server asks meanwhile is answered.

        Raises `TimeoutError`, and `EOFError` when the server has gone.
        """
        deadline = time.monotonic() + timeout
        while True:
            try:
                arrived, body = self._arrived.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise TimeoutError(f"nothing from the server within {timeout} s") from None
            if body is None:
                raise EOFError(f"the server has gone (exit status {self.process.poll()})")
            message = json.loads(body)
            if "method" in message and "id" in message:
                self._answer(message)
            if message.get("method") == "$/progress":
                self.progress.append(message["params"]["value"]["kind"])
            if wanted(message):
                return arrived, message

    def settle(self, quiet: float = 0.3, timeout: float = 20) -> None:
        """Return once nothing has come for `quiet` seconds, answering what is asked."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            try:
                self.wait(lambda _: True, quiet)
            except TimeoutError:
                return

    def close(self) -> None:
        """Shut the server down; kill it when it does not go."""
        try:
            self.request("shutdown")
            self.notify("exit")
            self.process.wait(10)
        except (OSError, EOFError, TimeoutError, RuntimeError, subprocess.TimeoutExpired):
            self.process.kill()
        self.process.wait()

    def _answer(self, message: Message) -> None:
        items = message.get("params", {}).get("items") if message["method"] == "workspace/configuration" else None
        self._send({"id": message["id"], "result": None if items is None else [None] * len(items)})

    def _send(self, message: Message) -> None:
        body = json.dumps({"jsonrpc": "2.0"} | message).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(body), body))
        self.process.stdin.flush()

    def _read(self, stream: BinaryIO) -> None:
        length = 0
        while header := stream.readline():
            name, _, value = header.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif header == b"\r\n":
                body = stream.read(length)
                self._arrived.put((time.perf_counter(), body))
        self._arrived.put((time.perf_counter(), None))


def resident_memory(process: int) -> float:
    """Resident memory of a process and its descendants in MiB."""
    kilobytes = 0
    for each in _family(process):
        try:
            status = Path(f"/proc/{each}/status").read_text()
        except OSError:
            continue
        kilobytes += sum(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS:"))
    return kilobytes / 1024


def _family(process: int) -> list[int]:
    found = [process]
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        for child in children.read_text().split():
            found += _family(int(child))
    return found
