"""How much is sent, at the end of what sends a lot."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio

DOCKERFILE = """\
FROM a
COPY app /app
COPY weights.bin \\
     # the vectors
     data/é🐳 /srv/  \n
COPY --exclude=*.csv data /d
COPY . /all
"""
PROJECT = {
    "app/serve.py": {"size": 1_000},
    "data/é🐳/train.csv": {"size": 3_000_000},
    "weights.bin": {"size": 5_000_000},
}


async def hints(editor: Editor, first: int = 0, last: int = 99) -> list[tuple[int, str]]:
    """The line of each hint, the text before it on that line, and what it says."""
    part = types.Range(types.Position(first, 0), types.Position(last, 0))
    params = types.InlayHintParams(types.TextDocumentIdentifier(editor.uri("Dockerfile")), part)
    found = await editor.client.text_document_inlay_hint_async(params) or ()
    for hint in found:
        start = types.Position(hint.position.line, 0)
        line = editor.text("Dockerfile").split("\n")[hint.position.line]
        assert editor.slice("Dockerfile", types.Range(start, hint.position)) == line.rstrip()
        assert hint.padding_left
    return [(hint.position.line, str(hint.label)) for hint in found]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
async def test_where_a_lot_is_sent(fresh: Client, tmp_path: Path, encoding: str) -> None:
    await begin(fresh, tmp_path, capabilities(hint_refresh=True, encodings=[encoding]))
    make_tree(tmp_path, {**PROJECT, "Dockerfile": DOCKERFILE})
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    while not (found := await hints(editor)):
        before = fresh.hint_refreshes
        await fresh.until(lambda before=before: fresh.hint_refreshes > before)
    assert found == [(4, "8.0 MB"), (7, "8.0 MB")]
    assert await hints(editor, 5) == [(7, "8.0 MB")]
    editor.open(".dockerignore", "data\n", language="ignore")
    while (found := await hints(editor)) != [(4, "5.0 MB"), (7, "5.0 MB")]:
        before = fresh.hint_refreshes
        await fresh.until(lambda before=before: fresh.hint_refreshes > before)
    editor.change("Dockerfile", "FROM a\nCOPY weights.bin")
    assert await hints(editor) == []
    editor.change("Dockerfile", "COPY . /")
    assert await hints(editor) == []
    editor.close("Dockerfile")
    assert await hints(editor) == []


async def test_a_client_that_cannot_be_told_is_not_told(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities())
    make_tree(tmp_path, {**PROJECT, "Dockerfile": DOCKERFILE})
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda found: any(" MB" in item.message for item in found))
    assert await hints(editor) == [(4, "8.0 MB"), (7, "8.0 MB")]
    assert fresh.hint_refreshes == 0


async def test_contexts_that_differ_have_none(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities())
    compose = "services:\n" + "".join(
        f"  {name}:\n    build: {{context: {name}, dockerfile: ../Dockerfile}}\n" for name in ("a", "b")
    )
    files = {"a/x": {"size": 2_000_000}, "b/x": {"size": 3_000_000}, "compose.yaml": compose}
    make_tree(tmp_path, {**files, "Dockerfile": "FROM x\nCOPY . /a\n"})
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda found: any(" MB" in item.message for item in found))
    assert await hints(editor) == []
