"""The report of ``prebake check`` in the format that was asked for."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from prebake.cli.known import Known
from prebake.cli.output import Output
from prebake.cli.results import Result
from prebake.engine import Report
from prebake.files import Snapshot, absolute, is_below
from prebake.findings import Severity
from prebake.records import NamedTuple

if TYPE_CHECKING:
    from prebake.cli.adoption import Adoption


class Outcome(NamedTuple):
    """What a run has found: ``new`` findings, most costly first, and how many are ``known``, where findings were
    compared. ``failures`` say what could not be checked.
    """

    reports: Sequence[Report]
    new: Sequence[Result]
    known: int
    failures: Sequence[str]


def is_shown(options: Namespace, severity: Severity) -> bool:
    """Whether findings of a severity are shown to people (and fixed)."""
    return options.all or severity > Severity.HINT


def report(
    options: Namespace, output: Output, snapshot: Snapshot, folder: str, outcome: Outcome, adoption: Adoption | None
) -> None:
    """Print what was found. Programs get hints as well, people where they ask for them."""
    given_context = options.context is not None
    if options.format == "json":
        from prebake.cli.json_format import document

        more = {} if adoption is None else adoption.document(outcome.known)
        output.line(document(outcome.reports, outcome.new, folder, given_context, more))
        return
    shown = [result for result in outcome.new if is_shown(options, result.finding.severity)]
    if options.format == "sarif":
        from prebake.cli import sarif_format

        output.line(sarif_format.document(shown, _top(snapshot, folder), outcome.failures))
        return
    from prebake.cli.text_format import TextFormat, totals

    hidden = len(outcome.new) - len(shown)
    known = None if adoption is None else Known(outcome.known, adoption.source)
    if options.format == "github":
        from prebake.cli.github_format import commands

        for line in commands(shown, _workspace(folder) or _top(snapshot, folder)):
            output.line(line)
        # No path of the project begins a line of the log: it might be taken for a command.
        for line in totals(output, len(outcome.reports), shown, hidden, known):
            output.line(line)
        return
    printer = TextFormat(output, snapshot, folder)
    if not options.diff:
        printer.findings(shown)
    printer.summary(outcome.reports, shown, hidden, given_context, known)


def _top(snapshot: Snapshot, folder: str) -> str:
    """The folder that services see paths from: the repository's."""
    return snapshot.git_root(folder) or folder


def _workspace(folder: str) -> str | None:
    """The folder that GitHub Actions sees paths from, where this is a step of it."""
    given = os.environ.get("GITHUB_WORKSPACE")
    return absolute(given) if given and is_below(folder, absolute(given)) else None
