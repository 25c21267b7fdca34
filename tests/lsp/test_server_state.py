"""What a long conversation leaves behind in the server: nothing."""

import asyncio

import pytest

from prebake.lsp.progress import Progress
from tests.lsp.conversation import Conversation

pytestmark = pytest.mark.asyncio


async def test_notifications_leave_nothing_behind() -> None:
    talk = Conversation()
    for number in range(50):
        talk.receive(method="$/setTrace", params={"value": "off"})
        item = {"uri": "untitled:a", "languageId": "dockerfile", "version": number, "text": ""}
        talk.receive(method="textDocument/didOpen", params={"textDocument": item})
        talk.receive(method="textDocument/didClose", params={"textDocument": {"uri": "untitled:a"}})
        talk.receive(method="workspace/didChangeConfiguration", params={"settings": {}})
    for _ in range(5):
        await asyncio.sleep(0)
    assert not talk.waiting


async def test_finished_progress_leaves_nothing_behind() -> None:
    talk = Conversation({"window": {"workDoneProgress": True}}, answers=False)
    stopped: list[bool] = []
    progress = Progress(talk.server, "Measuring", lambda: stopped.append(True))
    progress.report("1 file")
    while talk.sent[-1].get("method") != "window/workDoneProgress/create":
        await asyncio.sleep(0)
    assert talk.waiting
    talk.receive(id=talk.sent[-1]["id"], result=None)
    while talk.sent[-1].get("method") != "$/progress":
        await asyncio.sleep(0)
    token = talk.sent[-1]["params"]["token"]
    talk.receive(method="window/workDoneProgress/cancel", params={"token": token})
    assert stopped == [True]
    progress.end("stopped")
    assert talk.sent[-1]["params"]["value"] == {"kind": "end", "message": "stopped"}
    assert not talk.server.work_done_progress.tokens and not talk.waiting


async def test_progress_that_is_over_before_the_client_agrees_is_not_begun() -> None:
    talk = Conversation({"window": {"workDoneProgress": True}}, answers=False)
    progress = Progress(talk.server, "Measuring", lambda: None)
    progress.report("1 file")
    while talk.sent[-1].get("method") != "window/workDoneProgress/create":
        await asyncio.sleep(0)
    progress.end("done")
    talk.receive(id=talk.sent[-1]["id"], result=None)
    for _ in range(5):
        await asyncio.sleep(0)
    assert not [message for message in talk.sent if message.get("method") == "$/progress"]
    assert not talk.server.work_done_progress.tokens
