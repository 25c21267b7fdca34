"""Hover on a finding."""

from pathlib import Path

import pytest
from lsprotocol import types

from prebake.rules import by_code
from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor
from tests.lsp.projects import ARTICLE
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def hover(editor: Editor, name: str, line: int, character: int) -> types.Hover | None:
    place = types.Position(line, character)
    return await editor.client.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(editor.uri(name)), place)
    )


async def test_a_finding_is_explained_by_its_rule(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    found = await hover(editor, "Dockerfile", 3, 2)
    assert found is not None and isinstance(found.contents, types.MarkupContent) and found.range is not None
    rule = by_code("PB201")
    assert rule is not None
    assert found.contents.kind == types.MarkupKind.Markdown
    assert rule.summary() in found.contents.value and rule.url() in found.contents.value
    assert editor.slice("Dockerfile", found.range) == "COPY . /app"


async def test_elsewhere_there_is_nothing(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    assert await hover(editor, "Dockerfile", 2, 2) is None
    assert await hover(editor, "Dockerfile", 99, 2) is None
    assert await hover(editor, "not-there/Dockerfile", 0, 0) is None


@pytest.mark.asyncio(loop_scope="function")
async def test_plain_text_for_a_client_without_markdown(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(markdown=False))
    make_tree(tmp_path, ARTICLE)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    found = await hover(editor, "Dockerfile", 3, 2)
    assert found is not None and isinstance(found.contents, types.MarkupContent)
    assert found.contents.kind == types.MarkupKind.PlainText
