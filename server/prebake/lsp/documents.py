"""Text synchronisation: the documents that the client has open, kept exactly as the client sees them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp import uris
from prebake.lsp.convert import Coordinates, Encoding
from prebake.text import Text

if TYPE_CHECKING:
    from prebake.lsp.language_server import Server

_IGNORE_FILES = "**/{.dockerignore,.containerignore,*.dockerignore,*.containerignore}"
Filters = list[types.TextDocumentFilterLanguage | types.TextDocumentFilterScheme | types.TextDocumentFilterPattern]

IGNORE_FILES: Filters = [types.TextDocumentFilterPattern(_IGNORE_FILES, scheme="file")]
"""What a client that can tell documents apart sends requests for that are about ignore files."""
DOCKERFILES: Filters = [
    types.TextDocumentFilterLanguage("dockerfile", scheme="file"),
    types.TextDocumentFilterLanguage("dockerfile", scheme="untitled"),
    types.TextDocumentFilterPattern("**/{Dockerfile,Containerfile}*", scheme="file"),
    types.TextDocumentFilterPattern("**/*.{Dockerfile,dockerfile}", scheme="file"),
]
"""The same for Dockerfiles. A few more documents may be meant; what is asked about those has empty answers."""


@dataclass(frozen=True)
class Document:
    """One open document in one version. ``path`` is ``None`` for documents that are no files (untitled ones)."""

    uri: str
    path: str | None
    language: str
    version: int
    text: Text
    encoding: Encoding

    @cached_property
    def coordinates(self) -> Coordinates:
        """The client's coordinates in this document."""
        return Coordinates(self.text, self.encoding, counts_bom=True)

    @property
    def name(self) -> str:
        """The file name, or what stands for one."""
        return posixpath.basename(self.path or self.uri)

    @property
    def is_ignore_file(self) -> bool:
        """Whether it is an ignore file. Its name decides, since editors disagree on the language."""
        from prebake.discovery import is_ignore_file

        return is_ignore_file(self.name)

    @property
    def is_declared_dockerfile(self) -> bool:
        """Whether it is a Dockerfile because the client says so, its name saying nothing."""
        name = self.name.lower()
        return (
            self.language == "dockerfile"
            and not self.is_ignore_file
            and not ("dockerfile" in name or name.startswith("containerfile"))
        )

    @property
    def is_dockerfile(self) -> bool:
        """Whether it is a Dockerfile, by its name or because the client says so."""
        from prebake.discovery import is_dockerfile

        return is_dockerfile(self.name) or self.is_declared_dockerfile

    def changed(self, version: int, changes: Iterable[types.TextDocumentContentChangeEvent]) -> Document:
        """The document after changes, each of which refers to what the one before it left."""
        document = self
        for change in changes:
            document = document._changed_once(version, change)
        return document if document is not self else self._with(version, self.text)

    def _changed_once(self, version: int, change: types.TextDocumentContentChangeEvent) -> Document:
        if not isinstance(change, types.TextDocumentContentChangePartial):
            return self._with(version, Text(change.text))
        text = self.text
        start = self.coordinates.offset(change.range.start)
        end = max(start, self.coordinates.offset(change.range.end))
        if not text.bom:
            return self._with(version, Text(text.content[:start] + change.text + text.content[end:]))
        whole = "\ufeff" + text.content
        return self._with(version, Text(whole[: start + 1] + change.text + whole[end + 1 :]))

    def _with(self, version: int, text: Text) -> Document:
        return Document(self.uri, self.path, self.language, version, text, self.encoding)


class Documents:
    """The open documents, by URI; two spellings of one file's URI are one document."""

    def __init__(self) -> None:
        self.encoding: Encoding = types.PositionEncodingKind.Utf16
        self._documents: dict[str, Document] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(tuple(self._documents.values()))

    @property
    def is_empty(self) -> bool:
        """Whether no document is open."""
        return not self._documents

    def open(self, item: types.TextDocumentItem) -> Document:
        """Take in a document that the client opened."""
        language = getattr(item.language_id, "value", item.language_id)
        path = uris.to_path(item.uri)
        document = Document(item.uri, path, language, item.version, Text(item.text), self.encoding)
        self._documents[path or item.uri] = document
        return document

    def change(self, params: types.DidChangeTextDocumentParams) -> Document | None:
        """Apply a change; ``None`` when the document is not open, since there is nothing to apply it to."""
        document = self.get(params.text_document.uri)
        if document is None:
            return None
        changed = document.changed(params.text_document.version, params.content_changes)
        self._documents[document.path or document.uri] = changed
        return changed

    def close(self, uri: str) -> Document | None:
        """Forget a document; ``None`` when it was not open."""
        return self._documents.pop(uris.to_path(uri) or uri, None)

    def get(self, uri: str) -> Document | None:
        """The open document of a URI."""
        return self._documents.get(uris.to_path(uri) or uri)

    def at(self, path: str) -> Document | None:
        """The open document of a file."""
        return self._documents.get(path)

    def uri(self, path: str) -> str:
        """How the client spells a file's URI if it is open, else how we do."""
        document = self._documents.get(path)
        return uris.from_path(path) if document is None else document.uri


def register(server: Server) -> None:
    """Keep the documents in step with the client and tell the analysis of each change."""

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        document = server.documents.open(params.text_document)
        if document.path is not None:
            server.watching.opened()
            server.analysis.change(document)
            server.diagnostics.changed(document.path)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        document = server.documents.change(params)
        if document is not None and document.path is not None:
            server.analysis.change(document)
            server.diagnostics.changed(document.path)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        document = server.documents.close(params.text_document.uri)
        if document is not None and document.path is not None:
            server.analysis.close(document.path)
            server.diagnostics.closed(document)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE, types.SaveOptions(include_text=False))
    def did_save(params: types.DidSaveTextDocumentParams) -> None:
        path = uris.to_path(params.text_document.uri)
        if path is not None:
            server.watching.saved(path)
