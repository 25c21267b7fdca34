"""Helix, which no suite drives: what it says of itself in its source, and what it then gets."""

import tomllib
from pathlib import Path
from typing import Any

from tests.editors.surroundings import SLOW_PROJECT, documented, write
from tests.lsp.raw import RawClient

# In Helix's own words: it can be told to pull again, but says so as `diagnostic` where the protocol has `diagnostics`.
CAPABILITIES: dict[str, Any] = {
    "workspace": {
        "configuration": True,
        "didChangeConfiguration": {"dynamicRegistration": False},
        "workspaceFolders": True,
        "applyEdit": True,
        "executeCommand": {"dynamicRegistration": False},
        "inlayHint": {"refreshSupport": False},
        "workspaceEdit": {
            "documentChanges": True,
            "resourceOperations": ["create", "rename", "delete"],
            "failureHandling": "abort",
            "normalizesLineEndings": False,
        },
        "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": True},
        "fileOperations": {
            **dict.fromkeys(("willCreate", "didCreate", "willRename", "didRename", "willDelete", "didDelete"), True),
        },
        "diagnostic": {"refreshSupport": True},
    },
    "textDocument": {
        "completion": {
            "completionItem": {
                "snippetSupport": True,
                "resolveSupport": {"properties": ["documentation", "detail", "additionalTextEdits"]},
                "insertReplaceSupport": True,
                "deprecatedSupport": True,
                "tagSupport": {"valueSet": [1]},
            },
            "completionItemKind": {},
        },
        "hover": {"contentFormat": ["markdown"]},
        "codeAction": {
            "codeActionLiteralSupport": {
                "codeActionKind": {"valueSet": ["", "quickfix", "refactor", "source", "source.fixAll"]}
            },
            "isPreferredSupport": True,
            "disabledSupport": True,
            "dataSupport": True,
            "resolveSupport": {"properties": ["edit", "command"]},
        },
        "diagnostic": {"dynamicRegistration": False, "relatedDocumentSupport": True},
        "publishDiagnostics": {"versionSupport": True, "tagSupport": {"valueSet": [1, 2]}},
        "documentLink": {"dynamicRegistration": False, "tooltipSupport": False},
        "documentSymbol": {"dynamicRegistration": False, "hierarchicalDocumentSymbolSupport": False},
    },
    "window": {
        "showMessage": {"messageActionItem": {"additionalPropertiesSupport": True}},
        "workDoneProgress": True,
        "showDocument": {"support": True},
    },
    "general": {"positionEncodings": ["utf-8", "utf-32", "utf-16"]},
}


def test_it_is_shown_each_finding_and_offered_the_fixes(tmp_path: Path) -> None:
    write(tmp_path, SLOW_PROJECT)
    settings = tomllib.loads("".join(documented("Helix", "toml")))["language-server"]["prebake"]["config"]
    uri = (tmp_path / "Dockerfile").as_uri()
    with RawClient() as helix:
        answer = helix.initialize(
            CAPABILITIES,
            clientInfo={"name": "helix", "version": "25.07.1"},
            rootPath=str(tmp_path),
            rootUri=tmp_path.as_uri(),
            workspaceFolders=[{"uri": tmp_path.as_uri(), "name": tmp_path.name}],
            initializationOptions=settings,
        )
        offered = answer["result"]["capabilities"]
        assert offered["positionEncoding"] == "utf-8"
        # It is pushed to and does not pull, or findings would be there twice.
        assert "diagnosticProvider" not in offered
        helix.open(uri, SLOW_PROJECT["Dockerfile"])

        def has_everything(message: dict[str, Any]) -> bool:
            if message.get("method") != "textDocument/publishDiagnostics" or message["params"]["uri"] != uri:
                return False
            return {"PB101", "PB201", "PB301"} <= {item["code"] for item in message["params"]["diagnostics"]}

        shown = helix.wait(has_everything)["params"]["diagnostics"]
        assert {item["code"]: item["severity"] for item in shown}["PB301"] == 3  # as the settings say
        assert len(shown) == len({item["code"] for item in shown})
        everywhere = {"start": {"line": 0, "character": 0}, "end": {"line": 5, "character": 0}}
        actions = helix.request(
            "textDocument/codeAction",
            {"textDocument": {"uri": uri}, "range": everywhere, "context": {"diagnostics": shown, "triggerKind": 1}},
        )["result"]
        kinds = [
            operation.get("kind", "edit")
            for action in actions
            if action["title"].startswith("Create .dockerignore")
            for operation in action["edit"]["documentChanges"]
        ]
        assert kinds == ["create", "edit"]
        assert not [message for message in helix.seen if message.get("method") == "window/showMessage"]
