"""The watchman himself: what is wrong with a server's messages is noticed, what is right is not."""

from typing import Any

import pytest

from tests.lsp.conformance import Conformance, Message

RANGE = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 1}}
URI = "file:///a/Dockerfile"
PUBLISH = "textDocument/publishDiagnostics"


def watch(capabilities: Message | None = None, announced: Message | None = None) -> Conformance:
    """A conversation that has begun."""
    watched = Conformance()
    watched.sent({"id": 0, "method": "initialize", "params": {"capabilities": capabilities or {}}})
    assert not problems(watched, id=0, result={"capabilities": announced or {}})
    return watched


def problems(watched: Conformance, **message: Any) -> list[str]:
    return list(watched.problems({"jsonrpc": "2.0"} | message))


def publish(**properties: Any) -> Message:
    diagnostic = {"range": RANGE, "message": "x"} | properties
    return {"method": PUBLISH, "params": {"uri": URI, "diagnostics": [diagnostic]}}


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (publish(severity=9), "9 is no DiagnosticSeverity"),
        (publish(severity=None), "null is no DiagnosticSeverity"),
        (publish(level=1), "unknown property level"),
        (publish(range={"start": {"line": -1, "character": 0}}), "-1 is no uinteger"),
        (publish(range={"start": {"line": 0, "character": 0}}), "end is missing"),
        (publish(message=None), "null is no string"),
        (publish(tags=[1]), "not declared textDocument.publishDiagnostics.tagSupport"),
        (publish(codeDescription={"href": "https://x"}), "codeDescriptionSupport"),
        (publish(data={}), "dataSupport"),
        (publish(relatedInformation=[]), "relatedInformation"),
        ({"method": PUBLISH, "params": {"uri": "/no/scheme", "diagnostics": []}}, "is no DocumentUri"),
        ({"method": PUBLISH, "params": {"uri": URI, "diagnostics": [], "version": 1}}, "versionSupport"),
        ({"method": "textDocument/didOpen", "params": {}}, "no notification of a server"),
        ({"method": "window/logMessage", "params": {"type": 9, "message": ""}}, "is no MessageType"),
        ({"method": "$/progress", "params": {"token": "x", "value": {"kind": "end"}}}, "knows no token"),
        ({"id": 1, "method": "workspace/configuration", "params": {"items": []}}, "workspace.configuration"),
        ({"id": 1, "method": "workspace/diagnostic/refresh"}, "workspace.diagnostics.refreshSupport"),
        ({"id": 1, "method": "window/workDoneProgress/create", "params": {"token": 1}}, "window.workDoneProgress"),
        ({"id": 1, "method": "client/unheardOf"}, "no request of a server"),
        (
            {
                "id": 1,
                "method": "client/registerCapability",
                "params": {"registrations": [{"id": "1", "method": "textDocument/codeLens"}]},
            },
            "textDocument.codeLens.dynamicRegistration",
        ),
        ({"id": 7, "result": None}, "was not made"),
        ({"id": None, "error": {"code": "x", "message": ""}}, "is no integer"),
    ],
)
def test_what_is_wrong_is_named(message: Message, problem: str) -> None:
    found = problems(watch(), **message)
    assert found and problem in " ".join(found)


def test_what_is_right_is_not_named() -> None:
    assert not problems(watch(), **publish(severity=1, code="PB101", source="prebake"))
    declared = {"textDocument": {"publishDiagnostics": {"dataSupport": True, "versionSupport": True}}}
    assert not problems(watch(declared), **publish(data={"anything": [1, None]}))
    assert not problems(watch(), id=None, error={"code": -32700, "message": "not JSON"})


