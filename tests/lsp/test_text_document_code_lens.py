"""What is sent to build a stage, over its FROM; what is sent with an ignore file, on top of it."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import SECONDS, Client, Editor
from tests.lsp.projects import ARTICLE
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")

SMALL: dict[str, Any] = {
    "Dockerfile": "FROM a\nCOPY . /app\n",
    "app/serve.py": {"size": 1_000},
    "data/train.csv": {"size": 3_000_000},
    "weights.bin": {"size": 5_000_000},
}


async def lenses(editor: Editor, name: str = ".dockerignore") -> list[types.CodeLens]:
    params = types.CodeLensParams(types.TextDocumentIdentifier(editor.uri(name)))
    found = list(await editor.client.text_document_code_lens_async(params) or ())
    return [lens if lens.command else await editor.client.code_lens_resolve_async(lens) for lens in found]


async def titles(editor: Editor, name: str = ".dockerignore") -> list[str]:
    return [lens.command.title for lens in await lenses(editor, name) if lens.command is not None]


async def measured(
    editor: Editor, name: str = ".dockerignore", wanted: Callable[[str], bool] = lambda title: "measuring" not in title
) -> list[str]:
    """The titles once they are what is wanted; asked for again when the server says so, as an editor does."""
    while True:
        before = editor.client.lens_refreshes
        found = await titles(editor, name)
        if all(map(wanted, found)):
            return found
        await editor.client.until(lambda before=before: editor.client.lens_refreshes > before)


async def test_what_is_sent_of_what_and_by_which_dockerfiles(editor: Editor) -> None:
    make_tree(editor.folder, {**SMALL, ".dockerignore": ".git*\ndata\n", "Dockerfile.gpu": "FROM b\nCOPY app /app\n"})
    editor.open(".dockerignore", language="ignore")
    assert await measured(editor) == ["sends 5.0 MB in 5 files of 8.0 MB; Dockerfile, Dockerfile.gpu"]
    [lens] = await lenses(editor)
    assert lens.range.start == lens.range.end == types.Position(0, 0)
    assert lens.command is not None and lens.command.command == "" and not lens.command.arguments


async def test_where_only_named_paths_are_copied_no_more_is_claimed_to_be_sent(editor: Editor) -> None:
    make_tree(editor.folder, {**SMALL, "Dockerfile": "FROM b\nCOPY app /app\n", ".dockerignore": ".git*\ndata\n"})
    editor.open(".dockerignore", language="ignore")
    assert await measured(editor) == [
        "lets in 5.0 MB in 4 files of 8.0 MB, of which only what is named is sent; Dockerfile"
    ]


async def test_it_follows_the_text_while_it_is_typed_and_needs_no_dockerfile_open(editor: Editor) -> None:
    make_tree(editor.folder, {**SMALL, ".dockerignore": ".git*\ndata\n"})
    editor.open(".dockerignore", language="gitignore")
    await measured(editor, wanted=lambda title: "5.0 MB in 4 files of 8.0 MB" in title)
    editor.change(".dockerignore", ".git*\ndata\n*.bin\n")
    await measured(editor, wanted=lambda title: title.startswith("sends 1.0 kB in 3 files of 8.0 MB"))
    editor.change(".dockerignore", "# nothing\n")
    await measured(editor, wanted=lambda title: title.startswith("sends all 8.0 MB in "))
    editor.change(".dockerignore", "*\n")
    await measured(editor, wanted=lambda title: title.startswith("sends 0 B in 0 files of 8.0 MB"))


async def test_it_follows_in_a_large_context_too(editor: Editor) -> None:
    make_tree(editor.folder, {**SMALL, ".dockerignore": ".git*\n", **{f"data/{n}.txt": "x" for n in range(2_500)}})
    editor.open(".dockerignore", language="ignore")
    await measured(editor, wanted=lambda title: "8.0 MB in 2,505 files" in title)
    for number in range(20):
        editor.type(".dockerignore", (1 + number, 0), f"{number}\n")
        [title] = await titles(editor)
        assert title.startswith("sends 8.0 MB in ")  # no flicker: the last answer stands until there is a new one
    editor.type(".dockerignore", (0, 0), "data\n")
    await measured(editor, wanted=lambda title: "5.0 MB in 4 files of 8.0 MB" in title)


async def test_a_pattern_that_stops_the_build_is_said(editor: Editor) -> None:
    make_tree(editor.folder, {**SMALL, ".dockerignore": "data\n\n[a-\n"})
    editor.open(".dockerignore", language="ignore")
    assert await titles(editor) == ["stops the build at line 3; Dockerfile"]


async def test_files_that_come_and_go_are_counted(editor: Editor) -> None:
    make_tree(editor.folder, {**SMALL, ".dockerignore": ".git*\ndata\n"})
    await editor.client.until(lambda: len(editor.client.registrations) == 2)
    editor.open(".dockerignore", language="ignore")
    await measured(editor, wanted=lambda title: "in 4 files" in title)
    editor.write("app/more.py", "x = 1\n")
    await measured(editor, wanted=lambda title: "in 5 files" in title)


async def test_the_ignore_file_beside_a_dockerfile_is_that_ones_alone(editor: Editor) -> None:
    make_tree(
        editor.folder,
        {
            **SMALL,
            ".dockerignore": "",
            "docker/gpu.Dockerfile": "FROM b\nCOPY app /app\n",
            "docker/gpu.Dockerfile.dockerignore": "*\n",
        },
    )
    editor.open("docker/gpu.Dockerfile.dockerignore", language="dockerfile")
    [title] = await measured(editor, "docker/gpu.Dockerfile.dockerignore")
    assert title.startswith("lets in 0 B in 0 files of 8.0 MB") and title.endswith("; gpu.Dockerfile")


async def test_one_for_each_context(editor: Editor) -> None:
    compose = "services:\n" + "".join(
        f"  {name}:\n    build: {{context: {name}, dockerfile: ../Dockerfile}}\n" for name in ("a", "b")
    )
    make_tree(
        editor.folder,
        {
            "Dockerfile": "FROM x\nCOPY . /app\n",
            "Dockerfile.dockerignore": "*.log\n",
            "compose.yaml": compose,
            "a/a.py": {"size": 2_000},
            "b/b.log": {"size": 3_000},
        },
    )
    editor.open("Dockerfile.dockerignore", language="ignore")
    found = await measured(editor, "Dockerfile.dockerignore")
    assert sorted(found) == [
        "a: sends all 2.0 kB in 1 file; Dockerfile",
        "b: sends 0 B in 0 files of 3.0 kB; Dockerfile",
    ]


async def test_other_files_have_none(editor: Editor) -> None:
    make_tree(editor.folder, {**ARTICLE, "elsewhere/.dockerignore": "a\n"})
    editor.open("serve.py", language="python")
    for name in ("Dockerfile", "serve.py", ".gitignore", "elsewhere/.dockerignore", "not-there/.dockerignore"):
        assert await lenses(editor, name) == []


@pytest.mark.asyncio(loop_scope="function")
async def test_a_client_that_cannot_be_told_is_not_told(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(lens_refresh=False))
    make_tree(tmp_path, {**SMALL, ".dockerignore": ".git*\ndata\n"})
    editor = Editor(fresh, tmp_path)
    editor.open(".dockerignore", language="ignore")
    async with asyncio.timeout(SECONDS):
        while "sends 5.0 MB" not in (await titles(editor))[0]:
            await asyncio.sleep(0)
    assert fresh.lens_refreshes == 0


async def test_what_is_sent_now_and_with_the_fixes(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    [title] = await measured(editor, "Dockerfile")
    assert title.startswith("sends 10 MB in ") and title.endswith(" of the build context, 8.0 MB with the fixes")
    [lens] = await lenses(editor, "Dockerfile")
    assert editor.slice("Dockerfile", lens.range) == "FROM python:3.12-slim"
    assert lens.command is not None and lens.command.command == ""
    editor.open(".dockerignore", ".git*\n.venv\ndata\nmodels\n", language="ignore")
    await measured(editor, "Dockerfile", lambda title: " B in " in title and "MB" not in title)


async def test_several_fixes_count_together(editor: Editor) -> None:
    make_tree(editor.folder, {**ARTICLE, ".dockerignore": "data\n*.log\n", "run/big.log": {"size": 4_000_000}})
    editor.open("Dockerfile")
    found = await measured(editor, "Dockerfile", lambda title: "with the fixes" in title)
    assert found[0].startswith("sends 11 MB in ") and found[0].endswith(", 5.0 MB with the fixes")


async def test_of_a_few_named_paths_no_more_is_sent(editor: Editor) -> None:
    make_tree(editor.folder, SMALL)
    editor.open("Dockerfile", "FROM a AS b\nCOPY app /app\n\nFROM c\nCOPY --from=b /app /app\nCOPY data/*.csv /d/\n")
    assert await measured(editor, "Dockerfile") == ["sends 3.0 MB in 2 files of the build context"]
    [lens] = await lenses(editor, "Dockerfile")
    assert lens.range.start.line == 3


async def test_the_title_stands_while_something_is_typed(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    [before] = await measured(editor, "Dockerfile")
    editor.change("Dockerfile", editor.text("Dockerfile").replace("CMD", "RUN something\nCM"))
    assert await titles(editor, "Dockerfile") == [before]
    editor.change("Dockerfile", "")
    assert await titles(editor, "Dockerfile") == []


async def test_each_target_and_context_has_its_own(editor: Editor) -> None:
    compose = """\
