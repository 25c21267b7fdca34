"""The editor's settings: options at the start, then what the client is asked for or tells."""

from __future__ import annotations

import asyncio
import logging
import posixpath
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lsprotocol import types

from prebake.lsp import features, uris
from prebake.paths import join

if TYPE_CHECKING:
    from prebake.config import ConfigError
    from prebake.lsp.language_server import Server

_log = logging.getLogger(__name__)

_SECTION = "prebake"
_CLIENT_KEYS = frozenset({"interpreter", "trace"})
"""Settings of the same section that are the client's own."""
_ANSWER_SECONDS = 2.0
"""How long the first analysis waits for the client's settings."""


class Configuration:
    """Asks for the settings, checks them, and hands them to the analysis. For the event loop's thread."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._known = asyncio.Event()
        self._told: dict[str, str] = {}
        self._given: dict[str | None, object] = {}
        """The settings by workspace folder, ``None`` standing for what lies outside of all."""

    @property
    def is_known(self) -> bool:
        """Whether the settings have come; before that nothing is shown that they might forbid."""
        return self._known.is_set()

    async def known(self) -> None:
        """Wait until the settings have come."""
        await self._known.wait()

    def begin(self, options: object) -> None:
        """Use the initialization options until the client tells more, if it can."""
        self._use(dict.fromkeys(self._scopes, options))
        if self._server.client.configuration:
            self._server.spawn(self._ask())
        else:
            self._known.set()

    async def changed(self, settings: object) -> None:
        """The client says that settings have changed, and perhaps which they are now."""
        if self._server.client.configuration:
            await self._ask()
        else:
            self._use(dict.fromkeys(self._scopes, settings))

    async def folders_changed(self) -> None:
        """Folders were added or removed: settings may differ, and so may what belongs to which project."""
        outside = self._given.get(None)
        self._given = {scope: self._given.get(scope, outside) for scope in self._scopes}
        if self._server.client.configuration:
            await self._ask()
        else:
            self._use(self._given)

    @property
    def _scopes(self) -> list[str | None]:
        return [*self._server.folders, None]

    async def _ask(self) -> None:
        scopes = self._scopes
        items = [types.ConfigurationItem(self._server.folders.get(scope or ""), _SECTION) for scope in scopes]
        request = self._server.workspace_configuration_async(types.ConfigurationParams(items))
        try:
            answer = await asyncio.wait_for(request, _ANSWER_SECONDS)
        except TimeoutError:
            _log.warning("the client does not answer workspace/configuration")
        except Exception as error:
            _log.warning("the client refuses workspace/configuration: %s", error)
        else:
            # A client without settings says null; an empty table unsets them.
            told = {scope: table for scope, table in zip(scopes, answer, strict=False) if table is not None}
            self._given = {scope: told.get(scope, self._given.get(scope)) for scope in scopes}
        self._known.set()
        self._use(self._given)

    def _use(self, given: dict[str | None, object]) -> None:
        """Take over settings; one that is wrong is named to the user and left out."""
        self._given = given
        first = next(iter(self._server.folders), "/")
        wrong: dict[str, None] = {}
        tables = {scope: _table(table) for scope, table in given.items()}
        # Which features are shown is no matter of a folder's: what lies outside of all of them decides.
        chosen = {scope: table.pop(features.SETTING, None) for scope, table in tables.items()}
        problem = self._server.features.use(chosen.get(None))
        if problem is not None:
            wrong[f"the editor's settings: {features.SETTING}: {problem}"] = None
        right = {scope: _checked(table, scope or first, wrong) for scope, table in tables.items()}
        self._told = {source: text for source, text in self._told.items() if text in wrong}
        for text in wrong:
            self._tell(text, text)
        outside = right.pop(None, {})
        self._server.analysis.configure(
            outside, {folder: right.get(folder, outside) for folder in self._server.folders}
        )
        self._server.diagnostics.all_changed()

    def tell(self, error: ConfigError) -> None:
        """Tell the user what is wrong with a configuration file: shown once until the file is saved, else logged."""
        text = str(error)
        self._tell(text.partition(": ")[0], text)

    def _tell(self, source: str, text: str) -> None:
        if self._told.get(source) == text:
            return
        if source in self._told:
            _log.warning("%s", text)
        else:
            self._server.window_show_message(types.ShowMessageParams(types.MessageType.Warning, f"prebake: {text}"))
        self._told[source] = text

    def saved(self, path: str) -> None:
        """A file was saved: what is wrong with it is worth telling again."""
        self._told.pop(path, None)


def _table(given: object) -> dict[str, Any]:
    """The server's own settings in what a client sent: the section itself, or a table that holds it."""
    if not isinstance(given, Mapping):
        return {}
    nested = given.get(_SECTION)
    section = nested if isinstance(nested, Mapping) else given
    return {key: value for key, value in section.items() if key not in _CLIENT_KEYS and value is not None}


def _checked(table: Mapping[str, Any], folder: str, wrong: dict[str, None]) -> dict[str, Any]:
    """The settings of a folder that are right; what is wrong with the others is added to ``wrong``."""
    from prebake import config

    right: dict[str, Any] = {}
    for key, value in table.items():
        try:
            config.parse({key: value}, folder, "the editor's settings")
        except config.ConfigError as error:
            wrong[str(error)] = None
        else:
            right[key] = _absolute_targets(value, folder) if key == "targets" else value
    return right


def _absolute_targets(targets: Mapping[str, Mapping[str, str]], folder: str) -> dict[str, dict[str, str]]:
    """Targets whose paths do not depend on where the analysed file lies: the editor means the workspace folder."""

    def absolute(name: str) -> str:
        return name if posixpath.isabs(name) else join(folder, name.replace("\\", "/"))

    return {
        absolute(name): {key: absolute(text) if key == "context" else text for key, text in target.items()}
        for name, target in targets.items()
    }


def register(server: Server) -> None:
    """Follow the settings of the client and its workspace folders."""

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: types.DidChangeConfigurationParams) -> None:
        await server.configuration.changed(params.settings)

    @server.feature(types.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def did_change_workspace_folders(params: types.DidChangeWorkspaceFoldersParams) -> None:
        gone = {uris.to_path(folder.uri) for folder in params.event.removed}
        kept = [uri for path, uri in server.folders.items() if path not in gone]
        server.use_folders([*kept, *(folder.uri for folder in params.event.added)])
        await server.configuration.folders_changed()


async def watch(server: Server) -> None:
    """Ask the client to tell of changed settings, where it has to be asked."""
    if server.client.registers_configuration:
        options = types.DidChangeConfigurationRegistrationOptions(section=_SECTION)
        await server.register_capability(types.WORKSPACE_DID_CHANGE_CONFIGURATION, options)
