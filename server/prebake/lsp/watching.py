"""Files that change on disk: watched by the client where it can, else looked at when a document is opened or saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp import uris

if TYPE_CHECKING:
    from prebake.lsp.language_server import Server

_GLOBS = (
    "**/{Dockerfile,Containerfile}",
    "**/{Dockerfile,Containerfile}*",
    "**/*.{Dockerfile,dockerfile,dockerignore,containerignore}",
    "**/{.dockerignore,.containerignore,.gitignore}",
    # What is meant for an ignore file and misspelt: one half of the name is mostly right.
    "**/*{docker,Docker,DOCKER,ignore,Ignore,IGNORE}*",
    "**/*.{py,sh,toml,yaml,yml,hcl,lock,mk}",
    "**/{requirements,constraints}*",
    "**/{setup.cfg,Makefile,makefile,GNUmakefile,justfile,package.json,package-lock.json}",
    "**/{devcontainer.json,.devcontainer.json,docker-bake.json}",
    "**/*bake*.json",
    "**/README*",
)
"""What findings are made from, as far as one folder's name does not cover half of the project. Older releases of Eglot
refuse a ``*`` within braces, and take one elsewhere for at least one character."""


class Watching:
    """Keeps the engine's view of the disk true. For the event loop's thread."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._is_told = False
        self._changed: set[str] = set()

    async def start(self) -> None:
        """Ask the client to tell of changed files, if it can."""
        if self._server.client.registers_watchers:
            options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(glob) for glob in _GLOBS])
            is_told = await self._server.register_capability(types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            self._is_told = is_told and self._server.client.watches_the_disk

    def opened(self) -> None:
        """A document was opened: look at the disk again, if nobody tells of changes there, and in any case at the
        folders of its context, since nobody tells of all files.
        """
        if not self._is_told:
            self._server.analysis.invalidate(None)
        self._server.scans.touched(None)

    def saved(self, path: str) -> None:
        """A document was saved: look at it again, and at everything if nobody tells of changes."""
        self._server.configuration.saved(path)
        self._server.analysis.invalidate([path] if self._is_told else None)
        self._server.scans.touched([path])
        if not self._is_told:
            self._server.scans.touched(None)
        self._server.diagnostics.all_changed()

    def told(self, paths: list[str]) -> None:
        """The client tells of changed, created or deleted files. A storm of events (a checkout) is dealt with once."""
        if not self._changed:
            self._server.loop.call_soon(self._look)
        self._changed.update(paths)

    def _look(self) -> None:
        paths, self._changed = list(self._changed), set()
        for path in paths:
            self._server.configuration.saved(path)
        self._server.analysis.invalidate(paths)
        self._server.scans.touched(paths)
        self._server.diagnostics.all_changed()


def register(server: Server) -> None:
    """Listen to what the client tells about files."""

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: types.DidChangeWatchedFilesParams) -> None:
        paths = [path for change in params.changes if (path := uris.to_path(change.uri)) is not None]
        if paths:
            server.watching.told(paths)
