"""Pull diagnostics: the client asks, and is told when to ask again."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp import uris
from prebake.lsp.diagnostics import SOURCE, ByPath, View, add

if TYPE_CHECKING:
    from prebake.engine import Engine
    from prebake.lsp.language_server import Server

OPTIONS = types.DiagnosticOptions(
    identifier=SOURCE,
    inter_file_dependencies=True,
    workspace_diagnostics=True,
)


class PullDiagnostics:
    """Answers requests for a document's diagnostics. For the event loop's thread."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._answers: dict[str, tuple[str, list[types.Diagnostic]]] = {}
        self._related: dict[str, set[str]] = {}
        self._count = 0

    async def document(self, params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        """The diagnostics of one document; of the other files that its findings stand in too, if the client wants."""
        path = uris.to_path(params.text_document.uri)
        found: ByPath = {}
        if path is not None:
            await self._server.configuration.known()
            last: ByPath = {path: self._answers[path][1]} if path in self._answers else {}
            found = await self._server.analysis.run(f"pull {path}", lambda engine: self._collect(engine, path), last)
        number = self._number(path or "", found.pop(path or "", []))
        related = {self._server.documents.uri(other): _full(items) for other, items in found.items()} or None
        if params.previous_result_id == number:
            return types.RelatedUnchangedDocumentDiagnosticReport(number, related_documents=related)
        items = self._answers[path or ""][1]
        return types.RelatedFullDocumentDiagnosticReport(items, result_id=number, related_documents=related)

    async def workspace(self, params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
        """The diagnostics of all files that are not open. To a client that takes partial results they are sent as they
        are found, and it is told of what changes after that until it withdraws the request; others get what there is
        once all files have been looked at.
        """
        await self._server.configuration.known()
        self._server.want_workspace()
        told = {path: item.value for item in params.previous_result_ids if (path := uris.to_path(item.uri)) is not None}
        diagnostics, token = self._server.diagnostics, params.partial_result_token
        if token is None:
            diagnostics.hurry()
        while token is not None or not diagnostics.is_complete:
            news = self._news(told) if token is not None else []
            if token is not None and news:
                part = types.WorkspaceDiagnosticReportPartialResult(news)
                self._server.progress(types.ProgressParams(token, part))
            await diagnostics.news()
        return types.WorkspaceDiagnosticReport([*self._unchanged(told), *self._news(told)])

    def _news(self, told: dict[str, str]) -> list[types.WorkspaceDocumentDiagnosticReport]:
        """What the client has not been told, which is noted in ``told``, by path the name of what it was told last."""
        reported = self._server.diagnostics.reported
        news: list[types.WorkspaceDocumentDiagnosticReport] = []
        for path in {*told, *reported}:
            number, items = reported.get(path, ("", []))
            if told.get(path, "") == number or self._server.documents.at(path) is not None:
                continue  # the client asks for what it has open
            uri = self._server.documents.unopened_uri(path)
            news.append(types.WorkspaceFullDocumentDiagnosticReport(uri=uri, items=items, result_id=number or None))
            if number:
                told[path] = number
            else:
                del told[path]
        return news

    def _unchanged(self, told: dict[str, str]) -> list[types.WorkspaceDocumentDiagnosticReport]:
        """What is as the client was told."""
        reported = self._server.diagnostics.reported
        return [
            types.WorkspaceUnchangedDocumentDiagnosticReport(
                uri=self._server.documents.unopened_uri(path), result_id=number
            )
            for path, number in told.items()
            if path in reported and reported[path][0] == number
        ]

    def _number(self, path: str, items: list[types.Diagnostic]) -> str:
        """What names this list of diagnostics: the same name as the last time when nothing changed."""
        known = self._answers.get(path)
        if known is None or known[1] != items:
            self._count += 1
            self._answers = {path: answer for path, answer in self._answers.items() if self._server.documents.at(path)}
            known = self._answers[path] = (str(self._count), items)
        return known[0]

    def _collect(self, engine: Engine, path: str) -> ByPath:
        """The diagnostics in a file and, if wanted, in files that are not open and that it concerns."""
        from prebake.discovery import is_ignore_file

        view = View(self._server, engine)
        found: ByPath = {path: []}
        dockerfiles = view.dockerfiles(path)
        for dockerfile in dockerfiles:
            add(found, path, view.by_path(dockerfile).get(path, []))
        is_docker = path in dockerfiles or is_ignore_file(posixpath.basename(path))
        if is_docker and self._server.client.takes_related_documents:
            self._add_related(view, path, dockerfiles, found)
        return found

    def _add_related(self, view: View, path: str, dockerfiles: tuple[str, ...], found: ByPath) -> None:
        others = {*dockerfiles, *(other for dockerfile in dockerfiles for other in view.by_path(dockerfile))} - {path}
        for other in others | self._related.get(path, set()):
            if view.version(other) is not None:
                continue  # the client asks for what it has open
            found[other] = []
            for concerned in {*dockerfiles, *view.dockerfiles(other)}:
                add(found, other, view.by_path(concerned).get(other, []))
        self._related[path] = others


def _full(items: list[types.Diagnostic]) -> types.FullDocumentDiagnosticReport:
    return types.FullDocumentDiagnosticReport(items)


def register(server: Server) -> None:
    """Answer pulls. To be called once the client has said that it pulls."""
    pulled = PullDiagnostics(server)

    @server.feature(types.TEXT_DOCUMENT_DIAGNOSTIC, OPTIONS)
    async def diagnostic(params: types.DocumentDiagnosticParams) -> types.DocumentDiagnosticReport:
        return await pulled.document(params)

    @server.feature(types.WORKSPACE_DIAGNOSTIC)
    async def workspace_diagnostic(params: types.WorkspaceDiagnosticParams) -> types.WorkspaceDiagnosticReport:
        return await pulled.workspace(params)
