"""Choosing, ordering, applying and refusing fixes, on a snapshot with pending edits.

Fixes compose: they are applied one after the other in the order of the code, the Dockerfile is analysed again after
each, until nothing is left to do. Nothing is written here; what comes out are edits of the files as they were found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from enum import Enum

from prebake.edits import EditError, FileEdit, difference
from prebake.engine import Engine, Report
from prebake.files import Snapshot, is_below, parent
from prebake.findings import Applicability, Finding, Fix, Severity
from prebake.records import NamedTuple
from prebake.text import Text

_MOST_TRIES = 4
"""Bound on the fixes of one finding: a COPY may sink below one install after the other, but not for ever."""

_MOST_STEPS = 200
"""Bound on the fixes of one run: far more than any project needs, so that two fixes that undo each other still end."""


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
        while len(applied) < _MOST_STEPS:
            chosen = _next(report, applicability, tried, creates=creates, wanted=wanted)
            if chosen is None:
                break
            finding, fix, identity = chosen
            tried[identity] += 1
            outcome = apply_fix(snapshot, report.root, fix)
            if isinstance(outcome, Refusal):
                refused.append(Refused(finding, fix, outcome))
                tried[identity] = _MOST_TRIES
                continue
            after = engine.check_in(outcome, path)
            if brings_warning(report, after, mended=applicability):
                refused.append(Refused(finding, fix, Refusal.NEW_FINDING))
                tried[identity] = _MOST_TRIES
                continue
            snapshot, report = outcome, after
            applied.append(Step(finding, fix))
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


def _next(
    report: Report,
    applicability: Applicability,
    tried: Counter[_Identity],
    *,
    creates: bool,
    wanted: Callable[[Finding], bool] | None,
) -> tuple[Finding, Fix, _Identity] | None:
    """The first finding in code order whose preferred fix may be applied."""
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
            return finding, fix, identity
    return None


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