@pytest.mark.parametrize(
    ("method", "result", "declared", "problem"),
    [
        ("hover", {"contents": {"kind": "markdown", "value": ""}}, {}, "contentFormat"),
        ("hover", {"contents": {"kind": "html", "value": ""}}, {}, "is no MarkupKind"),
        ("completion", [{"label": "x", "kind": 19}], {}, "completionItemKind"),
        ("completion", [{"label": "x", "insertTextFormat": 2}], {}, "snippetSupport"),
        ("codeAction", [{"title": "x", "edit": {}}], {}, "codeActionLiteralSupport"),
        ("codeAction", [{"title": "x"}], {"codeActionLiteralSupport": {}}, "resolveSupport"),
        (
            "codeAction",
            [{"title": "x", "edit": {"documentChanges": [{"kind": "create", "uri": URI}]}}],
            {"codeActionLiteralSupport": {}},
            "documentChanges",
        ),
        (
            "codeAction",
            [{"title": "x", "edit": {"changeAnnotations": {}}}],
            {"codeActionLiteralSupport": {}},
            "changeAnnotationSupport",
        ),
        (
            "documentSymbol",
            [{"name": "x", "kind": 3, "range": RANGE, "selectionRange": RANGE}],
            {},
            "hierarchicalDocumentSymbolSupport",
        ),
        (
            "definition",
            [{"targetUri": URI, "targetRange": RANGE, "targetSelectionRange": RANGE}],
            {},
            "definition.linkSupport",
        ),
        ("documentLink", [{"range": RANGE, "target": URI, "tooltip": "x"}], {}, "tooltipSupport"),
        ("foldingRange", [{"startLine": 0, "endLine": 1, "collapsedText": "x"}], {}, "collapsedText"),
        ("diagnostic", {"kind": "full", "items": [], "relatedDocuments": {}}, {}, "relatedDocumentSupport"),
        ("diagnostic", {"kind": "half", "items": []}, {}, "is not 'full'"),
    ],
)
def test_what_a_result_may_not_hold_is_named(method: str, result: Any, declared: Message, problem: str) -> None:
    watched = watch({"textDocument": {method: declared}})
    watched.sent({"id": 1, "method": f"textDocument/{method}", "params": {}})
    assert problem in " ".join(problems(watched, id=1, result=result))


def test_the_server_announces_only_what_the_client_can_use() -> None:
    watched = Conformance()
    watched.sent({"id": 0, "method": "initialize", "params": {"capabilities": {}}})
    announced = {"positionEncoding": "utf-8", "codeActionProvider": {"codeActionKinds": ["quickfix"]}}
    found = " ".join(problems(watched, id=0, result={"capabilities": announced}))
    assert "positionEncoding utf-8" in found and "codeActionLiteralSupport" in found


def test_nothing_is_announced_and_registered_as_well() -> None:
    watched = watch({"textDocument": {"codeLens": {"dynamicRegistration": True}}}, {"codeLensProvider": {}})
    params = {"registrations": [{"id": "1", "method": "textDocument/codeLens"}]}
    assert "announced already" in " ".join(problems(watched, id=1, method="client/registerCapability", params=params))


def test_progress_begins_once_and_ends_once() -> None:
    watched = watch({"window": {"workDoneProgress": True}})
    assert not problems(watched, id=1, method="window/workDoneProgress/create", params={"token": "t"})

    def progress(**value: Any) -> list[str]:
        return problems(watched, method="$/progress", params={"token": "t", "value": value})

    assert not progress(kind="begin", title="x")
    assert not progress(kind="report", message="y")
    assert not progress(kind="end")
    assert progress(kind="report")


def test_partial_results_are_of_the_request_that_they_belong_to() -> None:
    watched = watch()
    params = {"previousResultIds": [], "partialResultToken": "p"}
    watched.sent({"id": 1, "method": "workspace/diagnostic", "params": params})
    item = {"uri": URI, "version": None, "kind": "full", "items": [], "resultId": "1"}
    right = {"token": "p", "value": {"items": [item]}}
    assert not problems(watched, method="$/progress", params=right)
    assert problems(watched, method="$/progress", params={"token": "p", "value": [item]})
