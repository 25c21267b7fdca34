"""Quick fixes, and everything safe at once."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor, codes, fixes
from tests.lsp.projects import ARTICLE, MIXED_UP, OLD_COMMAND
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIX_ALL = "source.fixAll.prebake"
REORDER = "Reorder stage: system packages, dependencies, weights, code"


def of(actions: list[types.CodeAction], code: str) -> list[types.CodeAction]:
    return [action for action in actions if [item.code for item in action.diagnostics or ()] == [code]]


async def test_each_quick_fix_carries_the_diagnostic_it_answers(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    actions = await editor.actions("Dockerfile", "quickfix")
    shown = await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    assert actions
    for action in actions:
        assert action.kind == types.CodeActionKind.QuickFix
        [diagnostic] = action.diagnostics or ()
        assert diagnostic.data["fingerprint"] in [item.data["fingerprint"] for item in shown]


async def test_the_first_fix_of_a_finding_is_the_preferred_one(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    actions = await editor.actions("Dockerfile", "quickfix")
    for code in ("PB101", "PB201", "PB301"):
        assert [bool(action.is_preferred) for action in of(actions, code)][:1] == [True]
        assert sum(bool(action.is_preferred) for action in of(actions, code)) == 1


async def test_edits_name_the_version_they_were_made_for(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    editor.change("Dockerfile", "# one\n" + editor.text("Dockerfile"))
    editor.change("Dockerfile", "# two\n" + editor.text("Dockerfile"))
    [action, *_] = of(await editor.actions("Dockerfile", "quickfix"), "PB201")
    assert action.edit is not None and action.edit.changes is None
    [edit] = action.edit.document_changes or ()
    assert isinstance(edit, types.TextDocumentEdit)
    assert edit.text_document == types.OptionalVersionedTextDocumentIdentifier(editor.uri("Dockerfile"), 3)


async def test_a_fix_can_create_a_file(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    [action, *_] = of(await editor.actions("Dockerfile", "quickfix"), "PB101")
    assert action.edit is not None
    create, fill = action.edit.document_changes or ()
    assert isinstance(create, types.CreateFile) and create.uri == editor.uri(".dockerignore")
    assert create.options is not None and not create.options.overwrite and not create.options.ignore_if_exists
    assert isinstance(fill, types.TextDocumentEdit)
    assert fill.text_document == types.OptionalVersionedTextDocumentIdentifier(editor.uri(".dockerignore"), None)
    await editor.apply(action)
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" not in codes(shown))
    assert ".venv" in editor.text(".dockerignore")


async def test_a_file_that_has_come_to_be_on_disk_is_not_created(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    assert of(await editor.actions("Dockerfile", "quickfix"), "PB101")
    (editor.folder / ".dockerignore").write_text(".venv\n.git\n")
    assert not [
        operation
        for action in await editor.actions("Dockerfile", "quickfix")
        for operation in (action.edit.document_changes if action.edit else None) or ()
        if isinstance(operation, types.CreateFile)
    ]


async def test_only_what_the_range_touches_is_offered(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    first = types.Range(types.Position(0, 0), types.Position(0, 3))
    assert not await editor.actions("Dockerfile", "quickfix", at=first)
    copy = types.Range(types.Position(3, 2), types.Position(3, 2))
    assert of(await editor.actions("Dockerfile", "quickfix", at=copy), "PB201")


async def test_only_the_kinds_asked_for_are_offered(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    assert not await editor.actions("Dockerfile", "refactor")
    assert not await editor.actions("Dockerfile", "source.organizeImports")
    assert {str(action.kind) for action in await editor.actions("Dockerfile", "source")} == {FIX_ALL}
    assert {str(action.kind) for action in await editor.actions("Dockerfile", "source.fixAll")} == {FIX_ALL}
    kinds = {getattr(action.kind, "value", action.kind) for action in await editor.actions("Dockerfile")}
    assert kinds == {"quickfix", FIX_ALL}


async def test_the_light_bulb_that_shows_by_itself_has_quick_fixes_only(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    params = types.CodeActionParams(
        types.TextDocumentIdentifier(editor.uri("Dockerfile")),
        types.Range(types.Position(3, 0), types.Position(3, 0)),
        types.CodeActionContext([], trigger_kind=types.CodeActionTriggerKind.Automatic),
    )
    found = await editor.client.text_document_code_action_async(params)
    assert {getattr(action, "kind", None) for action in found or ()} == {types.CodeActionKind.QuickFix}


async def test_fix_all_is_resolved_lazily_and_holds_safe_fixes_only(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    [action] = await editor.actions("Dockerfile", FIX_ALL)
    assert action.edit is None and action.data is not None
    await editor.apply(action)
    found = await editor.diagnostics("Dockerfile", lambda shown: "PB201" not in codes(shown))
    assert {"PB101", "PB301"} <= set(codes(found))
    assert not (editor.folder / ".dockerignore").exists()
    assert not await editor.actions("Dockerfile", FIX_ALL)


async def test_fix_all_of_another_document_leaves_this_one_alone(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    editor.open("serve.py", language="python")
    assert not await editor.actions("serve.py", FIX_ALL)


async def test_documents_that_are_not_open_can_be_fixed(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    [action, *_] = of(await editor.actions("Dockerfile", "quickfix"), "PB201")
    assert action.edit is not None
    [edit] = action.edit.document_changes or ()
    assert isinstance(edit, types.TextDocumentEdit) and edit.text_document.version is None


@pytest.mark.asyncio(loop_scope="function")
async def test_plain_edits_and_no_new_files_without_versioned_edits(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(versioned_edits=False, creates=False, resolves=False))
    make_tree(tmp_path, ARTICLE)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    actions = fixes(await editor.actions("Dockerfile", "quickfix"))
    assert not of(actions, "PB101")
    [action, *_] = of(actions, "PB201")
    assert action.edit is not None and action.edit.document_changes is None
    assert list(action.edit.changes or ()) == [editor.uri("Dockerfile")]
    await editor.apply(action)
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" not in codes(shown))


@pytest.mark.asyncio(loop_scope="function")
async def test_a_client_that_names_its_file_operations_takes_versioned_edits(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(versioned_edits=False, resolves=False))
    make_tree(tmp_path, ARTICLE)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    [action, *_] = of(await editor.actions("Dockerfile", "quickfix"), "PB101")
    assert action.edit is not None
    assert isinstance((action.edit.document_changes or ())[0], types.CreateFile)


@pytest.mark.asyncio(loop_scope="function")
async def test_client_that_cannot_create_files_is_not_offered_it(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(creates=False))
    make_tree(tmp_path, ARTICLE)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    actions = fixes(await editor.actions("Dockerfile", "quickfix"))
    assert of(actions, "PB201") and not of(actions, "PB101")


@pytest.mark.parametrize("versioned", [True, False])
@pytest.mark.asyncio(loop_scope="function")
async def test_client_that_does_not_speak_of_files_makes_one_by_editing_it(
    fresh: Client, tmp_path: Path, versioned: bool
) -> None:
    await begin(fresh, tmp_path, capabilities(creates=None, versioned_edits=versioned))
    make_tree(tmp_path, ARTICLE)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    [action, *_] = of(await editor.actions("Dockerfile", "quickfix"), "PB101")
    assert action.edit is not None
    if versioned:
        [edit] = action.edit.document_changes or ()
        assert isinstance(edit, types.TextDocumentEdit)
        assert edit.text_document == types.OptionalVersionedTextDocumentIdentifier(editor.uri(".dockerignore"), None)
        edits = list(edit.edits)
    else:
        [(uri, edits)] = (action.edit.changes or {}).items()
        assert uri == editor.uri(".dockerignore")
    assert [edit.range for edit in edits] == [types.Range(types.Position(0, 0), types.Position(0, 0))]


@pytest.mark.asyncio(loop_scope="function")
async def test_without_resolving_fix_all_comes_whole_when_asked_for(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(resolves=False))
    make_tree(tmp_path, {"Dockerfile": OLD_COMMAND})
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    [action] = await editor.actions("Dockerfile", FIX_ALL)
    assert action.edit is not None and action.command is None
    await editor.apply(action)
    assert "RUN hf download gpt2 --local-dir /models" in editor.text("Dockerfile")


@pytest.mark.asyncio(loop_scope="function")
async def test_without_resolving_what_is_dear_is_done_by_a_command(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(resolves=False))
    make_tree(tmp_path, {"Dockerfile": OLD_COMMAND})
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    [action] = [action for action in await editor.actions("Dockerfile") if action.kind == FIX_ALL]
    assert action.edit is None and action.command is not None
    command = action.command
    await fresh.workspace_execute_command_async(
        types.ExecuteCommandParams(command.command, arguments=command.arguments)
    )
    editor.apply_edit(fresh.sent_edits[-1].edit)
    assert "RUN hf download gpt2 --local-dir /models" in editor.text("Dockerfile")


@pytest.mark.asyncio(loop_scope="function")
async def test_without_resolving_and_commands_it_is_offered_to_who_asks(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(resolves=False, applies=False))
    make_tree(tmp_path, {"Dockerfile": OLD_COMMAND})
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    assert not [action for action in await editor.actions("Dockerfile") if action.kind == FIX_ALL]
    [action] = await editor.actions("Dockerfile", FIX_ALL)
    assert action.edit is not None


async def test_a_stage_is_reordered_from_any_of_its_lines(editor: Editor) -> None:
    make_tree(editor.folder, MIXED_UP)
    editor.open("Dockerfile")
    for line in (3, 5, 7):
        at = types.Range(types.Position(line, 0), types.Position(line, 0))
        [action] = await editor.actions("Dockerfile", "refactor", at=at)
        assert action.title == REORDER
        assert action.kind == types.CodeActionKind.RefactorRewrite
        assert action.edit is None and not action.diagnostics
    await editor.apply(action)
    assert editor.text("Dockerfile") == (
        "FROM debian:12 AS tools\nRUN apt-get update && apt-get install -y make\n\nFROM debian:12\n"
        'RUN apt-get update && apt-get install -y ffmpeg\n# The code.\nCOPY src /srv/src\nCMD ["/srv/src/start.sh"]\n'
    )
    assert not await editor.actions("Dockerfile", "refactor.rewrite", at=at)


async def test_a_stage_that_is_in_order_is_not_offered_to_be_reordered(editor: Editor) -> None:
    make_tree(editor.folder, MIXED_UP)
    editor.open("Dockerfile")
    first = types.Range(types.Position(1, 0), types.Position(1, 0))
    assert not await editor.actions("Dockerfile", "refactor", at=first)
    editor.open("src/start.sh", language="shellscript")
    assert not await editor.actions("src/start.sh", "refactor")


@pytest.mark.asyncio(loop_scope="function")
async def test_without_resolving_a_reordering_comes_whole_when_asked_for(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(resolves=False))
    make_tree(tmp_path, MIXED_UP)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    at = types.Range(types.Position(5, 0), types.Position(5, 0))
    [action] = await editor.actions("Dockerfile", "refactor.rewrite", at=at)
    assert action.edit is not None
