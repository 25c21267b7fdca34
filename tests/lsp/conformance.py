"""What a server may send to a client, given what the client has said that it can do.

Every client of these tests holds its messages against this: their form against the protocol's meta-model, and what the
client has not declared (an unasked-for kind of request, a property that it may not know) against its capabilities.
"""

from collections.abc import Callable, Iterator
from typing import Any

from tests.lsp.schema import JSON, Schema, schema

Message = dict[str, Any]

VIOLATIONS: list[str] = []
"""What has been found since the last look; a test in which there is something fails."""

_ASKED = {
    "workspace/configuration": "workspace.configuration",
    "workspace/workspaceFolders": "workspace.workspaceFolders",
    "workspace/applyEdit": "workspace.applyEdit",
    "workspace/codeLens/refresh": "workspace.codeLens.refreshSupport",
    "workspace/diagnostic/refresh": "workspace.diagnostics.refreshSupport",
    "workspace/inlayHint/refresh": "workspace.inlayHint.refreshSupport",
    "workspace/inlineValue/refresh": "workspace.inlineValue.refreshSupport",
    "workspace/semanticTokens/refresh": "workspace.semanticTokens.refreshSupport",
    "window/workDoneProgress/create": "window.workDoneProgress",
    "window/showDocument": "window.showDocument.support",
}
"""Requests of the server, and the capability that each needs."""
_REGISTERED = {
    "workspace/didChangeWorkspaceFolders": "workspace.workspaceFolders",
    "workspace/executeCommand": "workspace.executeCommand.dynamicRegistration",
    "textDocument/didOpen": "textDocument.synchronization.dynamicRegistration",
    "textDocument/didChange": "textDocument.synchronization.dynamicRegistration",
    "textDocument/didClose": "textDocument.synchronization.dynamicRegistration",
    "textDocument/didSave": "textDocument.synchronization.dynamicRegistration",
}
_FILE_OPERATIONS = {
    f"workspace/{when}{what}Files": f"workspace.fileOperations.{when}{what}"
    for when in ("did", "will")
    for what in ("Create", "Rename", "Delete")
}
_PROVIDERS = {
    "textDocument/codeAction": "codeActionProvider",
    "textDocument/codeLens": "codeLensProvider",
    "textDocument/completion": "completionProvider",
    "textDocument/definition": "definitionProvider",
    "textDocument/diagnostic": "diagnosticProvider",
    "textDocument/documentLink": "documentLinkProvider",
    "textDocument/documentSymbol": "documentSymbolProvider",
    "textDocument/foldingRange": "foldingRangeProvider",
    "textDocument/hover": "hoverProvider",
    "textDocument/inlayHint": "inlayHintProvider",
}
_ERROR = {
    "kind": "literal",
    "value": {
        "properties": [
            {"name": "code", "type": {"kind": "base", "name": "integer"}},
            {"name": "message", "type": {"kind": "base", "name": "string"}},
            {"name": "data", "type": {"kind": "reference", "name": "LSPAny"}, "optional": True},
        ]
    },
}
"""The meta-model leaves out the envelope of messages."""
_FIRST_SYMBOL_KINDS = range(1, 19)
_FIRST_COMPLETION_KINDS = range(1, 19)


