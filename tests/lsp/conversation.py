"""A conversation with a server that runs in the test's own loop: quick to begin, and open to a look inside."""

import asyncio
import itertools
import json
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

from prebake.lsp.language_server import Server
from prebake.lsp.transport import MessageReader, MessageWriter
from tests.lsp.conformance import Conformance, Message

SECONDS = 30.0


class Conversation:
    """A server without a process, and the messages that it has sent. Its requests are answered, unless ``answers`` is
    unset: with ``settings`` where it asks for these, else with nothing.
    """

    def __init__(self, capabilities: Message | None = None, *, answers: bool = True, **params: Any) -> None:
        self.server = Server()
        self.server.loop = asyncio.get_running_loop()
        self.sent: list[Message] = []
        self.settings: object = None
        self._answers = answers
        self._conformance = Conformance()
        self._numbers = itertools.count(1)
        self._news = asyncio.Event()
        self.server.protocol.set_writer(MessageWriter(self._take))
        able = {"processId": None, "rootUri": None, "capabilities": capabilities or {}}
        self.receive(id="first", method="initialize", params=able | params)

    async def __aenter__(self) -> Self:
        await self.until(lambda: any(message.get("id") == "first" for message in self.sent))
        self.receive(method="initialized", params={})
        return self

    async def __aexit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.receive(id="last", method="shutdown")
        for _ in range(3):  # what is due in the loop may begin more
            await asyncio.sleep(0)
            await self.until(lambda: self.server.idle and not self.server._tasks)

    def _take(self, data: bytes) -> None:
        rest = iter([data])
        body = MessageReader(lambda _count: next(rest, b"")).read()
        assert body is not None
        message = json.loads(body)
        self._conformance.received(message)
        self.sent.append(message)
        self._news.set()
        if self._answers and "method" in message and "id" in message:
            items = (message.get("params") or {}).get("items")
            result = None if items is None else [self.settings for _ in items]
            self.server.loop.call_soon(lambda: self.receive(id=message["id"], result=result))

    def receive(self, **message: Any) -> None:
        """The server receives a message."""
        self._conformance.sent(message)
        self.server.protocol.receive({"jsonrpc": "2.0"} | message)

    async def request(self, method: str, params: object = None) -> Message:
        """The whole response to a request."""
        number = next(self._numbers)
        self.receive(id=number, method=method, params=params)
        await self.until(lambda: any(self._is_answer(message, number) for message in self.sent))
        return next(message for message in self.sent if self._is_answer(message, number))

    def _is_answer(self, message: Message, number: int) -> bool:
        return message.get("id") == number and "method" not in message

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until what has come makes this true."""
        async with asyncio.timeout(SECONDS):
            while not true():
                self._news.clear()
                with suppress(TimeoutError):  # what is waited for may come true without a message
                    await asyncio.wait_for(self._news.wait(), 0.05)

    def calls(self, method: str) -> list[Message]:
        """The parameters of what the server has asked or told by a method."""
        return [message.get("params") or {} for message in self.sent if message.get("method") == method]

    @property
    def waiting(self) -> dict[Any, Any]:
        """The requests that are being answered, of either side."""
        return self.server.protocol._request_futures
