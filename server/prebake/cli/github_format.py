"""Findings as workflow commands of GitHub Actions, which become annotations of the changed files.

https://docs.github.com/actions/reference/workflow-commands-for-github-actions
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from prebake.cli.output import printable
from prebake.cli.results import Result
from prebake.files import relative
from prebake.findings import Finding, Severity

_COMMANDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "notice",
    Severity.HINT: "notice",
}
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A", ":": "%3A", ",": "%2C"})


def commands(results: Iterable[Result], top: str) -> Iterator[str]:
    """A line for each finding, in their order: of one step, GitHub shows the first ten of each kind. ``top`` is the
    folder that its paths are seen from, the repository's.
    """
    for result in results:
        finding = result.finding
        properties = ",".join(f"{name}={value}" for name, value in _properties(finding, top))
        yield f"::{_COMMANDS[finding.severity]} {properties}::{_message(finding).translate(_DATA)}"


def _properties(finding: Finding, top: str) -> Iterator[tuple[str, str | int]]:
    path, (start, end) = finding.location
    yield "file", relative(path, top).translate(_PROPERTY)
    yield "line", start.line + 1
    # What ends before the first character of a line ends with the line above.
    last = end.line - 1 if end.column == 0 and end.line > start.line else end.line
    yield "endLine", last + 1
    if end.line == start.line:  # columns are refused for more than one line
        yield "col", start.column + 1
        yield "endColumn", end.column + 1
    yield "title", f"{finding.code} {finding.rule}".translate(_PROPERTY)


def _message(finding: Finding) -> str:
    lines = [printable(line) for line in finding.message.split("\n")]
    for number, fix in enumerate(finding.fixes):
        lines.append(f"{'Or' if number else 'Fix'} ({fix.applicability.value}): {printable(fix.title)}")
    if finding.no_fix is not None and not finding.fixes:
        lines.append(f"No fix: {printable(finding.no_fix)}")
    return "\n".join(lines)
