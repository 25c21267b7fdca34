"""Commands that the server does itself."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor, codes
from tests.lsp.projects import ARTICLE
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def execute(client: Client, command: str, *arguments: Any) -> None:
    await client.workspace_execute_command_async(types.ExecuteCommandParams(command, arguments=list(arguments)))


def told(client: Client, text: str) -> Callable[[], bool]:
    return lambda: any(text in message.message for message in client.messages)


async def test_a_rules_page_is_opened_in_the_browser(client: Client) -> None:
    await execute(client, "prebake.explain", "PB201")
    page = client.shown_pages[-1]
    assert page.external and page.uri.endswith("/docs/rules/PB201.md")


async def test_where_no_page_opens_its_address_is_told(client: Client) -> None:
    client.shows_pages = False
    try:
        await execute(client, "prebake.explain", "copy-before-install")
        await client.until(told(client, "/docs/rules/PB201.md"))
    finally:
        client.shows_pages = True


@pytest.mark.parametrize("arguments", [[], [None], ["PB000"], [["PB201"]]])
async def test_an_unknown_rule_is_said_to_be_unknown(client: Client, arguments: list[Any]) -> None:
    client.messages.clear()
    await execute(client, "prebake.explain", *arguments)
    await client.until(told(client, "no rule"))


@pytest.mark.parametrize("arguments", [[], [None], [{"do": "fix"}]])
async def test_an_unknown_action_is_said_to_be_unknown(client: Client, arguments: list[Any]) -> None:
    client.messages.clear()
    await execute(client, "prebake.apply", *arguments)
    await client.until(told(client, "does not know"))


@pytest.mark.asyncio(loop_scope="function")
async def test_a_client_that_opens_nothing_is_told_the_address(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(documents=False))
    await execute(fresh, "prebake.explain", "PB201")
    await fresh.until(told(fresh, "/docs/rules/PB201.md"))
    assert not fresh.shown_pages


async def commands(editor: Editor) -> dict[str, types.Command]:
    everywhere = types.Range(types.Position(0, 0), types.Position(99, 0))
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(editor.uri("Dockerfile")), everywhere, types.CodeActionContext([])
    )
    found = await editor.client.text_document_code_action_async(params)
    taken = {action.title: action for action in found or () if isinstance(action, types.Command)}
    assert len(taken) == len(found or ())
    return taken


@pytest.mark.asyncio(loop_scope="function")
async def test_a_client_that_takes_only_commands_has_its_actions_sent_as_edits(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(literals=False))
    make_tree(tmp_path, ARTICLE)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    offered = await commands(editor)
    assert {"Explain PB201 (copy-before-install)", "Fix all safe prebake findings"} <= set(offered)
    fix = next(command for title, command in offered.items() if title.startswith("Copy requirements.txt first"))
    await execute(fresh, fix.command, *(fix.arguments or ()))
    editor.apply_edit(fresh.sent_edits[-1].edit)
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" not in codes(shown))
    await execute(fresh, fix.command, *(fix.arguments or ()))
    await fresh.until(told(fresh, "has changed since"))

    ignore = offered["Ignore PB101 (missing-dockerignore) here"]
    await execute(fresh, ignore.command, *(ignore.arguments or ()))
    editor.apply_edit(fresh.sent_edits[-1].edit)
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" not in codes(shown))
    assert editor.text("Dockerfile").count("# prebake: ignore[PB101]\nCOPY . ") == 1


@pytest.mark.asyncio(loop_scope="function")
async def test_a_client_that_takes_neither_edits_nor_literals_has_explanations(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(literals=False, applies=False))
    make_tree(tmp_path, ARTICLE)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    offered = await commands(editor)
    assert offered and all(title.startswith("Explain") for title in offered)