class Conformance:
    """One conversation, watched from the client's side."""

    def __init__(self) -> None:
        self._schema: Schema = schema()
        self._capabilities: dict[str, Any] = {}
        self._announced: dict[str, Any] = {}
        self._asked: dict[int | str, Message] = {}
        self._tokens: dict[int | str, str] = {}
        """What the progress of a token is: ``work`` before it begins, ``begun``, ``over``, or the method of a request
        whose partial results it carries.
        """
        self._subject = ""

    def sent(self, message: Message) -> None:
        """The client sends a message."""
        method, params = message.get("method"), message.get("params")
        if not isinstance(method, str):
            return
        if "id" in message:
            self._asked[message["id"]] = message
        if not isinstance(params, dict):
            return
        if method == "initialize" and isinstance(params.get("capabilities"), dict):
            self._capabilities = params["capabilities"]
        if "workDoneToken" in params:
            self._tokens[params["workDoneToken"]] = "work"
        if "partialResultToken" in params:
            self._tokens[params["partialResultToken"]] = method

    def received(self, message: JSON) -> None:
        """The server has sent a message: note what is wrong with it."""
        VIOLATIONS.extend(self.problems(message))

    def problems(self, message: JSON) -> Iterator[str]:
        """What is wrong with a message of the server."""
        if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
            yield f"no message: {message}"
        elif "method" in message:
            yield from self._call(message)
        else:
            yield from self._response(message)

    def can(self, path: str) -> Any:
        """What the client says about a capability, a path of names; ``None`` when it says nothing."""
        found: Any = self._capabilities
        for name in path.split("."):
            found = found.get(name) if isinstance(found, dict) else None
        return found

    def _form(self, kind: dict[str, Any] | None, value: JSON, where: str) -> Iterator[str]:
        if kind is None:
            if value is not None:
                yield f"{where}: nothing was expected"
            return
        yield from self._schema.errors(kind, value, where, self._undeclared)

    def _call(self, message: Message) -> Iterator[str]:
        method = message["method"]
        self._subject = method
        known = (self._schema.requests if "id" in message else self._schema.notifications).get(method)
        if known is None or known["messageDirection"] == "clientToServer":
            yield f"{method}: no {'request' if 'id' in message else 'notification'} of a server"
            return
        yield from (
            f"{method}: unknown property {name}" for name in message.keys() - {"jsonrpc", "id", "method", "params"}
        )
        yield from self._form(known.get("params"), message.get("params"), method)
        if method in _ASKED and not self.can(_ASKED[method]):
            yield f"{method}: the client has not declared {_ASKED[method]}"
        params = message.get("params")
        if method == "client/registerCapability":
            for registration in params["registrations"]:
                yield from self._registration(registration)
        elif method == "window/workDoneProgress/create":
            self._tokens[params["token"]] = "work"
        elif method == "$/progress":
            yield from self._progress(params)
        elif method == "textDocument/publishDiagnostics" and self._pulls:
            yield f"{method}: the client pulls"

    @property
    def _pulls(self) -> bool:
        """Whether the client asks for diagnostics, and can be told to ask again."""
        return self.can("textDocument.diagnostic") is not None and bool(
            self.can("workspace.diagnostics.refreshSupport")
        )

    def _registration(self, registration: Message) -> Iterator[str]:
        method = registration["method"]
        needed = _REGISTERED.get(method)
        if method in _FILE_OPERATIONS:
            needed = "workspace.fileOperations.dynamicRegistration"
        needed = needed or f"{method.replace('/', '.')}.dynamicRegistration"
        if not self.can(needed):
            yield f"registration of {method}: the client has not declared {needed}"
        if method in _FILE_OPERATIONS and not self.can(_FILE_OPERATIONS[method]):
            yield f"registration of {method}: the client has not declared {_FILE_OPERATIONS[method]}"
        if self._announced.get(_PROVIDERS.get(method, "")) not in (None, False):
            yield f"registration of {method}: it is announced already"
        known = self._schema.requests.get(method) or self._schema.notifications.get(method)
        if known is None:
            yield f"registration of {method}: no such method"
        elif registration.get("registerOptions") is not None:
            options = known.get("registrationOptions")
            yield from self._form(options, registration["registerOptions"], f"registration of {method}")

    def _progress(self, params: Message) -> Iterator[str]:
        token, value = params["token"], params["value"]
        state = self._tokens.get(token)
        if state is None:
            yield f"progress: the client knows no token {token!r}"
        elif state in ("work", "begun", "over"):
            kind = value.get("kind")
            if (state, kind) not in {("work", "begin"), ("begun", "report"), ("begun", "end")}:
                yield f"progress: {kind} when the state of {token!r} is {state}"
            self._tokens[token] = "over" if kind == "end" else "begun"
            name = {"begin": "WorkDoneProgressBegin", "report": "WorkDoneProgressReport", "end": "WorkDoneProgressEnd"}
            yield from self._form({"kind": "reference", "name": name.get(kind, "")}, value, "progress")
        else:
            self._subject = state
            yield from self._form(self._schema.requests[state].get("partialResult"), value, f"progress of {state}")

    def _response(self, message: Message) -> Iterator[str]:
        number = message.get("id")
        request = self._asked.pop(number, None) if number is not None else None
        method = "" if request is None else request["method"]
        self._subject = method
        yield from (
            f"response to {method}: unknown property {name}"
            for name in message.keys() - {"jsonrpc", "id", "result", "error"}
        )
        if ("result" in message) == ("error" in message):
            yield f"response to {method}: either a result or an error"
        if "error" in message:
            yield from self._form(_ERROR, message["error"], f"error of {method}")
            return
        if request is None:
            yield f"response to a request that was not made: {number!r}"
        elif (known := self._schema.requests.get(method)) is not None:
            yield from self._form(known["result"], message.get("result"), f"result of {method}")
            if method == "initialize":
                self._announced = message["result"]["capabilities"]

    def _undeclared(self, name: str, value: Message) -> Iterator[str]:
        """What of a structure the client has not declared."""
        check = _CHECKS.get(name)
        if check is not None:
            yield from check(self, value)

    def needs(self, value: Message, name: str, *paths: str) -> Iterator[str]:
        """That a property stands only where the client has declared one of some capabilities."""
        if value.get(name) is not None and not any(self.can(path) for path in paths):
            yield f"{name}: the client has not declared {' or '.join(paths)}"

    def diagnostic(self, value: Message) -> Iterator[str]:
        """What pushed and pulled diagnostics share was declared for pushed ones alone before 3.18."""
        for name, capability in (
            ("relatedInformation", "relatedInformation"),
            ("tags", "tagSupport"),
            ("codeDescription", "codeDescriptionSupport"),
            ("data", "dataSupport"),
        ):
            roots = ("textDocument.publishDiagnostics", "textDocument.diagnostic")
            yield from self.needs(value, name, *(f"{root}.{capability}" for root in roots))

    def published(self, value: Message) -> Iterator[str]:
        """Pushed diagnostics."""
        yield from self.needs(value, "version", "textDocument.publishDiagnostics.versionSupport")

    def markup(self, value: Message) -> Iterator[str]:
        """Text that may be Markdown."""
        path = {
            "textDocument/hover": "textDocument.hover.contentFormat",
            "textDocument/completion": "textDocument.completion.completionItem.documentationFormat",
            "completionItem/resolve": "textDocument.completion.completionItem.documentationFormat",
        }.get(self._subject)
        if path is not None and value["kind"] not in (self.can(path) or ["plaintext"]):
            yield f"{value['kind']}: the client has not declared it in {path}"

    def workspace_edit(self, value: Message) -> Iterator[str]:
        """Edits of several files."""
        base = "workspace.workspaceEdit"
        operations = self.can(f"{base}.resourceOperations") or []
        if "documentChanges" in value and not (self.can(f"{base}.documentChanges") or operations):
            yield f"documentChanges: the client has not declared {base}.documentChanges"
        kinds = [change["kind"] for change in value.get("documentChanges", ()) if "kind" in change]
        yield from (
            f"{kind}: the client has not declared it in resourceOperations" for kind in {*kinds} - {*operations}
        )
        yield from self.needs(value, "changeAnnotations", f"{base}.changeAnnotationSupport")

    def annotated(self, value: Message) -> Iterator[str]:
        """An edit that may need confirmation."""
        yield from self.needs(value, "annotationId", "workspace.workspaceEdit.changeAnnotationSupport")

    def code_action(self, value: Message) -> Iterator[str]:
        """A code action."""
        base = "textDocument.codeAction"
        if self.can(f"{base}.codeActionLiteralSupport") is None:
            yield f"a code action: the client has not declared {base}.codeActionLiteralSupport"
        yield from self.needs(value, "isPreferred", f"{base}.isPreferredSupport")
        yield from self.needs(value, "disabled", f"{base}.disabledSupport")
        yield from self.needs(value, "data", f"{base}.dataSupport")
        is_empty = not {"edit", "command", "disabled"} & value.keys()
        if is_empty and "edit" not in (self.can(f"{base}.resolveSupport.properties") or ()):
            yield f"a code action without edit: the client has not declared it in {base}.resolveSupport"

    def completion_item(self, value: Message) -> Iterator[str]:
        """A completion item."""
        base = "textDocument.completion.completionItem"
        if value.get("insertTextFormat") == 2 and not self.can(f"{base}.snippetSupport"):
            yield f"a snippet: the client has not declared {base}.snippetSupport"
        yield from self.needs(value, "commitCharacters", f"{base}.commitCharactersSupport")
        yield from self.needs(value, "deprecated", f"{base}.deprecatedSupport")
        yield from self.needs(value, "preselect", f"{base}.preselectSupport")
        yield from self.needs(value, "tags", f"{base}.tagSupport")
        yield from self.needs(value, "labelDetails", f"{base}.labelDetailsSupport")
        yield from self.needs(value, "insertTextMode", f"{base}.insertTextModeSupport")
        kinds = self.can("textDocument.completion.completionItemKind.valueSet") or _FIRST_COMPLETION_KINDS
        if "kind" in value and value["kind"] not in kinds:
            yield f"kind {value['kind']}: the client has not declared it in completionItemKind"

    def completion_list(self, value: Message) -> Iterator[str]:
        """A list of completion items."""
        known = self.can("textDocument.completion.completionList.itemDefaults") or ()
        for name in value.get("itemDefaults", {}):
            if name not in known:
                yield f"itemDefaults.{name}: the client has not declared it"

    def replacing(self, _value: Message) -> Iterator[str]:
        """A completion that inserts or replaces."""
        if not self.can("textDocument.completion.completionItem.insertReplaceSupport"):
            yield "InsertReplaceEdit: the client has not declared insertReplaceSupport"

    def symbol(self, value: Message) -> Iterator[str]:
        """A symbol of either form."""
        base = "textDocument.documentSymbol"
        yield from self.needs(value, "tags", f"{base}.tagSupport")
        if value["kind"] not in (self.can(f"{base}.symbolKind.valueSet") or _FIRST_SYMBOL_KINDS):
            yield f"kind {value['kind']}: the client has not declared it in {base}.symbolKind"

    def nested_symbol(self, value: Message) -> Iterator[str]:
        """A symbol in a tree."""
        yield from self.symbol(value)
        path = "textDocument.documentSymbol.hierarchicalDocumentSymbolSupport"
        if not self.can(path):
            yield f"a DocumentSymbol: the client has not declared {path}"

    def folding_range(self, value: Message) -> Iterator[str]:
        """A range that can be folded."""
        base = "textDocument.foldingRange"
        yield from self.needs(value, "collapsedText", f"{base}.foldingRange.collapsedText")
        kinds = self.can(f"{base}.foldingRangeKind.valueSet")
        if kinds is not None and "kind" in value and value["kind"] not in kinds:
            yield f"kind {value['kind']}: the client has not declared it in {base}.foldingRangeKind"

    def link(self, _value: Message) -> Iterator[str]:
        """A location with where it was linked from."""
        path = self._subject.replace("/", ".") + ".linkSupport"
        if not self.can(path):
            yield f"a LocationLink: the client has not declared {path}"

    def document_link(self, value: Message) -> Iterator[str]:
        """A link in a document."""
        yield from self.needs(value, "tooltip", "textDocument.documentLink.tooltipSupport")

    def related_documents(self, value: Message) -> Iterator[str]:
        """A pulled report that may hold other documents' diagnostics."""
        yield from self.needs(value, "relatedDocuments", "textDocument.diagnostic.relatedDocumentSupport")

    def watcher(self, value: Message) -> Iterator[str]:
        """A pattern of watched files."""
        if isinstance(value["globPattern"], dict):
            yield from self.needs(value, "globPattern", "workspace.didChangeWatchedFiles.relativePatternSupport")

    def server(self, value: Message) -> Iterator[str]:
        """What the server says that it can do."""
        offered = self.can("general.positionEncodings") or ["utf-16"]
        if value.get("positionEncoding", "utf-16") not in offered:
            yield f"positionEncoding {value['positionEncoding']}: the client offers {offered}"
        if isinstance(value.get("codeActionProvider"), dict):
            yield from self.needs(value, "codeActionProvider", "textDocument.codeAction.codeActionLiteralSupport")


_CHECKS: dict[str, Callable[[Conformance, Message], Iterator[str]]] = {
    "AnnotatedTextEdit": Conformance.annotated,
    "CodeAction": Conformance.code_action,
    "CompletionItem": Conformance.completion_item,
    "CompletionList": Conformance.completion_list,
    "CreateFile": Conformance.annotated,
    "DeleteFile": Conformance.annotated,
    "Diagnostic": Conformance.diagnostic,
    "DocumentLink": Conformance.document_link,
    "DocumentSymbol": Conformance.nested_symbol,
    "FileSystemWatcher": Conformance.watcher,
    "FoldingRange": Conformance.folding_range,
    "InsertReplaceEdit": Conformance.replacing,
    "LocationLink": Conformance.link,
    "MarkupContent": Conformance.markup,
    "PublishDiagnosticsParams": Conformance.published,
    "RelatedFullDocumentDiagnosticReport": Conformance.related_documents,
    "RelatedUnchangedDocumentDiagnosticReport": Conformance.related_documents,
    "RenameFile": Conformance.annotated,
    "ServerCapabilities": Conformance.server,
    "SymbolInformation": Conformance.symbol,
    "WorkspaceEdit": Conformance.workspace_edit,
}
