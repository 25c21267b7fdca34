"""The actions about findings: their fixes, those of a whole rule, the comment that silences, the page that explains."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp.commands import EXPLAIN
from prebake.lsp.deeds import FIX, FIX_RULE, SILENCE, Deed, Deeds, key_of
from prebake.lsp.diagnostics import Standing, View

if TYPE_CHECKING:
    from prebake.findings import Finding
    from prebake.lsp.language_server import Server

_QUICK_FIX = types.CodeActionKind.QuickFix


class FindingActions:
    """Makes the actions about findings, each with the diagnostics that it answers. Does work on the engine."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._deeds = Deeds(server)

    def about(self, view: View, path: str, meant: list[Standing], *, thorough: bool) -> Iterator[types.CodeAction]:
        """All actions about some findings of a file. Not ``thorough``: nobody has asked, so fixes of other findings are
        not worked out without need.
        """
        yield from self._fixes(view, path, meant)
        yield from self._fixes_of_rules(view, path, meant, thorough=thorough)
        yield from self._silences(view, meant)
        yield from _explanations(view, meant)

    def _fixes(self, view: View, path: str, meant: list[Standing]) -> Iterator[types.CodeAction]:
        """Each fix of each finding; where there is none, or none that can be applied, why."""
        for standing in meant:
            finding, diagnostic = standing.finding, view.diagnostic(*standing)
            for number, fix in enumerate(finding.fixes):
                deed = Deed(FIX, path, key=key_of(standing), title=fix.title)
                action = action_of(fix.title, _QUICK_FIX, deed, [diagnostic])
                edit = self._deeds.fix(view, standing.report, fix, path)
                if isinstance(edit, str):
                    action.disabled = types.CodeActionDisabled(edit)
                else:
                    action.edit = edit
                    action.is_preferred = True if number == 0 and self._server.client.prefers else None
                yield action
            if finding.no_fix is not None:
                action = action_of(f"Fix {_name(finding)}", _QUICK_FIX, None, [diagnostic])
                action.disabled = types.CodeActionDisabled(finding.no_fix)
                yield action

    def _fixes_of_rules(
        self, view: View, path: str, meant: list[Standing], *, thorough: bool
    ) -> Iterator[types.CodeAction]:
        """For each rule whose fix is offered the fixes of all its findings in the file, where there are several. With
        ``thorough``, the action names all that it answers, for which their fixes have to be known.
        """
        for code in dict.fromkeys(
            standing.finding.code for standing in meant if may_be_fixed(standing, suggested=True)
        ):
            here = [standing for standing in meant if standing.finding.code == code]
            suggested = not any(may_be_fixed(standing, suggested=False) for standing in here)
            fixable: set[object] = set()
            answered: list[types.Diagnostic] = []
            for standing in sorted(view.standing(path), key=lambda standing: standing not in here):
                if standing.finding.code == code and may_be_fixed(standing, suggested=suggested):
                    fixable.add((standing.finding.key, standing.finding.location))
                    answered.append(view.diagnostic(*standing))
                    if len(fixable) > 1 and not thorough:
                        break
            if len(fixable) > 1:
                title = f"Fix all {_name(here[0].finding)} in this file"
                deed = Deed(FIX_RULE, path, code=code, suggested=suggested)
                yield action_of(title, _QUICK_FIX, deed, answered)

    def _silences(self, view: View, meant: list[Standing]) -> list[types.CodeAction]:
        """The comments that silence the findings, each once."""
        from prebake.silence import is_about_file

        found: list[types.CodeAction] = []
        for standing in meant:
            report, finding, place = standing
            edit, diagnostic = self._deeds.silence(view, report, finding, place), view.diagnostic(*standing)
            same = next((action for action in found if action.edit == edit), None)
            if same is not None and same.diagnostics is not None:
                same.diagnostics = [*same.diagnostics, diagnostic]
            elif edit is not None:
                where = "in this file" if is_about_file(finding, place, report.path) else "here"
                deed = Deed(SILENCE, place.path, key=key_of(standing))
                title = f"Ignore {_name(finding)} {where}"
                found.append(action_of(title, _QUICK_FIX, deed, [diagnostic], edit))
        return found


def action_of(
    title: str,
    kind: str,
    deed: Deed | None,
    diagnostics: list[types.Diagnostic] | None = None,
    edit: types.WorkspaceEdit | None = None,
) -> types.CodeAction:
    """An action whose edit is given, or made of the deed later."""
    data = None if deed is None else deed.data
    return types.CodeAction(title, kind=kind, diagnostics=diagnostics, edit=edit, data=data)


def _explanations(view: View, meant: Iterable[Standing]) -> Iterator[types.CodeAction]:
    """For each rule an action that opens its page."""
    from prebake.rules import by_code

    by_rule: dict[str, list[Standing]] = {}
    for standing in meant:
        by_rule.setdefault(standing.finding.code, []).append(standing)
    for code, found in by_rule.items():
        if by_code(code) is not None:
            title = f"Explain {_name(found[0].finding)}"
            action = action_of(title, _QUICK_FIX, None, [view.diagnostic(*item) for item in found])
            action.command = types.Command(title, EXPLAIN, arguments=[code])
            yield action


def _name(finding: Finding) -> str:
    return f"{finding.code} ({finding.rule})"


def may_be_fixed(standing: Standing, *, suggested: bool) -> bool:
    """Whether fix-all would apply the finding's fix: a safe one, or with ``suggested`` any that creates no file."""
    from prebake.findings import Applicability

    fixes = standing.finding.fixes
    if not fixes or any(edit.creates for edit in fixes[0].edits):
        return False
    return suggested or fixes[0].applicability is Applicability.SAFE
