"""Clients that lack an ability: everything goes on, and they are sent nothing that they have not declared.

Begun from a client that can do all that the protocol knows; every capability that the server looks at is taken away in
turn. What the server sends is held against what is left (see :mod:`tests.lsp.conformance`).
"""

import asyncio
import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from prebake.lsp import client
from tests.lsp.conformance import Message
from tests.lsp.conversation import Conversation
from tests.lsp.projects import ARTICLE, OLD_COMMAND
from tests.lsp.schema import Schema, Type, schema
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio

_TEXTS: dict[str, list[Any]] = {
    "positionEncodings": ["utf-8", "utf-16", "utf-32"],
    "contentFormat": ["markdown", "plaintext"],
    "documentationFormat": ["markdown", "plaintext"],
    "properties": ["edit", "command", "documentation", "detail", "additionalTextEdits", "tooltip", "textEdits"],
    "itemDefaults": ["commitCharacters", "editRange", "insertTextFormat", "insertTextMode", "data"],
}
"""Capabilities that are lists, by name, where it is not the list of an enumeration's values."""


def everything(known: Schema, kind: Type, name: str = "") -> Any:
    """The most that can be said in a type of capabilities."""
    if name in _TEXTS:
        return list(_TEXTS[name])
    if kind["kind"] == "array":
        return known.enumeration(kind["element"].get("name", ""))
    if kind["kind"] == "or":
        return everything(known, kind["items"][-1], name)
    if kind["kind"] == "reference":
        alias = known.named(kind["name"])
        if kind["name"] == "LSPAny" or known.enumeration(kind["name"]):
            return (known.enumeration(kind["name"]) or [None])[0]
        if alias is not None:
            return everything(known, alias, name)
        return {key: everything(known, item["type"], key) for key, item in known.properties(kind["name"]).items()}
    if kind["kind"] == "literal":
        return {item["name"]: everything(known, item["type"], item["name"]) for item in kind["value"]["properties"]}
    return {"boolean": True, "string": "x"}.get(kind["name"], 5000)


ABLE: Message = everything(schema(), {"kind": "reference", "name": "ClientCapabilities"})


def looked_at() -> list[str]:
    """The capabilities that the server looks at, as paths of names in JSON."""
    asked: dict[str, None] = {}
    original = client.get_capability

    def asking(capabilities: types.ClientCapabilities, path: str, default: Any = None) -> Any:
        words = (part.split("_") for part in path.split("."))
        asked[".".join(first + "".join(word.capitalize() for word in rest) for first, *rest in words)] = None
        return original(capabilities, path, default)

    client.get_capability = asking
    try:
        client.Client.of(types.ClientCapabilities())
    finally:
        client.get_capability = original
    return list(asked)


def with_sections(paths: list[str]) -> list[str]:
    """The capabilities, and the sections that they stand in."""
    found = (path.split(".")[:length] for path in paths for length in range(1, path.count(".") + 2))
    return list(dict.fromkeys(".".join(names) for names in found))


PATHS = with_sections([*looked_at(), "general.positionEncodings", "workspace.workspaceFolders"])


def without(path: str, able: Message = ABLE) -> Message:
    """A client that can do all but this."""
    left = copy.deepcopy(able)
    *above, name = path.split(".")
    place = left
    for part in above:
        place = place.get(part, {})
    place.pop(name, None)
    return left


def requests(uri: str, lines: int) -> Iterator[tuple[str, Message]]:
    """What an editor asks about a document."""
    document = {"uri": uri}
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": lines, "character": 0}}
    for method in ("codeLens", "documentLink", "documentSymbol", "foldingRange"):
        yield method, {"textDocument": document}
    yield "diagnostic", {"textDocument": document}
    yield "inlayHint", {"textDocument": document, "range": whole}
    yield "codeAction", {"textDocument": document, "range": whole, "context": {"diagnostics": []}}
    for kind in ("source.fixAll.prebake", "refactor.rewrite"):
        context = {"diagnostics": [], "only": [kind]}
        yield "codeAction", {"textDocument": document, "range": whole, "context": context}
    for line in range(lines + 1):
        for method in ("hover", "definition", "completion"):
            yield method, {"textDocument": document, "position": {"line": line, "character": 0}}
            yield method, {"textDocument": document, "position": {"line": line, "character": 5}}


_RESOLVED = {"codeAction": "codeAction/resolve", "codeLens": "codeLens/resolve", "completion": "completionItem/resolve"}


