"""The findings of several Dockerfiles as one list."""

from __future__ import annotations

from collections.abc import Iterable

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


def _rank(result: Result) -> tuple[int, int]:
    cost = result.finding.cost
    return -result.finding.severity, -cost.bytes if cost is not None else 0
