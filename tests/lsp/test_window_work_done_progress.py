"""Progress of measuring a context, on a disk that is slow enough for it to be worth showing."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor, codes, make_client
from tests.lsp.projects import ARTICLE
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio

SLOW_DISK = """
import os, sys, threading, time

look = os.scandir

def slow(path):
    if "/data" in os.fspath(path) and threading.current_thread().name == "scan":
        time.sleep(0.05)
    return look(path)

os.scandir = slow
from prebake.lsp.server import main
sys.exit(main())
"""
CONFIG = ClientServerConfig(server_command=[sys.executable, "-c", SLOW_DISK], client_factory=make_client)


@pytest_lsp.fixture(config=CONFIG)
async def slow(lsp_client: Client) -> AsyncIterator[None]:
    yield
    await lsp_client.shutdown_session()


def kinds(client: Client) -> list[str]:
    return [report.value["kind"] for reports in client.progress_reports.values() for report in reports]


async def opened(client: Client, folder: Path, folders: int, *, progress: bool = True) -> Editor:
    await begin(client, folder, capabilities(progress=progress))
    make_tree(folder, {**ARTICLE, **{f"data/{number}/file": "x" for number in range(folders)}})
    editor = Editor(client, folder)
    editor.open("Dockerfile")
    return editor


async def test_progress_begins_tells_and_ends_before_the_sizes_are_shown(slow: Client, tmp_path: Path) -> None:
    editor = await opened(slow, tmp_path, 12)
    first = await editor.diagnostics("Dockerfile", lambda shown: "PB101" in codes(shown))
    assert not any("MB" in item.message for item in first if item.code == "PB101")
    await editor.diagnostics(
        "Dockerfile", lambda shown: any(item.code == "PB101" and "MB" in item.message for item in shown)
    )
    found = kinds(slow)
    assert found[0] == "begin" and found[-1] == "end" and set(found[1:-1]) <= {"report"}
    [[start, *_]] = slow.progress_reports.values()
    assert start.value["cancellable"] is True and tmp_path.name in start.value["title"]


async def test_scan_can_be_stopped(slow: Client, tmp_path: Path) -> None:
    editor = await opened(slow, tmp_path, 2000)
    await slow.until(lambda: "begin" in kinds(slow))
    [token] = slow.progress_reports
    slow.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    await slow.until(lambda: kinds(slow)[-1] == "end")
    assert slow.progress_reports[token][-1].value["message"] == "stopped"
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" in codes(shown))


async def test_diagnostics_of_edits_do_not_wait_for_the_scan(slow: Client, tmp_path: Path) -> None:
    editor = await opened(slow, tmp_path, 2000)
    await slow.until(lambda: "begin" in kinds(slow))
    editor.change("Dockerfile", "# new\n" + editor.text("Dockerfile"))
    found = await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    assert "end" not in kinds(slow)
    assert next(item for item in found if item.code == "PB201").range.start.line == 4


async def test_nothing_waits_while_what_is_ignored_is_measured(slow: Client, tmp_path: Path) -> None:
    await begin(slow, tmp_path, capabilities())
    ignored = {f"data/{number}/file": "x" for number in range(2000)}
    make_tree(tmp_path, {**ARTICLE, ".gitignore": "data\n", ".dockerignore": "data\nmodels\n", **ignored}, git=True)
    editor = Editor(slow, tmp_path)
    editor.open(".dockerignore", language="ignore")
    identifier = types.TextDocumentIdentifier(editor.uri(".dockerignore"))

    async def lens() -> str:
        [found] = await slow.text_document_code_lens_async(types.CodeLensParams(identifier)) or ()
        return found.command.title if found.command is not None else ""

    assert await lens() == "measuring the build context; Dockerfile"
    await slow.until(lambda: "begin" in kinds(slow))
    found = await slow.text_document_hover_async(types.HoverParams(identifier, types.Position(0, 0)))
    assert found is not None and "being measured" in str(found.contents)
    offered = await slow.text_document_completion_async(types.CompletionParams(identifier, types.Position(2, 0)))
    assert isinstance(offered, types.CompletionList) and offered.is_incomplete
    assert "serve.py" in [item.label for item in offered.items]
    editor.change(".dockerignore", "# nothing\n")
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" in codes(shown))
    editor.change(".dockerignore", "data\n")
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" not in codes(shown))
    assert "end" not in kinds(slow)
    token = next(token for token, reports in slow.progress_reports.items() if "all of" in reports[0].value["title"])
    before = slow.lens_refreshes
    slow.window_work_done_progress_cancel(types.WorkDoneProgressCancelParams(token))
    await slow.until(lambda: slow.lens_refreshes > before)
    while "measuring" in (title := await lens()):
        await slow.next_news()
    assert "of at least " in title


async def test_a_client_without_progress_is_asked_for_none(slow: Client, tmp_path: Path) -> None:
    editor = await opened(slow, tmp_path, 12, progress=False)
    await editor.diagnostics(
        "Dockerfile", lambda shown: any(item.code == "PB101" and "MB" in item.message for item in shown)
    )
    assert not slow.progress_reports


async def test_a_quick_scan_shows_no_progress(slow: Client, tmp_path: Path) -> None:
    editor = await opened(slow, tmp_path, 0)
    (tmp_path / "data" / "train.csv").unlink()
    await editor.diagnostics(
        "Dockerfile", lambda shown: any(item.code == "PB101" and "MB" in item.message for item in shown)
    )
    assert not kinds(slow)
