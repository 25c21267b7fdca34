"""Hovering over the names of stages and variables."""

from pathlib import Path

import pytest

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor
from tests.lsp.hovering import hover, told
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAMES = """\
ARG VERSION=3.12
FROM python:$VERSION AS é🐳
ARG VERSION
ENV TOOL=uv-$VERSION
RUN echo "🐳 $TOOL ${VERSION:-3.9}"
FROM scratch
ARG OTHER
COPY --from=é🐳 /x /y
COPY --from=nginx /x /y
COPY --from=$OTHER /x /y
LABEL a=$VERSION b=${OTHER:-none} c=$PATH
CMD echo $OTHER
"""


async def test_names_say_what_they_stand_for_and_why(editor: Editor) -> None:
    make_tree(editor.folder, {"compose.yaml": 'services:\n  a:\n    build: {context: ., args: {VERSION: "3.11"}}\n'})
    editor.open("Dockerfile", NAMES)

    async def page(line: int, text: str) -> str:
        before = NAMES.split("\n")[line].partition(text)[0]
        units = len(before.encode()) if editor.client.encoding == "utf-8" else len(before.encode("utf-16-le")) // 2
        return await told(editor, "Dockerfile", line, units + 1)

    given = "`compose.yaml:3` (service a) gives this value; the default, line 1, is `3.12`."
    assert (await page(0, "VERSION")).endswith(given)
    assert "**`VERSION`** = `3.11`\n\n```dockerfile\nARG VERSION=3.12\n```" in await page(1, "$VERSION")
    assert await page(1, "python:") == "**Image** `python:3.11`"
    assert "ARG, line 3, takes over the one above the first FROM, line 1. " + given in await page(3, "$VERSION")
    assert (await page(4, "$TOOL")).startswith("**`TOOL`** = `uv-3.11`") and "ENV, line 4." in await page(4, "$TOOL")
    assert (await page(4, "${VERSION")).endswith("Here, `${VERSION:-3.9}` is `3.11`.")
    stage = await page(7, "é🐳")
    assert stage.startswith("**Stage `é🐳`**, line 2\n") and "Built on `python:3.11` in the end." in stage
    assert "Target of" not in stage
    assert "No stage above this one is called `nginx`" in await page(8, "nginx")
    assert "BuildKit replaces no variable here" in await page(9, "$OTHER")
    assert "`ARG VERSION` in this stage takes it over." in await page(10, "$VERSION")
    assert "--build-arg OTHER=..." in await page(10, "${OTHER") and "is `none`" in await page(10, "${OTHER")
    assert "Nothing here sets it" in await page(10, "$PATH")
    assert "the ARG in line 7 is there while the image is built" in await page(11, "$OTHER")
    found = await hover(editor, "Dockerfile", 3, 14)
    assert found is not None and found.range is not None
    assert editor.slice("Dockerfile", found.range) == "$VERSION"


async def test_a_stage_says_who_builds_it(editor: Editor) -> None:
    services = "  a: {build: {context: ., target: one}}\n  b: {build: {context: .}}\n"
    make_tree(editor.folder, {"compose.yaml": f"services:\n{services}"})
    editor.open("Dockerfile", "FROM a AS one\nFROM one AS two\nFROM two AS three\n")
    assert (await told(editor, "Dockerfile", 1, 7)).endswith("Target of `compose.yaml:2` (service a).")
    assert "Target of" not in await told(editor, "Dockerfile", 2, 7)
    assert (await told(editor, "Dockerfile", 2, 15)).endswith("Target of `compose.yaml:3` (service b).")


async def test_names_follow_what_is_typed(editor: Editor) -> None:
    editor.open("Dockerfile", "FROM a\nENV X=1\nRUN echo $X\n")
    assert "= `1`" in await told(editor, "Dockerfile", 2, 10)
    editor.change("Dockerfile", "FROM a\nENV X=22\nRUN echo ${X")
    assert "= `22`" in await told(editor, "Dockerfile", 2, 10)
    editor.change("Dockerfile", "FROM a\nENV X\nRUN echo ${X:-")
    await told(editor, "Dockerfile", 2, 10)


HOSTILE_NAMES = [
    "",
    "\ufeffFROM $a\r\nRUN $b\r\n",
    "\0$\0\n\x1c\n",
    "RUN <<A\n$" * 9,
    "FROM a AS a\nFROM a AS a\nCOPY --from=$a --from= x",
    "FROM a\nENV A=" + "${A:-" * 2_000,
    "FROM a\nRUN " + "`" * 5_000,
]


@pytest.mark.parametrize("text", HOSTILE_NAMES)
async def test_hostile_dockerfiles_are_answered(editor: Editor, text: str) -> None:
    editor.open("Dockerfile", text)
    for line in (0, 1, 2, 50):
        for character in (0, 6, 12, 9_999):
            await told(editor, "Dockerfile", line, character)


@pytest.mark.asyncio(loop_scope="function")
async def test_names_are_left_to_another_server(fresh: Client, tmp_path: Path) -> None:
    fresh.set_configuration({"features": "own"}, section="prebake")
    await begin(fresh, tmp_path, capabilities())
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile", NAMES)
    await editor.diagnostics("Dockerfile")
    assert await hover(editor, "Dockerfile", 3, 14) is None
    found = await hover(editor, "Dockerfile", 4, 14)
    assert found is not None and "Warm rebuild" in str(found.contents) and "TOOL" not in str(found.contents)
