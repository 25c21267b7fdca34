"""Folding: stages, long instructions, here-documents and comments of a Dockerfile; sections of an ignore file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp.documents import DOCKERFILES, IGNORE_FILES

if TYPE_CHECKING:
    from prebake.lsp.documents import Document
    from prebake.lsp.language_server import Server

METHOD = types.TEXT_DOCUMENT_FOLDING_RANGE


def options(*, common: bool) -> types.FoldingRangeRegistrationOptions:
    """For which documents the client is to ask."""
    return types.FoldingRangeRegistrationOptions(document_selector=IGNORE_FILES + DOCKERFILES * common)


def of_ignore_file(document: Document) -> list[types.FoldingRange]:
    """The sections that comments make."""
    from prebake.syntax.ignorefile import parse_ignore
    from prebake.syntax.ignoresections import sections

    spans = [section.span for section in sections(parse_ignore(document.text)) if section.comments]
    lines = [document.coordinates.range(span) for span in spans]
    return [types.FoldingRange(part.start.line, part.end.line) for part in lines if part.end.line > part.start.line]


def of_dockerfile(document: Document) -> list[types.FoldingRange]:
    """What the outline says can be folded. Whole lines, as every client can: the first one stays, with its end."""
    from prebake.syntax.dockerfile import parse
    from prebake.syntax.outline import folds

    def line(number: int) -> int:
        return document.coordinates.range(document.text.line_span(number)).start.line

    return [
        types.FoldingRange(
            line(fold.first), line(fold.last), kind=types.FoldingRangeKind.Comment if fold.is_comment else None
        )
        for fold in folds(parse(document.text))
    ]


def _longest(found: list[types.FoldingRange], most: int | None) -> list[types.FoldingRange]:
    """So many ranges at most, in order."""
    if most is None or len(found) <= most:
        return found
    kept = sorted(found, key=lambda item: item.start_line - item.end_line)[:most]
    return sorted(kept, key=lambda item: item.start_line)


def register(server: Server) -> None:
    """Answer requests for what can be folded."""

    @server.feature(METHOD)
    async def folding_range(params: types.FoldingRangeParams) -> list[types.FoldingRange]:
        document = server.documents.get(params.text_document.uri)
        if document is None or not (document.is_ignore_file or (server.features.common and document.is_dockerfile)):
            return []
        work = of_ignore_file if document.is_ignore_file else of_dockerfile
        nothing: list[types.FoldingRange] = []
        found = await server.analysis.run(f"folds {document.uri}", lambda _: work(document), nothing)
        return _longest(found, server.client.most_folds)
