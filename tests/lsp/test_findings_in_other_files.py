"""Findings that stand in the ignore file, and rules that fail: with a server that has rules for it."""

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

CONFIG = ClientServerConfig(
    server_command=[sys.executable, str(Path(__file__).parent / "extra_rules.py")], client_factory=make_client
)
JUNK = {**ARTICLE, ".dockerignore": "# é🐳\n.git\n.venv\nmy🐳junk\n", "other/Dockerfile": "FROM a\n"}


@pytest_lsp.fixture(config=CONFIG)
async def extra(lsp_client: Client) -> AsyncIterator[None]:
    yield
    await lsp_client.shutdown_session()


async def project(client: Client, folder: Path, *, pull: bool) -> Editor:
    make_tree(folder, JUNK, git=True)
    await begin(client, folder, capabilities(pull=pull))
    editor = Editor(client, folder)
    editor.open("Dockerfile")
    return editor


async def test_they_are_pushed_for_the_file_that_they_stand_in(extra: Client, tmp_path: Path) -> None:
    editor = await project(extra, tmp_path, pull=False)
    uri = editor.uri(".dockerignore")
    await extra.until(lambda: uri in extra.published and bool(extra.published[uri].diagnostics))
    shown = extra.published[uri]
    assert shown.version is None and codes(shown.diagnostics) == ["PB998"]
    assert editor.slice(".dockerignore", shown.diagnostics[0].range) == "junk"
    editor.open(".dockerignore", language="ignore")
    await editor.diagnostics(".dockerignore", lambda shown: codes(shown) == ["PB998"])
    editor.change(".dockerignore", ".git\n.venv\n")
    await editor.diagnostics(".dockerignore", lambda shown: not shown)
    editor.close(".dockerignore")
    await extra.until(lambda: bool(extra.published[uri].diagnostics))
    editor.close("Dockerfile")
    await extra.until(lambda: not extra.published[uri].diagnostics)


async def test_they_come_along_when_the_dockerfile_is_pulled(extra: Client, tmp_path: Path) -> None:
    editor = await project(extra, tmp_path, pull=True)
    uri = editor.uri(".dockerignore")

    async def related() -> dict[str, list[str]]:
        report = await extra.text_document_diagnostic_async(
            types.DocumentDiagnosticParams(types.TextDocumentIdentifier(editor.uri("Dockerfile")))
        )
        others = getattr(report, "related_documents", None) or {}
        return {uri: codes(other.items) for uri, other in others.items()}

    assert (await related())[uri] == ["PB998"]
    editor.open(".dockerignore", language="ignore")
    assert uri not in await related()
    assert codes(await editor.pull(uri)) == ["PB998"]
    editor.close(".dockerignore")
    (tmp_path / ".dockerignore").write_text(".git\n.venv\n")
    editor.save("Dockerfile")
    assert (await related())[uri] == []
    assert uri not in await related()


async def test_a_safe_fix_of_another_file_is_that_files_own_fix_all(extra: Client, tmp_path: Path) -> None:
    editor = await project(extra, tmp_path, pull=False)
    editor.open(".dockerignore", language="ignore")
    [action] = await editor.actions(".dockerignore", "source.fixAll")
    await editor.apply(action)
    assert editor.text(".dockerignore") == "# é🐳\n.git\n.venv\nmy🐳\n"
    assert editor.text("Dockerfile") == ARTICLE["Dockerfile"]


async def test_a_failing_rule_is_logged_once_and_takes_no_other_finding_with_it(extra: Client, tmp_path: Path) -> None:
    editor = await project(extra, tmp_path, pull=False)
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    good = editor.text("Dockerfile")
    for number in range(3):
        editor.change("Dockerfile", good + f"# break the rule {number}\n")
        assert await editor.actions("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    assert not extra.messages
    told = [message.message for message in extra.log_messages if "broken on purpose" in message.message]
    assert len(told) == 1
    assert "PB999" in told[0]
