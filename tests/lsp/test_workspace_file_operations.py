"""What the user does to files in the editor: created, renamed and deleted, folders too."""

from pathlib import Path

import pytest

from tests.lsp.conformance import Message
from tests.lsp.conversation import Conversation
from tests.lsp.projects import ARTICLE
from tests.lsp.test_workspace_diagnostic import is_shown, pushed, talk
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio

OPERATIONS: Message = {
    "workspace": {
        "fileOperations": {"didCreate": True, "didRename": True, "didDelete": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True},
    }
}


def announced(server: Conversation) -> Message:
    first = next(message for message in server.sent if message.get("id") == "first")
    found: Message = first["result"]["capabilities"]["workspace"]
    return found


async def test_they_are_told_of_by_clients_that_can(tmp_path: Path) -> None:
    async with talk(tmp_path, OPERATIONS) as server:
        pass
    every = {"filters": [{"scheme": "file", "pattern": {"glob": "**/*"}}]}
    assert announced(server)["fileOperations"] == {"didCreate": every, "didRename": every, "didDelete": every}
    async with talk(tmp_path, {}) as server:
        pass
    assert not announced(server).get("fileOperations")


async def test_a_renamed_folder_takes_its_findings_along(tmp_path: Path) -> None:
    make_tree(tmp_path, {f"app/{name}": text for name, text in ARTICLE.items()})
    old, new = tmp_path / "app", tmp_path / "other.v2"
    async with talk(tmp_path, OPERATIONS) as server:
        await server.until(is_shown(server, old / "Dockerfile", "PB201"))
        old.rename(new)
        files = [{"oldUri": old.as_uri(), "newUri": new.as_uri()}]
        server.receive(method="workspace/didRenameFiles", params={"files": files})
        await server.until(lambda: pushed(server, old / "Dockerfile") == [])
        await server.until(is_shown(server, new / "Dockerfile", "PB201"))


async def test_a_deleted_folder_leaves_nothing_behind(tmp_path: Path) -> None:
    make_tree(tmp_path, {f"app/{name}": text for name, text in ARTICLE.items()})
    path = tmp_path / "app" / "Dockerfile"
    async with talk(tmp_path, OPERATIONS) as server:
        await server.until(is_shown(server, path, "PB201"))
        (tmp_path / "app").rename(tmp_path.parent / f"{tmp_path.name}-gone")
        params = {"files": [{"uri": (tmp_path / "app").as_uri()}]}
        server.receive(method="workspace/didDeleteFiles", params=params)
        await server.until(lambda: pushed(server, path) == [])


async def test_the_context_is_found_anew_when_the_open_file_is_moved(tmp_path: Path) -> None:
    files = {"docker/Dockerfile": "FROM python:3.12\nCOPY app /app\n", "app/serve.py": "", "docker/app.txt": ""}
    make_tree(tmp_path, files)
    old, new = tmp_path / "docker" / "Dockerfile", tmp_path / "app" / "Dockerfile"
    async with talk(tmp_path, OPERATIONS) as server:

        def open_as(path: Path) -> None:
            item = {"uri": path.as_uri(), "languageId": "dockerfile", "version": 1, "text": files["docker/Dockerfile"]}
            server.receive(method="textDocument/didOpen", params={"textDocument": item})

        open_as(old)
        await server.until(lambda: pushed(server, old) is not None)
        assert "PB106" not in (pushed(server, old) or ())
        old.rename(new)
        server.receive(method="textDocument/didClose", params={"textDocument": {"uri": old.as_uri()}})
        open_as(new)
        changes = [{"oldUri": old.as_uri(), "newUri": new.as_uri()}]
        server.receive(method="workspace/didRenameFiles", params={"files": changes})
        await server.until(lambda: pushed(server, old) == [])
        await server.until(lambda: pushed(server, new) is not None)


async def test_a_file_created_in_the_editor_is_found(tmp_path: Path) -> None:
    make_tree(tmp_path, {"requirements.txt": "torch\n"})
    path = tmp_path / "Dockerfile"
    async with talk(tmp_path, OPERATIONS) as server:
        await server.until(lambda: server.server.searches.idle)
        path.write_text(str(ARTICLE["Dockerfile"]))
        server.receive(method="workspace/didCreateFiles", params={"files": [{"uri": path.as_uri()}]})
        await server.until(is_shown(server, path, "PB201"))
