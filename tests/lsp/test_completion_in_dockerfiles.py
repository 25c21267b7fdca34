"""What may be written into a Dockerfile next: paths that are sent, with their sizes, and the words of the language."""

from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor
from tests.lsp.test_text_document_completion import CARET, accept, complete, complete_until
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "docker/Dockerfile"
PROJECT: dict[str, Any] = {
    NAME: "FROM python:3.12-slim\nCOPY src /app\nCOPY requirements.txt ./\nCOPY docker/run.sh /\n",
    ".dockerignore": "data\n*.log\n",
    "docker/run.sh": "#!/bin/sh\n",
    "requirements.txt": "torch\n",
    "src/serve.py": {"size": 30_000},
    "src/model/weights.bin": {"size": 5_000_000},
    "data/train.csv": {"size": 4_000_000},
    "debug.log": "x",
    ".é🐳": "x",
    ".env": "A=1\n",
    "with blank.txt": "x",
    "we$ird.txt": "x",
    "[a].txt": "x",
}
BASE = "FROM python:3.12-slim AS base\nENV APP=/app\nARG MODE=fast\nCOPY src /app\nCOPY requirements.txt ./\n"


async def offered(editor: Editor, line: str, base: str = BASE) -> list[types.CompletionItem]:
    """What is offered at the caret in a line below others, once the context is measured, in the editor's order."""
    found = await complete_until(editor, base + line, NAME, lambda found: not found.is_incomplete)
    return sorted(found.items, key=lambda item: item.sort_text or item.label)


def labels(items: list[types.CompletionItem]) -> list[str]:
    return [item.label for item in items]


