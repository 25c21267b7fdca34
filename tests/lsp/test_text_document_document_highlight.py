"""The other places of the name under the caret."""

import pytest
from lsprotocol import types

from tests.lsp.editor import Editor
from tests.lsp.stages import STAGES

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def highlights(editor: Editor, line: int, character: int) -> list[tuple[int, str, bool]] | None:
    params = types.DocumentHighlightParams(
        types.TextDocumentIdentifier(editor.uri("Dockerfile")), types.Position(line, character)
    )
    found = await editor.client.text_document_document_highlight_async(params)
    if found is None:
        return None
    write = types.DocumentHighlightKind.Write
    return [(item.range.start.line, editor.slice("Dockerfile", item.range), item.kind == write) for item in found]


async def test_uses_and_definitions(editor: Editor) -> None:
    editor.open("Dockerfile", STAGES)
    assert await highlights(editor, 4, 25 if editor.client.encoding == "utf-16" else 27) == [
        (3, "HOME_X", True),
        (4, "$HOME_X", False),
    ]
    assert await highlights(editor, 1, 14) == [
        (0, "VERSION", True),
        (1, "${VERSION}", False),
        (2, "VERSION", True),
        (3, "$VERSION", False),
        (4, "$VERSION", False),
    ]


async def test_elsewhere_it_is_left_to_the_editor(editor: Editor) -> None:
    editor.open("Dockerfile", STAGES)
    assert await highlights(editor, 5, 1) is None
    editor.change("Dockerfile", "")
    assert await highlights(editor, 0, 0) is None
