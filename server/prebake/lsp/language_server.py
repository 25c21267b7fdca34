"""The language server: its parts, and what they share."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine, Iterable
from typing import Any

from lsprotocol import types
from pygls.lsp.server import LanguageServer

from prebake import __version__
from prebake.lsp import (
    code_actions,
    commands,
    configuration,
    documents,
    hover,
    lifetime,
    pull_diagnostics,
    transport,
    uris,
    watching,
)
from prebake.lsp.analysis import Analysis
from prebake.lsp.attributions import Attributions
from prebake.lsp.client import Client
from prebake.lsp.configuration import Configuration
from prebake.lsp.diagnostics import Diagnostics
from prebake.lsp.documents import Documents
from prebake.lsp.features import Features
from prebake.lsp.protocol import Protocol, converter
from prebake.lsp.refreshing import Refreshing
from prebake.lsp.scans import Scans
from prebake.lsp.watching import Watching

_log = logging.getLogger(__name__)


class Server(LanguageServer):
    """The server of one client. Its parts belong to the event loop's thread; :meth:`later` leads there."""

    protocol: Protocol

    def __init__(self) -> None:
        super().__init__("prebake", __version__, protocol_cls=Protocol, converter_factory=converter)
        self.client = Client.of(types.ClientCapabilities())
        self.folders: dict[str, str] = {}
        """The workspace folders: their paths and how the client spells their URIs."""
        self.documents = Documents()
        self.scans = Scans(self)
        self.attributions = Attributions(self)
        self.lens_refreshing = Refreshing(
            self, lambda client: client.refreshes_lenses, self.workspace_code_lens_refresh_async
        )
        self.hint_refreshing = Refreshing(
            self, lambda client: client.refreshes_hints, self.workspace_inlay_hint_refresh_async
        )
        self.features = Features(self)
        self.configuration = Configuration(self)
        self.analysis = Analysis(self.scans, lambda error: self.later(self.configuration.tell, error))
        self.watching = Watching(self)
        self.diagnostics = Diagnostics(self)
        self._options: object = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_asking_to_pull = False
        for part in (documents, configuration, watching, commands, hover):
            part.register(self)
        self._register()

    def _register(self) -> None:
        @self.feature(types.INITIALIZE)
        def initialize(params: types.InitializeParams) -> None:
            self._meet(params)

        @self.feature(types.INITIALIZED)
        def initialized(_: types.InitializedParams) -> None:
            self._begin()

    def _meet(self, params: types.InitializeParams) -> None:
        """Take in who the client is. Nothing is loaded here: the answer is waited for."""
        self.client = Client.of(params.capabilities, params.client_info)
        self.documents.encoding = self.workspace.position_encoding or types.PositionEncodingKind.Utf16
        named = [folder.uri for folder in params.workspace_folders or ()]
        if not named:
            root = params.root_uri or (uris.from_path(params.root_path) if params.root_path else None)
            named = [root] if root else []
        self.use_folders(named)
        self._options = params.initialization_options
        code_actions.register(self)
        if self.client.pulls:
            pull_diagnostics.register(self)
        self.features.announce()
        if params.process_id is not None:
            lifetime.watch_process(params.process_id, _die)

    def use_folders(self, named: Iterable[str]) -> None:
        """Take over the workspace folders, named by URI. What is no folder of this machine's is left out."""
        self.folders = {path: uri for uri in named if (path := uris.to_path(uri)) is not None}

    def _begin(self) -> None:
        """Load what the first document will need, and ask the client for the rest."""
        self.analysis.warm_up()
        self.configuration.begin(self._options)
        self.spawn(self.features.begin())
        self.spawn(configuration.watch(self))
        self.spawn(self.watching.start())

    async def serve(self, reader: transport.MessageReader, writer: transport.MessageWriter) -> int:
        """Talk to the client until it leaves; the process's exit status."""
        self.loop = asyncio.get_running_loop()
        self._left: asyncio.Future[None] = self.loop.create_future()
        self.protocol.set_writer(writer)
        receive, leave = self.protocol.receive, self.leave
        transport.listen(reader, lambda message: self.later(receive, message), lambda: self.later(leave))
        await self._left
        self.stop_work()
        return 0 if self.protocol.is_shut_down else 1

    def leave(self) -> None:
        """End the conversation: the client said ``exit``, or has gone."""
        if not self._left.done():
            self._left.set_result(None)

    def stop_work(self) -> None:
        """Stop what runs in the background."""
        self.scans.stop()
        self.attributions.stop()

    @property
    def idle(self) -> bool:
        """Whether nothing runs in the background."""
        return self.analysis.idle and self.scans.idle and self.attributions.idle

    def later(self, call: Callable[..., object], *arguments: Any) -> None:
        """Call something in the event loop's thread. For any thread; nothing happens once the loop has ended."""
        try:
            self.loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError:
            _log.debug("too late for %s", call)

    def spawn(self, work: Coroutine[Any, Any, object]) -> None:
        """Do something beside all else; what goes wrong in it is logged."""

        async def guarded() -> None:
            try:
                await work
            except Exception:
                _log.exception("background work failed")

        task = self.loop.create_task(guarded())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def register_capability(self, method: str, options: object) -> bool:
        """Ask the client to tell of something; whether it will."""
        registration = types.Registration(f"prebake {method}", method, options)
        try:
            await self.client_register_capability_async(types.RegistrationParams([registration]))
        except Exception as error:
            _log.warning("the client does not register %s: %s", method, error)
            return False
        return True

    async def unregister_capability(self, method: str) -> None:
        """Tell the client not to use what it was asked for with :meth:`register_capability`."""
        gone = types.Unregistration(f"prebake {method}", method)
        try:
            await self.client_unregister_capability_async(types.UnregistrationParams([gone]))
        except Exception as error:
            _log.warning("the client does not unregister %s: %s", method, error)

    def ask_to_pull(self) -> None:
        """Ask a client that pulls diagnostics to do so again, once for all that has changed by then."""
        if self.client.pulls and not self.documents.is_empty and not self._is_asking_to_pull:
            self._is_asking_to_pull = True
            self.loop.call_soon(self._ask_to_pull)

    def _ask_to_pull(self) -> None:
        self._is_asking_to_pull = False
        self.spawn(self.workspace_diagnostic_refresh_async(None))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """An error in a handler is logged; it is no reason to put a window before the user."""
        _log.error("%s: %s", source.__name__, error)


class ClientLog(logging.Handler):
    """Shows warnings and errors in the editor's log of the server as well."""

    def __init__(self, server: Server) -> None:
        super().__init__(logging.WARNING)
        self._server = server

    def emit(self, record: logging.LogRecord) -> None:
        level = types.MessageType.Error if record.levelno >= logging.ERROR else types.MessageType.Warning
        message = types.LogMessageParams(level, self.format(record))
        self._server.later(self._server.window_log_message, message)


def _die() -> None:
    """The editor has died: nobody reads what we write, so nothing is worth finishing."""
    os._exit(1)
