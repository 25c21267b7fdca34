"""Findings that stand in the ignore file, and rules that fail: with a server that has rules for it."""

import sys
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor, codes, fixes, make_client
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


TWO = {
    **JUNK,
    ".dockerignore": ".git\n.venv\njunk\n# size\n",
    "Dockerfile": "FROM a\nCOPY serve.py /\n",
    "Dockerfile.gpu": "FROM a\nCOPY . /\n",
}


async def project(client: Client, folder: Path, *, pull: bool, files: Mapping[str, Any] = JUNK) -> Editor:
    make_tree(folder, files, git=True)
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

    assert (await related(extra, editor.uri("Dockerfile")))[uri] == ["PB998"]
    editor.open(".dockerignore", language="ignore")
    assert uri not in await related(extra, editor.uri("Dockerfile"))
    assert codes(await editor.pull(uri)) == ["PB998"]
    editor.close(".dockerignore")
    (tmp_path / ".dockerignore").write_text(".git\n.venv\n")
    editor.save("Dockerfile")
    assert (await related(extra, editor.uri("Dockerfile")))[uri] == []
    assert uri not in await related(extra, editor.uri("Dockerfile"))


@pytest.mark.parametrize("pull", [False, True])
async def test_what_two_dockerfiles_find_is_shown_once_and_in_its_worst_form(
    extra: Client, tmp_path: Path, pull: bool
) -> None:
    editor = await project(extra, tmp_path, pull=pull, files=TWO)
    editor.open("Dockerfile.gpu")
    editor.open(".dockerignore", language="gitignore")
    shown = await editor.diagnostics(".dockerignore", lambda shown: "PB997" in codes(shown))
    assert codes(shown) == ["PB997", "PB998"]
    [size] = [item for item in shown if item.code == "PB997"]
    assert size.severity == types.DiagnosticSeverity.Warning
    assert editor.slice(".dockerignore", size.range) == "# size"
    [cause] = size.related_information or ()
    assert cause.location.uri == editor.uri("Dockerfile.gpu") and cause.location.range.start.line == 0
    for name, severity in (("Dockerfile", "Information"), ("Dockerfile.gpu", "Warning")):
        there = await editor.diagnostics(name, lambda shown: "PB997" in codes(shown))
        assert [str(item.severity and item.severity.name) for item in there if item.code == "PB997"] == [severity]


@pytest.mark.parametrize("pull", [False, True])
async def test_it_can_be_read_and_mended_where_it_is_shown_as_well(extra: Client, tmp_path: Path, pull: bool) -> None:
    editor = await project(extra, tmp_path, pull=pull, files=TWO)
    editor.open(".dockerignore", language="dockerfile")
    shown = await editor.diagnostics(".dockerignore", lambda shown: "PB997" in codes(shown))
    place = next(item.range for item in shown if item.code == "PB997")
    found = await extra.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(editor.uri(".dockerignore")), place.start)
    )
    assert found is not None and "PB997" in str(found.contents) and found.range == place
    [action] = fixes(await editor.actions(".dockerignore", "quickfix", at=place))
    assert [item.code for item in action.diagnostics or ()] == ["PB997"]
    assert [item.range for item in action.diagnostics or ()] == [place]
    await editor.apply(action)
    shown = await editor.diagnostics(".dockerignore", lambda shown: "PB997" not in codes(shown))
    [action] = await editor.actions(".dockerignore", "source.fixAll")
    await editor.apply(action)
    assert editor.text(".dockerignore") == ".git\n.venv\n\n\n"


async def test_fix_all_in_either_file_mends_it(extra: Client, tmp_path: Path) -> None:
    editor = await project(extra, tmp_path, pull=False, files=TWO)
    editor.open(".dockerignore", language="ignore")
    [action] = await editor.actions(".dockerignore", "source.fixAll")
    await editor.apply(action)
    assert editor.text(".dockerignore") == ".git\n.venv\n\n\n"


@pytest.mark.parametrize("comment", ["# prebake: ignore-file[PB997]", "# prebake: ignore[PB997] on purpose"])
async def test_it_is_silenced_where_it_is_shown_as_well(extra: Client, tmp_path: Path, comment: str) -> None:
    editor = await project(extra, tmp_path, pull=False, files=TWO)
    await editor.diagnostics("Dockerfile", lambda shown: "PB997" in codes(shown))
    editor.open(".dockerignore", f".git\n.venv\n{comment}\n# size\n", language="ignore")
    await editor.diagnostics("Dockerfile", lambda shown: "PB997" not in codes(shown))


async def related(client: Client, uri: str) -> dict[str, list[str]]:
    report = await client.text_document_diagnostic_async(
        types.DocumentDiagnosticParams(types.TextDocumentIdentifier(uri))
    )
    others = getattr(report, "related_documents", None) or {}
    return {uri: codes(other.items) for uri, other in others.items()}


async def test_an_ignore_file_brings_its_closed_dockerfiles_along_when_it_is_pulled(
    extra: Client, tmp_path: Path
) -> None:
    editor = await project(extra, tmp_path, pull=True, files=TWO)
    editor.open(".dockerignore", language="ignore")
    editor.close("Dockerfile")
    shown = await related(extra, editor.uri(".dockerignore"))
    assert "PB997" in shown[editor.uri("Dockerfile")] and "PB997" in shown[editor.uri("Dockerfile.gpu")]
    editor.change(".dockerignore", "data\n")
    shown = await related(extra, editor.uri(".dockerignore"))
    assert "PB997" not in shown[editor.uri("Dockerfile")] + shown[editor.uri("Dockerfile.gpu")]
    editor.open("Dockerfile")
    assert editor.uri("Dockerfile") not in await related(extra, editor.uri(".dockerignore"))


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
