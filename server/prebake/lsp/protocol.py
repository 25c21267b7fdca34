"""JSON-RPC as the server speaks it: every request is answered, and nothing that a client sends can break the loop.

On top of what pygls does: requests that make no sense get an error response, requests before ``initialize`` and after
``shutdown`` are refused, an unknown number in the client's capabilities does not stop the start, shutdown is orderly
while requests are running, and finished notifications leave nothing behind.
"""

from __future__ import annotations

import contextvars
import logging
import uuid
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import cattrs
from lsprotocol import converters, types
from pygls.exceptions import JsonRpcException, JsonRpcMethodNotFound
from pygls.protocol import LanguageServerProtocol, lsp_method

from prebake.lsp.transport import BadMessage

if TYPE_CHECKING:
    from prebake.lsp.language_server import Server

_log = logging.getLogger(__name__)

# Documents are kept by prebake.lsp.documents, not by pygls, whose own copies drift from the client's.
_OWN = (
    types.TEXT_DOCUMENT_DID_OPEN,
    types.TEXT_DOCUMENT_DID_CHANGE,
    types.TEXT_DOCUMENT_DID_CLOSE,
    types.NOTEBOOK_DOCUMENT_DID_OPEN,
    types.NOTEBOOK_DOCUMENT_DID_CHANGE,
    types.NOTEBOOK_DOCUMENT_DID_CLOSE,
    types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS,
)


def converter() -> cattrs.Converter:
    """The converter between JSON and the protocol's types. It reports the first error only, which starts faster."""
    return converters.get_converter(cattrs.Converter(detailed_validation=False))


