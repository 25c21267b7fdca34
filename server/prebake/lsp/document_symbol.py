"""Document symbols: the stages of a Dockerfile with their instructions, the sections of an ignore file with their
patterns. Other files have none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp.documents import DOCKERFILES, IGNORE_FILES
from prebake.text import shortened

if TYPE_CHECKING:
    from prebake.lsp.documents import Document
    from prebake.lsp.language_server import Server
    from prebake.syntax.ignoresections import Section
    from prebake.syntax.outline import Entry
    from prebake.text import Span

METHOD = types.TEXT_DOCUMENT_DOCUMENT_SYMBOL

_LONGEST_NAME = 200

_KINDS = {
    "FROM": types.SymbolKind.Module,
    "ARG": types.SymbolKind.Variable,
    "ENV": types.SymbolKind.Constant,
    "RUN": types.SymbolKind.Function,
    "COPY": types.SymbolKind.File,
    "ADD": types.SymbolKind.File,
    "CMD": types.SymbolKind.Function,
    "ENTRYPOINT": types.SymbolKind.Function,
}
"""All of them are among those that every client knows."""

Symbols = list[types.DocumentSymbol] | list[types.SymbolInformation]


def options(*, common: bool) -> types.DocumentSymbolRegistrationOptions:
    """For which documents the client is to ask."""
    return types.DocumentSymbolRegistrationOptions(document_selector=IGNORE_FILES + DOCKERFILES * common)


def of_ignore_file(document: Document, found: tuple[Section, ...]) -> list[types.DocumentSymbol]:
    """The sections as a tree; patterns above the first comment stand beside them."""
    symbols: list[types.DocumentSymbol] = []
    for section in found:
        patterns = [
            _symbol(document, pattern.raw, types.SymbolKind.File, pattern.span, pattern.span)
            for pattern in section.patterns
        ]
        if not section.title:
            symbols += patterns
            continue
        head = section.comments[0].span
        symbols.append(_symbol(document, section.title, types.SymbolKind.Namespace, section.span, head, patterns))
    return symbols


def of_dockerfile(document: Document, entries: tuple[Entry, ...]) -> list[types.DocumentSymbol]:
    """The stages as a tree; what stands above the first one stands beside them."""
    return [
        _symbol(
            document,
            entry.title,
            _KINDS.get(entry.keyword, types.SymbolKind.Property),
            entry.span,
            entry.head,
            of_dockerfile(document, entry.children),
            entry.detail,
        )
        for entry in entries
    ]


def _symbol(
    document: Document,
    name: str,
    kind: types.SymbolKind,
    span: Span,
    head: Span,
    children: list[types.DocumentSymbol] | None = None,
    detail: str = "",
) -> types.DocumentSymbol:
    whole = document.coordinates.range(span)
    return types.DocumentSymbol(
        shortened(name, _LONGEST_NAME) or ascii(name),  # control characters alone are no name
        kind,
        whole,
        whole if head == span else document.coordinates.range(head),
        detail=detail or None,
        children=children or None,
    )


def flat(
    document: Document, symbols: list[types.DocumentSymbol], container: str | None = None
) -> list[types.SymbolInformation]:
    """The same as a list, for clients that know no tree."""
    found: list[types.SymbolInformation] = []
    for symbol in symbols:
        place = types.Location(document.uri, symbol.range)
        found.append(types.SymbolInformation(place, symbol.name, symbol.kind, container_name=container))
        found += flat(document, list(symbol.children or ()), symbol.name)
    return found


def register(server: Server) -> None:
    """Answer requests for a document's symbols."""

    def work(document: Document) -> Symbols:
        if document.is_ignore_file:
            from prebake.syntax.ignorefile import parse_ignore
            from prebake.syntax.ignoresections import sections

            found = of_ignore_file(document, sections(parse_ignore(document.text)))
        else:
            from prebake.syntax.dockerfile import parse
            from prebake.syntax.outline import outline

            found = of_dockerfile(document, outline(parse(document.text)))
        return found if server.client.nests_symbols else flat(document, found)

    @server.feature(METHOD)
    async def document_symbol(params: types.DocumentSymbolParams) -> Symbols:
        document = server.documents.get(params.text_document.uri)
        if document is None or not (document.is_ignore_file or (server.features.common and document.is_dockerfile)):
            return []
        return await server.analysis.run(f"symbols {document.uri}", lambda _: work(document), [])
