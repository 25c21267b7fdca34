"""Messages over the standard streams or one TCP connection.

Reading happens in a thread of its own, so that the event loop is never inside a blocking call and a client that writes
without reading cannot lock itself and us up. Nothing but messages reaches the client's side of standard output.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

_CHUNK = 65536
_MAX_HEADER = 65536


class MessageReader:
    """Splits a stream of bytes into message bodies. Header names are read in any case, unknown headers ignored."""

    def __init__(self, receive: Callable[[int], bytes]) -> None:
        """``receive`` takes a maximum and gives at least one byte, or none at the stream's end (or an ``OSError``)."""
        self._receive = receive
        self._buffer = bytearray()

    def read(self) -> bytes | None:
        """The next message's body; ``None`` when the stream has ended. Blocks."""
        length = None
        while length is None:
            header = self._header()
            if header is None:
                return None
            for line in header.splitlines():
                name, _, value = line.partition(b":")
                if name.strip().lower() == b"content-length" and value.strip().isdigit():
                    length = int(value)
        while len(self._buffer) < length:
            if not self._fill():
                return None
        body = bytes(self._buffer[:length])
        del self._buffer[:length]
        return body

    def _header(self) -> bytes | None:
        """The next block of header lines, which an empty line ends."""
        searched = 0
        while True:
            end = self._buffer.find(b"\r\n\r\n", searched)
            if end >= 0:
                header = bytes(self._buffer[:end])
                del self._buffer[: end + 4]
                return header
            searched = max(0, len(self._buffer) - 3)
            if len(self._buffer) > _MAX_HEADER or not self._fill():
                return None

    def _fill(self) -> bool:
        try:
            data = self._receive(_CHUNK)
        except OSError:
            return False
        self._buffer += data
        return bool(data)


class MessageWriter:
    """Writes framed messages; the first failure is remembered, and what comes after it is dropped."""

    def __init__(self, send: Callable[[bytes], object]) -> None:
        """``send`` writes all of the bytes it is given, or raises ``OSError``."""
        self._send = send
        self.broken = False

    def write(self, data: bytes) -> None:
        """Write bytes unless the client has gone."""
        if self.broken:
            return
        try:
            self._send(data)
        except OSError:
            self.broken = True

    def close(self) -> None:
        """Write nothing more."""
        self.broken = True


class BadMessage(ValueError):
    """A message whose body is not JSON."""


def listen(reader: MessageReader, deliver: Callable[[object], None], ended: Callable[[], None]) -> None:
    """Start a thread that decodes messages and hands each to ``deliver``: a decoded body, or a :class:`BadMessage`.

    ``ended`` is called once, when the stream is at its end. Both are called in the reading thread.
    """

    def run() -> None:
        while (body := reader.read()) is not None:
            try:
                message: object = json.loads(body)
            except (ValueError, RecursionError) as error:
                message = BadMessage(str(error))
            deliver(message)
        ended()

    threading.Thread(target=run, name="reader", daemon=True).start()


@contextmanager
def standard_streams() -> Iterator[tuple[MessageReader, MessageWriter]]:
    """The process's standard streams as a channel.

    While it is open, ``print`` and child processes write to standard error, and child processes read nothing: neither
    can disturb the protocol.
    """
    source, sink = os.dup(0), os.dup(1)
    if sys.platform == "win32":
        import msvcrt

        for descriptor in (source, sink):
            msvcrt.setmode(descriptor, os.O_BINARY)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    sys.stdout.flush()
    os.dup2(2, 1)
    try:
        yield MessageReader(lambda count: os.read(source, count)), MessageWriter(lambda data: _write_all(sink, data))
    finally:
        os.close(sink)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


@contextmanager
def tcp(host: str, port: int) -> Iterator[tuple[MessageReader, MessageWriter]]:
    """Listen on an address and take the first connection as the channel; the address is said on standard error.

    Raises:
        OSError: the address cannot be used.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family) as listener:
        print(f"prebake: listening on {host}:{listener.getsockname()[1]}", file=sys.stderr, flush=True)
        connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        yield MessageReader(connection.recv), MessageWriter(connection.sendall)
    finally:
        with suppress(OSError):  # the client has closed it
            connection.shutdown(socket.SHUT_RDWR)
        connection.close()
