"""What can be folded away."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOCKERFILE = """\
# syntax=docker/dockerfile:1
# One
# two 🐳
ARG A=1
FROM a AS build
RUN b && \\
    # first
    # second
    c
# alone
RUN --mount=type=cache,target=/x \\
    cat <<X <<Y
x
X
y
Y

# Three
# four
FROM b
COPY <<Z /z
z
Z
CMD ["z"]
"""


async def folds(editor: Editor, name: str) -> list[tuple[int, int, str | None]]:
    params = types.FoldingRangeParams(types.TextDocumentIdentifier(editor.uri(name)))
    found = await editor.client.text_document_folding_range_async(params)
    assert all(item.start_character is None and item.end_character is None for item in found or ())
    return [(item.start_line, item.end_line, item.kind) for item in found or ()]


async def test_stages_instructions_documents_and_comments(editor: Editor) -> None:
    editor.open("Dockerfile", DOCKERFILE)
    comment = types.FoldingRangeKind.Comment
    assert await folds(editor, "Dockerfile") == [
        (1, 2, comment),
        (4, 15, None),  # the stage
        (5, 8, None),
        (6, 7, comment),
        (10, 15, None),
        (11, 13, None),  # X
        (13, 15, None),  # Y
        (17, 18, comment),
        (19, 23, None),
        (20, 22, None),
    ]


async def test_sections_of_an_ignore_file(editor: Editor) -> None:
    editor.open(".dockerignore", "a\n# B\n# more\nb\n\nc\n# D\nd\n# E\n", language="ignore")
    assert await folds(editor, ".dockerignore") == [(1, 5, None), (6, 7, None)]


async def test_unsaved_and_half_typed_text(editor: Editor) -> None:
    editor.open("Dockerfile", "FROM a\n")
    assert await folds(editor, "Dockerfile") == []
    editor.change("Dockerfile", "FROM a\nRUN b \\\n  c \\")
    assert await folds(editor, "Dockerfile") == [(0, 2, None), (1, 2, None)]
    editor.change("Dockerfile", "FROM a\nRUN <<X\nnever closed\n")
    assert all(0 <= first < last <= 3 for first, last, _ in await folds(editor, "Dockerfile"))


async def test_other_files_have_none(editor: Editor) -> None:
    editor.open("serve.py", "def f():\n    return 1\n", language="python")
    for name in ("serve.py", "not-there/Dockerfile"):
        assert await folds(editor, name) == []


HOSTILE = [
    "",
    "\ufeff# a\r\n# b\r\nFROM a \\\r\n b\r\n",
    "FROM a\r# b\r# c\rRUN d",
    "RUN <<A\n" * 99,
    "\0\n# \x1c\n#\n",
]


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_files(editor: Editor, text: str) -> None:
    editor.open("Dockerfile", text)
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n")
    assert all(first < last <= lines for first, last, _ in await folds(editor, "Dockerfile"))


@pytest.mark.asyncio(loop_scope="function")
async def test_the_longest_for_a_client_that_takes_so_many(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(most_folds=3))
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile", DOCKERFILE)
    assert [item[:2] for item in await folds(editor, "Dockerfile")] == [(4, 15), (10, 15), (19, 23)]
