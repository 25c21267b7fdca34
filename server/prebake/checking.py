"""The findings of the builds of one Dockerfile: every rule asked, what the user has silenced left out, several builds
made one, and last the comments that have silenced nothing.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from prebake.build.build import Build
from prebake.findings import Finding, Fix, Repair
from prebake.silence import Used, silenced
from prebake.syntax.silencing import silencers
from prebake.text import Text

if TYPE_CHECKING:
    from prebake.rules import Entry


def findings_of(
    made: tuple[Build, ...], failures: dict[str, None], *, is_complete: Callable[[], bool]
) -> list[Finding]:
    """The findings of the builds of one Dockerfile, in no order. Rules that fail are noted in ``failures``.
    ``is_complete`` says afterwards whether all that was asked for is known: what is missing now may be found later.
    """
    used: Used = set()
    found = _merge([tuple(_findings(build, failures, used)) for build in made])
    if is_complete() and not failures:
        try:
            found += tuple(_unused_comments(made, used))
        except Exception as error:
            _note(failures, "PB901", error)
    return found


def _findings(build: Build, failures: dict[str, None], used: Used) -> Iterator[Finding]:
    from prebake.rules import that_may_concern

    settings = build.settings
    generated = _generated(build.text)
    for entry in that_may_concern(item.raw for item in build.tree.instructions):
        if not settings.wants(entry.code, entry.name) or (entry.of_ignore_file and build.ignore.is_empty):
            continue
        for finding in _checked(entry, build, failures):
            kept = silenced(build.snapshot, finding, build.path, used)
            if kept is not None:
                yield _as_wanted(build, kept, generated=generated)


def _as_wanted(build: Build, finding: Finding, *, generated: bool) -> Finding:
    """A finding with the severity that the settings give it, and without fixes of a file that a program writes."""
    finding = finding._replace(severity=build.settings.severity_of(finding.code, finding.rule, finding.severity))
    if generated and finding.location.path == build.path:
        finding = finding._replace(repair=Repair(lambda: _GENERATED))
    return finding


def _checked(entry: Entry, build: Build, failures: dict[str, None]) -> tuple[Finding, ...]:
    """The findings of one rule; none when it fails, which is noted in ``failures``."""
    try:
        return tuple(entry.rule().check(build))
    except Exception as error:
        _note(failures, entry.code, error)
        return ()


def _note(failures: dict[str, None], code: str, error: Exception) -> None:
    """Say which rule failed, and where."""
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{posixpath.basename(place.tb_frame.f_code.co_filename)}:{place.tb_lineno}" if place is not None else ""
    failures[f"internal error in {code} ({where}): {type(error).__name__}: {error}"] = None


def _unused_comments(made: tuple[Build, ...], used: Used) -> Iterator[Finding]:
    """Comments of a Dockerfile that have silenced nothing in any of its builds."""
    first = made[0]
    unused = [item for item in silencers(first.text) if (first.path, item.place) not in used]
    if not unused or len({(item.root, item.target) for item in first.contexts}) > len(made):
        return
    from prebake.rules import REGISTRY
    from prebake.rules.unused_ignore_comment import UnusedIgnoreComment as Unused

    settings = first.settings
    if not settings.wants(Unused.code, Unused.name):
        return
    asked = [entry for entry in REGISTRY if settings.wants(entry.code, entry.name)]
    known = {name: entry.code for entry in asked for name in (entry.code.lower(), entry.name)}
    for finding in Unused.of(first, unused, known):
        kept = silenced(first.snapshot, finding, first.path)
        if kept is not None:
            yield _as_wanted(first, kept, generated=_generated(first.text))


_HEAD, _HEAD_LINES = 2_000, 10
_MARKS = ("do not edit", "@generated", "do not modify")
_GENERATED = "the Dockerfile says that it is generated: mend what generates it"


def _generated(text: Text) -> bool:
    """Whether one of the first comment lines says that a program writes the file."""
    head = text.content[:_HEAD].lower()
    if not any(mark in head for mark in _MARKS):
        return False
    lines = head.split("\n", _HEAD_LINES)[:_HEAD_LINES]
    return any(line.lstrip().startswith("#") and any(mark in line for mark in _MARKS) for line in lines)


def _merge(results: list[tuple[Finding, ...]]) -> list[Finding]:
    """Report what holds for any build; keep a fix only where every build offers the same one."""
    if len(results) == 1:
        return list(results[0])
    merged: dict[tuple[str, str, str], Finding] = {}
    for findings in results:
        for finding in findings:
            merged.setdefault(_name(finding), finding)
    for identity, finding in merged.items():
        twins = [[twin for twin in findings if _name(twin) == identity] for findings in results]
        merged[identity] = finding._replace(repair=Repair(partial(_common, finding, twins)))
    return list(merged.values())


def _name(finding: Finding) -> tuple[str, str, str]:
    return finding.code, finding.location.path, finding.key


def _common(finding: Finding, twins: list[list[Finding]]) -> tuple[Fix, ...] | str:
    """The fixes of a finding that every one of several builds offers."""
    fixes = tuple(
        fix
        for fix in finding.fixes
        if all(any(fix.edits == other.edits for twin in found for other in twin.fixes) for found in twins)
    )
    return fixes or finding.no_fix or "the Dockerfile is built in several ways, and no one fix is right for all of them"
