"""The outline: stages with their instructions, sections of an ignore file with their patterns."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor
from tests.lsp.projects import ARTICLE
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")

GROUPED = "secrets.txt\n# Python 🐍\n*.pyc\n  !é🐳.pyc\n\n# Data\n# large\r\ndata\n"


async def symbols(editor: Editor, name: str) -> list[types.DocumentSymbol | types.SymbolInformation]:
    params = types.DocumentSymbolParams(types.TextDocumentIdentifier(editor.uri(name)))
    return list(await editor.client.text_document_document_symbol_async(params) or ())


async def test_sections_hold_their_patterns(editor: Editor) -> None:
    editor.open(".dockerignore", GROUPED, language="ignore")
    found = await symbols(editor, ".dockerignore")
    tree = {item.name: item for item in found if isinstance(item, types.DocumentSymbol)}
    assert list(tree) == ["secrets.txt", "Python 🐍", "Data"] and len(tree) == len(found)
    assert [child.name for child in tree["Python 🐍"].children or ()] == ["*.pyc", "!é🐳.pyc"]
    assert [child.name for child in tree["Data"].children or ()] == ["data"]
    assert editor.slice(".dockerignore", tree["Python 🐍"].range) == "# Python 🐍\n*.pyc\n  !é🐳.pyc"
    assert editor.slice(".dockerignore", tree["Python 🐍"].selection_range) == "# Python 🐍"
    [_, exception] = tree["Python 🐍"].children or ()
    assert editor.slice(".dockerignore", exception.selection_range) == "!é🐳.pyc"


@pytest.mark.asyncio(loop_scope="function")
async def test_a_list_for_a_client_that_knows_no_tree(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(nested_symbols=False))
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile.dockerignore", GROUPED, language="dockerfile")
    found = await symbols(editor, "Dockerfile.dockerignore")
    pairs = [(item.name, item.container_name) for item in found if isinstance(item, types.SymbolInformation)]
    assert pairs == [
        ("secrets.txt", None),
        ("Python 🐍", None),
        ("*.pyc", "Python 🐍"),
        ("!é🐳.pyc", "Python 🐍"),
        ("Data", None),
        ("data", "Data"),
    ]


STAGES = """\
# syntax=docker/dockerfile:1
ARG VERSION=3.12

FROM python:${VERSION} AS build
ENV é🐍=1 \\
    B="two words"
# why
RUN pip install \\
    # not yet
    torch
COPY <<A <<B /srv/
one
A
two
B
FROM build
CMD ["python", "🐍.py"]
"""


async def test_stages_hold_their_instructions(editor: Editor) -> None:
    editor.open("Dockerfile", STAGES)
    found = await symbols(editor, "Dockerfile")
    tree = {item.name: item for item in found if isinstance(item, types.DocumentSymbol)}
    assert list(tree) == ["ARG VERSION=3.12", "FROM python:${VERSION} AS build", "FROM build"]
    build, last = tree["FROM python:${VERSION} AS build"], tree["FROM build"]
    assert (build.detail, last.detail) == ("stage 0", "stage 1, the last")
    inner = list(build.children or ())
    assert [child.name for child in inner] == [
        'ENV é🐍=1 B="two words"',
        "RUN pip install torch",
        "COPY <<A <<B /srv/",
    ]
    assert [child.name for child in inner[0].children or ()] == ["é🐍=1", 'B="two words"']
    assert editor.slice("Dockerfile", (inner[0].children or ())[1].range) == 'B="two words"'
    assert editor.slice("Dockerfile", inner[2].range) == "COPY <<A <<B /srv/\none\nA\ntwo\nB"
    assert editor.slice("Dockerfile", build.range).endswith("\ntwo\nB")
    assert editor.slice("Dockerfile", build.selection_range) == "FROM python:${VERSION} AS build"
    [command] = last.children or ()
    assert editor.slice("Dockerfile", command.range) == 'CMD ["python", "🐍.py"]'


async def test_half_typed_and_unsaved_text_has_an_outline(editor: Editor) -> None:
    editor.open("Dockerfile", "FROM a\nRUN b\n")
    editor.change("Dockerfile", "FROM\nRU\nCOPY\nENV A\nFROM a AS\nRUN b \\")
    found = await symbols(editor, "Dockerfile")
    assert [item.name for item in found] == ["FROM", "FROM a AS"]
    [first, second] = [item for item in found if isinstance(item, types.DocumentSymbol)]
    assert [child.name for child in first.children or ()] == ["RU", "COPY", "ENV A"]
    assert [child.name for child in second.children or ()] == ["RUN b"]


async def test_what_the_client_calls_a_dockerfile_is_one(editor: Editor) -> None:
    editor.open("image", "FROM a\n", language="dockerfile")
    assert [item.name for item in await symbols(editor, "image")] == ["FROM a"]
    item = types.TextDocumentItem("untitled:Untitled-1", "dockerfile", 1, "FROM b\n")
    editor.client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    identifier = types.TextDocumentIdentifier(item.uri)
    params = types.DocumentSymbolParams(identifier)
    found = await editor.client.text_document_document_symbol_async(params)
    assert [symbol.name for symbol in found or ()] == ["FROM b"]
    editor.client.text_document_did_close(types.DidCloseTextDocumentParams(identifier))
    assert not await editor.client.text_document_document_symbol_async(params)


@pytest.mark.asyncio(loop_scope="function")
async def test_a_list_of_stages_for_a_client_that_knows_no_tree(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(nested_symbols=False))
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile", "ARG A\nFROM a AS b\nENV X=1 Y=2\n")
    pairs = [
        (item.name, item.container_name)
        for item in await symbols(editor, "Dockerfile")
        if isinstance(item, types.SymbolInformation)
    ]
    assert pairs == [
        ("ARG A", None),
        ("FROM a AS b", None),
        ("ENV X=1 Y=2", "FROM a AS b"),
        ("X=1", "ENV X=1 Y=2"),
        ("Y=2", "ENV X=1 Y=2"),
    ]


async def test_other_files_have_none(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("serve.py", language="python")
    for name in ("Dockerfile", "serve.py", ".gitignore", "not-there/.dockerignore"):
        assert await symbols(editor, name) == []


HOSTILE = [
    "",
    "\ufeffFROM a\r\nRUN b\r\n",
    "\0\n\x1c\n",
    "FROM \\\n" * 99,
    "RUN <<A\n" * 9,
    "ENV " + "=" * 5_000,
    "\\",
]


def contains(outer: types.Range, inner: types.Range) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


@pytest.mark.parametrize("text", HOSTILE)
async def test_hostile_dockerfiles(editor: Editor, text: str) -> None:
    editor.open("Dockerfile", text)
    todo = [item for item in await symbols(editor, "Dockerfile") if isinstance(item, types.DocumentSymbol)]
    while todo:
        item = todo.pop()
        assert item.name.strip() and contains(item.range, item.selection_range)
        assert all(contains(item.range, child.range) for child in item.children or ())
        todo += item.children or ()


@pytest.mark.parametrize("text", ["", "\ufeff# a\nb", "\0\n\x1c\n#\x1f\n\x85", "[\n!\n!/\n\\", "#" * 300 + "\na" * 300])
async def test_hostile_files(editor: Editor, text: str) -> None:
    editor.open(".containerignore", text, language="gitignore")
    for item in await symbols(editor, ".containerignore"):
        assert item.name.strip()
