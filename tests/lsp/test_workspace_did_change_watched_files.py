"""Files that other programs write."""

import re
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor, codes
from tests.lsp.projects import ARTICLE
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def watched(client: Client) -> list[str]:
    """The patterns of the files that the server wants to be told of."""
    await client.until(lambda: len(client.registrations) == 2)
    [options] = [
        item.register_options
        for item in client.registrations
        if item.method == types.WORKSPACE_DID_CHANGE_WATCHED_FILES
    ]
    return [watcher["globPattern"] for watcher in options["watchers"]]


def is_watched(globs: list[str], name: str) -> bool:
    """Whether a client tells of a file, by its name: `{a,b}` is a choice, `*` anything."""
    for glob in globs:
        start, _, rest = glob.removeprefix("**/").partition("{")
        choices, _, end = rest.partition("}")
        if any(fnmatchcase(name, f"{start}{choice}{end}") for choice in choices.split(",")):
            return True
    return False


async def test_what_is_watched(editor: Editor) -> None:
    globs = await watched(editor.client)
    assert all(glob.startswith("**/") and glob.count("{") <= 1 for glob in globs)
    assert not any("*" in choices for glob in globs for choices in re.findall(r"\{.*?\}", glob))
    assert not is_watched(globs, "notes.txt") and not is_watched(globs, "data.csv")


@pytest.mark.parametrize(
    "name",
    [
        *("Dockerfile", "Dockerfile.gpu", "api.Dockerfile", "gpu.dockerfile", "Containerfile", "compose.yaml"),
        *(".dockerignore", "Dockerfile.dockerignore", ".containerignore", "Containerfile.containerignore"),
        *("dockerignore", ".dockerignore.txt", "docker-ignore", ".docker_ignore", ".Dockerignore", "DOCKERIGNORE"),
        *(".dockerignores", ".dockerfileignore", ".dokcerignore", ".dockerignroe"),
        *("app.py", "requirements-dev.txt", "pyproject.toml", "poetry.lock", "docker-bake.hcl", ".gitignore"),
    ],
)
async def test_files_that_findings_are_made_from_are_watched(editor: Editor, name: str) -> None:
    assert is_watched(await watched(editor.client), name)


async def test_a_misspelt_ignore_file_is_noticed_and_so_is_that_it_is_renamed(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE | {"dockerignore": ".git\n.venv\ndata\nmodels\n"})
    editor.open("Dockerfile")
    await watched(editor.client)
    await editor.diagnostics("Dockerfile", lambda shown: "PB108" in codes(shown))
    (editor.folder / "dockerignore").rename(editor.folder / ".dockerignore")
    events = [
        types.FileEvent(editor.uri("dockerignore"), types.FileChangeType.Deleted),
        types.FileEvent(editor.uri(".dockerignore"), types.FileChangeType.Created),
    ]
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams(events))
    await editor.diagnostics("Dockerfile", lambda shown: not {"PB101", "PB108"} & set(codes(shown)))
    editor.write(".dockerignore", None)
    editor.write("docker-ignore", ".git\n.venv\n")
    await editor.diagnostics("Dockerfile", lambda shown: "PB108" in codes(shown))


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
async def test_a_folder_that_is_said_to_have_changed_is_looked_at_with_all_that_is_in_it(
    fresh: Client, tmp_path: Path
) -> None:
    await begin(fresh, tmp_path, capabilities(registers=False))
    make_tree(tmp_path / "app", ARTICLE)
    editor = Editor(fresh, tmp_path)
    editor.open("app/Dockerfile")

    def size(shown: Sequence[types.Diagnostic]) -> str:
        message = next((item.message for item in shown if item.code == "PB101"), "")
        return message.partition(" in ")[0] if "MB" in message else ""

    before = size(await editor.diagnostics("app/Dockerfile", lambda shown: bool(size(shown))))
    (tmp_path / "app" / "more.bin").write_bytes(b"x" * 9_000_000)
    (tmp_path / "app" / "serve.py").write_text("print('nothing')\n")
    event = types.FileEvent(tmp_path.as_uri(), types.FileChangeType.Changed)
    fresh.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([event]))
    await editor.diagnostics(
        "app/Dockerfile", lambda shown: "PB301" not in codes(shown) and size(shown) not in ("", before)
    )


@pytest.mark.parametrize(
    ("able", "name"),
    [
        pytest.param(capabilities(registers=False), "pytest", id="no events"),
        pytest.param(capabilities(), "helix", id="Helix has events for its own files only"),
    ],
)
@pytest.mark.asyncio(loop_scope="function")
async def test_without_events_the_disk_is_looked_at_when_a_file_is_saved(
    fresh: Client, tmp_path: Path, able: types.ClientCapabilities, name: str
) -> None:
    await begin(fresh, tmp_path, able, name=name)
    make_tree(tmp_path / "app", ARTICLE)
    make_tree(tmp_path, {"prebake.toml": ""})
    editor = Editor(fresh, tmp_path)
    editor.open("app/Dockerfile")
    await editor.diagnostics("app/Dockerfile", lambda shown: {"PB101", "PB301"} <= set(codes(shown)))
    assert bool(fresh.registrations) == (name == "helix")
    (tmp_path / "app" / ".dockerignore").write_text(".git\n.venv\n")
    (tmp_path / "prebake.toml").write_text('ignore = ["PB301"]\n')
    editor.save("app/Dockerfile")
    await editor.diagnostics("app/Dockerfile", lambda shown: not {"PB101", "PB301"} & set(codes(shown)))


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
