"""Workspaces of several folders."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor, codes
from tests.lsp.projects import ARTICLE
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio


def folder(path: Path) -> types.WorkspaceFolder:
    return types.WorkspaceFolder(path.as_uri(), path.name)


async def test_folders_come_and_go(fresh: Client, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for place in (one, two):
        make_tree(place, {**ARTICLE, "app/serve.py": ARTICLE["serve.py"], "app/Dockerfile": ARTICLE["Dockerfile"]})
    await begin(fresh, one, capabilities())
    first, second = Editor(fresh, one), Editor(fresh, two)
    first.open("Dockerfile")
    await first.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    event = types.WorkspaceFoldersChangeEvent(added=[folder(two)], removed=[])
    fresh.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
    second.open("Dockerfile")
    await second.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    event = types.WorkspaceFoldersChangeEvent(added=[], removed=[folder(one), folder(tmp_path / "never")])
    fresh.workspace_did_change_workspace_folders(types.DidChangeWorkspaceFoldersParams(event))
    await fresh.until(lambda: len(fresh.configuration_requests) >= 3)
    assert [item.scope_uri for item in fresh.configuration_requests[-1].items] == [two.as_uri(), None]
    second.change("Dockerfile", "# still here\n" + second.text("Dockerfile"))
    await second.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))


@pytest.mark.parametrize("given", ["root_uri", "root_path", "nothing"])
async def test_clients_without_folders_name_a_root_or_nothing(fresh: Client, tmp_path: Path, given: str) -> None:
    make_tree(tmp_path, ARTICLE)
    fresh.root = tmp_path
    params = types.InitializeParams(capabilities=capabilities())
    if given == "root_uri":
        params.root_uri = tmp_path.as_uri()
    elif given == "root_path":
        params.root_path = str(tmp_path)
    await fresh.initialize_session(params)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
