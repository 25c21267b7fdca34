"""Completion: paths with their sizes in ignore files and Dockerfiles, and in the latter what may be written there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from prebake.lsp.dockerfile_completion import DockerfileCompletion
from prebake.lsp.documents import DOCKERFILES, IGNORE_FILES
from prebake.lsp.ignore_completion import IgnoreFileCompletion

if TYPE_CHECKING:
    from collections.abc import Callable

    from prebake.lsp.documents import Document
    from prebake.lsp.language_server import Server

    Offer = Callable[[], types.CompletionList]

METHOD = types.TEXT_DOCUMENT_COMPLETION
_TRIGGERS = ["/", "!", "=", '"']
_TRIGGERS_OF_COMMON = ["$", "{", "-", ","]


def options(*, common: bool) -> types.CompletionRegistrationOptions:
    """For which documents the client is to ask, and after which characters."""
    return types.CompletionRegistrationOptions(
        document_selector=IGNORE_FILES + DOCKERFILES,
        trigger_characters=_TRIGGERS + _TRIGGERS_OF_COMMON * common,
        resolve_provider=True,
    )


class Completion:
    """Answers requests for completions."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._ignore_files = IgnoreFileCompletion(server)
        self._dockerfiles = DockerfileCompletion(server)

    async def offered(self, params: types.CompletionParams) -> types.CompletionList:
        """What may be written at a position."""
        server = self._server
        document = server.documents.get(params.text_document.uri)
        offer = None if document is None else await self._offer(document, params.position)
        if offer is None:
            return types.CompletionList(is_incomplete=False, items=[])
        found = await server.attributions.ask(offer)
        for item in found.items:
            if item.kind is not None and item.kind not in server.client.completion_kinds:
                item.kind = None
        return found

    async def _offer(self, document: Document, position: types.Position) -> Offer | None:
        server = self._server
        await server.configuration.known()
        if document.is_ignore_file:
            path = document.path
            if path is None:
                return None
            return await server.analysis.run(
                f"completion {path}", lambda engine: self._ignore_files.offer(engine, path, position), None
            )
        typing = self._dockerfiles.typing(document, position) if document.is_dockerfile else None
        if typing is None:
            return None
        return await server.analysis.run(
            f"completion {document.uri}", lambda engine: self._dockerfiles.offer(engine, typing), None
        )

    async def resolved(self, item: types.CompletionItem) -> types.CompletionItem:
        """An item with what there is to say about it."""
        data: Any = item.data
        keys = ("dockerfile", "context", "source")
        if isinstance(data, dict) and all(isinstance(data.get(key), str) for key in keys):
            none: Callable[[], str | None] | None = None
            page = await self._server.analysis.run(
                f"completed {data['dockerfile']}", lambda engine: self._dockerfiles.page(engine, data), none
            )
            text = None if page is None else await self._server.attributions.ask(page)
            if text is not None:
                is_markdown = self._server.client.completion_markdown
                kind = types.MarkupKind.Markdown if is_markdown else types.MarkupKind.PlainText
                item.documentation = types.MarkupContent(kind, text)
        return item


def register(server: Server) -> None:
    """Answer requests for completions."""
    completion = Completion(server)
    triggers = _TRIGGERS + _TRIGGERS_OF_COMMON

    @server.feature(METHOD, types.CompletionOptions(trigger_characters=triggers, resolve_provider=True))
    async def complete(params: types.CompletionParams) -> types.CompletionList:
        return await completion.offered(params)

    @server.feature(types.COMPLETION_ITEM_RESOLVE)
    async def resolve(item: types.CompletionItem) -> types.CompletionItem:
        return await completion.resolved(item)