class Protocol(LanguageServerProtocol):
    """The server's side of the conversation."""

    _server: Server

    def __init__(self, server: Server, converter: cattrs.Converter) -> None:
        super().__init__(server, converter)
        self._initialized = False
        for method in _OWN:
            self.fm.builtin_features.pop(method, None)

    @property
    def is_shut_down(self) -> bool:
        """Whether the client has asked for the shutdown."""
        return self._shutdown

    def receive(self, message: object) -> None:
        """Take in one message: a decoded body, or what is wrong with it."""
        if isinstance(message, BadMessage):
            self._refuse(None, types.ErrorCodes.ParseError, f"not JSON: {message}")
        elif not isinstance(message, dict):
            self._refuse(None, types.ErrorCodes.InvalidRequest, "a message is a JSON object")
        elif isinstance(method := message.get("method"), str):
            if "id" in message:
                self._take_request(message, method)
            else:
                self._take_notification(message, method)
        elif "result" in message or "error" in message:
            self._take_response(message)
        else:
            self._refuse(message.get("id"), types.ErrorCodes.InvalidRequest, "neither a request nor a response")

    def _refuse(self, request: object, code: types.ErrorCodes | types.LSPErrorCodes, why: str) -> None:
        known = request if isinstance(request, int | str) else None
        self._send_data(
            {"jsonrpc": self.VERSION, "id": known, "error": {"code": code.value, "message": why}},
        )

    def _take_request(self, message: dict[str, Any], method: str) -> None:
        request = message["id"]
        if not isinstance(request, int | str):
            self._refuse(None, types.ErrorCodes.InvalidRequest, "an id is a number or a string")
        elif self._shutdown:
            self._refuse(request, types.ErrorCodes.InvalidRequest, "the server is shutting down")
        elif not self._initialized and method != types.INITIALIZE:
            self._refuse(request, types.ErrorCodes.ServerNotInitialized, "initialize comes first")
        elif self._initialized and method == types.INITIALIZE:
            self._refuse(request, types.ErrorCodes.InvalidRequest, "already initialized")
        elif method not in self.fm.builtin_features and method not in self.fm.features:
            self._refuse(request, types.ErrorCodes.MethodNotFound, f"no such method: {method}")
        else:
            try:
                params = self._structure(message, method)
            except Exception as error:
                self._refuse(request, types.ErrorCodes.InvalidParams, f"{method}: {_reason(error)}")
                return
            self._initialized = True
            contextvars.copy_context().run(self._handle_request, request, method, params)

    def _take_notification(self, message: dict[str, Any], method: str) -> None:
        if method != types.EXIT and (self._shutdown or not self._initialized):
            return
        if method != types.CANCEL_REQUEST and (
            method not in self.fm.builtin_features and method not in self.fm.features
        ):
            return
        try:
            params = self._structure(message, method)
        except Exception as error:
            _log.warning("%s: %s", method, _reason(error))
            return
        contextvars.copy_context().run(self._handle_notification, method, params)

    def _take_response(self, message: dict[str, Any]) -> None:
        future = self._request_futures.pop(message.get("id", ""), None)
        result_type = self._result_types.pop(message.get("id", ""), None)
        if future is None or future.done():
            return
        try:
            if "error" in message:
                error = self._converter.structure(message["error"], types.ResponseError)
                future.set_exception(JsonRpcException.from_error(error))
            elif result_type is None:
                future.set_result(message["result"])
            else:
                future.set_result(self._converter.structure(message, result_type).result)
        except Exception as error:
            future.set_exception(JsonRpcException(_reason(error)))

    def _structure(self, message: dict[str, Any], method: str) -> Any:
        """The message's parameters as the protocol's types."""
        message_type = self.get_message_type(method)
        if message_type is None:
            return message.get("params")
        try:
            return self._converter.structure(message, message_type).params
        except Exception:
            if method != types.INITIALIZE or not isinstance(message.get("params"), dict):
                raise
            params = message["params"]
            tolerated = {**params, "capabilities": self._known_capabilities(params.get("capabilities"))}
            return self._converter.structure({**message, "params": tolerated}, message_type).params

    def _known_capabilities(self, capabilities: object) -> dict[str, dict[str, Any]]:
        """Those of a client's capabilities that can be understood: a newer protocol has numbers that we don't know."""
        known: dict[str, dict[str, Any]] = {}
        for section, entries in capabilities.items() if isinstance(capabilities, dict) else ():
            for name, value in entries.items() if isinstance(entries, dict) else ():
                try:
                    self._converter.structure({section: {name: value}}, types.ClientCapabilities)
                except Exception:
                    _log.warning("the client's capability %s.%s is not understood", section, name)
                else:
                    known.setdefault(section, {})[name] = value
        return known

    def _handle_notification(self, method_name: str, params: Any) -> None:
        if method_name == types.CANCEL_REQUEST:
            self._cancel(params.id)
            return
        number = str(uuid.uuid4())

        def done(future: Future[Any]) -> None:
            self._request_futures.pop(number, None)
            self._check_handler_result(future)

        try:
            self._execute_handler(number, self._get_handler(method_name), done, args=(params,))
        except JsonRpcMethodNotFound:
            return

    def _cancel(self, request: int | str) -> None:
        """Cancel a running request; its own callback answers it and takes it off the list."""
        future = self._request_futures.get(request)
        if future is not None:
            future.cancel()

    @lsp_method(types.SHUTDOWN)
    def lsp_shutdown(self, *_: Any) -> Any:
        """Cancel what is running, which answers it; the process stays until ``exit``."""
        self._shutdown = True
        current = self.msg_id
        for number, future in list(self._request_futures.items()):
            if number != current:
                future.cancel()
        self._server.stop_work()

    @lsp_method(types.EXIT)
    def lsp_exit(self, *_: Any) -> Any:
        """End the process: status 0 after ``shutdown``, else 1."""
        self._server.leave()


def _reason(error: BaseException) -> str:
    """What is wrong with a message, in one line."""
    if isinstance(error, KeyError):
        return f"missing field {error.args[0]!r}" if error.args else "missing field"
    return f"{type(error).__name__}: {error}".splitlines()[0][:300]
