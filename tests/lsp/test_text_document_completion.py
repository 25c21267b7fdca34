"""What may be written into an ignore file next."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import CODECS, Client, Editor
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")

CARET = "‸"
PROJECT: dict[str, Any] = {
    "Dockerfile": "FROM python:3.12-slim\nCOPY . /app\nRUN pip install -r /app/requirements.txt\n",
    "requirements.txt": "torch\n",
    "serve.py": {"size": 30_000},
    "data/train/a.csv": {"size": 4_000_000},
    "data/train/b.csv": {"size": 1_000_000},
    "data/test.csv": {"size": 2_000_000},
    "weights.bin": {"size": 5_000_000},
    "notes/draft.md": {"size": 10_000},
    "notes/empty": None,
}


async def complete(editor: Editor, text: str, name: str = ".dockerignore") -> types.CompletionList:
    """What is offered at the caret in a text."""
    before, _, after = text.partition(CARET)
    if editor.uri(name) in editor.buffers:
        editor.change(name, before + after)
    else:
        editor.open(name, before + after, language="ignore")
    codec, size = CODECS[editor.client.encoding]
    place = types.Position(before.count("\n"), len(before.rpartition("\n")[2].encode(codec)) // size)
    params = types.CompletionParams(types.TextDocumentIdentifier(editor.uri(name)), place)
    found = await editor.client.text_document_completion_async(params)
    assert isinstance(found, types.CompletionList)
    return found


async def measured(editor: Editor, text: str, name: str = ".dockerignore") -> list[types.CompletionItem]:
    """The same once the context is measured, sorted as an editor does."""
    found = await complete_until(editor, text, name, lambda found: not found.is_incomplete)
    return sorted(found.items, key=lambda item: item.sort_text or item.label)


async def complete_until(
    editor: Editor, text: str, name: str, wanted: Callable[[types.CompletionList], bool]
) -> types.CompletionList:
    """Ask again whenever the server says that more is known."""
    while True:
        before = editor.client.lens_refreshes
        found = await complete(editor, text, name)
        if wanted(found):
            return found
        await editor.client.until(lambda before=before: editor.client.lens_refreshes > before)


def paths(items: list[types.CompletionItem]) -> list[str]:
    kinds = (types.CompletionItemKind.File, types.CompletionItemKind.Folder)
    return [item.label for item in items if item.kind in kinds]


def accept(editor: Editor, item: types.CompletionItem, name: str = ".dockerignore", *, replace: bool = False) -> str:
    """The text after an item was chosen."""
    edit = item.text_edit
    if isinstance(edit, types.InsertReplaceEdit):
        edit = types.TextEdit(edit.replace if replace else edit.insert, edit.new_text)
    assert isinstance(edit, types.TextEdit) and item.insert_text_format in (None, types.InsertTextFormat.PlainText)
    editor._edit(editor.uri(name), [edit])
    return editor.text(name)


async def test_paths_that_are_sent_largest_first_with_their_sizes(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    items = await measured(editor, f".git*\n{CARET}")
    assert paths(items)[:4] == ["data/", "weights.bin", "serve.py", "notes/"]
    sizes = {item.label: item.detail for item in items}
    assert sizes["data/"] == "7.0 MB in 3 files" and sizes["weights.bin"] == "5.0 MB"
    [data] = [item for item in items if item.label == "data/"]
    assert data.kind == types.CompletionItemKind.Folder
    assert data.label_details is not None and data.label_details.description == "7.0 MB"


async def test_what_is_left_out_already_is_not_offered(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    items = await measured(editor, f".git*\ndata\n{CARET}\n*.bin\n")
    assert "data/" not in paths(items) and "weights.bin" not in paths(items) and "serve.py" in paths(items)
    # The line that is being written does not count: it leaves `data` out as soon as that is typed.
    assert "data/" in paths(await measured(editor, f".git*\ndata{CARET}\n"))


async def test_a_path_is_completed_part_by_part(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    [first, *_] = await measured(editor, f"a\nda{CARET}\n")
    assert accept(editor, first) == "a\ndata/\n"
    items = await measured(editor, f"a\ndata/{CARET}\n")
    assert [(item.label, item.detail) for item in items] == [("train/", "5.0 MB in 2 files"), ("test.csv", "2.0 MB")]
    items = await measured(editor, f"a\n  /data/t{CARET}\n")
    assert accept(editor, items[0]) == "a\n  /data/train/\n"
    items = await measured(editor, f"a\n./data//train/{CARET}\n")
    assert accept(editor, items[0]) == "a\n./data//train/a.csv\n"


@pytest.mark.parametrize("text", ["../‸", "no-such/‸", "*/‸", "da*ta/‸", "serve.py/‸", "[/‸", "data/../../‸"])
async def test_where_no_one_folder_is_meant_no_path_is_offered(editor: Editor, text: str) -> None:
    make_tree(editor.folder, PROJECT)
    assert paths(await measured(editor, text)) == []


async def test_behind_an_exclamation_mark_what_is_left_out(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    assert paths(await measured(editor, f"data\n*.bin\n!{CARET}")) == ["data/", "weights.bin"]
    # An exception has no effect on what is said below it.
    items = await measured(editor, f"data\n! {CARET}\n*.bin\n")
    assert [item.label for item in items] == ["data/"]
    assert accept(editor, items[0]) == "data\n! data/\n*.bin\n"
    assert paths(await measured(editor, f"data\n!data/{CARET}")) == ["train/", "test.csv"]


async def test_entries_that_the_projects_tools_call_for(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    items = await measured(editor, f".git*\n{CARET}")
    caches = next(item for item in items if item.label == "**/__pycache__")
    assert caches.detail and "Python" in caches.detail
    labels = [item.label for item in items]
    assert labels.count("Dockerfile") == 1
    assert labels.index("weights.bin") < labels.index("**/__pycache__") < labels.index("serve.py")
    assert not any("node_modules" in label for label in labels)
    [item] = [item for item in await measured(editor, f"**/__p{CARET}") if item.label == "**/__pycache__"]
    assert accept(editor, item) == "**/__pycache__"
    covered = await measured(editor, f"**/__pycache__/\n**/*.pyc\n{CARET}")
    assert "**/__pycache__" not in [item.label for item in covered]
    assert "**/__pycache__" in [item.label for item in await measured(editor, f"__pycache__\n{CARET}")]
    assert "**/__pycache__" not in [item.label for item in await measured(editor, f"a\n!{CARET}")]


async def test_special_characters_are_written_so_that_docker_takes_them_literally(editor: Editor) -> None:
    names = ["é🐳.bin", "a[1].bin", "#x.bin", "!y.bin", "with blank.bin"]
    make_tree(editor.folder, {"Dockerfile": "FROM a\nCOPY . /\n", **{name: {"size": 2_000_000} for name in names}})
    (editor.folder / " blank-at-start").write_text("x")
    (editor.folder / "line\nfeed").write_text("x")
    items = {item.label: item for item in await measured(editor, f"é🐳\n{CARET}")}
    assert set(names) <= set(items) and not {" blank-at-start", "line\nfeed"} & set(items)
    for name in names:
        await measured(editor, f"é🐳\n{CARET}")
        text = accept(editor, items[name])
        left = paths(await measured(editor, f"{text}\n{CARET}"))
        assert name not in left and set(names) - {name} <= set(left)
    [whale] = [item for item in await measured(editor, f"/é🐳{CARET}\n") if item.label == "é🐳.bin"]
    assert accept(editor, whale) == "/é🐳.bin\n"


async def test_the_rest_of_the_line_is_kept_or_replaced_as_the_user_wants(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    for replace, text in ((False, "a\ndata/-old\n"), (True, "a\ndata/\n")):
        [item, *_] = await measured(editor, f"a\nda{CARET}-old\n")
        assert accept(editor, item, replace=replace) == text


@pytest.mark.parametrize("text", ["# a‸", "#‸", "#data/‸"])
async def test_comments_are_the_authors_own(editor: Editor, text: str) -> None:
    make_tree(editor.folder, PROJECT)
    assert not (await complete(editor, text)).items


@pytest.mark.parametrize(
    "text", ["‸\0\n", "[‸", "\\‸", "!!‸", "! !‸", "\x1c‸", "/‸/", "a\\‸/", "\ufeff‸", "**‸", "a" * 70_000 + "‸"]
)
async def test_hostile_lines_are_survived(editor: Editor, text: str) -> None:
    make_tree(editor.folder, PROJECT)
    for item in await measured(editor, text):
        assert item.label.strip()


async def test_other_files_get_nothing(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    assert not (await complete(editor, f"COPY {CARET}", "notes/draft.md")).items
    assert not (await complete(editor, CARET, ".gitignore")).items


async def test_an_ignore_file_that_no_dockerfile_uses_completes_the_folder_it_is_for(editor: Editor) -> None:
    make_tree(editor.folder, {"sub/a.bin": {"size": 100}})
    (editor.folder / "sub" / ".dockerignore").write_text("")
    found = await measured(editor, CARET, "sub/.dockerignore")
    assert "a.bin" in [item.label for item in found]
    assert not (await complete(editor, CARET, "sub/x.dockerignore")).items


async def test_names_are_offered_before_the_context_is_measured(editor: Editor) -> None:
    make_tree(editor.folder, PROJECT)
    found = await complete(editor, f"data\n{CARET}")
    assert found.is_incomplete and {"serve.py", "notes/"} <= {item.label for item in found.items}
    assert "data/" not in [item.label for item in found.items]


@pytest.mark.asyncio(loop_scope="function")
async def test_a_plain_client(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(label_details=False, insert_replace=False))
    make_tree(tmp_path, PROJECT)
    editor = Editor(fresh, tmp_path)
    [item, *_] = await measured(editor, f"da{CARET}ta/x\n")
    assert item.label_details is None and isinstance(item.text_edit, types.TextEdit)
    assert accept(editor, item) == "data/ta/x\n"


async def test_a_folder_of_very_many_files_is_offered_in_part(editor: Editor) -> None:
    make_tree(editor.folder, {"Dockerfile": "FROM a\nCOPY . /\n", **{f"many/{n:04}.txt": "x" for n in range(400)}})
    found = await complete_until(
        editor, f"many/{CARET}", ".dockerignore", lambda found: any(item.detail for item in found.items)
    )
    assert found.is_incomplete and len(found.items) == 300
    found = await complete(editor, f"many/039{CARET}")
    assert [item.label for item in found.items] == [f"039{n}.txt" for n in range(10)]
