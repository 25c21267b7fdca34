"""Settings, by each way a client may give them."""

from pathlib import Path

import pytest
from lsprotocol import types

from tests.lsp.capabilities import capabilities
from tests.lsp.conftest import begin
from tests.lsp.editor import Client, Editor, codes
from tests.lsp.projects import ARTICLE
from tests.rules.trees import make_tree

pytestmark = pytest.mark.asyncio


def project(client: Client, folder: Path) -> Editor:
    make_tree(folder, ARTICLE)
    editor = Editor(client, folder)
    editor.open("Dockerfile")
    return editor


async def test_settings_are_asked_for_before_anything_is_shown(fresh: Client, tmp_path: Path) -> None:
    fresh.set_configuration({"ignore": ["PB201"]}, section="prebake")
    await begin(fresh, tmp_path, capabilities())
    editor = project(fresh, tmp_path)
    await editor.diagnostics("Dockerfile", lambda shown: "PB101" in codes(shown))
    assert not any("PB201" in codes(params.diagnostics) for params in fresh.every_publish)
    asked = [(item.section, item.scope_uri) for item in fresh.configuration_requests[0].items]
    assert asked == [("prebake", tmp_path.as_uri()), ("prebake", None)]


async def test_changed_settings_are_asked_for_again(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities())
    editor = project(fresh, tmp_path)
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    assert types.WORKSPACE_DID_CHANGE_CONFIGURATION in [item.method for item in fresh.registrations]
    fresh.set_configuration({"severity": {"PB201": "error", "PB101": "off"}}, section="prebake")
    fresh.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    found = await editor.diagnostics("Dockerfile", lambda shown: "PB101" not in codes(shown))
    assert next(item for item in found if item.code == "PB201").severity == types.DiagnosticSeverity.Error


@pytest.mark.parametrize("settings", [{"ignore": ["PB201"]}, {"prebake": {"ignore": "PB201"}}])
async def test_a_client_that_cannot_be_asked_tells(fresh: Client, tmp_path: Path, settings: object) -> None:
    await begin(fresh, tmp_path, capabilities(configuration=False))
    editor = project(fresh, tmp_path)
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    fresh.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=settings))
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" not in codes(shown))
    fresh.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings={}))
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    assert not fresh.configuration_requests


async def test_initialization_options_are_settings(fresh: Client, tmp_path: Path) -> None:
    await begin(fresh, tmp_path, capabilities(configuration=False), options={"select": ["PB1"]})
    editor = project(fresh, tmp_path)
    found = await editor.diagnostics("Dockerfile", lambda shown: "PB101" in codes(shown))
    assert {code[:3] for code in codes(found)} == {"PB1"}


async def test_an_unknown_key_is_named_once_and_the_others_hold(fresh: Client, tmp_path: Path) -> None:
    given = {"ignroe": ["PB201"], "ignore": ["PB101"], "interpreter": "/usr/bin/python3", "trace": {"server": "off"}}
    fresh.set_configuration(given, section="prebake")
    await begin(fresh, tmp_path, capabilities())
    editor = project(fresh, tmp_path)
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown) and "PB101" not in codes(shown))
    fresh.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await fresh.until(lambda: len(fresh.configuration_requests) == 2)
    editor.change("Dockerfile", editor.text("Dockerfile") + "\n")
    await editor.diagnostics("Dockerfile")
    [message] = fresh.messages
    assert "'ignroe'" in message.message and message.type == types.MessageType.Warning


async def test_a_wrong_configuration_file_is_told_once_and_again_after_it_is_saved(
    fresh: Client, tmp_path: Path
) -> None:
    await begin(fresh, tmp_path, capabilities())
    editor = project(fresh, tmp_path)
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))
    editor.write("prebake.toml", "ignor = ['PB201']\n")
    await fresh.until(lambda: len(fresh.messages) == 1)
    assert "prebake.toml" in fresh.messages[0].message and "'ignor'" in fresh.messages[0].message
    for number in range(3):
        editor.change("Dockerfile", editor.text("Dockerfile") + f"# {number}\n")
        assert not await editor.actions("Dockerfile")
    assert len(fresh.messages) == 1
    editor.write("prebake.toml", "ignore = ['PB201']\n")
    await editor.diagnostics("Dockerfile", lambda shown: "PB201" not in codes(shown))


