"""A server process for each module and each kind of client; a project folder and an editor for each test."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig

from tests.lsp import conformance
from tests.lsp.capabilities import capabilities
from tests.lsp.editor import Client, Editor, make_client
from tests.lsp.raw import COMMAND
from tests.rules.trees import make_tree

CONFIG = ClientServerConfig(server_command=list(COMMAND), client_factory=make_client)
CLIENTS = {
    "push": capabilities(encodings=["utf-16"]),
    "pull": capabilities(pull=True, encodings=["utf-8", "utf-16"]),
}


@pytest.fixture(autouse=True)
def conforming() -> Iterator[None]:
    """A test fails in which a server has sent what the protocol forbids or the client has not declared."""
    yield
    found = sorted(set(conformance.VIOLATIONS))
    conformance.VIOLATIONS.clear()
    assert not found, found


async def begin(
    client: Client, root: Path, able: types.ClientCapabilities, options: object = None, name: str = "pytest"
) -> None:
    """Open a workspace."""
    client.root = root
    client.pulls = bool(able.workspace and able.workspace.diagnostics and able.workspace.diagnostics.refresh_support)
    result = await client.initialize_session(
        types.InitializeParams(
            capabilities=able,
            client_info=types.ClientInfo(name),
            root_uri=root.as_uri(),
            workspace_folders=[types.WorkspaceFolder(root.as_uri(), root.name)],
            initialization_options=options,
        )
    )
    agreed = result.capabilities.position_encoding or types.PositionEncodingKind.Utf16
    client.encoding = str(getattr(agreed, "value", agreed))


@pytest_lsp.fixture(config=CONFIG, params=list(CLIENTS), scope="module")
async def client(
    lsp_client: Client, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[None]:
    await begin(lsp_client, tmp_path_factory.mktemp("workspace"), CLIENTS[request.param])
    yield
    await lsp_client.shutdown_session()


@pytest_lsp.fixture(config=CONFIG, scope="function")
async def fresh(lsp_client: Client) -> AsyncIterator[None]:
    """A server that no one has talked to: the test calls `begin`."""
    yield
    await lsp_client.shutdown_session()


@pytest_asyncio.fixture(loop_scope="module")
async def editor(client: Client, request: pytest.FixtureRequest) -> AsyncIterator[Editor]:
    folder = client.root / str(request.node.name).replace("/", "-")
    make_tree(folder, {".gitignore": "ignored/\n"}, git=True)
    editor = Editor(client, folder)
    yield editor
    editor.close_all()
