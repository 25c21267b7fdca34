"""Which features the client is offered, and for which documents.

What another language server for Dockerfiles shows too can be left to it: the setting ``features`` says so, at any time.
A client that can be asked for some documents only is asked anew then; the others get empty answers.
"""

from __future__ import annotations

import asyncio
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from prebake.lsp.client import FEATURES

if TYPE_CHECKING:
    from prebake.lsp.language_server import Server

SETTING = "features"
_CHOICES = ("all", "own")


class _Part(Protocol):
    """A module of one feature."""

    METHOD: str

    def options(self, *, common: bool) -> object | None:
        """For which documents, and how, the client is to ask, with or without what other servers have too; ``None``:
        not at all.
        """

    def register(self, server: Server) -> None:
        """Answer the requests."""


def _part(method: str) -> _Part:
    """The module of a feature, loaded when it is first needed."""
    found: _Part = import_module(f"prebake.lsp.{FEATURES[method]}")
    return found


class Features:
    """Registers the features. For the event loop's thread."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._dynamic: list[_Part] = []
        self._registered: dict[str, object] = {}
        self._registering = asyncio.Lock()
        self.common = True
        """Whether features are shown that other language servers for Dockerfiles have, too."""

    def announce(self) -> None:
        """Answer the requests that are announced in the response to ``initialize``: those that cannot be registered for
        some documents only.
        """
        for method in FEATURES:
            if method not in self._server.client.registers_features:
                _part(method).register(self._server)

    async def begin(self) -> None:
        """Register the others, once it is known which are wanted."""
        for method in FEATURES:
            if method in self._server.client.registers_features:
                part = _part(method)
                part.register(self._server)
                self._dynamic.append(part)
        await self._server.configuration.known()
        await self._register()

    def use(self, given: object) -> str | None:
        """Take over the setting; ``None`` stands for the default. What is wrong with it, in words."""
        # The VS Code extension settles "auto" itself; another client may be given the same settings.
        chosen = "all" if given in (None, "auto") else given
        if chosen not in _CHOICES:
            return f"expected one of {', '.join(_CHOICES)}, not {given!r}"
        if self.common != (chosen == "all"):
            self.common = chosen == "all"
            if self._dynamic and self._server.configuration.is_known:
                self._server.spawn(self._register())
        return None

    async def _register(self) -> None:
        """Bring what the client was asked for in step with what is wanted."""
        async with self._registering:
            for part in self._dynamic:
                options = part.options(common=self.common)
                known = self._registered.get(part.METHOD)
                if known == options:
                    continue
                if known is not None:
                    del self._registered[part.METHOD]
                    await self._server.unregister_capability(part.METHOD)
                if options is not None and await self._server.register_capability(part.METHOD, options):
                    self._registered[part.METHOD] = options
