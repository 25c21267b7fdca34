"""The sizes of a context follow what happens on disk, and nobody walks over all of it for that."""

import os
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor, make_client
from tests.lsp.projects import ARTICLE
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio

# A folder that has just been made is not trusted to show its next change: here all have been there for long. And all of
# a small context is soon measured again: here never.
SERVER = """
import os, sys, time
from prebake import filesystem

now, names = time.time_ns, filesystem.Disk.names
filesystem.time.time_ns = lambda: now() + 10**10

def listed(self, path):
    with open(os.environ["LISTED"], "a") as file:
        file.write(f"{path}\\n")
    return names(self, path)

filesystem.Disk.names = listed
from prebake.lsp import scans
scans._LONG_REST = 10**9
from prebake.lsp.server import main
sys.exit(main())
"""
FOLDER = tempfile.TemporaryDirectory(prefix="prebake-listed-")
LISTED = Path(FOLDER.name) / "folders"
CONFIG = ClientServerConfig(
    server_command=[sys.executable, "-c", SERVER],
    client_factory=make_client,
    server_env={**os.environ, "LISTED": str(LISTED)},
)


@pytest_lsp.fixture(config=CONFIG)
async def noting(lsp_client: Client) -> AsyncIterator[None]:
    LISTED.write_text("")
    yield
    await lsp_client.shutdown_session()


def listed(folder: Path) -> list[str]:
    """The folders that were walked over since this was last asked, relative to the context."""
    found = LISTED.read_text().splitlines()
    LISTED.write_text("")
    return sorted({os.path.relpath(path, folder) for path in found})


async def opened(client: Client, folder: Path, *, registers: bool) -> Editor:
    await begin(client, folder, capabilities(registers=registers))
    make_tree(folder, {**ARTICLE, "data/old/a.csv": "x", "data/new/b.csv": "x"})
    editor = Editor(client, folder)
    editor.open("Dockerfile")
    await told(editor, "data/ 3.0 MB")
    return editor


async def told(editor: Editor, words: str) -> None:
    """Wait until the finding about the context says this."""
    await editor.diagnostics(
        "Dockerfile", lambda shown: any(item.code == "PB101" and words in item.message for item in shown)
    )


def grow(path: Path, size: int) -> None:
    with path.open("ab") as file:
        file.truncate(size)


async def test_a_file_that_grows_has_its_folder_looked_at(noting: Client, tmp_path: Path) -> None:
    editor = await opened(noting, tmp_path, registers=True)
    assert "data/old" in listed(tmp_path)
    grow(tmp_path / "data/old/a.csv", 4_000_000)
    change = types.FileEvent(editor.uri("data/old/a.csv"), types.FileChangeType.Changed)
    noting.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
    await told(editor, "data/ 7.0 MB")
    assert listed(tmp_path) == ["data/old"]


async def test_a_deleted_folder_is_missed(noting: Client, tmp_path: Path) -> None:
    editor = await opened(noting, tmp_path, registers=True)
    listed(tmp_path)
    (tmp_path / "models/weights.bin").unlink()
    (tmp_path / "models").rmdir()
    change = types.FileEvent(editor.uri("models"), types.FileChangeType.Deleted)
    noting.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
    await editor.diagnostics(
        "Dockerfile", lambda shown: any(item.code == "PB101" and "models" not in item.message for item in shown)
    )
    assert listed(tmp_path) == ["."]


async def test_what_nobody_tells_of_is_found_when_a_file_is_saved(noting: Client, tmp_path: Path) -> None:
    editor = await opened(noting, tmp_path, registers=False)
    listed(tmp_path)
    grow(tmp_path / "data/new/c.csv", 6_000_000)
    editor.save("Dockerfile")
    await told(editor, "data/ 9.0 MB")
    assert set(listed(tmp_path)) <= {".", "data/new"}


async def test_files_that_no_watcher_covers_are_found_when_a_file_is_opened(noting: Client, tmp_path: Path) -> None:
    editor = await opened(noting, tmp_path, registers=True)
    listed(tmp_path)
    grow(tmp_path / "data/new/c.csv", 6_000_000)
    editor.open("serve.py", language="python")
    await told(editor, "data/ 9.0 MB")
    assert set(listed(tmp_path)) <= {".", "data/new"}
