"""The edit of an action that was put off, made for the files as they are when it is asked for."""

from __future__ import annotations

import pytest
from lsprotocol import types

from tests.lsp.editor import Editor, codes
from tests.lsp.projects import ARTICLE, MIXED_UP
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIX_ALL = "source.fixAll.prebake"


async def test_fix_all_is_computed_from_the_text_as_it_is_when_resolved(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    [action] = await editor.actions("Dockerfile", FIX_ALL)
    editor.change("Dockerfile", "# typed meanwhile\n" + editor.text("Dockerfile"))
    await editor.apply(action)
    assert editor.text("Dockerfile").startswith("# typed meanwhile\n")
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" not in codes(shown))


async def test_fix_all_that_has_nothing_left_to_do_is_refused(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    [action] = await editor.actions("Dockerfile", FIX_ALL)
    editor.change("Dockerfile", "FROM python:3.12-slim\n")
    with pytest.raises(Exception, match="nothing is left to fix") as caught:
        await editor.client.code_action_resolve_async(action)
    assert getattr(caught.value, "code", None) == -32801


async def test_reordering_is_computed_from_the_text_as_it_is_when_resolved(editor: Editor) -> None:
    make_tree(editor.folder, MIXED_UP)
    editor.open("Dockerfile")
    last = types.Range(types.Position(5, 0), types.Position(5, 0))
    [action] = await editor.actions("Dockerfile", "refactor.rewrite", at=last)
    text = editor.text("Dockerfile")
    editor.change("Dockerfile", "# typed\n# meanwhile\n# by\n# the user\n\n" + text)
    resolved = await editor.client.code_action_resolve_async(action)
    assert resolved.edit is not None
    editor.change("Dockerfile", "FROM debian:12\nCOPY src /srv/src\n")
    with pytest.raises(Exception, match="nothing is left to reorder") as caught:
        await editor.client.code_action_resolve_async(action)
    assert getattr(caught.value, "code", None) == -32801


async def test_another_stage_than_the_one_that_was_meant_is_not_reordered(editor: Editor) -> None:
    make_tree(editor.folder, MIXED_UP)
    editor.open("Dockerfile")
    last = types.Range(types.Position(5, 0), types.Position(5, 0))
    [action] = await editor.actions("Dockerfile", "refactor.rewrite", at=last)
    first, _, second = editor.text("Dockerfile").partition("\n\n")
    editor.change("Dockerfile", f"{first}\n\n{second.replace('FROM debian:12', 'FROM alpine')}")
    with pytest.raises(Exception, match="nothing is left to reorder"):
        await editor.client.code_action_resolve_async(action)


@pytest.mark.parametrize(
    "data", [None, 5, [], {"do": "fixAll"}, {"do": 1, "path": "/x"}, {"do": "reorder", "path": "/x", "stage": "1"}]
)
async def test_data_that_is_not_ours_is_given_back_as_it_came(editor: Editor, data: object) -> None:
    action = types.CodeAction("Fix it", data=data)  # type: ignore[arg-type]
    assert await editor.client.code_action_resolve_async(action) == action


async def test_an_unknown_deed_is_refused(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    path = str(editor.folder / "Dockerfile")
    with pytest.raises(Exception, match="has changed since"):
        await editor.client.code_action_resolve_async(types.CodeAction("Fix it", data={"do": "dance", "path": path}))
