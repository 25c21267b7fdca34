"""Document links: from a word to the file that it names, and from the code of a rule in a comment to its page."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp import uris
from prebake.lsp.diagnostics import View
from prebake.lsp.documents import DOCKERFILES, IGNORE_FILES, Filters
from prebake.paths import relative

if TYPE_CHECKING:
    from prebake.engine import Engine
    from prebake.lsp.language_server import Server
    from prebake.text import Span

METHOD = types.TEXT_DOCUMENT_DOCUMENT_LINK

_OTHERS: Filters = [
    types.TextDocumentFilterLanguage("python", scheme="file"),
    types.TextDocumentFilterPattern("**/*compose*.{yml,yaml}", scheme="file"),
]


def options(*, common: bool) -> types.DocumentLinkRegistrationOptions:
    """For which documents the client is to ask."""
    return types.DocumentLinkRegistrationOptions(document_selector=IGNORE_FILES + DOCKERFILES + _OTHERS)


class _Links:
    """The links of one document."""

    def __init__(self, server: Server, engine: Engine, path: str) -> None:
        self._client = server.client
        self._view = View(server, engine)
        self._snapshot = engine.snapshot
        self._path = path

    def found(self, *, common: bool) -> Iterator[types.DocumentLink]:
        """The links, in no order; ``common``: those too that other servers show."""
        from prebake.discovery import is_compose_file

        yield from self._rules()
        yield from self._files()
        if common and is_compose_file(posixpath.basename(self._path)):
            yield from self._compose()

    def _files(self) -> Iterator[types.DocumentLink]:
        """What a Dockerfile names."""
        from prebake.build.filelinks import file_links

        build = next(iter(self._view.builds(self._path)), None)
        for link in file_links(build) if build is not None else ():
            name = build.relative(link.path) if build is not None else link.path
            tip = f"{name}: what it leaves out of the build context" if link.is_ignore_file else name
            yield self._link(link.span, self._view.uri(link.path), tip)

    def _compose(self) -> Iterator[types.DocumentLink]:
        from prebake.files import parent
        from prebake.project.compose.links import compose_links

        for link in compose_links(self._snapshot, self._path):
            yield self._link(link.span, self._view.uri(link.path), relative(link.path, parent(self._path)))

    def _rules(self) -> Iterator[types.DocumentLink]:
        """The rules that comments silence."""
        from prebake.rules import by_code
        from prebake.silence import silenced_rules

        text = self._snapshot.text(self._path)
        for span, name in silenced_rules(text) if text is not None else ():
            rule = by_code(name)
            if rule is not None:
                yield self._link(span, rule.url(), f"{rule.code} {rule.name}: {rule.summary()}")

    def _link(self, span: Span, target: str, tip: str) -> types.DocumentLink:
        place = self._view.coordinates(self._path).range(span)
        return types.DocumentLink(place, target, tooltip=tip if self._client.shows_tooltips else None)


def register(server: Server) -> None:
    """Answer requests for a document's links."""

    def work(engine: Engine, path: str) -> list[types.DocumentLink]:
        found = _Links(server, engine, path).found(common=server.features.common)
        return sorted(found, key=lambda link: (link.range.start.line, link.range.start.character))

    @server.feature(METHOD, types.DocumentLinkOptions(resolve_provider=False))
    async def document_link(params: types.DocumentLinkParams) -> list[types.DocumentLink]:
        path = uris.to_path(params.text_document.uri)
        if path is None or server.documents.at(path) is None:
            return []
        return await server.analysis.run(f"links {path}", lambda engine: work(engine, path), [])
