"""Pushed diagnostics: for clients that do not pull, and only for them."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor, codes
from tests.lsp.projects import ARTICLE, CLEAN
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_client_is_pushed_to_or_pulls_but_never_both(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    found = await editor.diagnostics("Dockerfile", lambda shown: {"PB101", "PB201"} <= set(codes(shown)))
    pushed = [params for params in editor.client.every_publish if params.uri == editor.uri("Dockerfile")]
    assert found and bool(pushed) != editor.client.pulls


@pytest.mark.asyncio(loop_scope="function")
async def test_a_client_that_cannot_be_told_to_pull_again_is_pushed_to(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(pull=True, refresh=False))
    make_tree(tmp_path, ARTICLE)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" in codes(shown))
    editor.write(".dockerignore", ".git\n.venv\n")
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" not in codes(shown))


@pytest.mark.parametrize("client", ["push"], indirect=True)
async def test_every_push_has_the_version_it_was_computed_for(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    for number in range(5):
        editor.change("Dockerfile", editor.text("Dockerfile") + f"# {number}\n")
        await editor.diagnostics("Dockerfile")
    pushed = [params for params in editor.client.every_publish if params.uri == editor.uri("Dockerfile")]
    versions = [params.version for params in pushed]
    assert versions[-1] == 6 and versions == sorted(versions, key=lambda version: version or 0)


async def test_what_a_diagnostic_holds(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    found = await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    finding = next(diagnostic for diagnostic in found if diagnostic.code == "PB201")
    assert editor.slice("Dockerfile", finding.range) == "COPY . /app"
    assert finding.severity == types.DiagnosticSeverity.Warning
    assert finding.source == "prebake"
    assert finding.code_description is not None and finding.code_description.href.endswith("PB201.md")
    assert finding.data["rule"] == "copy-before-install" and len(finding.data["fingerprint"]) == 16
    assert finding.related_information is not None
    [install] = [place.location for place in finding.related_information if "Dockerfile" in place.location.uri]
    assert install.uri == editor.uri("Dockerfile")
    assert editor.slice("Dockerfile", install.range).startswith("RUN pip install")


async def test_sizes_are_told_as_soon_as_they_are_known(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    await editor.diagnostics(
        "Dockerfile", lambda shown: any(item.code == "PB101" and "MB" in item.message for item in shown)
    )


async def test_unsaved_files_of_the_project_count(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB301" in codes(shown))
    editor.open("serve.py", "print('no model any more')\n", language="python")
    await editor.diagnostics("Dockerfile", lambda shown: "PB301" not in codes(shown))
    editor.close("serve.py")
    await editor.diagnostics("Dockerfile", lambda shown: "PB301" in codes(shown))


@pytest.mark.parametrize("client", ["push"], indirect=True)
async def test_closing_takes_the_diagnostics_away(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    uri = editor.uri("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    editor.close("Dockerfile")
    await editor.client.until(lambda: not editor.client.published[uri].diagnostics)
    assert editor.client.published[uri].version is None


@pytest.mark.parametrize("client", ["push"], indirect=True)
async def test_a_python_file_shows_the_findings_of_its_unopened_dockerfile(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("serve.py", language="python")
    uri = editor.uri("Dockerfile")
    await editor.client.until(
        lambda: uri in editor.client.published and "PB301" in codes(editor.client.published[uri].diagnostics)
    )
    assert editor.client.published[uri].version is None
    editor.close("serve.py")
    await editor.client.until(lambda: not editor.client.published[uri].diagnostics)


@pytest.mark.parametrize("client", ["push"], indirect=True)
async def test_what_is_opened_again_at_once_is_shown_again(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: any("MB" in item.message for item in shown))
    editor.close("Dockerfile")
    del editor.client.published[editor.uri("Dockerfile")]
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))


@pytest.mark.parametrize("client", ["push"], indirect=True)
async def test_what_has_not_changed_is_not_pushed_again(editor: Editor) -> None:
    make_tree(editor.folder, ARTICLE)
    editor.open("Dockerfile")
    await editor.diagnostics("Dockerfile", lambda shown: any("MB" in item.message for item in shown))
    before = len(editor.client.every_publish)
    editor.save("Dockerfile")
    editor.open("serve.py", language="python")
    await editor.diagnostics("serve.py")
    assert [params.uri for params in editor.client.every_publish[before:]] == [editor.uri("serve.py")]


async def test_a_good_dockerfile_shows_no_warning(editor: Editor) -> None:
    make_tree(editor.folder, {**ARTICLE, "Dockerfile": CLEAN, "serve.py": "print('hello')\n"})
    editor.open("Dockerfile")
    found = await editor.diagnostics("Dockerfile")
    assert not [
        item for item in found if item.severity in (types.DiagnosticSeverity.Error, types.DiagnosticSeverity.Warning)
    ]


@pytest.mark.asyncio(loop_scope="function")
async def test_no_related_information_for_a_client_without_it(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(related=False))
    make_tree(tmp_path, ARTICLE)
    editor = Editor(fresh, tmp_path)
    editor.open("Dockerfile")
    found = await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    assert not any(diagnostic.related_information for diagnostic in found)