async def test_sources_are_what_the_context_sends_with_their_sizes(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    items = await offered(editor, f"COPY {CARET} /app\n")
    shown = [label for label in labels(items) if not label.startswith((".git", ".é"))]
    assert shown == ["docker/", "src/", "requirements.txt", ".dockerignore", ".env", "."]
    sizes = {item.label: item.detail for item in items}
    assert sizes["src/"] == "5.0 MB in 2 files" and sizes["requirements.txt"] == "6 B"
    assert sizes["."] is not None and sizes["."].startswith("the whole build context: 5.")
    assert items[0].kind == types.CompletionItemKind.Folder and items[2].kind == types.CompletionItemKind.File
    assert items[1].label_details is not None and items[1].label_details.description == "5.0 MB"


async def test_paths_go_on_from_the_context_root_folder_by_folder(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    for typed in ("src/", "./src/", "/src/", "$DIR/"):
        items = await offered(editor, f"COPY {typed}{CARET} /app\n", BASE + "ENV DIR=src\n")
        assert labels(items) == ["model/", "serve.py"], typed
        assert accept(editor, items[0], NAME).endswith(f"COPY {typed}model/ /app\n")
    [item] = [item for item in await offered(editor, f"COPY .é🐳 re{CARET}quire /app\n") if item.label[0] == "r"]
    assert accept(editor, item, NAME, replace=True).endswith("COPY .é🐳 requirements.txt /app\n")


@pytest.mark.parametrize(
    "line", ["COPY src ‸\n", "COPY ../‸ /\n", "COPY s*/‸ /\n", "COPY $NO/‸ /\n", "COPY --from=base ‸ /\n", "ADD a /‸"]
)
async def test_where_nothing_of_the_context_is_meant_no_path_is_offered(editor: Editor, line: str) -> None:
    make_tree(editor.folder, PROJECT)
    assert not await offered(editor, line)


async def test_in_json_names_with_blanks_too(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    for line in (f'COPY ["{CARET}', f'COPY ["{CARET}", "/app"]\n'):
        items = await offered(editor, line)
        assert "with blank.txt" in labels(items) and "[a].txt" not in labels(items)
    [item] = [item for item in await offered(editor, f'COPY ["w{CARET}x", "/app"]\n') if item.label[0] == "w"]
    assert accept(editor, item, NAME, replace=True).endswith('COPY ["with blank.txt", "/app"]\n')


async def test_sources_of_bind_mounts(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    items = await offered(editor, f"RUN --mount=type=bind,source={CARET},target=/r true\n")
    assert labels(items)[:3] == ["docker/", "src/", "requirements.txt"] and "." not in labels(items)


async def test_sources_in_continuation_lines_and_half_typed_instructions(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    for line in (f"COPY a \\\n  {CARET} \\\n  /app\n", f"COPY src/{CARET}", f"ONBUILD COPY {CARET} /\nRUN x\n"):
        assert await offered(editor, line)


async def test_a_path_says_what_it_holds_when_it_is_looked_at(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    items = await offered(editor, f"COPY {CARET} /app\n")
    [folder] = [item for item in items if item.label == "src/"]
    assert folder.documentation is None
    resolved = await editor.client.completion_item_resolve_async(folder)
    assert isinstance(resolved.documentation, types.MarkupContent)
    assert "weights.bin" in resolved.documentation.value or "model/" in resolved.documentation.value
    [word] = [item for item in await offered(editor, f"COPY --li{CARET}") if item.label == "--link"]
    assert (await editor.client.completion_item_resolve_async(word)).documentation is None


@pytest.mark.parametrize(
    "data",
    [
        None,
        1,
        {},
        {"dockerfile": "/none", "context": "/none", "source": "x"},
        {"dockerfile": 1, "context": 2, "source": 3},
    ],
)
async def test_data_that_is_not_ours_is_passed_over(editor: Editor, data: Any) -> None:
    item = types.CompletionItem("x", data=data)
    assert (await editor.client.completion_item_resolve_async(item)).documentation is None


async def test_words_of_the_language(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    keywords = await offered(editor, f"co{CARET}")
    assert "copy" in labels(keywords) and all(item.kind == types.CompletionItemKind.Keyword for item in keywords)
    [copy] = [item for item in keywords if item.label == "copy"]
    assert accept(editor, copy, NAME).endswith("\ncopy")
    assert "--from=" in labels(await offered(editor, f"COPY --{CARET}"))
    assert "type=cache" in labels(await offered(editor, f"RUN --mount={CARET}"))
    assert labels(await offered(editor, f"FROM debian\nCOPY --from={CARET} a b\n")) == ["base"]


async def test_variables_with_their_values(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    items = await offered(editor, f"WORKDIR ${CARET}\n")
    assert [(item.label, item.detail) for item in items] == [("APP", "/app"), ("MODE", "fast")]
    for line, after in (
        (f"WORKDIR ${CARET}\n", "WORKDIR $APP\n"),
        (f"WORKDIR ${{{CARET}\n", "WORKDIR ${APP}\n"),
        (f"WORKDIR ${{A{CARET}}}/x\n", "WORKDIR ${APP}/x\n"),
        (f"ENV B=é🐳$A{CARET}\n", "ENV B=é🐳$APP\n"),
    ):
        assert accept(editor, (await offered(editor, line))[0], NAME).endswith(after)


@pytest.mark.parametrize("line", ["# CO‸", "RUN <<EOF\nCO‸\nEOF\n", "RUN x \\\n  # $‸\n  y\n", "RUN pip ‸"])
async def test_nothing_in_comments_here_documents_and_commands(editor: Editor, line: str) -> None:
    make_tree(editor.folder, PROJECT)
    assert not await offered(editor, line)


async def test_names_are_offered_before_the_context_is_measured(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    found = await complete(editor, f"{BASE}COPY {CARET} /app\n", NAME)
    assert {"src/", "requirements.txt"} <= {item.label for item in found.items}
    assert "data/" not in {item.label for item in found.items}


async def test_a_folder_that_is_a_named_context(editor: Editor) -> None:
    compose = "services:\n  a:\n    build:\n      context: .\n      dockerfile: docker/Dockerfile\n"
    files = {**PROJECT, "compose.yaml": f"{compose}      additional_contexts:\n        extra: ./src\n"}
    make_tree(editor.folder, files)
    assert "extra" in labels(await offered(editor, f"FROM a\nCOPY --from={CARET} x y\n"))
    items = await offered(editor, f"COPY --from=extra {CARET} /\n")
    assert labels(items) == ["model/", "serve.py"] and items[0].data is None


@pytest.mark.asyncio(loop_scope="function")
async def test_what_another_server_offers_too_can_be_left_to_it(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(configuration=False), {"features": "own"})
    make_tree(tmp_path, PROJECT)
    editor = Editor(fresh, tmp_path)
    for line in (f"CO{CARET}", f"COPY --{CARET}", f"RUN --mount={CARET}", f"WORKDIR ${CARET}", f"FROM {CARET}"):
        assert not await offered(editor, line)
    assert "src/" in labels(await offered(editor, f"COPY {CARET} /app\n"))
    assert "src/" in labels(await offered(editor, f"RUN --mount=type=bind,source={CARET}"))


@pytest.mark.asyncio(loop_scope="function")
async def test_a_plain_client(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(label_details=False, insert_replace=False, encodings=["utf-8"]))
    make_tree(tmp_path, PROJECT)
    editor = Editor(fresh, tmp_path)
    items = await offered(editor, f"COPY .é🐳 sr{CARET}x /app\n")
    [item] = [item for item in items if item.label == "src/"]
    assert item.label_details is None and isinstance(item.text_edit, types.TextEdit)
    assert accept(editor, item, NAME).endswith("COPY .é🐳 src/x /app\n")


@pytest.mark.asyncio(loop_scope="function")
async def test_a_dockerfile_that_is_not_saved_yet(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities())
    text = "FROM a AS base\nENV APP=/app\nWORKDIR $"
    document = types.TextDocumentItem("untitled:Untitled-1", "dockerfile", 1, text)
    fresh.text_document_did_open(types.DidOpenTextDocumentParams(document))
    place = types.Position(2, len("WORKDIR $"))
    found = await fresh.text_document_completion_async(
        types.CompletionParams(types.TextDocumentIdentifier(document.uri), place)
    )
    assert isinstance(found, types.CompletionList) and [item.label for item in found.items] == ["APP"]
