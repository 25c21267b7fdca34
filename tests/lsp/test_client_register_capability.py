"""Features that are about ignore files alone are asked for there alone, by clients that can do so."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.editor import Client, Editor
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio

FEATURES = {
    types.TEXT_DOCUMENT_CODE_LENS: "code_lens_provider",
    types.TEXT_DOCUMENT_COMPLETION: "completion_provider",
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: "document_symbol_provider",
}


async def initialize(client: Client, root: Path, able: types.ClientCapabilities) -> types.ServerCapabilities:
    make_tree(root, {"Dockerfile": "FROM a\nCOPY . /\n", ".dockerignore": "# A\na\n"})
    folders = [types.WorkspaceFolder(root.as_uri(), root.name)]
    result = await client.initialize_session(types.InitializeParams(able, workspace_folders=folders))
    return result.capabilities


async def test_they_are_registered_for_ignore_files(fresh: Client, tmp_path: Path) -> None:
    announced = await initialize(fresh, tmp_path, capabilities(dynamic=True))
    assert [getattr(announced, name) for name in FEATURES.values()] == [None] * len(FEATURES)

    def options() -> dict[str, dict[str, object]]:
        return {item.method: item.register_options for item in fresh.registrations if item.method in FEATURES}

    await fresh.until(lambda: len(options()) == len(FEATURES))
    for given in options().values():
        [selector] = given["documentSelector"]
        assert selector == {
            "pattern": "**/{.dockerignore,.containerignore,*.dockerignore,*.containerignore}",
            "scheme": "file",
        }
    assert options()[types.TEXT_DOCUMENT_COMPLETION]["triggerCharacters"] == ["/", "!"]
    editor = Editor(fresh, tmp_path)
    editor.open(".dockerignore", language="ignore")
    identifier = types.TextDocumentIdentifier(editor.uri(".dockerignore"))
    found = await fresh.text_document_document_symbol_async(types.DocumentSymbolParams(identifier))
    assert [item.name for item in found or ()] == ["A"]
    assert await fresh.text_document_code_lens_async(types.CodeLensParams(identifier))


async def test_they_are_announced_to_other_clients(fresh: Client, tmp_path: Path) -> None:
    announced = await initialize(fresh, tmp_path, capabilities())
    assert all(getattr(announced, name) for name in FEATURES.values())
    assert announced.completion_provider is not None
    assert list(announced.completion_provider.trigger_characters or ()) == ["/", "!"]
    assert not announced.completion_provider.resolve_provider
