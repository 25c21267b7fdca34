"""An editor as far as a language server can tell: buffers, what it shows, and how it applies edits."""

import asyncio
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cattrs
from lsprotocol import types
from pygls.protocol import default_converter
from pytest_lsp import LanguageClient
from pytest_lsp.client import DEFAULT_CLIENT_FEATURES, register_lsp_features
from pytest_lsp.protocol import LanguageClientProtocol

from tests.lsp.conformance import Conformance

SECONDS = 30.0
Diagnostics = Sequence[types.Diagnostic]
CODECS = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}


def converter() -> cattrs.Converter:
    """The library's, except that an action with a command is not taken for that command."""
    made = default_converter()

    def action(found: Any, _: object) -> types.Command | types.CodeAction:
        is_command = isinstance(found.get("command"), str)
        return made.structure(found, types.Command if is_command else types.CodeAction)

    made.register_structure_hook(types.Command | types.CodeAction, action)
    return made


class StrictProtocol(LanguageClientProtocol):
    """Holds every message of the server against the protocol and what the client has declared."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._conformance = Conformance()

    def structure_message(self, data: dict[str, Any]) -> Any:
        """Called for each object in a message, the message itself being the last."""
        if "jsonrpc" in data:
            self._conformance.received(data)
        return super().structure_message(data)

    def _send_data(self, data: Any) -> None:
        self._conformance.sent(json.loads(json.dumps(data, default=self._serialize_message)))
        super()._send_data(data)


class Client(LanguageClient):
    """The protocol's side of an editor: it remembers what it was told, and wakes who waits for news."""

    def __init__(self) -> None:
        super().__init__(protocol_cls=StrictProtocol, converter_factory=converter)
        self.published: dict[str, types.PublishDiagnosticsParams] = {}
        self.every_publish: list[types.PublishDiagnosticsParams] = []
        self.registrations: list[types.Registration] = []
        self.configuration_requests: list[types.ConfigurationParams] = []
        self.lens_refreshes = 0
        self.hint_refreshes = 0
        self.sent_edits: list[types.ApplyWorkspaceEditParams] = []
        self.shown_pages: list[types.ShowDocumentParams] = []
        self.shows_pages = True
        self.root = Path()
        self.encoding = "utf-16"
        self.pulls = False
        self._news = asyncio.Event()

    def tell(self) -> None:
        """Something has come."""
        self._news.set()

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until what has come makes this true."""
        async with asyncio.timeout(SECONDS):
            while not true():
                self._news.clear()
                await self._news.wait()

    async def next_news(self) -> None:
        """Wait until anything comes."""
        self._news.clear()
        async with asyncio.timeout(SECONDS):
            await self._news.wait()


def make_client() -> Client:
    """A client that answers all the server may ask."""
    client = Client()
    own: dict[str, Any] = {}

    def on(method: str) -> Callable[[Any], Any]:
        return lambda function: own.setdefault(method, function)

    @on(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def publish(params: types.PublishDiagnosticsParams) -> None:
        client.published[params.uri] = params
        client.every_publish.append(params)
        client.tell()

    @on(types.CLIENT_REGISTER_CAPABILITY)
    def registered(params: types.RegistrationParams) -> None:
        client.registrations.extend(params.registrations)
        client.tell()

    @on(types.CLIENT_UNREGISTER_CAPABILITY)
    def unregistered(params: types.UnregistrationParams) -> None:
        gone = {item.id for item in params.unregisterations}
        assert gone <= {item.id for item in client.registrations}
        client.registrations = [item for item in client.registrations if item.id not in gone]
        client.tell()

    @on(types.WORKSPACE_CONFIGURATION)
    def configuration(params: types.ConfigurationParams) -> list[Any]:
        client.configuration_requests.append(params)
        client.tell()
        return [client.get_configuration(section=item.section, scope_uri=item.scope_uri) for item in params.items]

    @on(types.WORKSPACE_DIAGNOSTIC_REFRESH)
    def refresh(_: None) -> None:
        client.diagnostic_refresh_count += 1
        client.tell()

    @on(types.WORKSPACE_CODE_LENS_REFRESH)
    def refresh_lenses(_: None) -> None:
        client.lens_refreshes += 1
        client.tell()

    @on(types.WORKSPACE_INLAY_HINT_REFRESH)
    def refresh_hints(_: None) -> None:
        client.hint_refreshes += 1
        client.tell()

    @on(types.WORKSPACE_APPLY_EDIT)
    def apply_edit(params: types.ApplyWorkspaceEditParams) -> types.ApplyWorkspaceEditResult:
        client.sent_edits.append(params)
        return types.ApplyWorkspaceEditResult(applied=True)

    @on(types.WINDOW_SHOW_DOCUMENT)
    def show_document(params: types.ShowDocumentParams) -> types.ShowDocumentResult:
        client.shown_pages.append(params)
        return types.ShowDocumentResult(success=client.shows_pages)

    @on(types.WINDOW_SHOW_MESSAGE)
    def message(params: types.ShowMessageParams) -> None:
        client.messages.append(params)
        client.tell()

    @on(types.PROGRESS)
    def progress(params: types.ProgressParams) -> None:
        client.progress_reports.setdefault(params.token, []).append(params)
        client.tell()

    register_lsp_features(client, {**DEFAULT_CLIENT_FEATURES, **own})
    return client


class Editor:
    """One user's view of one project folder."""

    def __init__(self, client: Client, folder: Path) -> None:
        self.client = client
        self.folder = folder
        self.buffers: dict[str, tuple[int, str]] = {}

    def uri(self, name: str) -> str:
        """The URI of a file of the project."""
        return (self.folder / name).as_uri()

    def text(self, name: str) -> str:
        """What a file holds, unsaved changes included."""
        uri = self.uri(name)
        return self.buffers[uri][1] if uri in self.buffers else (self.folder / name).read_text()

    def open(self, name: str, text: str | None = None, language: str = "dockerfile") -> None:
        """Open a file, with another text than what is on disk if given."""
        uri = self.uri(name)
        self.buffers[uri] = (1, (self.folder / name).read_bytes().decode() if text is None else text)
        item = types.TextDocumentItem(uri, language, *self.buffers[uri])
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def change(self, name: str, text: str) -> None:
        """Replace a buffer's text."""
        self._change(self.uri(name), types.TextDocumentContentChangeWholeDocument(text), text)

    def type(self, name: str, at: tuple[int, int], text: str) -> None:
        """Insert text at a line and unit of the negotiated encoding."""
        uri = self.uri(name)
        place = types.Position(*at)
        offset = self._offset(self.buffers[uri][1], place)
        before = self.buffers[uri][1]
        change = types.TextDocumentContentChangePartial(types.Range(place, place), text)
        self._change(uri, change, before[:offset] + text + before[offset:])

    def _change(self, uri: str, change: types.TextDocumentContentChangeEvent, text: str) -> None:
        version = self.buffers[uri][0] + 1
        self.buffers[uri] = (version, text)
        identifier = types.VersionedTextDocumentIdentifier(version, uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))

    def save(self, name: str) -> None:
        """Write a buffer to disk and tell the server."""
        (self.folder / name).write_bytes(self.text(name).encode())
        identifier = types.TextDocumentIdentifier(self.uri(name))
        self.client.text_document_did_save(types.DidSaveTextDocumentParams(identifier))

    def write(self, name: str, text: str | None) -> None:
        """Another program writes a file, or deletes it (``None``); clients that were asked to tell, tell."""
        path = self.folder / name
        existed = path.exists()
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        if any(item.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES for item in self.client.registrations):
            kind = types.FileChangeType.Changed if existed else types.FileChangeType.Created
            event = types.FileEvent(self.uri(name), types.FileChangeType.Deleted if text is None else kind)
            self.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))

    def close(self, name: str) -> None:
        """Close a buffer."""
        uri = self.uri(name)
        del self.buffers[uri]
        self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    def close_all(self) -> None:
        """Close every buffer."""
        for uri in list(self.buffers):
            del self.buffers[uri]
            self.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))

    async def diagnostics(
        self, name: str, wanted: Callable[[Diagnostics], bool] = lambda _: True
    ) -> list[types.Diagnostic]:
        """What is shown for a buffer in its current version, once it is what is wanted."""
        uri = self.uri(name)
        version = self.buffers[uri][0] if uri in self.buffers else None
        found: Diagnostics = ()
        try:
            async with asyncio.timeout(SECONDS):
                while True:
                    current = True
                    if self.client.pulls:
                        before = self.client.diagnostic_refresh_count
                        found = await self.pull(uri)
                        if wanted(found):
                            return list(found)
                        if self.client.diagnostic_refresh_count != before:
                            continue
                    else:
                        shown = self.client.published.get(uri)
                        current = shown is not None and shown.version == version
                        found = shown.diagnostics if shown is not None else ()
                        if current and wanted(found):
                            return list(found)
                    await self.client.next_news()
        except TimeoutError:
            raise AssertionError(f"never as wanted: {name} version {version} shows {found}") from None

    async def pull(self, uri: str) -> Diagnostics:
        """Ask for the diagnostics of a document."""
        report = await self.client.text_document_diagnostic_async(
            types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
        )
        assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
        return report.items

    async def actions(self, name: str, *kinds: str, at: types.Range | None = None) -> list[types.CodeAction]:
        """The code actions for a place, or for the whole document."""
        everywhere = types.Range(types.Position(0, 0), types.Position(self.text(name).count("\n") + 1, 0))
        context = types.CodeActionContext(diagnostics=[], only=list(kinds) or None)
        params = types.CodeActionParams(types.TextDocumentIdentifier(self.uri(name)), at or everywhere, context)
        found = await self.client.text_document_code_action_async(params)
        actions = [action for action in found or () if isinstance(action, types.CodeAction)]
        assert len(actions) == len(found or ())
        return actions

    async def apply(self, action: types.CodeAction) -> None:
        """Do what an action says."""
        if action.edit is None:
            action = await self.client.code_action_resolve_async(action)
        assert action.edit is not None
        self.apply_edit(action.edit)

    def apply_edit(self, edit: types.WorkspaceEdit) -> None:
        """Make an edit as an editor does: refuse old versions, never overwrite a file that it creates."""
        for uri, changes in (edit.changes or {}).items():
            self._edit(uri, changes)
        for operation in edit.document_changes or ():
            if isinstance(operation, types.CreateFile):
                path = self.folder / operation.uri.rsplit("/", 1)[1]
                assert path.as_uri() == operation.uri and not path.exists()
                path.write_text("")
                self.open(path.name, language="ignore")
            else:
                assert isinstance(operation, types.TextDocumentEdit)
                document = operation.text_document
                assert document.version is None or document.version == self.buffers[document.uri][0]
                self._edit(document.uri, operation.edits)

    def _edit(self, uri: str, edits: Sequence[Any]) -> None:
        name = str(Path(uri.removeprefix(self.folder.as_uri() + "/")))
        if uri not in self.buffers:
            self.open(name, language="plaintext")
        text = self.buffers[uri][1]
        for edit in sorted(edits, key=lambda edit: (edit.range.start.line, edit.range.start.character), reverse=True):
            start, end = self._offset(text, edit.range.start), self._offset(text, edit.range.end)
            text = text[:start] + edit.new_text + text[end:]
        self.change(name, text)

    def _offset(self, text: str, position: types.Position) -> int:
        codec, size = CODECS[self.client.encoding]
        lines = text.split("\n")
        before = "".join(line + "\n" for line in lines[: position.line])
        rest = lines[position.line] if position.line < len(lines) else ""
        return len(before) + len(rest.encode(codec)[: position.character * size].decode(codec))

    def slice(self, name: str, part: types.Range) -> str:
        """The text in a range of the client's units."""
        text = self.text(name)
        return text[self._offset(text, part.start) : self._offset(text, part.end)]


def fixes(actions: Sequence[types.CodeAction]) -> list[types.CodeAction]:
    """Those of the actions that mend something, one finding each."""
    others = ("Ignore ", "Explain ", "Fix all ")
    return [action for action in actions if action.disabled is None and not action.title.startswith(others)]


def codes(diagnostics: Diagnostics) -> list[str]:
    """The rules that have found something, sorted."""
    return sorted(str(diagnostic.code) for diagnostic in diagnostics)
