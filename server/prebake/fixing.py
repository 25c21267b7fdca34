"""Choosing, ordering, applying and refusing fixes, on a snapshot with pending edits.

Fixes compose: they are applied one after the other in the order of the code, the Dockerfile is analysed again after
each, until nothing is left to do. Nothing is written here; what comes out are edits of the files as they were found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Container, Iterable, Iterator
from enum import Enum
from functools import partial
from itertools import takewhile

from prebake.edits import EditError, FileEdit, difference
from prebake.engine import Engine, Report
from prebake.files import Snapshot, is_below, parent
from prebake.findings import Applicability, Finding, Fix, Repair, Severity
from prebake.records import NamedTuple
from prebake.text import Span, Text

_MOST_TRIES = 4
"""Bound on the fixes of one finding: a COPY may sink below one install after the other, but not for ever."""

_MOST_STEPS = 200
"""Bound on the fixes of one run: far more than any project needs, so that two fixes that undo each other still end."""


_NEAR = 3
"""Lines around an instruction that still count as its place."""


class Refusal(Enum):
    """Why a fix was not applied."""

    STALE = "the file has changed since the fix was computed"
    OUTSIDE = "it would write outside of the project"
    OVERLAP = "its edits overlap"
    NOT_TEXT = "the file cannot be read"
    EXISTS = "the file that it would create exists"
    NEW_FINDING = "it would lead to another finding"


class Step(NamedTuple):
    """A fix that was applied, and the finding it answers."""

    finding: Finding
    fix: Fix


class Refused(NamedTuple):
    """A fix that was not applied, and why."""

    finding: Finding
    fix: Fix
    why: Refusal


class _Identity(NamedTuple):
    """A finding from one report to the next. Several may have one key, such as when a fix has split a RUN: ``number``
    counts among those, of which there are ``alike``. Fewer are left when one is mended, so that the next has its turn.
    """

    path: str
    code: str
    key: str
    number: int
    alike: int


class FixResult(NamedTuple):
    """The sum of a run: the edits of each file against the text it had at first, and what was done."""

    edits: tuple[FileEdit, ...]
    applied: tuple[Step, ...]
    refused: tuple[Refused, ...]


def fix_all(
    engine: Engine,
    paths: Iterable[str],
    applicability: Applicability,
    *,
    creates: bool = True,
    wanted: Callable[[Finding], bool] | None = None,
) -> FixResult:
    """Apply the preferred fix of every finding of the given Dockerfiles, until nothing changes.

    ``SAFE`` applies safe fixes only, ``SUGGESTED`` both kinds. With ``creates`` false, fixes that create a file are
    left out. ``wanted`` chooses among findings.

    Raises:
        prebake.config.ConfigError: a configuration file is wrong.
    """
    start = engine.snapshot
    snapshot = start
    applied: list[Step] = []
    refused: list[Refused] = []
    tried: Counter[_Identity] = Counter()
    for path in paths:
        report = engine.check_in(snapshot, path)
        single: set[str] = set()
        for _ in range(_MOST_STEPS):
            candidates = _candidates(report, applicability, tried, creates=creates, wanted=wanted)
            chosen = _next(candidates, single)
            if not chosen:
                break
            outcome = apply_fix(snapshot, report.root, _sum(chosen))
            after = None if isinstance(outcome, Refusal) else engine.check_in(outcome, path)
            failed = after is None or brings_warning(report, after, mended=applicability)
            if failed and len(chosen) > 1:
                single.add(chosen[0].finding.code)
                continue
            for finding, fix, identity in chosen:
                tried[identity] = _MOST_TRIES if failed else tried[identity] + 1
                # What the analysis knows need not be kept for each step.
                settled = finding._replace(repair=Repair(partial(_same, (fix,))))
                if failed:
                    why = outcome if isinstance(outcome, Refusal) else Refusal.NEW_FINDING
                    refused.append(Refused(settled, fix, why))
                else:
                    applied.append(Step(settled, fix))
            if not failed and after is not None and not isinstance(outcome, Refusal):
                snapshot, report = outcome, after
    return FixResult(_edits(start, snapshot), tuple(applied), tuple(refused))


def apply_fix(snapshot: Snapshot, root: str, fix: Fix) -> Snapshot | Refusal:
    """The snapshot with a fix applied, or why it must not be."""
    texts: dict[str, Text | None] = {}
    for edit in fix.edits:
        why = _refuses(snapshot, root, edit)
        if why is not None:
            return why
        try:
            texts[edit.path] = edit.apply()
        except EditError:
            return Refusal.OVERLAP
    return snapshot.overlay(texts)


def _refuses(snapshot: Snapshot, root: str, edit: FileEdit) -> Refusal | None:
    existing = snapshot.text(edit.path)
    if edit.base is None:
        if snapshot.stat(edit.path) is not None:
            return Refusal.EXISTS
    elif existing is None:
        return Refusal.NOT_TEXT
    elif existing != edit.base:
        return Refusal.STALE
    place = snapshot.resolve(edit.path if edit.base is not None else parent(edit.path))
    top = snapshot.resolve(root) or root
    if place is None or not is_below(place, top):
        return Refusal.OUTSIDE
    return None


class _Candidate(NamedTuple):
    """A finding with its preferred fix, which may be applied."""

    finding: Finding
    fix: Fix
    identity: _Identity

    @property
    def changed(self) -> Span:
        """From the first change to the last."""
        spans = [change.span for edit in self.fix.edits for change in edit.edits]
        return Span(min(span.start for span in spans), max(span.end for span in spans))

    @property
    def is_local(self) -> bool:
        """Whether the fix changes nothing but the instruction that the finding is about, and the one beside it."""
        place = self.finding.location
        first, last = place.span.start.line - _NEAR, place.span.end.line + _NEAR
        own = len(self.fix.edits) == 1 and self.fix.edits[0].path == place.path
        return own and first <= self.changed.start.line and self.changed.end.line <= last


def _candidates(
    report: Report,
    applicability: Applicability,
    tried: Counter[_Identity],
    *,
    creates: bool,
    wanted: Callable[[Finding], bool] | None,
) -> Iterator[_Candidate]:
    """The findings whose preferred fix may be applied, in code order."""
    alike = Counter((finding.code, finding.key) for finding in report.findings)
    seen: Counter[tuple[str, str]] = Counter()
    for finding in sorted(
        report.findings, key=lambda found: (found.code, found.location.path, found.location.span.start)
    ):
        same = (finding.code, finding.key)
        identity = _Identity(report.path, *same, seen[same], alike[same])
        seen[same] += 1
        if tried[identity] == _MOST_TRIES or (wanted is not None and not wanted(finding)):
            continue
        if not _may_be_applied(finding, applicability):
            continue
        fix = finding.fixes[0]
        if creates or not any(edit.creates for edit in fix.edits):
            yield _Candidate(finding, fix, identity)


def _next(candidates: Iterator[_Candidate], single: Container[str]) -> list[_Candidate]:
    """The first of the candidates; with it others of its rule that follow, where each changes a place of its own: long
    files would take for ever one by one. The rules in ``single`` are not to be taken together.
    """
    first = next(candidates, None)
    if first is None:
        return []
    code = first.finding.code
    if code in single or not first.is_local:
        return [first]
    chosen = [first]
    for candidate in takewhile(lambda candidate: candidate.finding.code == code, candidates):
        # What is inserted at one place may have more in common than the place.
        if candidate.is_local and candidate.changed.start > chosen[-1].changed.end:
            chosen.append(candidate)
    return chosen


def _sum(chosen: list[_Candidate]) -> Fix:
    """One fix that makes the edits of all."""
    if len(chosen) == 1:
        return chosen[0].fix
    first = chosen[0].fix.edits[0]
    edits = tuple(change for candidate in chosen for edit in candidate.fix.edits for change in edit.edits)
    return chosen[0].fix._replace(edits=(FileEdit(first.path, first.base, edits),))


def _same(fixes: tuple[Fix, ...]) -> tuple[Fix, ...]:
    return fixes


def brings_warning(before: Report, after: Report, *, mended: Applicability | None = None) -> bool:
    """Whether the second report has a warning or error of a kind that the first does not have.

    Those do not count whose fix may be applied next, as ``mended`` says: what was hidden by another mistake comes to
    light.
    """
    known = {finding.code for finding in before.findings}
    return any(
        finding.code not in known
        and finding.severity >= Severity.WARNING
        and (mended is None or not _may_be_applied(finding, mended))
        for finding in after.findings
    )


def _may_be_applied(finding: Finding, applicability: Applicability) -> bool:
    """Whether a finding has a preferred fix that a run with this applicability takes."""
    fixes = finding.fixes
    return bool(fixes) and (applicability is Applicability.SUGGESTED or fixes[0].applicability is Applicability.SAFE)


def _edits(before: Snapshot, after: Snapshot) -> tuple[FileEdit, ...]:
    changed = ((path, before.text(path), text) for path, text in after.changed.items())
    return tuple(difference(path, old, new) for path, old, new in changed if new is not None and new != old)
