"""Definition: where a stage, an ARG or an ENV gets its name, and the file that a word names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp import uris
from prebake.lsp.diagnostics import View
from prebake.lsp.documents import DOCKERFILES

if TYPE_CHECKING:
    from prebake.engine import Engine
    from prebake.lsp.language_server import Server
    from prebake.text import Position

METHOD = types.TEXT_DOCUMENT_DEFINITION

Answer = list[types.LocationLink] | types.Location | None

_TOP = types.Range(types.Position(0, 0), types.Position(0, 0))


def options(*, common: bool) -> types.DefinitionRegistrationOptions | None:
    """For which documents the client is to ask."""
    return types.DefinitionRegistrationOptions(document_selector=DOCKERFILES) if common else None


def _find(view: View, path: str, place: Position) -> types.LocationLink | None:
    """What the name or the word at a place leads to."""
    from prebake.build.filelinks import file_links
    from prebake.build.names import occurrence_at

    build = next(iter(view.builds(path)), None)
    if build is None:
        return None
    here = view.coordinates(path)
    name = occurrence_at(build, place)
    if name is not None and name.definition is not None:
        meant = name.definition
        target = here.range(meant.instruction.span_of(meant))
        return types.LocationLink(
            view.uri(path), here.range(meant.instruction.span), target, origin_selection_range=here.range(name.span)
        )
    link = next((link for link in file_links(build) if link.span.contains(place)), None)
    if link is None:
        return None
    return types.LocationLink(view.uri(link.path), _TOP, _TOP, origin_selection_range=here.range(link.span))


def register(server: Server) -> None:
    """Answer requests for definitions."""

    def work(engine: Engine, path: str, position: types.Position) -> Answer:
        view = View(server, engine)
        found = _find(view, path, view.coordinates(path).from_client(position))
        if found is None or server.client.links_definitions:
            return None if found is None else [found]
        return types.Location(found.target_uri, found.target_selection_range)

    @server.feature(METHOD)
    async def definition(params: types.DefinitionParams) -> Answer:
        path = uris.to_path(params.text_document.uri)
        if path is None or not server.features.common:
            return None
        return await server.analysis.run(f"definition {path}", lambda engine: work(engine, path, params.position), None)
