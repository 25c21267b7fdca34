"""What code actions do, in a form that a client keeps and gives back, and the edit that comes of it when it does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prebake.lsp.diagnostics import Standing, View
from prebake.lsp.workspace_edits import workspace_edit
from prebake.records import NamedTuple

if TYPE_CHECKING:
    from lsprotocol import types

    from prebake.engine import Engine, Report
    from prebake.findings import Finding, Fix, Location
    from prebake.lsp.language_server import Server

FIX = "fix"
FIX_ALL = "fixAll"
FIX_RULE = "fixRule"
SILENCE = "silence"
REORDER = "reorder"

_NOTHING_LEFT = {
    FIX_ALL: "nothing is left to fix",
    FIX_RULE: "nothing is left to fix",
    REORDER: "nothing is left to reorder",
}


class Deed(NamedTuple):
    """What is to be done to a file, as far as it must be known again later.

    ``do`` is one of the words above. ``code`` is the rule of FIX_RULE; ``suggested``: its suggested fixes are meant as
    well. ``key`` is the fingerprint of the finding of FIX and SILENCE, ``title`` that of the fix. ``stage`` is the
    number of the stage of REORDER, and ``head`` the FROM that it begins with.
    """

    do: str
    path: str
    code: str = ""
    suggested: bool = False
    key: str = ""
    title: str = ""
    stage: int = -1
    head: str = ""

    @property
    def data(self) -> dict[str, Any]:
        """What the client keeps."""
        return {name: value for name, value in self._asdict().items() if value != Deed._field_defaults.get(name)}

    @classmethod
    def of(cls, data: object) -> Deed | None:
        """What a client gave back; ``None`` for anything else than :attr:`data`."""
        if not isinstance(data, dict):
            return None
        given = {name: data[name] for name in cls._fields if name in data}
        kinds = {"suggested": bool, "stage": int}
        if "do" not in given or "path" not in given:
            return None
        if any(type(value) is not kinds.get(name, str) for name, value in given.items()):
            return None
        return cls(**given)

    @property
    def refusal(self) -> str:
        """What to say when there is nothing left to do."""
        return _NOTHING_LEFT.get(self.do, "the file has changed since this was offered")


def key_of(standing: Standing) -> str:
    """The fingerprint of a finding at one of its places."""
    from prebake.engine import fingerprint

    return fingerprint(standing.finding._replace(location=standing.place), standing.report.root)


class Deeds:
    """Works out the edits of deeds. Its methods do work on the engine."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def edit(self, engine: Engine, deed: Deed) -> types.WorkspaceEdit | None:
        """The edit for the files as they are now; ``None`` when nothing is left to do, or what was meant is gone."""
        if deed.do == REORDER:
            return self._reorder(engine, deed)
        if deed.do in (FIX_ALL, FIX_RULE):
            return self._fix_many(engine, deed)
        view = View(self._server, engine)
        for standing in view.standing(deed.path):
            if key_of(standing) != deed.key:
                continue
            if deed.do == SILENCE:
                return self.silence(view, standing.report, standing.finding, standing.place)
            for fix in standing.finding.fixes:
                if fix.title == deed.title:
                    found = self.fix(view, standing.report, fix, deed.path)
                    return None if isinstance(found, str) else found
        return None

    def fix(self, view: View, report: Report, fix: Fix, asked: str) -> types.WorkspaceEdit | str:
        """One fix as a workspace edit, or why there is none; ``asked`` is the file in which it is asked for."""
        from prebake.findings import Applicability
        from prebake.fixing import Refusal, apply_fix

        outcome = apply_fix(view.engine.snapshot, report.root, fix)
        if isinstance(outcome, Refusal):
            return outcome.value
        unasked = fix.title if fix.applicability is Applicability.SUGGESTED else None
        edit = workspace_edit(view, self._server.client, fix.edits, asked=asked, suggestion=unasked)
        return edit or "the editor does not let a language server create files: prebake check --fix --suggested does it"

    def silence(self, view: View, report: Report, finding: Finding, place: Location) -> types.WorkspaceEdit | None:
        """The comment that silences a finding at one of its places; ``None`` where none can."""
        from prebake.findings import Applicability, Fix
        from prebake.silence import silencing_edit

        edit = silencing_edit(view.engine.snapshot, finding, place, report.path)
        if edit is None:
            return None
        found = self.fix(view, report, Fix("", Applicability.SAFE, (edit,)), place.path)
        return None if isinstance(found, str) else found

    def _fix_many(self, engine: Engine, deed: Deed) -> types.WorkspaceEdit | None:
        """The sum of the safe fixes of a file's findings, or of one rule's among them."""
        from prebake.findings import Applicability
        from prebake.fixing import fix_all

        view, code, path = View(self._server, engine), deed.code, deed.path

        def wanted(finding: Finding) -> bool:
            return code in ("", finding.code) and any(place.path == path for place in finding.places)

        applicability = Applicability.SUGGESTED if deed.suggested else Applicability.SAFE
        result = fix_all(engine, view.dockerfiles(path), applicability, creates=False, wanted=wanted)
        if not result.edits:
            return None
        suggestion = f"Suggested fixes of {code}" if deed.suggested else None
        return workspace_edit(view, self._server.client, result.edits, asked=path, suggestion=suggestion)

    def _reorder(self, engine: Engine, deed: Deed) -> types.WorkspaceEdit | None:
        """The edit that puts a stage in a better order; ``None`` when there is none, or another stage in its place."""
        from prebake.refactoring import head_of, reorder_fix

        snapshot = engine.snapshot
        if head_of(snapshot, deed.path, deed.stage) != deed.head:
            return None
        fix = reorder_fix(engine, snapshot, deed.path, deed.stage)
        return None if fix is None else workspace_edit(View(self._server, engine), self._server.client, fix.edits)
