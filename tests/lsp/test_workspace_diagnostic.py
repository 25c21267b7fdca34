"""Diagnostics of Dockerfiles that are not open: asked for, or pushed to clients that do not ask."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.lsp.conformance import Message
from tests.lsp.conversation import Conversation
from tests.lsp.projects import ARTICLE, CLEAN
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio

WATCHED = {"workspace": {"didChangeWatchedFiles": {"dynamicRegistration": True}}}
PUSHED = WATCHED | {"textDocument": {"publishDiagnostics": {"versionSupport": True}}}
PULLED = {
    "textDocument": {"diagnostic": {"dynamicRegistration": False}},
    "window": {"workDoneProgress": True},
    "workspace": {"diagnostics": {"refreshSupport": True}},
}
TOKEN = "partial"


def services(root: Path, count: int) -> None:
    """A repository of small services."""
    files: dict[str, Any] = {".gitignore": "ignored/\n", "ignored/Dockerfile": "FROM a\nCOPY . /\n"}
    for number in range(count):
        files |= {f"services/s{number}/{name}": text for name, text in ARTICLE.items() if isinstance(text, str)}
    make_tree(root, files, git=True)


def talk(root: Path, capabilities: Message, **params: Any) -> Conversation:
    folders = {"workspaceFolders": [{"uri": root.as_uri(), "name": root.name}]}
    return Conversation(capabilities, **(folders | params))


def pushed(talk: Conversation, path: Path) -> list[str] | None:
    """The codes that are shown for a file now; ``None`` when nothing was ever said about it."""
    told = [item for item in talk.calls("textDocument/publishDiagnostics") if item["uri"] == path.as_uri()]
    return [item["code"] for item in told[-1]["diagnostics"]] if told else None


def reports(talk: Conversation) -> dict[str, Message]:
    """The last report on each file, by URI, of those that came in parts."""
    told = [item["value"]["items"] for item in talk.calls("$/progress") if item["token"] == TOKEN]
    return {item["uri"]: item for items in told for item in items}


def is_shown(talk: Conversation, path: Path, code: str) -> Callable[[], bool]:
    return lambda: code in (pushed(talk, path) or ())


def is_reported(talk: Conversation, path: Path, code: str) -> Callable[[], bool]:
    def check() -> bool:
        report = reports(talk).get(path.as_uri(), {"items": []})
        return code in [item["code"] for item in report["items"]]

    return check


async def test_what_is_not_open_is_pushed_to_a_client_that_does_not_pull(tmp_path: Path) -> None:
    services(tmp_path, 3)
    async with talk(tmp_path, PUSHED) as server:
        for number in range(3):
            await server.until(is_shown(server, tmp_path / f"services/s{number}/Dockerfile", "PB201"))
    assert pushed(server, tmp_path / "ignored/Dockerfile") is None
    assert all("version" not in item for item in server.calls("textDocument/publishDiagnostics"))


async def test_what_is_closed_stays_shown_as_it_is_on_disk(tmp_path: Path) -> None:
    services(tmp_path, 1)
    path = tmp_path / "services/s0/Dockerfile"
    async with talk(tmp_path, PUSHED) as server:
        await server.until(is_shown(server, path, "PB201"))
        item = {"uri": path.as_uri(), "languageId": "dockerfile", "version": 7, "text": CLEAN}
        server.receive(method="textDocument/didOpen", params={"textDocument": item})
        await server.until(lambda: "PB201" not in (pushed(server, path) or ()))
        assert server.calls("textDocument/publishDiagnostics")[-1]["version"] == 7
        server.receive(method="textDocument/didClose", params={"textDocument": {"uri": path.as_uri()}})
        await server.until(is_shown(server, path, "PB201"))


async def test_files_that_come_go_and_change_on_disk_are_followed(tmp_path: Path) -> None:
    services(tmp_path, 1)
    new, path = tmp_path / "new.Dockerfile", tmp_path / "services/s0/Dockerfile"
    async with talk(tmp_path, PUSHED) as server:

        def tell(*changed: Path) -> None:
            changes = [{"uri": path.as_uri(), "type": 2} for path in changed]
            server.receive(method="workspace/didChangeWatchedFiles", params={"changes": changes})

        await server.until(is_shown(server, path, "PB201"))
        (tmp_path / "requirements.txt").write_text("torch\n")
        new.write_text("FROM python:3.12\nCOPY . /app\nRUN pip install -r /app/requirements.txt\n")
        tell(new)
        await server.until(is_shown(server, new, "PB201"))
        path.write_text(CLEAN)
        tell(path)
        await server.until(lambda: "PB201" not in (pushed(server, path) or ()))
        new.rename(tmp_path / "old.Dockerfile")
        tell(new, tmp_path / "old.Dockerfile")
        await server.until(lambda: pushed(server, new) == [])
        await server.until(is_shown(server, tmp_path / "old.Dockerfile", "PB201"))


async def test_without_events_saving_is_the_time_to_look(tmp_path: Path) -> None:
    services(tmp_path, 2)
    path = tmp_path / "services/s1/Dockerfile"
    async with talk(tmp_path, {}) as server:
        await server.until(is_shown(server, path, "PB201"))
        path.unlink()
        saved = {"textDocument": {"uri": (tmp_path / "services/s0/Dockerfile").as_uri()}}
        server.receive(method="textDocument/didSave", params=saved)
        await server.until(lambda: pushed(server, path) == [])


async def test_workspace_folders_come_and_go(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    services(one, 1)
    services(two, 1)
    async with talk(one, PUSHED) as server:
        await server.until(is_shown(server, one / "services/s0/Dockerfile", "PB201"))
        event = {"added": [{"uri": two.as_uri(), "name": "two"}], "removed": [{"uri": one.as_uri(), "name": "one"}]}
        server.receive(method="workspace/didChangeWorkspaceFolders", params={"event": event})
        await server.until(is_shown(server, two / "services/s0/Dockerfile", "PB201"))
        await server.until(lambda: pushed(server, one / "services/s0/Dockerfile") == [])


@pytest_asyncio.fixture
async def pulling(tmp_path: Path) -> AsyncIterator[Conversation]:
    services(tmp_path, 3)
    async with talk(tmp_path, PULLED) as server:
        yield server


async def test_all_is_answered_at_once_without_partial_results(pulling: Conversation, tmp_path: Path) -> None:
    answer = await pulling.request("workspace/diagnostic", {"previousResultIds": []})
    found = {item["uri"]: item for item in answer["result"]["items"]}
    assert found.keys() >= {(tmp_path / f"services/s{number}/Dockerfile").as_uri() for number in range(3)}
    assert all(item["kind"] == "full" and item["version"] is None for item in found.values())
    known = [{"uri": uri, "value": item["resultId"]} for uri, item in found.items()]
    gone = tmp_path / "services/s1/Dockerfile"
    gone.unlink()
    pulling.receive(method="textDocument/didSave", params={"textDocument": {"uri": (tmp_path / "Dockerfile").as_uri()}})
    again = await pulling.request("workspace/diagnostic", {"previousResultIds": known})
    kinds = {item["uri"]: item["kind"] for item in again["result"]["items"]}
    assert kinds[gone.as_uri()] == "full"
    assert kinds[(tmp_path / "services/s0/Dockerfile").as_uri()] == "unchanged"
    assert not pulling.calls("textDocument/publishDiagnostics")


async def test_results_come_in_parts_and_changes_after_them_until_it_is_withdrawn(
    pulling: Conversation, tmp_path: Path
) -> None:
    path = tmp_path / "services/s2/Dockerfile"
    params = {"previousResultIds": [], "partialResultToken": TOKEN}
    pulling.receive(id="held", method="workspace/diagnostic", params=params)
    for number in range(3):
        await pulling.until(is_reported(pulling, tmp_path / f"services/s{number}/Dockerfile", "PB201"))
    path.write_text(CLEAN)
    change = {"uri": path.as_uri(), "type": 2}
    pulling.receive(method="workspace/didChangeWatchedFiles", params={"changes": [change]})
    await pulling.until(lambda: "PB201" not in [item["code"] for item in reports(pulling)[path.as_uri()]["items"]])
    assert not [message for message in pulling.sent if message.get("id") == "held"]
    pulling.receive(method="$/cancelRequest", params={"id": "held"})
    await pulling.until(lambda: any(message.get("id") == "held" for message in pulling.sent))
    assert next(message for message in pulling.sent if message.get("id") == "held")["error"]["code"] == -32800


async def test_what_is_open_is_left_to_the_request_for_the_document(pulling: Conversation, tmp_path: Path) -> None:
    path = tmp_path / "services/s0/Dockerfile"
    item = {"uri": path.as_uri(), "languageId": "dockerfile", "version": 1, "text": path.read_text()}
    pulling.receive(method="textDocument/didOpen", params={"textDocument": item})
    params = {"previousResultIds": [], "partialResultToken": TOKEN}
    pulling.receive(id="held", method="workspace/diagnostic", params=params)
    await pulling.until(is_reported(pulling, tmp_path / "services/s1/Dockerfile", "PB201"))
    await pulling.until(lambda: pulling.server.diagnostics.is_complete)
    assert path.as_uri() not in reports(pulling)
    pulling.receive(method="textDocument/didClose", params={"textDocument": {"uri": path.as_uri()}})
    await pulling.until(is_reported(pulling, path, "PB201"))


async def test_nothing_is_looked_for_before_a_pulling_client_asks(pulling: Conversation) -> None:
    for _ in range(20):
        await asyncio.sleep(0)
    assert not pulling.server.is_workspace_wanted and not pulling.server.searches._known


async def test_hundreds_of_dockerfiles_do_not_hold_up_a_keystroke(tmp_path: Path) -> None:
    services(tmp_path, 150)
    path = tmp_path / "services/s7/Dockerfile"
    able = {"window": {"workDoneProgress": True}, **PUSHED}
    async with talk(tmp_path, able) as server:
        await server.until(lambda: bool(server.calls("window/workDoneProgress/create")))
        item = {"uri": path.as_uri(), "languageId": "dockerfile", "version": 1, "text": path.read_text()}
        server.receive(method="textDocument/didOpen", params={"textDocument": item})
        await server.until(lambda: [item["version"] for item in versions(server, path)] == [1])
        assert not server.server.diagnostics.is_complete
        token = server.calls("window/workDoneProgress/create")[-1]["token"]
        server.receive(method="window/workDoneProgress/cancel", params={"token": token})
        await server.until(lambda: server.server.diagnostics.is_complete)
        shown = {item["uri"] for item in server.calls("textDocument/publishDiagnostics")}
        assert len(shown) < 150


def versions(talk: Conversation, path: Path) -> list[Message]:
    told = talk.calls("textDocument/publishDiagnostics")
    return [item for item in told if item["uri"] == path.as_uri() and "version" in item]


async def test_a_module_of_many_images_is_followed_to_all_of_them(tmp_path: Path) -> None:
    text = 'FROM python:3.12\nCOPY serve.py /app/\nCMD ["python", "/app/serve.py"]\n'
    names = [f"docker/{number}/Dockerfile" for number in range(12)]
    make_tree(tmp_path, {**dict.fromkeys(names, text), "serve.py": ARTICLE["serve.py"]})
    async with talk(tmp_path, PUSHED) as server:
        for name in names:
            await server.until(is_shown(server, tmp_path / name, "PB301"))
        uri = (tmp_path / "serve.py").as_uri()
        item = {"uri": uri, "languageId": "python", "version": 1, "text": "print('no model')\n"}
        server.receive(method="textDocument/didOpen", params={"textDocument": item})
        for name in names:
            path = tmp_path / name
            await server.until(lambda path=path: "PB301" not in (pushed(server, path) or ()))
