"""Document symbols: the sections of an ignore file with their patterns. Other files have none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp import uris
from prebake.lsp.documents import IGNORE_FILES
from prebake.text import shortened

if TYPE_CHECKING:
    from prebake.lsp.convert import Coordinates
    from prebake.lsp.documents import Document
    from prebake.lsp.language_server import Server
    from prebake.syntax.ignorefile import Pattern
    from prebake.syntax.ignoresections import Section

METHOD = types.TEXT_DOCUMENT_DOCUMENT_SYMBOL
OPTIONS = types.DocumentSymbolRegistrationOptions(document_selector=IGNORE_FILES)

_LONGEST_NAME = 200

Symbols = list[types.DocumentSymbol] | list[types.SymbolInformation]


def nested(document: Document, found: tuple[Section, ...]) -> list[types.DocumentSymbol]:
    """The sections as a tree; patterns above the first comment stand beside them."""
    symbols: list[types.DocumentSymbol] = []
    for section in found:
        patterns = [_pattern(document.coordinates, pattern) for pattern in section.patterns]
        if not section.title:
            symbols += patterns
            continue
        symbols.append(
            types.DocumentSymbol(
                _name(section.title),
                types.SymbolKind.Namespace,
                document.coordinates.range(section.span),
                document.coordinates.range(section.comments[0].span),
                children=patterns,
            )
        )
    return symbols


def flat(document: Document, found: tuple[Section, ...]) -> list[types.SymbolInformation]:
    """The same as a list, for clients that know no tree."""
    symbols: list[types.SymbolInformation] = []
    for section in found:
        title = _name(section.title) if section.title else None
        if title is not None:
            place = types.Location(document.uri, document.coordinates.range(section.span))
            symbols.append(types.SymbolInformation(place, title, types.SymbolKind.Namespace))
        for pattern in section.patterns:
            place = types.Location(document.uri, document.coordinates.range(pattern.span))
            symbols.append(
                types.SymbolInformation(place, _name(pattern.raw), types.SymbolKind.File, container_name=title)
            )
    return symbols


def _pattern(coordinates: Coordinates, pattern: Pattern) -> types.DocumentSymbol:
    place = coordinates.range(pattern.span)
    return types.DocumentSymbol(_name(pattern.raw), types.SymbolKind.File, place, place)


def _name(text: str) -> str:
    return shortened(text, _LONGEST_NAME) or ascii(text)  # control characters alone are no name


def register(server: Server) -> None:
    """Answer requests for an ignore file's symbols."""

    def work(path: str) -> Symbols:
        from prebake.syntax.ignorefile import parse_ignore
        from prebake.syntax.ignoresections import sections

        document = server.analysis.documents.get(path)
        if document is None:
            return []
        found = sections(parse_ignore(document.text))
        return nested(document, found) if server.client.nests_symbols else flat(document, found)

    @server.feature(METHOD)
    async def document_symbol(params: types.DocumentSymbolParams) -> Symbols:
        path = uris.ignore_file(params.text_document.uri)
        return [] if path is None else await server.analysis.run(f"symbols {path}", lambda _: work(path), [])
