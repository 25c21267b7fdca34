"""Code actions: for each finding its fixes, all of its rule, the comment that silences it and the page that explains
it; ``source.fixAll.prebake`` for all safe fixes together; and a better order for a stage.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified

from prebake.lsp import uris
from prebake.lsp.commands import APPLY
from prebake.lsp.deeds import FIX_ALL, REORDER, Deed, Deeds
from prebake.lsp.diagnostics import Standing, View
from prebake.lsp.finding_actions import FindingActions, action_of, may_be_fixed
from prebake.text import Span

if TYPE_CHECKING:
    from prebake.engine import Engine
    from prebake.lsp.language_server import Server

_SOURCE_FIX_ALL = "source.fixAll.prebake"

OPTIONS = types.CodeActionOptions(
    code_action_kinds=[types.CodeActionKind.QuickFix, _SOURCE_FIX_ALL, types.CodeActionKind.RefactorRewrite],
    resolve_provider=True,
)

Actions = list[types.CodeAction | types.Command]


class CodeActions:
    """Answers requests for code actions. Its methods other than :meth:`offered` and :meth:`resolved` do work on the
    engine.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._deeds = Deeds(server)
        self._about = FindingActions(server)

    async def offered(self, params: types.CodeActionParams) -> Actions:
        """The actions for a range of a document, made for its text as it is now."""
        path = uris.to_path(params.text_document.uri)
        if path is None:
            return []
        await self._server.configuration.known()
        none: Actions = []
        return await self._server.analysis.run(
            f"actions {path}", lambda engine: self._offer(engine, path, params), none
        )

    async def resolved(self, action: types.CodeAction) -> types.CodeAction:
        """An action with its edit, computed from the text as it is now.

        Raises:
            JsonRpcContentModified: there is nothing left that the action could do.
        """
        deed = Deed.of(action.data)
        if action.edit is None and deed is not None:
            action.edit = await self._server.analysis.run(
                f"edit of {deed.path}", lambda engine: self._deeds.edit(engine, deed), None
            )
            if action.edit is None:
                raise JsonRpcContentModified(deed.refusal)
        return action

    def _offer(self, engine: Engine, path: str, params: types.CodeActionParams) -> Actions:
        view, only = View(self._server, engine), params.context.only
        is_idle_look = not only and params.context.trigger_kind == types.CodeActionTriggerKind.Automatic
        found: list[types.CodeAction] = []
        if _wants(only, types.CodeActionKind.QuickFix):
            meant = self._fresh(view, path, params)
            found += self._about.about(view, path, meant, thorough=not is_idle_look)
        if _wants(only, _SOURCE_FIX_ALL) and not is_idle_look and self._has_safe_fix(view, path):
            found.append(action_of("Fix all safe prebake findings", _SOURCE_FIX_ALL, Deed(FIX_ALL, path)))
        if _wants(only, types.CodeActionKind.RefactorRewrite) and not is_idle_look:
            found += self._reorder(view, path, view.coordinates(path).span(params.range).start.line)
        if is_idle_look:
            found = [action for action in found if action.disabled is None]
        fitting = (self._fitting(engine, action, asked=bool(only)) for action in found)
        return [action for action in fitting if action is not None]

    def _fitting(
        self, engine: Engine, action: types.CodeAction, *, asked: bool
    ) -> types.CodeAction | types.Command | None:
        """An action in the form that the client takes. What is dear is left for later: until the client resolves it, or
        where it does not, until it runs a command. Who asks for more than quick fixes and cannot resolve wants the edit
        itself, such as to fix all on save.
        """
        client = self._server.client
        is_sent = action.disabled is None and action.data is not None and client.applies_edits
        command = types.Command(action.title, APPLY, arguments=[action.data]) if is_sent else None
        if not client.code_action_literals:
            return action.command or command
        if action.disabled is not None:
            action.data = None
            return action if client.disables_actions else None
        if action.edit is None and action.command is None:
            if client.resolves_edits and client.keeps_action_data:
                return action
            if command is not None and (not asked or action.kind == types.CodeActionKind.QuickFix):
                action.command = command
            else:
                deed = Deed.of(action.data) if asked else None
                action.edit = None if deed is None else self._deeds.edit(engine, deed)
            if action.edit is None and action.command is None:
                return None
        action.data = None
        return action

    def _fresh(self, view: View, path: str, params: types.CodeActionParams) -> list[Standing]:
        """The findings that are meant, with fixes made for what is on disk now, whoever wrote it."""
        from prebake.files import disk

        meant = self._meant(view, path, params)
        on_disk = disk()
        stale = {
            edit.path
            for standing in meant
            for fix in standing.finding.fixes
            for edit in fix.edits
            if view.version(edit.path) is None and on_disk.text(edit.path) != edit.base
        }
        if not stale:
            return meant
        view.engine.invalidate(stale)
        return self._meant(view, path, params)

    def _meant(self, view: View, path: str, params: types.CodeActionParams) -> list[Standing]:
        """The findings that the range touches or that the client names."""
        span = view.coordinates(path).span(params.range)
        named = params.context.diagnostics

        def is_named(standing: Standing) -> bool:
            ours = view.diagnostic(*standing) if named else None
            return ours is not None and any(_is_same(given, ours) for given in named)

        standing = view.standing(path)
        return [item for item in standing if _touch(item.place.span, span) or is_named(item)]

    def _has_safe_fix(self, view: View, path: str) -> bool:
        return any(may_be_fixed(standing, suggested=False) for standing in view.standing(path))

    def _reorder(self, view: View, path: str, line: int) -> Iterator[types.CodeAction]:
        """The action that puts the stage around a line in a better order, where there is one."""
        from prebake.build.order.plan import TITLE
        from prebake.refactoring import head_of, reorder_plan, stage_at

        engine = view.engine
        stage = stage_at(engine.snapshot, path, line) if path in view.dockerfiles(path) else None
        if stage is not None and reorder_plan(engine, engine.snapshot, path, stage) is not None:
            deed = Deed(REORDER, path, stage=stage, head=head_of(engine.snapshot, path, stage) or "")
            yield action_of(TITLE, types.CodeActionKind.RefactorRewrite, deed)


def _wants(only: Any, kind: str) -> bool:
    """Whether a client asks for a kind of action: for all kinds, or for one that this is or belongs to."""
    asked = [str(getattr(item, "value", item)) for item in only] if only else [""]
    return any(not item or kind == item or kind.startswith(item + ".") for item in asked)


def _touch(one: Span, other: Span) -> bool:
    return one.start <= other.end and other.start <= one.end


def _key(diagnostic: types.Diagnostic) -> str | None:
    data = diagnostic.data
    value = data.get("fingerprint") if isinstance(data, dict) else None
    return value if isinstance(value, str) else None


def _is_same(given: types.Diagnostic, ours: types.Diagnostic) -> bool:
    """Whether a client means a diagnostic of ours: by the fingerprint, or where it keeps no data by its place."""
    if _key(given) is not None:
        return _key(given) == _key(ours)
    return (given.source, given.code, given.range.start) == (ours.source, ours.code, ours.range.start)


def register(server: Server) -> None:
    """Offer code actions. To be called once the client has said whether it knows them as more than commands."""
    actions = CodeActions(server)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, OPTIONS if server.client.code_action_literals else None)
    async def code_action(params: types.CodeActionParams) -> Actions:
        return await actions.offered(params)

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        return await actions.resolved(action)
