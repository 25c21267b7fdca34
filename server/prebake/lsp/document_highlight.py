"""Highlights: where else the stage or variable under the caret stands, and where it gets its value."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp import uris
from prebake.lsp.diagnostics import View
from prebake.lsp.documents import DOCKERFILES
from prebake.lsp.references import occurrences_of

if TYPE_CHECKING:
    from prebake.engine import Engine
    from prebake.lsp.language_server import Server

METHOD = types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT


def options(*, common: bool) -> types.DocumentHighlightRegistrationOptions | None:
    """For which documents the client is to ask."""
    return types.DocumentHighlightRegistrationOptions(document_selector=DOCKERFILES) if common else None


def register(server: Server) -> None:
    """Answer requests for highlights."""

    def work(engine: Engine, path: str, position: types.Position) -> list[types.DocumentHighlight]:
        view = View(server, engine)
        return [
            types.DocumentHighlight(
                view.coordinates(path).range(item.span),
                types.DocumentHighlightKind.Write if item.defines else types.DocumentHighlightKind.Read,
            )
            for item in occurrences_of(view, path, position)
        ]

    @server.feature(METHOD)
    async def document_highlight(params: types.DocumentHighlightParams) -> list[types.DocumentHighlight] | None:
        # Nothing at all, rather than no highlights: an editor then shows where the same word stands.
        path = uris.to_path(params.text_document.uri)
        if path is None or not server.features.common:
            return None
        found: list[types.DocumentHighlight] = []
        return (
            await server.analysis.run(f"names {path}", lambda engine: work(engine, path, params.position), found)
        ) or None
