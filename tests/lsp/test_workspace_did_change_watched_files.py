"""Files that other programs write."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor, codes
from tests.lsp.projects import ARTICLE
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_is_watched(editor: Editor) -> None:
    client = editor.client
    await client.until(lambda: len(client.registrations) == 2)
    [options] = [
        item.register_options
        for item in client.registrations
        if item.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES
    ]
    globs = [watcher["globPattern"] for watcher in options["watchers"]]
    assert any(".dockerignore" in glob for glob in globs) and any("py" in glob for glob in globs)
    assert all(glob.startswith("**/") and glob.count("{") <= 1 for glob in globs)


async def test_a_new_ignore_file_is_noticed(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    await editor.client.until(lambda: len(editor.client.registrations) == 2)
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" in codes(shown))
    editor.write(".dockerignore", ".git\n.venv\ndata\nmodels\n")
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" not in codes(shown))
    editor.write(".dockerignore", None)
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" in codes(shown))


async def test_a_changed_module_is_noticed(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB301" in codes(shown))
    editor.write("serve.py", "print('nothing')\n")
    await editor.diagnostics("Dockerfile", lambda shown: "PB301" not in codes(shown))


async def test_a_storm_of_events_is_survived(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" in codes(shown))
    (editor.folder / ".dockerignore").write_text(".git\n.venv\n")
    events = [types.FileEvent(editor.uri(f"src/{number}.py"), types.FileChangeType.Created) for number in range(5000)]
    events += [types.FileEvent("untitled:x", types.FileChangeType.Deleted)]
    events += [types.FileEvent(editor.uri(".dockerignore"), types.FileChangeType.Created)]
    for event in events:
        editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" not in codes(shown))


@pytest.mark.asyncio(loop_scope="function")
async def test_without_events_the_disk_is_looked_at_when_a_file_is_saved(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(registers=False))
    make_tree(tmp_path, ARTICLE)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" in codes(shown))
    assert not fresh.registrations
    (tmp_path / ".dockerignore").write_text(".git\n.venv\n")
    editor.save("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" not in codes(shown))


@pytest.mark.asyncio(loop_scope="function")
async def test_without_events_the_disk_is_looked_at_when_a_file_is_opened(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(registers=False))
    make_tree(tmp_path, ARTICLE)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB301" in codes(shown))
    editor.close("Dockerfile")
    (tmp_path / "serve.py").write_text("print('nothing')\n")
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown) and "PB301" not in codes(shown))
