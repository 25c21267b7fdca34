"""Code actions: a quick fix for each finding that has one, ``source.fixAll.prebake`` for the safe ones together, and a
better order for a stage.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from lsprotocol import types
from pygls.exceptions import JsonRpcContentModified

from prebake.lsp import uris
from prebake.lsp.diagnostics import Standing, View
from prebake.lsp.workspace_edits import workspace_edit
from prebake.text import Span

if TYPE_CHECKING:
    from prebake.engine import Engine, Report
    from prebake.findings import Finding, Fix
    from prebake.lsp.language_server import Server

FIX_ALL = "source.fixAll.prebake"

OPTIONS = types.CodeActionOptions(
    code_action_kinds=[types.CodeActionKind.QuickFix, FIX_ALL, types.CodeActionKind.RefactorRewrite],
    resolve_provider=True,
)


class CodeActions:
    """Answers requests for code actions. Its methods other than :meth:`offered` and :meth:`resolved` do work on the
    engine.
    """

    def __init__(self, server: Server) -> None:
        self._server = server

    async def offered(self, params: types.CodeActionParams) -> list[types.CodeAction]:
        """The actions for a range of a document, made for its text as it is now."""
        path = uris.to_path(params.text_document.uri)
        if path is None:
            return []
        await self._server.configuration.known()
        return await self._server.analysis.run(f"actions {path}", lambda engine: self._offer(engine, path, params), [])

    async def resolved(self, action: types.CodeAction) -> types.CodeAction:
        """An action with its edit, computed from the text as it is now.

        Raises:
            JsonRpcContentModified: there is nothing left that the action could do.
        """
        path, stage = _path_of(action.data), _stage_of(action.data)
        if action.edit is None and path is not None:
            action.edit = await self._server.analysis.run(
                f"edit of {path}",
                lambda engine: self._fix_all(engine, path) if stage is None else self._reorder(engine, path, stage),
                None,
            )
            if action.edit is None:
                raise JsonRpcContentModified(f"nothing is left to {'fix' if stage is None else 'reorder'}")
        return action

    def _offer(self, engine: Engine, path: str, params: types.CodeActionParams) -> list[types.CodeAction]:
        view = View(self._server, engine)
        actions: list[types.CodeAction] = []
        only = params.context.only
        if _wants(only, types.CodeActionKind.QuickFix):
            for standing in self._fresh(view, path, params):
                actions += self._quick_fixes(view, standing)
        is_idle_look = not only and params.context.trigger_kind == types.CodeActionTriggerKind.Automatic
        if _wants(only, FIX_ALL) and not is_idle_look and self._has_safe_fix(view, path):
            actions += self._fix_all_action(engine, path, asked=bool(only))
        if _wants(only, types.CodeActionKind.RefactorRewrite) and not is_idle_look:
            line = view.coordinates(path).span(params.range).start.line
            actions += self._reorder_action(view, path, line, asked=bool(only))
        return actions

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
        named = {key for given in params.context.diagnostics if (key := _key(given)) is not None}
        return [
            standing
            for standing in view.standing(path)
            if _touch(standing.place.span, span) or (named and _key(view.diagnostic(*standing)) in named)
        ]

    def _quick_fixes(self, view: View, standing: Standing) -> Iterator[types.CodeAction]:
        for number, fix in enumerate(standing.finding.fixes):
            edit = self._edit(view, standing.report, fix)
            if edit is not None:
                yield types.CodeAction(
                    fix.title,
                    kind=types.CodeActionKind.QuickFix,
                    diagnostics=[view.diagnostic(*standing)],
                    is_preferred=True if number == 0 and self._server.client.prefers else None,
                    edit=edit,
                )

    def _edit(self, view: View, report: Report, fix: Fix) -> types.WorkspaceEdit | None:
        """The fix as a workspace edit; ``None`` when it is refused, or more than the client can do."""
        from prebake.fixing import Refusal, apply_fix

        if isinstance(apply_fix(view.engine.snapshot, report.root, fix), Refusal):
            return None
        return workspace_edit(view, self._server.client, fix.edits)

    def _has_safe_fix(self, view: View, path: str) -> bool:
        return any(_is_safe(standing.finding) for standing in view.standing(path))

    def _fix_all_action(self, engine: Engine, path: str, *, asked: bool) -> list[types.CodeAction]:
        """The action that applies all safe fixes. It is dear, so its edit is left for later where the client allows it,
        and where it does not, offered only to a client that asks for this kind of action.
        """
        action = types.CodeAction("Fix all safe prebake findings", kind=FIX_ALL)
        client = self._server.client
        if client.resolves_edits and client.keeps_action_data:
            action.data = {"fixAll": path}
            return [action]
        action.edit = self._fix_all(engine, path) if asked else None
        return [action] if action.edit is not None else []

    def _reorder_action(self, view: View, path: str, line: int, *, asked: bool) -> list[types.CodeAction]:
        """The action that puts the stage around a line in a better order, where there is one; its edit is left for
        later like that of :meth:`_fix_all_action`.
        """
        from prebake.build.order.plan import TITLE
        from prebake.refactoring import reorder_plan, stage_at

        engine, client = view.engine, self._server.client
        stage = stage_at(engine.snapshot, path, line) if path in view.dockerfiles(path) else None
        if stage is None or reorder_plan(engine, engine.snapshot, path, stage) is None:
            return []
        action = types.CodeAction(TITLE, kind=types.CodeActionKind.RefactorRewrite)
        if client.resolves_edits and client.keeps_action_data:
            action.data = {"reorder": path, "stage": stage}
            return [action]
        action.edit = self._reorder(engine, path, stage) if asked else None
        return [action] if action.edit is not None else []

    def _reorder(self, engine: Engine, path: str, stage: int) -> types.WorkspaceEdit | None:
        """The edit that puts a stage in a better order; ``None`` when there is none."""
        from prebake.refactoring import reorder_fix

        fix = reorder_fix(engine, engine.snapshot, path, stage)
        return None if fix is None else workspace_edit(View(self._server, engine), self._server.client, fix.edits)

    def _fix_all(self, engine: Engine, path: str) -> types.WorkspaceEdit | None:
        """The sum of the safe fixes of the findings in a file; ``None`` when there is none."""
        from prebake.findings import Applicability
        from prebake.fixing import fix_all

        view = View(self._server, engine)
        result = fix_all(
            engine,
            view.dockerfiles(path),
            Applicability.SAFE,
            creates=False,
            wanted=lambda finding: any(place.path == path for place in finding.places),
        )
        return workspace_edit(view, self._server.client, result.edits) if result.edits else None


def _is_safe(finding: Finding) -> bool:
    """Whether fix-all would apply the finding's fix."""
    from prebake.findings import Applicability

    if not finding.fixes:
        return False
    fix = finding.fixes[0]
    return fix.applicability is Applicability.SAFE and not any(edit.creates for edit in fix.edits)


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


def _path_of(data: object) -> str | None:
    """The file whose action is to be resolved."""
    value = data.get("reorder", data.get("fixAll")) if isinstance(data, dict) else None
    return value if isinstance(value, str) else None


def _stage_of(data: object) -> int | None:
    """The stage that is to be reordered; ``None`` for another action."""
    value = data.get("stage") if isinstance(data, dict) and "reorder" in data else None
    return value if isinstance(value, int) and value >= 0 else None


def register(server: Server) -> None:
    """Offer code actions. To be called once the client has said that it knows them as more than commands."""
    actions = CodeActions(server)

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, OPTIONS)
    async def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        return await actions.offered(params)

    @server.feature(types.CODE_ACTION_RESOLVE)
    async def resolve(action: types.CodeAction) -> types.CodeAction:
        return await actions.resolved(action)
