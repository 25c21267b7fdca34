"""What there is to say about an item that is looked at."""

from typing import Any

import pytest
from lsprotocol import types

from tests.lsp.editor import Editor
from tests.lsp.test_text_document_completion import CARET
from tests.lsp.test_text_document_completion_dockerfile import PROJECT, offered
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_path_says_what_it_holds_when_it_is_looked_at(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    items = await offered(editor, f"COPY {CARET} /app\n")
    [folder] = [item for item in items if item.label == "src/"]
    assert folder.documentation is None
    resolved = await editor.client.completion_item_resolve_async(folder)
    assert isinstance(resolved.documentation, types.MarkupContent)
    assert "weights.bin" in resolved.documentation.value or "model/" in resolved.documentation.value
    [word] = [item for item in await offered(editor, f"COPY --li{CARET}") if item.label == "--link"]
    assert (await editor.client.completion_item_resolve_async(word)).documentation is None


@pytest.mark.parametrize(
    "data",
    [
        None,
        1,
        {},
        {"dockerfile": "/none", "context": "/none", "source": "x"},
        {"dockerfile": 1, "context": 2, "source": 3},
    ],
)
async def test_data_that_is_not_ours_is_passed_over(editor: Editor, data: Any) -> None:
    item = types.CompletionItem("x", data=data)
    assert (await editor.client.completion_item_resolve_async(item)).documentation is None