async def test_paths_in_the_settings_are_relative_to_the_workspace_folder(fresh: Client, tmp_path: Path) -> None:
    targets = {"docker/Dockerfile": {"context": "."}}
    fresh.set_configuration({"targets": targets}, section="prebake")
    await begin(fresh, tmp_path, capabilities())
    make_tree(tmp_path, {**ARTICLE, "docker/Dockerfile": "FROM python:3.12-slim\nCOPY . /app\n"})
    editor = Editor(fresh, tmp_path)
    editor.open("docker/Dockerfile")
    [create] = [
        action
        for action in await editor.actions("docker/Dockerfile", "quickfix")
        if action.edit and isinstance((action.edit.document_changes or [None])[0], types.CreateFile)
    ]
    assert create.edit is not None
    [operation, _] = create.edit.document_changes or ()
    assert isinstance(operation, types.CreateFile)
    assert operation.uri in (editor.uri(".dockerignore"), editor.uri("docker/Dockerfile.dockerignore"))


async def test_paths_told_once_are_relative_to_each_workspace_folder(fresh: Client, tmp_path: Path) -> None:
    targets = {"docker/Dockerfile": {"context": "app"}}
    for name in ("one", "two"):
        make_tree(tmp_path / name, {"docker/Dockerfile": "FROM a\nCOPY gone.py /\n", "app/there.py": "", "gone.py": ""})
    folders = [types.WorkspaceFolder((tmp_path / name).as_uri(), name) for name in ("one", "two")]
    able = capabilities(configuration=False)
    options = {"targets": targets}
    await fresh.initialize_session(
        types.InitializeParams(able, workspace_folders=folders, initialization_options=options)
    )
    for name in ("one", "two"):
        editor = Editor(fresh, tmp_path / name)
        editor.open("docker/Dockerfile")
        await editor.diagnostics("docker/Dockerfile", lambda shown: "PB106" in codes(shown))


async def test_each_workspace_folder_has_settings_of_its_own(fresh: Client, tmp_path: Path) -> None:
    names = ("one", "two", "two/inside", "outside")
    for name in names:
        make_tree(tmp_path / name, ARTICLE)
    uris = {name: (tmp_path / name).as_uri() for name in names}
    fresh.set_configuration({"ignore": ["PB3"]}, section="prebake")
    fresh.set_configuration({"ignore": ["PB1"]}, section="prebake", scope_uri=uris["one"])
    fresh.set_configuration({"ignore": ["PB2"], "bad": 1}, section="prebake", scope_uri=uris["two"])
    fresh.set_configuration({"select": ["PB3"], "bad": 1}, section="prebake", scope_uri=uris["two/inside"])
    folders = [types.WorkspaceFolder(uris[name], name) for name in names[:3]]
    await fresh.initialize_session(types.InitializeParams(capabilities(), workspace_folders=folders))
    editors = {name: Editor(fresh, tmp_path / name) for name in names}
    shown: dict[str, set[str]] = {}
    for name in names:
        editors[name].open("Dockerfile")
        found = await editors[name].diagnostics("Dockerfile")
        shown[name] = {code[:3] for code in codes(found)}
    assert shown == {"one": {"PB2", "PB3"}, "two": {"PB1", "PB3"}, "two/inside": {"PB3"}, "outside": {"PB1", "PB2"}}
    [message] = fresh.messages
    assert "'bad'" in message.message
    fresh.set_configuration({}, section="prebake", scope_uri=uris["two"])
    fresh.workspace_did_change_configuration(types.DidChangeConfigurationParams(settings=None))
    await editors["two"].diagnostics("Dockerfile", lambda shown: "PB201" in codes(shown))


async def test_a_client_that_never_answers_is_not_waited_for(tmp_path: Path) -> None:
    from tests.lsp.raw import RawClient

    make_tree(tmp_path, ARTICLE)
    uri = (tmp_path / "Dockerfile").as_uri()
    with RawClient() as client:
        client.answers = False
        client.initialize({"workspace": {"configuration": True}}, rootUri=tmp_path.as_uri())
        client.open(uri, str(ARTICLE["Dockerfile"]))
        assert client.published(uri, 1)
        client.send(id="end", method="shutdown")
        assert client.answer("end")["result"] is None
