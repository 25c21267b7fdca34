"""What can be done about a finding besides fixing it: its rule fixed everywhere, silenced, explained, or why not."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor, codes
from tests.lsp.projects import ARTICLE
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")

TWO_CACHES = """\
FROM python:3.12-slim
RUN pip install flask
RUN pip install torch
CMD ["python"]
"""


def titled(actions: list[types.CodeAction], *parts: str) -> list[types.CodeAction]:
    return [action for action in actions if all(part in action.title for part in parts)]


def at(line: int) -> types.Range:
    return types.Range(types.Position(line, 1), types.Position(line, 1))


async def test_all_findings_of_a_rule_are_fixed_at_once(editor: Editor) -> None:
    make_tree(editor.folder, {"Dockerfile": TWO_CACHES})
    editor.open("Dockerfile")
    [action] = titled(await editor.actions("Dockerfile", "quickfix", at=at(1)), "Fix all")
    assert action.title == "Fix all PB206 (package-cache-kept) in this file"
    assert action.edit is None and not action.is_preferred
    assert [(item.code, item.range.start.line) for item in action.diagnostics or ()] == [("PB206", 1), ("PB206", 2)]
    await editor.apply(action)
    assert editor.text("Dockerfile").count("--no-cache-dir") == 2
    assert not titled(await editor.actions("Dockerfile", "quickfix"), "PB206")


async def test_a_rule_with_one_finding_has_no_action_for_all(editor: Editor) -> None:
    make_tree(editor.folder, {"Dockerfile": TWO_CACHES.replace("install flask", "install --no-cache-dir flask")})
    editor.open("Dockerfile")
    actions = await editor.actions("Dockerfile", "quickfix", at=at(2))
    assert titled(actions, "PB206") and not titled(actions, "Fix all")


async def test_ignoring_here_silences_the_finding_and_joins_the_comment_there(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    text = editor.text("Dockerfile")
    [action] = titled(await editor.actions("Dockerfile", "quickfix", at=at(3)), "Ignore PB201")
    assert action.title == "Ignore PB201 (copy-before-install) here"
    assert [item.code for item in action.diagnostics or ()] == ["PB201"] and not action.is_preferred
    await editor.apply(action)
    assert editor.text("Dockerfile") == text.replace("COPY", "# prebake: ignore[PB201]\nCOPY")
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" in codes(shown) and "PB201" not in codes(shown))
    [action] = titled(await editor.actions("Dockerfile", "quickfix", at=at(4)), "Ignore PB101")
    await editor.apply(action)
    assert editor.text("Dockerfile") == text.replace("COPY", "# prebake: ignore[PB201, PB101]\nCOPY")
    await editor.diagnostics("Dockerfile", lambda shown: not {"PB101", "PB201"} & set(codes(shown)))


async def test_ignoring_at_a_call_in_python(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    editor.open("serve.py", language="python")
    [place] = [item.range for item in await editor.diagnostics("serve.py", lambda shown: "PB301" in codes(shown))]
    [action] = titled(await editor.actions("serve.py", "quickfix", at=place), "Ignore PB301")
    await editor.apply(action)
    line = editor.text("serve.py").splitlines()[2]
    assert line.startswith("model = ") and line.endswith(")  # prebake: ignore[PB301]")
    await editor.diagnostics("serve.py", lambda shown: not shown)
    await editor.diagnostics("Dockerfile", lambda shown: "PB301" not in codes(shown))


async def test_ignoring_in_an_ignore_file(editor: Editor) -> None:
    make_tree(editor.folder, {"Dockerfile": "FROM a\nCOPY . /\n", ".dockerignore": "# all\ndata\n\ndata\n.git\n"})
    editor.open(".dockerignore", language="ignore")
    found = await editor.diagnostics(".dockerignore", lambda shown: "PB109" in codes(shown))
    [shown] = [item for item in found if item.code == "PB109"]
    [action] = titled(await editor.actions(".dockerignore", "quickfix", at=shown.range), "Ignore PB109", "here")
    await editor.apply(action)
    text = editor.text(".dockerignore").splitlines()
    assert text[shown.range.start.line] == "# prebake: ignore[PB109]"
    await editor.diagnostics(".dockerignore", lambda shown: "PB109" not in codes(shown))


async def test_what_an_ignore_file_lacks_is_ignored_in_all_of_it(editor: Editor) -> None:
    files = {**ARTICLE, ".dockerignore": "# prebake: ignore-file[PB109] why\nmodels\n"}
    make_tree(editor.folder, files)
    editor.open(".dockerignore", language="ignore")
    await editor.diagnostics(".dockerignore", lambda shown: "PB102" in codes(shown))
    [action] = titled(await editor.actions(".dockerignore", "quickfix"), "Ignore PB102")
    assert action.title.endswith("in this file")
    await editor.apply(action)
    assert editor.text(".dockerignore") == "# prebake: ignore-file[PB109, PB102] why\nmodels\n"
    await editor.diagnostics(".dockerignore", lambda shown: "PB102" not in codes(shown))


async def test_each_rule_is_explained_once(editor: Editor) -> None:
    make_tree(editor.folder, {"Dockerfile": TWO_CACHES})
    editor.open("Dockerfile")
    [action] = titled(await editor.actions("Dockerfile", "quickfix"), "Explain PB206")
    assert action.title == "Explain PB206 (package-cache-kept)"
    assert action.command is not None and action.command.command == "prebake.explain"
    assert list(action.command.arguments or ()) == ["PB206"]
    assert len(action.diagnostics or ()) == 2 and action.edit is None


NO_FIX = {
    "Dockerfile": "FROM a\nCOPY . /app\nRUN chmod +x /app/entry.sh\nRUN pip install -r /app/requirements.txt\n",
    "requirements.txt": "torch\n",
    "entry.sh": "",
}


async def test_why_there_is_no_fix(editor: Editor) -> None:
    make_tree(editor.folder, NO_FIX)
    editor.open("Dockerfile")
    [action] = titled(await editor.actions("Dockerfile", "quickfix"), "Fix PB201")
    assert action.disabled is not None and "chmod +x" in action.disabled.reason
    assert action.edit is None and action.command is None and not action.is_preferred


@pytest.mark.asyncio(loop_scope="function")
async def test_a_client_that_shows_no_reasons_gets_no_action_that_does_nothing(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(disabled=False))
    make_tree(tmp_path, NO_FIX)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    actions = await editor.actions("Dockerfile", "quickfix")
    assert actions and not [action for action in actions if action.disabled or action.title.startswith("Fix")]


@pytest.mark.asyncio(loop_scope="function")
async def test_a_client_that_cannot_create_files_is_told_why_nothing_is_created(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(creates=False))
    make_tree(tmp_path, ARTICLE)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    [action, *_] = [
        action
        for action in await editor.actions("Dockerfile", "quickfix", at=at(3))
        if [item.code for item in action.diagnostics or ()] == ["PB101"]
    ]
    assert action.disabled is not None and "create" in action.disabled.reason


JUNK = {**ARTICLE, ".dockerignore": "models\n"}


def annotated(edit: types.WorkspaceEdit | None) -> list[types.AnnotatedTextEdit]:
    assert edit is not None
    return [
        part
        for operation in edit.document_changes or ()
        if isinstance(operation, types.TextDocumentEdit)
        for part in operation.edits
        if isinstance(part, types.AnnotatedTextEdit)
    ]


async def preferred(editor: Editor, name: str, code: str) -> types.CodeAction:
    return next(
        action
        for action in await editor.actions(name, "quickfix")
        if action.is_preferred and [item.code for item in action.diagnostics or ()] == [code]
    )


async def test_a_suggested_edit_of_another_file_asks_for_confirmation(editor: Editor) -> None:
    make_tree(editor.folder, JUNK)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB102" in codes(shown))
    action = await preferred(editor, "Dockerfile", "PB102")
    [part] = annotated(action.edit)
    assert action.edit is not None and action.edit.change_annotations is not None
    annotation = action.edit.change_annotations[part.annotation_id]
    assert annotation.needs_confirmation and ".dockerignore" in annotation.label
    assert annotation.description == action.title
    await editor.apply(action)
    await editor.diagnostics("Dockerfile", lambda shown: "PB102" not in codes(shown))


async def test_the_same_edit_where_it_is_asked_for_does_not(editor: Editor) -> None:
    make_tree(editor.folder, JUNK)
    editor.open(".dockerignore", language="ignore")
    await editor.diagnostics(".dockerignore", lambda shown: "PB102" in codes(shown))
    action = await preferred(editor, ".dockerignore", "PB102")
    assert not annotated(action.edit) and action.edit is not None and not action.edit.change_annotations


async def test_what_is_safe_or_creates_a_file_does_not_either(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    for code in ("PB101", "PB201"):
        action = await preferred(editor, "Dockerfile", code)
        assert not annotated(action.edit) and action.edit is not None and not action.edit.change_annotations


@pytest.mark.asyncio(loop_scope="function")
async def test_a_client_that_cannot_ask_gets_plain_edits(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(annotations=False))
    make_tree(tmp_path, JUNK)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB102" in codes(shown))
    action = await preferred(editor, "Dockerfile", "PB102")
    assert not annotated(action.edit)
    await editor.apply(action)
    await editor.diagnostics("Dockerfile", lambda shown: "PB102" not in codes(shown))


async def test_a_diagnostic_without_its_data_is_known_by_its_place(editor: Editor) -> None:
    make_tree(editor.folder, {"Dockerfile": TWO_CACHES})
    editor.open("Dockerfile")
    found = await editor.diagnostics("Dockerfile", lambda shown: "PB206" in codes(shown))
    named = next(item for item in found if item.code == "PB206")
    named.data = None
    elsewhere = types.Range(types.Position(3, 0), types.Position(3, 0))
    other = types.Diagnostic(named.range, "another tool's", code="PB206", source="other")
    for given, is_ours in ((named, True), (other, False)):
        params = types.CodeActionParams(
            types.TextDocumentIdentifier(editor.uri("Dockerfile")), elsewhere, types.CodeActionContext([given])
        )
        actions = await editor.client.text_document_code_action_async(params)
        assert any("PB206" in action.title for action in actions or ()) is is_ours
