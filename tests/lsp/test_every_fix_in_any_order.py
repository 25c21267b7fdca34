"""The article's project, repaired by quick fixes alone: whatever the order, the result is the same."""

import itertools
from collections.abc import Sequence

import pytest
from lsprotocol import types

from tests.lsp.editor import Editor, codes
from tests.lsp.projects import ARTICLE
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")

CODES = ("PB101", "PB201", "PB301")


def warnings(diagnostics: Sequence[types.Diagnostic]) -> list[types.Diagnostic]:
    bad = (types.DiagnosticSeverity.Error, types.DiagnosticSeverity.Warning)
    return [item for item in diagnostics if item.severity in bad and str(item.code)[:3] in {"PB1", "PB2", "PB3"}]


def steps(dockerfile: str) -> list[str]:
    """The kinds of instructions that matter, in order."""
    found = []
    for line in dockerfile.splitlines():
        if line.startswith("COPY"):
            found.append("manifest" if "requirements.txt" in line else "code")
        elif "pip install" in line:
            found.append("install")
        elif line.startswith("RUN"):
            found.append("model")
        elif line.startswith("CMD"):
            found.append("start")
    return found


async def preferred(editor: Editor, code: str) -> types.CodeAction | None:
    for action in await editor.actions("Dockerfile", "quickfix"):
        if action.is_preferred and [item.code for item in action.diagnostics or ()] == [code]:
            return action
    return None


@pytest.mark.parametrize("order", list(itertools.permutations(CODES)), ids="-".join)
async def test_quick_fixes_in_this_order(editor: Editor, order: tuple[str, ...]) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    found = await editor.diagnostics("Dockerfile", lambda shown: set(CODES) <= set(codes(shown)))
    assert set(CODES) <= set(codes(warnings(found)))
    for code in order:
        action = await preferred(editor, code)
        if action is None:  # an earlier fix has done this one's work
            assert code not in codes(warnings(await editor.diagnostics("Dockerfile")))
            continue
        await editor.apply(action)
        await editor.diagnostics("Dockerfile", lambda shown, code=code: code not in codes(warnings(shown)))

    assert steps(editor.text("Dockerfile")) == ["manifest", "install", "model", "code", "start"]
    assert editor.text("Dockerfile").startswith("# Serves the model.\nFROM python:3.12-slim\n")
    ignored = editor.text(".dockerignore")
    assert ".venv" in ignored and ".git" in ignored
    assert not warnings(await editor.diagnostics("Dockerfile"))
    assert not warnings(await editor.diagnostics(".dockerignore"))

    after = (editor.text("Dockerfile"), ignored)
    for action in await editor.actions("Dockerfile", "source.fixAll.prebake"):
        await editor.apply(action)
    assert [await preferred(editor, code) for code in CODES] == [None, None, None]
    assert (editor.text("Dockerfile"), editor.text(".dockerignore")) == after

    editor.save(".dockerignore")
    editor.save("Dockerfile")
    assert not warnings(await editor.diagnostics("Dockerfile"))