class Client:
    """An editor that uses whatever the server offers it."""

    def __init__(self, talk: Conversation, root: Path) -> None:
        self.talk = talk
        self.root = root
        self.answers: list[tuple[str, Any]] = []

    def uri(self, name: str) -> str:
        return (self.root / name).as_uri()

    @property
    def announced(self) -> Message:
        return next(message["result"]["capabilities"] for message in self.talk.sent if message.get("id") == "first")

    def offers(self, method: str) -> Any:
        """The options of what is announced or registered; ``None`` when it is neither."""
        found = self.announced.get("diagnosticProvider" if method == "diagnostic" else f"{method}Provider")
        for asked in self.talk.calls("client/registerCapability"):
            for item in asked["registrations"]:
                found = item["registerOptions"] if item["method"] == f"textDocument/{method}" else found
        return found

    def open(self, name: str, language: str) -> None:
        text = (self.root / name).read_text()
        item = {"uri": self.uri(name), "languageId": language, "version": 1, "text": text}
        self.talk.receive(method="textDocument/didOpen", params={"textDocument": item})

    async def ask_everything(self, name: str) -> None:
        for method, params in requests(self.uri(name), (self.root / name).read_text().count("\n")):
            options = self.offers(method)
            if not options:
                continue
            answer = await self.talk.request(f"textDocument/{method}", params)
            assert "error" not in answer, answer
            self.answers.append((method, answer["result"]))
            found = answer["result"]
            items = found.get("items", ()) if isinstance(found, dict) else found or ()
            if isinstance(options, dict) and options.get("resolveProvider"):
                for item in items:
                    resolved = await self.talk.request(_RESOLVED[method], item)
                    assert "error" not in resolved, resolved
                    self.answers.append((method, [resolved["result"]]))

    async def shown(self) -> list[Message]:
        """The diagnostics of the Dockerfile, pulled or pushed."""
        uri = self.uri("Dockerfile")
        async with asyncio.timeout(30):
            while True:
                if self.offers("diagnostic"):
                    answer = await self.talk.request("textDocument/diagnostic", {"textDocument": {"uri": uri}})
                    found: list[Message] = answer["result"]["items"]
                else:
                    pushed = self.talk.calls("textDocument/publishDiagnostics")
                    found = next((item["diagnostics"] for item in reversed(pushed) if item["uri"] == uri), [])
                if any(item["code"] == "PB201" for item in found):
                    return found
                await asyncio.sleep(0.01)


async def session(root: Path, able: Message, **params: Any) -> Client:
    """All that an editor does with a project."""
    make_tree(root, {**ARTICLE, "old.Dockerfile": OLD_COMMAND, "old.Dockerfile.dockerignore": "# Data\ndata\n*.log\n"})
    given = {"workspaceFolders": [{"uri": root.as_uri(), "name": root.name}]}
    async with Conversation(able, **(params or given)) as talk:
        editor = Client(talk, root)
        editor.open("Dockerfile", "dockerfile")
        editor.open("old.Dockerfile", "dockerfile")
        editor.open("old.Dockerfile.dockerignore", "ignore")
        editor.open("serve.py", "python")
        assert await editor.shown()
        for name in ("Dockerfile", "old.Dockerfile", "old.Dockerfile.dockerignore", "serve.py"):
            await editor.ask_everything(name)
        start = {"line": 0, "character": 0}
        changes = [{"range": {"start": start, "end": start}, "text": "# 🐳 new\n"}]
        document = {"uri": editor.uri("Dockerfile"), "version": 2}
        talk.receive(method="textDocument/didChange", params={"textDocument": document, "contentChanges": changes})
        talk.receive(method="textDocument/didSave", params={"textDocument": {"uri": editor.uri("Dockerfile")}})
        talk.receive(method="workspace/didChangeConfiguration", params={"settings": {}})
        assert await editor.shown()
        talk.receive(method="textDocument/didClose", params={"textDocument": {"uri": editor.uri("serve.py")}})
    return editor


def edits(editor: Client) -> list[Message]:
    """The edits that were offered."""
    found = [item for method, items in editor.answers if method == "codeAction" for item in items or ()]
    return [action["edit"] for action in found if "edit" in action]


async def test_an_able_client_gets_everything(tmp_path: Path) -> None:
    editor = await session(tmp_path, ABLE)
    used = {method for method, found in editor.answers if found}
    assert used >= {"diagnostic", "hover", "codeAction", "codeLens", "completion", "documentSymbol"}
    assert all("documentChanges" in edit for edit in edits(editor))
    assert any(change.get("kind") == "create" for edit in edits(editor) for change in edit["documentChanges"])
    asked = {message["method"] for message in editor.talk.sent if "method" in message}
    assert asked >= {"workspace/configuration", "client/registerCapability", "workspace/diagnostic/refresh"}


async def test_a_client_that_declares_nothing_gets_the_plainest_of_all(tmp_path: Path) -> None:
    editor = await session(tmp_path, {})
    assert {method for method, found in editor.answers if found} >= {
        "hover",
        "codeLens",
        "completion",
        "documentSymbol",
    }
    asked = {message["method"] for message in editor.talk.sent if "method" in message}
    assert asked <= {"textDocument/publishDiagnostics", "window/logMessage"}
    [first] = editor.talk.calls("textDocument/publishDiagnostics")[:1]
    assert first.keys() == {"uri", "diagnostics"}
    for item in first["diagnostics"]:
        assert item.keys() <= {"range", "severity", "code", "source", "message"}


@pytest.mark.parametrize("path", PATHS)
async def test_a_capability_less_is_no_trouble(tmp_path: Path, path: str) -> None:
    await session(tmp_path, without(path))


async def test_a_client_without_document_changes_gets_plain_edits_and_creates_no_file(tmp_path: Path) -> None:
    able = without("workspace.workspaceEdit.documentChanges", without("workspace.workspaceEdit.resourceOperations"))
    found = edits(await session(tmp_path, able))
    assert found and all(edit.keys() == {"changes"} for edit in found)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
async def test_a_client_of_one_encoding_only(tmp_path: Path, encoding: str) -> None:
    editor = await session(tmp_path, ABLE | {"general": {"positionEncodings": [encoding]}})
    assert editor.announced["positionEncoding"] == encoding


@pytest.mark.parametrize("given", ["workspaceFolders", "rootUri", "rootPath", "nothing"])
async def test_each_way_to_name_the_root(tmp_path: Path, given: str) -> None:
    params = {
        "workspaceFolders": [{"uri": tmp_path.as_uri(), "name": "project"}],
        "rootUri": tmp_path.as_uri(),
        "rootPath": str(tmp_path),
    }
    await session(tmp_path, without("workspace.workspaceFolders"), **{given: params.get(given)})
