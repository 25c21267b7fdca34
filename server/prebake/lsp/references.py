"""References: every use of a stage or a variable in a Dockerfile, by the scopes of its stages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp import uris
from prebake.lsp.diagnostics import View
from prebake.lsp.documents import DOCKERFILES

if TYPE_CHECKING:
    from prebake.build.names import Occurrence
    from prebake.engine import Engine
    from prebake.lsp.language_server import Server

METHOD = types.TEXT_DOCUMENT_REFERENCES


def options(*, common: bool) -> types.ReferenceRegistrationOptions | None:
    """For which documents the client is to ask."""
    return types.ReferenceRegistrationOptions(document_selector=DOCKERFILES) if common else None


def occurrences_of(view: View, path: str, position: types.Position) -> tuple[Occurrence, ...]:
    """The places of a Dockerfile that mean the same as the name at a position; none where there is no name."""
    from prebake.build.names import occurrence_at, same

    build = next(iter(view.builds(path)), None)
    name = None if build is None else occurrence_at(build, view.coordinates(path).from_client(position))
    return () if build is None or name is None else same(build, name)


def register(server: Server) -> None:
    """Answer requests for references."""

    def work(engine: Engine, path: str, params: types.ReferenceParams) -> list[types.Location]:
        view = View(server, engine)
        return [
            types.Location(view.uri(path), view.coordinates(path).range(item.span))
            for item in occurrences_of(view, path, params.position)
            if params.context.include_declaration or not item.defines
        ]

    @server.feature(METHOD)
    async def references(params: types.ReferenceParams) -> list[types.Location]:
        path = uris.to_path(params.text_document.uri)
        if path is None or not server.features.common:
            return []
        return await server.analysis.run(f"names {path}", lambda engine: work(engine, path, params), [])
