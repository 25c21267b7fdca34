"""What is sent with an ignore file, on top of it."""

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
    return list(await editor.client.text_document_code_lens_async(params) or ())


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
    editor.open("Dockerfile")
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
