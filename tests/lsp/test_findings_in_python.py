"""Findings about Python code: shown as hints at the calls, while the file is open."""

import pytest
from lsprotocol import types

from tests.lsp.editor import Diagnostics, Editor, codes
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")

DOCKERFILE = """\
FROM python:3.12-slim
COPY requirements.txt ./
RUN pip install -r requirements.txt
COPY src src
CMD ["python", "src/serve.py"]
"""
PROJECT = {
    "Dockerfile": DOCKERFILE,
    "requirements.txt": "transformers==4.57.1\n",
    "src/serve.py": "from models import load\n\nload()\n",
    "src/models.py": """\
from transformers import AutoModel, AutoTokenizer

NAME = "org/name"


def load():
    \"é🐳\"; AutoTokenizer.from_pretrained(NAME)
    return AutoModel.from_pretrained(NAME)
""",
    "src/train.py": 'from transformers import AutoModel\n\nAutoModel.from_pretrained("org/name")\n',
}
MODELS = "src/models.py"


def with_project(editor: Editor) -> Editor:
    make_tree(editor.folder, PROJECT, git=True)
    return editor


def weights(shown: Diagnostics) -> types.Diagnostic:
    return max((item for item in shown if item.code == "PB301"), key=lambda item: item.range.start.line)


async def test_each_call_is_marked_with_a_link_to_the_dockerfile(editor: Editor) -> None:
    with_project(editor)
    editor.open(MODELS, language="python")
    shown = await editor.diagnostics(MODELS, lambda shown: bool(shown))
    assert codes(shown) == ["PB301", "PB301"]
    assert {item.severity for item in shown} == {types.DiagnosticSeverity.Hint}
    places = [editor.slice(MODELS, item.range) for item in shown]
    assert sorted(places) == ["AutoModel.from_pretrained(NAME)", "AutoTokenizer.from_pretrained(NAME)"]
    for item in shown:
        assert "org/name" in item.message
        [cause] = [found for found in item.related_information or () if found.location.uri == editor.uri("Dockerfile")]
        assert cause.location.range.start.line == 4


async def test_code_that_no_container_runs_is_left_alone(editor: Editor) -> None:
    with_project(editor)
    editor.open("src/train.py", language="python")
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB301" in codes(shown))
    assert not await editor.diagnostics("src/train.py", lambda shown: not shown)


async def test_code_that_is_not_open_is_not_marked(editor: Editor) -> None:
    with_project(editor)
    uri, client = editor.uri(MODELS), editor.client
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB301" in codes(shown))
    assert uri not in client.published and uri not in await related(editor)
    editor.open(MODELS, language="python")
    await editor.diagnostics(MODELS, lambda shown: len(shown) == 2)
    editor.close(MODELS)
    if client.pulls:
        assert not (await related(editor)).get(uri)
    else:
        await client.until(lambda: not client.published[uri].diagnostics)


async def related(editor: Editor) -> dict[str, list[str]]:
    """What comes along when the Dockerfile is pulled."""
    if not editor.client.pulls:
        return {}
    asked = types.DocumentDiagnosticParams(types.TextDocumentIdentifier(editor.uri("Dockerfile")))
    report = await editor.client.text_document_diagnostic_async(asked)
    others = getattr(report, "related_documents", None) or {}
    return {uri: codes(other.items) for uri, other in others.items()}


async def test_either_file_keeps_the_other_up_to_date(editor: Editor) -> None:
    with_project(editor)
    editor.open("Dockerfile")
    editor.open(MODELS, language="python")
    await editor.diagnostics(MODELS, lambda shown: len(shown) == 2)
    before = editor.text(MODELS)

    editor.change(MODELS, before.replace("org/name", "org/other"))
    await editor.diagnostics("Dockerfile", lambda shown: any("org/other" in item.message for item in shown))
    editor.change(MODELS, before.replace("org/name", "/opt/model"))
    await editor.diagnostics("Dockerfile", lambda shown: "PB301" not in codes(shown))
    assert not await editor.diagnostics(MODELS, lambda shown: not shown)

    editor.change(MODELS, before)
    await editor.diagnostics(MODELS, lambda shown: len(shown) == 2)
    editor.change("Dockerfile", DOCKERFILE.replace("COPY src", "RUN hf download org/name\nCOPY src"))
    await editor.diagnostics(MODELS, lambda shown: not shown)
    editor.change("Dockerfile", DOCKERFILE.replace("src/serve.py", "src/train.py"))
    await editor.diagnostics(MODELS, lambda shown: not shown)


async def test_the_same_fixes_are_offered_at_the_call(editor: Editor) -> None:
    with_project(editor)
    editor.open("Dockerfile")
    editor.open(MODELS, language="python")
    there = weights(await editor.diagnostics(MODELS, lambda shown: len(shown) == 2))
    offered = await editor.actions(MODELS, "quickfix", at=there.range)
    [cause] = [
        item
        for item in await editor.diagnostics("Dockerfile", lambda shown: "PB301" in codes(shown))
        if item.code == "PB301"
    ]
    at_cause = await editor.actions("Dockerfile", "quickfix", at=cause.range)
    titles = [item.title for item in at_cause if any(it.code == "PB301" for it in item.diagnostics or ())]
    assert titles and [item.title for item in offered] == titles
    assert [item.range for item in offered[0].diagnostics or ()] == [there.range]
    await editor.apply(offered[0])
    assert "hf download org/name" in editor.text("Dockerfile")
    assert not await editor.diagnostics(MODELS, lambda shown: not shown)


async def test_hovering_over_the_call_explains(editor: Editor) -> None:
    with_project(editor)
    editor.open(MODELS, language="python")
    place = weights(await editor.diagnostics(MODELS, lambda shown: len(shown) == 2)).range
    found = await editor.client.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(editor.uri(MODELS)), place.start)
    )
    assert found is not None and "PB301" in str(found.contents) and found.range == place


async def test_a_comment_at_the_end_of_the_line_silences_one_call_and_the_last_of_them_all(editor: Editor) -> None:
    with_project(editor)
    editor.open("Dockerfile")
    editor.open(MODELS, language="python")
    await editor.diagnostics(MODELS, lambda shown: len(shown) == 2)
    one = editor.text(MODELS).replace(
        "return AutoModel.from_pretrained(NAME)",
        "return AutoModel.from_pretrained(NAME)  # prebake: ignore[PB301] small",
    )
    editor.change(MODELS, one)
    [left] = await editor.diagnostics(MODELS, lambda shown: len(shown) == 1)
    assert editor.slice(MODELS, left.range) == "AutoTokenizer.from_pretrained(NAME)"
    await editor.diagnostics("Dockerfile", lambda shown: "PB301" in codes(shown))
    editor.change(
        MODELS,
        one.replace("AutoTokenizer.from_pretrained(NAME)", "AutoTokenizer.from_pretrained(NAME)  # prebake: ignore"),
    )
    await editor.diagnostics("Dockerfile", lambda shown: "PB301" not in codes(shown))
    assert not await editor.diagnostics(MODELS, lambda shown: not shown)