services:
  a: {build: {context: a, dockerfile: ../Dockerfile, target: one}}
  b: {build: {context: b, dockerfile: ../Dockerfile}}
"""
    files = {"a/x": {"size": 2_000}, "b/x": {"size": 3_000}, "compose.yaml": compose}
    make_tree(editor.folder, {**files, "Dockerfile": "FROM x AS one\nCOPY . /a\nFROM y\nCOPY . /b\n"})
    editor.open("Dockerfile")
    await measured(editor, "Dockerfile")
    found = [(lens.range.start.line, lens.command.title) for lens in await lenses(editor, "Dockerfile") if lens.command]
    assert found == [
        (0, "a: sends 2.0 kB in 1 file of the build context"),
        (2, "b: sends 3.0 kB in 1 file of the build context"),
    ]


@pytest.mark.parametrize(
    "text", ["FROM a\nRUN b\n", "COPY . /\n", "\0", "FROM", "FROM a\nADD https://x.org/y /\n", "FROM a\nCOPY"]
)
async def test_where_nothing_is_sent_there_is_none(editor: Editor, text: str) -> None:
    make_tree(editor.folder, SMALL)
    editor.open("Dockerfile", text)
    assert await titles(editor, "Dockerfile") == []


async def test_an_ignore_file_that_stops_the_build_is_said(editor: Editor) -> None:
    make_tree(editor.folder, {**SMALL, ".dockerignore": "data\n[a-\n"})
    editor.open("Dockerfile")
    assert await measured(editor, "Dockerfile") == [".dockerignore stops the build at line 2"]


async def test_a_lens_of_another_time_stays_without_a_title(editor: Editor) -> None:
    make_tree(editor.folder, SMALL)
    editor.open("Dockerfile")
    top = types.Range(types.Position(0, 0), types.Position(0, 0))
    for data in (None, 1, {"path": 1}, {"path": "/gone/Dockerfile", "number": 0}, {"path": "x", "number": -1}):
        lens = await editor.client.code_lens_resolve_async(types.CodeLens(top, data=data))
        assert lens.command is None
