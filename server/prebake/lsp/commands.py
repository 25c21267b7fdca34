"""Commands that the server does itself when a code action names them, so that no client needs to know them: explaining
a rule, and actions of clients that take nothing but commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lsprotocol import types

from prebake.lsp.deeds import Deed, Deeds

if TYPE_CHECKING:
    from prebake.lsp.language_server import Server

EXPLAIN = "prebake.explain"
APPLY = "prebake.apply"


class Commands:
    """Does what commands ask for. For the event loop's thread."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._deeds = Deeds(server)

    async def explain(self, selector: object) -> None:
        """Open a rule's page in the browser; where the client does not open any, say where it is."""
        from prebake.rules import by_code

        rule = by_code(selector) if isinstance(selector, str) else None
        if rule is None:
            self._tell(types.MessageType.Warning, f"prebake has no rule {selector}")
            return
        if self._server.client.shows_documents:
            page = types.ShowDocumentParams(rule.url(), external=True)
            try:
                shown = await self._server.window_show_document_async(page)
            except Exception:
                shown = types.ShowDocumentResult(success=False)
            if shown is not None and shown.success:
                return
        self._tell(types.MessageType.Info, f"{rule.code} {rule.name}: {rule.summary()} {rule.url()}")

    async def apply(self, data: object) -> None:
        """Work out an action's edit for the files as they are now, and have the client apply it."""
        deed = Deed.of(data)
        if deed is None:
            self._tell(types.MessageType.Warning, "prebake does not know this action")
            return
        edit = await self._server.analysis.run(
            f"edit of {deed.path}", lambda engine: self._deeds.edit(engine, deed), None
        )
        if edit is None:
            self._tell(types.MessageType.Info, f"prebake: {deed.refusal}")
            return
        answer = await self._server.workspace_apply_edit_async(types.ApplyWorkspaceEditParams(edit, deed.title or None))
        if not answer.applied:
            why = answer.failure_reason or "no reason given"
            self._tell(types.MessageType.Warning, f"prebake: the editor did not apply the edit: {why}")

    def _tell(self, kind: types.MessageType, text: str) -> None:
        self._server.window_show_message(types.ShowMessageParams(kind, text))


def register(server: Server) -> None:
    """Take commands."""
    commands = Commands(server)

    @server.command(EXPLAIN)
    async def explain(*arguments: Any) -> None:
        await commands.explain(arguments[0] if arguments else None)

    @server.command(APPLY)
    async def apply(*arguments: Any) -> None:
        await commands.apply(arguments[0] if arguments else None)
