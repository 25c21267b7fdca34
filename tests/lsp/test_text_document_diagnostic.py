"""Pulled diagnostics."""

import asyncio

import pytest
from lsprotocol import types

from tests.lsp.editor import SECONDS, Editor, codes
from tests.lsp.projects import ARTICLE
from tests.rules.trees import make_tree

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.parametrize("client", ["pull"], indirect=True),
]


def params(editor: Editor, name: str, previous: str | None = None) -> types.DocumentDiagnosticParams:
    return types.DocumentDiagnosticParams(types.TextDocumentIdentifier(editor.uri(name)), previous_result_id=previous)


async def test_the_same_result_is_not_sent_twice(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    await editor.diagnostics(
        "Dockerfile", lambda shown: any(item.code == "PB101" and "MB" in item.message for item in shown)
    )
    first = await editor.client.text_document_diagnostic_async(params(editor, "Dockerfile"))
    assert first.kind == "full" and first.result_id
    again = await editor.client.text_document_diagnostic_async(params(editor, "Dockerfile", first.result_id))
    assert again.kind == "unchanged" and again.result_id == first.result_id
    editor.change("Dockerfile", "\n" + editor.text("Dockerfile"))
    moved = await editor.client.text_document_diagnostic_async(params(editor, "Dockerfile", first.result_id))
    assert moved.kind == "full" and moved.result_id != first.result_id


async def test_the_client_is_asked_to_pull_again_when_sizes_are_known(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    before = editor.client.diagnostic_refresh_count
    editor.open("Dockerfile")
    await editor.client.text_document_diagnostic_async(params(editor, "Dockerfile"))
    await editor.client.until(lambda: editor.client.diagnostic_refresh_count > before)
    found = await editor.pull(editor.uri("Dockerfile"))
    assert any(item.code == "PB101" and "MB" in item.message for item in found)


async def test_a_file_that_is_not_open_can_be_asked_for(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    assert "PB201" in codes(await editor.pull(editor.uri("Dockerfile")))


@pytest.mark.parametrize("uri", ["untitled:Untitled-1", "file:///no/such/place/Dockerfile", "git:/a/Dockerfile"])
async def test_what_is_not_there_has_no_diagnostics(editor: Editor, uri: str) -> None:
    assert await editor.pull(uri) == ()


async def test_many_pulls_at_once_are_all_answered(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    uri = editor.uri("Dockerfile")
    found = await asyncio.wait_for(asyncio.gather(*[editor.pull(uri) for _ in range(20)]), SECONDS)
    assert all("PB201" in codes(items) for items in found)
