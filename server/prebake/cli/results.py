"""The findings of several Dockerfiles as one list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prebake.engine import Report, fingerprint
from prebake.findings import Finding
from prebake.records import NamedTuple


class Result(NamedTuple):
    """A finding of the project whose top folder is ``root``."""

    finding: Finding
    root: str

    @property
    def fingerprint(self) -> str:
        """What the finding is known by over time."""
        return fingerprint(self.finding, self.root)


def results(reports: Iterable[Report]) -> tuple[Result, ...]:
    """The findings of all reports, what costs most first.

    What several Dockerfiles have in common (a finding in the ignore file that they share) is there once.
    """
    found: dict[tuple[object, ...], Result] = {}
    for report in reports:
        for finding in report.findings:
            identity = (finding.code, finding.location, finding.key, finding.message)
            found.setdefault(identity, Result(finding, report.root))
    return tuple(sorted(found.values(), key=_rank))


def by_cause(found: Sequence[Result]) -> list[list[Result]]:
    """The findings, put together where several Dockerfiles have one because of the same, and one fix mends all: what
    their ignore file lacks. In the order of the first of each.
    """
    groups: dict[object, list[Result]] = {}
    for index, result in enumerate(found):
        finding = result.finding
        edits = finding.fixes[0].edits if finding.fixes else ()
        shared = edits and all(edit.path != finding.location.path for edit in edits)
        cause = (finding.code, finding.key, finding.severity, edits) if shared else index
        groups.setdefault(cause, []).append(result)
    return list(groups.values())


def _rank(result: Result) -> tuple[int, int]:
    cost = result.finding.cost
    return -result.finding.severity, -cost.bytes if cost is not None else 0
