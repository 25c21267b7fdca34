"""Telling the client to ask again for what it shows, once for all that has changed by then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prebake.lsp.client import Client
    from prebake.lsp.language_server import Server


class Refreshing:
    """Asks for one kind of answer to be asked for again. For the event loop's thread."""

    def __init__(
        self, server: Server, able: Callable[[Client], bool], ask: Callable[[None], Awaitable[object]]
    ) -> None:
        """``able`` says whether a client can be told, ``ask`` is the request that tells it."""
        self._server = server
        self._able = able
        self._ask = ask
        self._is_asking = False

    def changed(self) -> None:
        """Sizes, files or settings may have changed."""
        server = self._server
        if self._able(server.client) and not server.documents.is_empty and not self._is_asking:
            self._is_asking = True
            server.loop.call_soon(self._tell)

    def _tell(self) -> None:
        self._is_asking = False
        self._server.spawn(self._asked())

    async def _asked(self) -> None:
        await self._ask(None)
