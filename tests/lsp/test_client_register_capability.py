"""Features that are about some documents only are asked for there alone, by clients that can do so."""

from pathlib import Path
from typing import Any

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
    types.TEXT_DOCUMENT_FOLDING_RANGE: "folding_range_provider",
    types.TEXT_DOCUMENT_DEFINITION: "definition_provider",
    types.TEXT_DOCUMENT_REFERENCES: "references_provider",
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: "document_highlight_provider",
    types.TEXT_DOCUMENT_DOCUMENT_LINK: "document_link_provider",
    types.TEXT_DOCUMENT_INLAY_HINT: "inlay_hint_provider",
}
COMMON = {
    types.TEXT_DOCUMENT_DEFINITION,
    types.TEXT_DOCUMENT_REFERENCES,
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT,
}
"""What is about Dockerfiles alone, and other servers have too."""
DOCKERFILES_ONLY = {*COMMON, types.TEXT_DOCUMENT_INLAY_HINT}
IGNORE_FILES = {
    "pattern": "**/{.dockerignore,.containerignore,*.dockerignore,*.containerignore}",
    "scheme": "file",
}
DOCKERFILE = "FROM a\nRUN b \\\n  c\nCOPY . /\n"


async def initialize(client: Client, root: Path, able: types.ClientCapabilities) -> types.ServerCapabilities:
    make_tree(root, {"Dockerfile": DOCKERFILE, ".dockerignore": "# A\na\n"})
    folders = [types.WorkspaceFolder(root.as_uri(), root.name)]
    result = await client.initialize_session(types.InitializeParams(able, workspace_folders=folders))
    return result.capabilities


def registered(client: Client) -> dict[str, Any]:
    """What the client is asked for now, by method; each once."""
    found = [item for item in client.registrations if item.method in FEATURES]
    assert len({item.method for item in found}) == len(found)
    return {item.method: item.register_options for item in found}


def languages(client: Client) -> dict[str, set[str | None]]:
    """For which languages, ``None`` for file names whatever the language."""
    return {
        method: {filter.get("language") for filter in given["documentSelector"]}
        for method, given in registered(client).items()
    }


async def test_they_are_registered_for_what_they_are_about(fresh: Client, tmp_path: Path) -> None:
    announced = await initialize(fresh, tmp_path, capabilities(dynamic=True))
    assert [getattr(announced, name) for name in FEATURES.values()] == [None] * len(FEATURES)
    await fresh.until(lambda: len(registered(fresh)) == len(FEATURES))
    for method, given in registered(fresh).items():
        assert (IGNORE_FILES in given["documentSelector"]) == (method not in DOCKERFILES_ONLY)
    completion = registered(fresh)[types.TEXT_DOCUMENT_COMPLETION]
    assert {"/", "!", "$", "-"} <= set(completion["triggerCharacters"]) and completion["resolveProvider"]
    assert "dockerfile" in languages(fresh)[types.TEXT_DOCUMENT_DOCUMENT_SYMBOL]
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
    assert {"/", "!", "$", "-"} <= set(announced.completion_provider.trigger_characters or ())
    assert announced.completion_provider.resolve_provider
    assert announced.code_lens_provider is not None and announced.code_lens_provider.resolve_provider


async def names(editor: Editor, name: str) -> list[str]:
    params = types.DocumentSymbolParams(types.TextDocumentIdentifier(editor.uri(name)))
    return [item.name for item in await editor.client.text_document_document_symbol_async(params) or ()]


async def test_what_other_servers_have_is_left_to_them_at_any_time(fresh: Client, tmp_path: Path) -> None:
    fresh.set_configuration({"features": "own"}, section="prebake")
    await initialize(fresh, tmp_path, capabilities(dynamic=True))
    await fresh.until(lambda: registered(fresh).keys() == FEATURES.keys() - COMMON)
    assert languages(fresh)[types.TEXT_DOCUMENT_DOCUMENT_SYMBOL] == {None}
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    editor.open(".dockerignore", language="ignore")
    assert await names(editor, "Dockerfile") == [] and await names(editor, ".dockerignore") == ["A"]

    def tell() -> None:
        fresh.workspace_did_change_configuration(types.DidChangeConfigurationParams(None))

    fresh.set_configuration({"features": "all"}, section="prebake")
    tell()
    await fresh.until(lambda: "dockerfile" in languages(fresh).get(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL, ()))
    assert await names(editor, "Dockerfile") == ["FROM a"]
    fresh.set_configuration({"features": "own"}, section="prebake")
    tell()
    await fresh.until(
        lambda: (
            registered(fresh).keys() == FEATURES.keys() - COMMON
            and languages(fresh)[types.TEXT_DOCUMENT_FOLDING_RANGE] == {None}
        )
    )
    assert await names(editor, "Dockerfile") == []


async def test_clients_that_cannot_be_asked_anew_get_empty_answers(fresh: Client, tmp_path: Path) -> None:
    folders = [types.WorkspaceFolder(tmp_path.as_uri(), tmp_path.name)]
    able = capabilities(configuration=False, registers=False)
    await fresh.initialize_session(
        types.InitializeParams(able, workspace_folders=folders, initialization_options={"features": "own"})
    )
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile", DOCKERFILE)
    assert await names(editor, "Dockerfile") == []
    fresh.workspace_did_change_configuration(types.DidChangeConfigurationParams({"prebake": {"features": "all"}}))
    assert await names(editor, "Dockerfile") == ["FROM a"]
    assert not fresh.registrations


async def test_a_wrong_value_is_told_and_changes_nothing(fresh: Client, tmp_path: Path) -> None:
    fresh.set_configuration({"features": "some"}, section="prebake")
    await initialize(fresh, tmp_path, capabilities(dynamic=True))
    await fresh.until(lambda: bool(fresh.messages) and len(registered(fresh)) == len(FEATURES))
    [message] = fresh.messages
    assert "features: expected one of all, own, not 'some'" in message.message
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    assert await names(editor, "Dockerfile") == ["FROM a"]
