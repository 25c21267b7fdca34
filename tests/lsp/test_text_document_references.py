"""All uses of a stage or a variable."""

import pytest
from lsprotocol import types

from tests.lsp.editor import Editor
from tests.lsp.stages import HOSTILE, STAGES

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def references(editor: Editor, line: int, character: int, *, declarations: bool = True) -> list[tuple[int, str]]:
    params = types.ReferenceParams(
        types.ReferenceContext(include_declaration=declarations),
        types.TextDocumentIdentifier(editor.uri("Dockerfile")),
        types.Position(line, character),
    )
    found = await editor.client.text_document_references_async(params)
    assert all(item.uri == editor.uri("Dockerfile") for item in found or ())
    return [(item.range.start.line, editor.slice("Dockerfile", item.range)) for item in found or ()]


async def test_a_variable_across_stages(editor: Editor) -> None:
    editor.open("Dockerfile", STAGES)
    every = [(0, "VERSION"), (1, "${VERSION}"), (2, "VERSION"), (3, "$VERSION"), (4, "$VERSION")]
    assert await references(editor, 0, 5) == every
    assert await references(editor, 2, 5) == every
    assert await references(editor, 2, 5, declarations=False) == [every[1], *every[3:]]


async def test_a_stage(editor: Editor) -> None:
    editor.open("Dockerfile", STAGES)
    assert await references(editor, 6, 12) == [(1, "é🐳"), (6, "é🐳")]
    editor.change("Dockerfile", STAGES.replace("AS é🐳", "AS other"))
    assert await references(editor, 6, 12) == [(6, "é🐳")]


async def test_elsewhere_there_are_none(editor: Editor) -> None:
    editor.open("Dockerfile", STAGES)
    for line, character in ((5, 1), (7, 8), (99, 0)):
        assert await references(editor, line, character) == []


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_files(editor: Editor, text: str) -> None:
    editor.open("Dockerfile", text)
    for line in (0, 1, 2, 50):
        for character in (0, 6, 12, 9_999):
            await references(editor, line, character)
