"""Edits, and everything that can be odd about the document that is edited."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor, codes
from tests.lsp.projects import ARTICLE, OLD_COMMAND
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_findings_come_and_go_while_typing(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile", "FROM python:3.12-slim\nWORKDIR /app\nCOPY . /app\n")
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" not in codes(shown))
    for column, letter in enumerate("RUN pip install -r requirements.txt"):
        editor.type("Dockerfile", (3, column), letter)
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    editor.type("Dockerfile", (3, 0), "# ")
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" not in codes(shown))


async def test_a_burst_of_changes_ends_with_the_diagnostics_of_the_last(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    for number in range(200):
        editor.type("Dockerfile", (0, 0), f"# {number}\n")
    found = await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    finding = next(item for item in found if item.code == "PB201")
    assert finding.range.start.line == 203


@pytest.mark.parametrize("language", ["ignore", "gitignore", "dockerfile"])
@pytest.mark.parametrize("is_open", [True, False])
async def test_an_unsaved_ignore_file_changes_what_its_dockerfile_shows(
    editor: Editor, language: str, is_open: bool
) -> None:
    make_tree(editor.folder, {**ARTICLE, ".dockerignore": "# nothing yet\n"})
    if is_open:
        editor.open("Dockerfile")
    editor.open(".dockerignore", language=language)
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" in codes(shown))
    editor.type(".dockerignore", (1, 0), ".venv\n")
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" not in codes(shown))
    editor.change(".dockerignore", "")
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" in codes(shown))


@pytest.mark.parametrize("separator", ["\x0c", "\u2028", "\x85", "\x0b"])
async def test_odd_separators_do_not_shift_what_is_shown(editor: Editor, separator: str) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile", f"# a{separator}b\n" + editor.text("Dockerfile"))
    editor.type("Dockerfile", (1, 0), "# c\n")
    found = await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    finding = next(item for item in found if item.code == "PB201")
    assert editor.slice("Dockerfile", finding.range) == "COPY . /app"


async def test_last_line_without_line_end_can_be_typed_on(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile", "FROM python:3.12-slim\nCOPY . /app\nRUN pip install -r requirements")
    editor.type("Dockerfile", (2, 31), ".txt")
    found = await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    assert found


async def test_windows_line_ends_and_byte_order_mark(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile", "\ufeffFROM python:3.12-slim\r\nCOPY . /app\r\nRUN pip install -r requirements.txt\r\n")
    found = await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    finding = next(item for item in found if item.code == "PB201")
    assert editor.slice("Dockerfile", finding.range) == "COPY . /app"


@pytest.mark.parametrize("folder", ["with space", "with#hash", "per%cent", "é🐳", "a?b"])
async def test_folders_with_odd_names(editor: Editor, folder: str) -> None:
    make_tree(editor.folder / folder, ARTICLE)
    editor.open(f"{folder}/Dockerfile")
    await editor.diagnostics(f"{folder}/Dockerfile", lambda shown: "PB201" in codes(shown))


async def test_change_of_an_unopened_document_breaks_nothing(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    uri = editor.uri("elsewhere/Dockerfile")
    for params in (
        types.DidChangeTextDocumentParams(
            types.VersionedTextDocumentIdentifier(2, uri),
            [types.TextDocumentContentChangePartial(types.Range(types.Position(3, 0), types.Position(9, 9)), "x")],
        ),
    ):
        editor.client.text_document_did_change(params)
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(uri)))
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    assert not editor.client.messages


async def test_files_that_are_not_text_break_nothing(editor: Editor) -> None:
    tree = {**ARTICLE, "requirements.txt": {"hex": "fffe00ff"}, "serve.py": {"hex": "80818283"}}
    make_tree(editor.folder, tree)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" in codes(shown))
    assert not editor.client.messages


async def test_a_dockerfile_that_was_never_saved(editor: Editor) -> None:
    make_tree(editor.folder, {name: content for name, content in ARTICLE.items() if name != "Dockerfile"})
    editor.open("Dockerfile", str(ARTICLE["Dockerfile"]))
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))


async def test_untitled_documents_are_taken_in_quietly(editor: Editor) -> None:
    item = types.TextDocumentItem("untitled:Untitled-1", "dockerfile", 1, OLD_COMMAND)
    editor.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    place = types.Position(0, 0)
    actions = await editor.client.text_document_code_action_async(
        types.CodeActionParams(
            types.TextDocumentIdentifier(item.uri), types.Range(place, place), types.CodeActionContext([])
        )
    )
    assert actions in ((), [], None)
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(types.TextDocumentIdentifier(item.uri)))


async def test_an_ignore_file_that_the_editor_calls_a_dockerfile_is_none(editor: Editor) -> None:
    make_tree(editor.folder, {"Dockerfile.dockerignore": OLD_COMMAND})
    editor.open("Dockerfile.dockerignore", language="dockerfile")
    assert "PB302" not in codes(await editor.diagnostics("Dockerfile.dockerignore"))


async def test_a_file_that_the_editor_calls_a_dockerfile_is_one(editor: Editor) -> None:
    make_tree(editor.folder, {"image.docker": OLD_COMMAND})
    editor.open("image.docker", language="dockerfile")
    await editor.diagnostics("image.docker", lambda shown: "PB302" in codes(shown))


async def test_a_template_is_no_dockerfile(editor: Editor) -> None:
    make_tree(editor.folder, {"Dockerfile.j2": OLD_COMMAND})
    editor.open("Dockerfile.j2", language="dockerfile")
    assert "PB302" not in codes(await editor.diagnostics("Dockerfile.j2"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.asyncio(loop_scope="function")
async def test_positions_are_in_the_units_that_were_agreed_on(fresh: Client, tmp_path: Path, encoding: str) -> None:
    await begin(fresh, tmp_path, capabilities(encodings=[encoding]))
    assert fresh.encoding == encoding
    make_tree(tmp_path, {"Dockerfile": OLD_COMMAND})
    editor = Editor(fresh, tmp_path)
    text = OLD_COMMAND.replace("RUN huggingface-cli", "RUN echo '🐳é' && huggingface-cli")
    editor.open("Dockerfile", text)
    found = await editor.diagnostics("Dockerfile", lambda shown: "PB302" in codes(shown))
    finding = next(item for item in found if item.code == "PB302")
    assert editor.slice("Dockerfile", finding.range).startswith("huggingface-cli")
    [fix] = [action for action in await editor.actions("Dockerfile", "quickfix") if "hf" in action.title]
    await editor.apply(fix)
    assert "RUN echo '🐳é' && hf download gpt2" in editor.text("Dockerfile")
