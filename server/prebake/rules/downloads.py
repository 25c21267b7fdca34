"""What the findings about a download that a RUN makes have in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from prebake.build.build import Build
from prebake.findings import Finding, Fix, Severity
from prebake.rules.base import Rule

if TYPE_CHECKING:
    from prebake.build.models.baked.mismatches import Unused
    from prebake.build.models.runs.failures import Ignored


def about_download(
    rule: Rule, build: Build, mistake: Ignored | Unused, repair: Callable[[], tuple[Fix, ...] | str]
) -> Finding:
    """The finding of a rule about what is wrong with a download; information where that is mild."""
    instruction = mistake.fetch.instruction
    return rule.finding(
        build.location(instruction),
        mistake.message,
        key=build.key(instruction, f"{mistake.kind} {mistake.fetch.named}"),
        severity=Severity.INFORMATION if mistake.mild else rule.severity,
        repair=repair,
        related=mistake.related,
    )
