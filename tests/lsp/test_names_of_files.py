"""How clients name files: other schemes, other spellings, odd characters."""

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.lsp.conversation import Conversation
from tests.lsp.projects import ARTICLE
from tests.lsp.test_client_capabilities import ABLE, Client
from tests.lsp.test_workspace_diagnostic import is_shown, pushed, talk
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio

DOCKERFILE = str(ARTICLE["Dockerfile"])
ELSEWHERE = [
    "untitled:Untitled-1",
    "untitled:/home/me/Dockerfile",
    "git:/project/Dockerfile?%7B%22ref%22%3A%22HEAD%22%7D",
    "vscode-remote://ssh-remote%2Bhost/project/Dockerfile",
    "vscode-vfs://github/owner/project/Dockerfile",
    "vscode-notebook-cell:/project/a.ipynb#W0sZmlsZQ%3D%3D",
    "jar:file:///project.jar!/Dockerfile",
    "inmemory://model/1",
]


@pytest.mark.parametrize("uri", ELSEWHERE)
async def test_nothing_is_said_about_the_project_of_what_is_no_file(tmp_path: Path, uri: str) -> None:
    async with Conversation(ABLE, workspaceFolders=[{"uri": uri, "name": "x"}]) as server:
        assert not server.server.folders
        item = {"uri": uri, "languageId": "dockerfile", "version": 1, "text": DOCKERFILE}
        server.receive(method="textDocument/didOpen", params={"textDocument": item})
        editor = Client(server, tmp_path)
        editor.uri = lambda _name: uri  # type: ignore[method-assign]
        (tmp_path / "Dockerfile").write_text(DOCKERFILE)
        await editor.ask_everything("Dockerfile")
        about_projects = [found for method, found in editor.answers if method in ("codeAction", "codeLens", "hover")]
        assert about_projects and not any(about_projects)
        assert all(not found["items"] for method, found in editor.answers if method == "diagnostic")
        change = {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": "FROM a\n"}]}
        server.receive(method="textDocument/didChange", params=change)
        server.receive(method="textDocument/didSave", params={"textDocument": {"uri": uri}})
        server.receive(method="workspace/didChangeWatchedFiles", params={"changes": [{"uri": uri, "type": 3}]})
        server.receive(method="textDocument/didClose", params={"textDocument": {"uri": uri}})
    assert not server.calls("textDocument/publishDiagnostics") and not server.calls("window/showMessage")


@pytest.mark.parametrize("name", ["with space", "C#", "100%", "what?", "a+b&c;d", "été", "🐳", "%41", "[x]{y}", "'q'"])
async def test_odd_names_of_folders(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    make_tree(root, ARTICLE)
    async with talk(root, {}) as server:
        await server.until(is_shown(server, root / "Dockerfile", "PB201"))
        editor = Client(server, root)
        editor.open("Dockerfile", "dockerfile")
        await editor.ask_everything("Dockerfile")
    assert {item["uri"] for item in server.calls("textDocument/publishDiagnostics")} == {
        (root / "Dockerfile").as_uri(),
        *([(root / "serve.py").as_uri()] if pushed(server, root / "serve.py") is not None else []),
    }


async def test_files_are_named_as_the_client_names_their_folder(tmp_path: Path) -> None:
    root = tmp_path / "project"
    make_tree(root, ARTICLE)
    folder = tmp_path.as_uri() + "/" + "".join(f"%{ord(letter):02x}" for letter in "project")
    spelt = f"{folder}/Dockerfile"
    async with Conversation({}, workspaceFolders=[{"uri": folder, "name": "project"}]) as server:

        def told() -> dict[str, int]:
            params = server.calls("textDocument/publishDiagnostics")
            return {item["uri"]: len(item["diagnostics"]) for item in params}

        await server.until(lambda: spelt in told())
        item = {"uri": (root / "Dockerfile").as_uri(), "languageId": "dockerfile", "version": 1, "text": DOCKERFILE}
        server.receive(method="textDocument/didOpen", params={"textDocument": item})
        await server.until(lambda: bool(told().get((root / "Dockerfile").as_uri())))
        assert told()[spelt] == 0


async def test_a_client_may_escape_more_or_less_than_needed(tmp_path: Path) -> None:
    root = tmp_path / "a+b"
    make_tree(root, ARTICLE)
    plain = f"file://{root}/Dockerfile"
    escaped = "file://" + quote(str(root / "Dockerfile"))
    async with Conversation({}) as server:
        for uri in (plain, escaped):
            item = {"uri": uri, "languageId": "dockerfile", "version": 1, "text": DOCKERFILE}
            server.receive(method="textDocument/didOpen", params={"textDocument": item})
        document = server.server.documents.at((root / "Dockerfile").as_posix())
        assert document is not None
        assert len([*server.server.documents]) == 1
