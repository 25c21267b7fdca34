"""The sections of an ignore file as its outline."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor
from tests.lsp.projects import ARTICLE
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")

GROUPED = "secrets.txt\n# Python 🐍\n*.pyc\n  !é🐳.pyc\n\n# Data\n# large\r\ndata\n"


async def symbols(editor: Editor, name: str) -> list[types.DocumentSymbol | types.SymbolInformation]:
    params = types.DocumentSymbolParams(types.TextDocumentIdentifier(editor.uri(name)))
    return list(await editor.client.text_document_document_symbol_async(params) or ())


async def test_sections_hold_their_patterns(editor: Editor) -> None:
    editor.open(".dockerignore", GROUPED, language="ignore")
    found = await symbols(editor, ".dockerignore")
    tree = {item.name: item for item in found if isinstance(item, types.DocumentSymbol)}
    assert list(tree) == ["secrets.txt", "Python 🐍", "Data"] and len(tree) == len(found)
    assert [child.name for child in tree["Python 🐍"].children or ()] == ["*.pyc", "!é🐳.pyc"]
    assert [child.name for child in tree["Data"].children or ()] == ["data"]
    assert editor.slice(".dockerignore", tree["Python 🐍"].range) == "# Python 🐍\n*.pyc\n  !é🐳.pyc"
    assert editor.slice(".dockerignore", tree["Python 🐍"].selection_range) == "# Python 🐍"
    [_, exception] = tree["Python 🐍"].children or ()
    assert editor.slice(".dockerignore", exception.selection_range) == "!é🐳.pyc"


@pytest.mark.asyncio(loop_scope="function")
async def test_a_list_for_a_client_that_knows_no_tree(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(nested_symbols=False))
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile.dockerignore", GROUPED, language="dockerfile")
    found = await symbols(editor, "Dockerfile.dockerignore")
    pairs = [(item.name, item.container_name) for item in found if isinstance(item, types.SymbolInformation)]
    assert pairs == [
        ("secrets.txt", None),
        ("Python 🐍", None),
        ("*.pyc", "Python 🐍"),
        ("!é🐳.pyc", "Python 🐍"),
        ("Data", None),
        ("data", "Data"),
    ]


async def test_other_files_have_none(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    editor.open("serve.py", language="python")
    for name in ("Dockerfile", "serve.py", ".gitignore", "not-there/.dockerignore"):
        assert await symbols(editor, name) == []


@pytest.mark.parametrize("text", ["", "\ufeff# a\nb", "\0\n\x1c\n#\x1f\n\x85", "[\n!\n!/\n\\", "#" * 300 + "\na" * 300])
async def test_hostile_files(editor: Editor, text: str) -> None:
    editor.open(".containerignore", text, language="gitignore")
    for item in await symbols(editor, ".containerignore"):
        assert item.name.strip()
