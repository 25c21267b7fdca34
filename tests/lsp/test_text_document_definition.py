"""Where a stage, a variable or a file is."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor
from tests.lsp.stages import HOSTILE, STAGES
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def definition(editor: Editor, name: str, line: int, character: int) -> object:
    params = types.DefinitionParams(types.TextDocumentIdentifier(editor.uri(name)), types.Position(line, character))
    return await editor.client.text_document_definition_async(params)


async def target(editor: Editor, line: int, text: str) -> tuple[str, str] | None:
    """What the text of a line leads to, and the text that is said to lead there."""
    column = editor.text("Dockerfile").split("\n")[line].index(text)
    units = len(editor.text("Dockerfile").split("\n")[line][:column].encode("utf-16-le")) // 2
    if editor.client.encoding == "utf-8":
        units = len(editor.text("Dockerfile").split("\n")[line][:column].encode())
    found = await definition(editor, "Dockerfile", line, units + 1)
    if not found:
        return None
    assert isinstance(found, list)
    [link] = found
    assert isinstance(link, types.LocationLink) and link.origin_selection_range is not None
    origin = editor.slice("Dockerfile", link.origin_selection_range)
    if link.target_uri != editor.uri("Dockerfile"):
        return link.target_uri.rpartition("/")[2], origin
    whole = link.target_range
    assert whole.start.line == link.target_selection_range.start.line
    return f"{whole.start.line}: {editor.slice('Dockerfile', link.target_selection_range)}", origin


async def test_stages_and_variables(editor: Editor) -> None:
    make_tree(editor.folder, {"requirements.txt": "a\n"})
    editor.open("Dockerfile", STAGES)
    assert await target(editor, 1, "${VERSION") == ("0: VERSION", "${VERSION}")
    assert await target(editor, 2, "VERSION") == ("0: VERSION", "VERSION")
    assert await target(editor, 3, "$VERSION") == ("2: VERSION", "$VERSION")
    assert await target(editor, 4, "$VERSION") == ("2: VERSION", "$VERSION")
    assert await target(editor, 4, "$HOME_X") == ("3: HOME_X", "$HOME_X")
    assert await target(editor, 6, "é🐳") == ("1: é🐳", "é🐳")
    assert await target(editor, 1, "python:") is None
    assert await target(editor, 6, "/x") is None


async def test_a_source_leads_to_its_file(editor: Editor) -> None:
    make_tree(editor.folder, {"requirements.txt": "a\n"})
    editor.open("Dockerfile", STAGES)
    assert await target(editor, 7, "requirements") == ("requirements.txt", "requirements.txt")
    editor.write("requirements.txt", None)
    editor.save("Dockerfile")
    assert await target(editor, 7, "requirements") is None


async def test_text_as_it_is_typed(editor: Editor) -> None:
    editor.open("Dockerfile", STAGES)
    editor.change("Dockerfile", "FROM a AS b\nFROM c\nCOPY --from=b")
    assert await target(editor, 2, "=b") == ("0: b", "b")
    editor.change("Dockerfile", "FROM a\nENV X=1\nRUN echo ${X")
    assert await target(editor, 2, "${X") == ("1: X", "${X")


async def test_other_files_and_places_have_none(editor: Editor) -> None:
    editor.open("Dockerfile", STAGES)
    editor.open("a.py", "x = 1\n", language="python")
    for name, line in (("a.py", 0), ("not-there/Dockerfile", 0), ("Dockerfile", 99)):
        assert not await definition(editor, name, line, 1)


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_files(editor: Editor, text: str) -> None:
    editor.open("Dockerfile", text)
    for line in (0, 1, 2, 50):
        for character in (0, 6, 12, 9_999):
            await definition(editor, "Dockerfile", line, character)


@pytest.mark.asyncio(loop_scope="function")
async def test_a_plain_place_for_a_client_that_takes_no_links(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(definition_links=False))
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile", STAGES)
    found = await definition(editor, "Dockerfile", 3, 17)
    assert isinstance(found, types.Location)
    assert (found.uri, editor.slice("Dockerfile", found.range)) == (editor.uri("Dockerfile"), "VERSION")


@pytest.mark.asyncio(loop_scope="function")
async def test_none_where_another_server_gives_them(fresh: Client, tmp_path: Path) -> None:
    fresh.set_configuration({"features": "own"}, section="prebake")
    await begin(fresh, tmp_path, capabilities())
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile", STAGES)
    await editor.diagnostics("Dockerfile")
    assert not await definition(editor, "Dockerfile", 3, 17)
