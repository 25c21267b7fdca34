"""A workspace in which there is nothing to do costs nothing."""

import asyncio
from pathlib import Path

import pytest

from prebake import discovery
from tests.lsp.conformance import Message
from tests.lsp.conversation import Conversation
from tests.lsp.test_client_capabilities import ABLE
from tests.lsp.test_workspace_diagnostic import PULLED, PUSHED, talk
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio


def engine_of(server: Conversation) -> object:
    return server.server.analysis._engine


@pytest.mark.parametrize("able", [PUSHED, PULLED, ABLE], ids=["push", "pull", "able"])
async def test_nothing_is_loaded_and_nothing_said(tmp_path: Path, able: Message) -> None:
    make_tree(tmp_path, {f"src/{number}/main.js": "" for number in range(20)})
    async with talk(tmp_path, able) as server:
        if able is not PUSHED:
            params = {"previousResultIds": [], "partialResultToken": "p"}
            server.receive(id="held", method="workspace/diagnostic", params=params)
        await server.until(lambda: server.server.configuration.is_known)
        for _ in range(10):
            await asyncio.sleep(0)
        await server.until(lambda: server.server.idle and server.server.diagnostics.is_complete)
        assert engine_of(server) is None
        assert not server.server.scans._contexts
    assert not server.calls("textDocument/publishDiagnostics") and not server.calls("$/progress")


async def test_the_search_ends_early_where_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from prebake.lsp import searches

    monkeypatch.setattr(searches, "_MOST_IN_VAIN", 50)
    make_tree(tmp_path, {f"{one}/{two}/x.js": "" for one in range(10) for two in range(10)})
    looked: list[int] = []
    original = discovery.dockerfiles

    def counted(snapshot: object, folder: str, go_on: object) -> object:
        def ask(number: int) -> bool:
            looked.append(number)
            return go_on(number)  # type: ignore[operator]

        return original(snapshot, folder, ask)  # type: ignore[arg-type]

    monkeypatch.setattr(discovery, "dockerfiles", counted)
    async with talk(tmp_path, PUSHED) as server:
        await server.until(lambda: bool(looked) and server.server.searches.idle)
    assert max(looked) == 51


async def test_where_there_is_one_near_the_top_the_search_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from prebake.lsp import searches

    monkeypatch.setattr(searches, "_MOST_IN_VAIN", 5)
    files = {f"{one}/{two}/x.js": "" for one in range(10) for two in range(10)}
    make_tree(tmp_path, {**files, "Dockerfile": "FROM a\n", "9/9/Dockerfile": "FROM a\n"})
    async with talk(tmp_path, PUSHED) as server:
        await server.until(lambda: server.server.searches.idle and bool(server.server.searches._known))
        assert len(server.server.searches.find(tmp_path.as_posix()) or ()) == 2
