"""Findings as JSON, for programs.

Lines and columns are 1-based and count code points, ends are exclusive, a byte order mark counts as nothing. Paths are
relative to the working directory, with ``/``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from prebake.cli.results import Result
from prebake.edits import FileEdit
from prebake.engine import Report
from prebake.files import relative
from prebake.findings import Cost, Finding, Fix, Related
from prebake.rules import by_code
from prebake.text import Position, Span

VERSION = 1
"""Changes when a reader of the JSON would have to change."""


def document(
    reports: Iterable[Report],
    results: Sequence[Result],
    folder: str,
    given_context: bool = False,
    more: Mapping[str, Any] | None = None,
) -> str:
    """The JSON text for what was found, seen from ``folder``; ``given_context`` says that ``--context`` was used,
    ``more`` is what other options add.
    """
    value = {
        "version": VERSION,
        "findings": [_finding(result, folder) for result in results],
        "dockerfiles": [_dockerfile(report, folder, given_context) for report in reports if report.contexts],
        **(more or {}),
    }
    return json.dumps(value, indent=2)


def _finding(result: Result, folder: str) -> dict[str, Any]:
    finding = result.finding
    return {
        "code": finding.code,
        "rule": finding.rule,
        "severity": str(finding.severity),
        "fingerprint": result.fingerprint,
        "path": relative(finding.location.path, folder),
        **_span(finding.location.span),
        "message": finding.message,
        "url": _url(finding),
        "cost": _cost(finding.cost),
        "no_fix": finding.no_fix,
        "related": [_related(related, folder) for related in finding.related],
        "fixes": [_fix(fix, folder) for fix in finding.fixes],
    }


def _url(finding: Finding) -> str:
    rule = by_code(finding.code)
    return rule.url() if rule is not None else ""


def _cost(cost: Cost | None) -> dict[str, int | None] | None:
    return None if cost is None else {"bytes": cost.bytes, "files": cost.files}


def _related(related: Related, folder: str) -> dict[str, Any]:
    return {
        "path": relative(related.location.path, folder),
        **_span(related.location.span),
        "message": related.message,
    }


def _fix(fix: Fix, folder: str) -> dict[str, Any]:
    return {
        "title": fix.title,
        "applicability": fix.applicability.value,
        "edits": [edit for file in fix.edits for edit in _edits(file, folder)],
        "creates": [relative(file.path, folder) for file in fix.edits if file.creates],
    }


def _edits(file: FileEdit, folder: str) -> list[dict[str, Any]]:
    path = relative(file.path, folder)
    return [{"path": path, **_span(edit.span), "text": edit.new_text} for edit in file.edits]


def _span(span: Span) -> dict[str, dict[str, int]]:
    return {"start": _position(span.start), "end": _position(span.end)}


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line + 1, "column": position.column + 1}


def _dockerfile(report: Report, folder: str, given_context: bool) -> dict[str, Any]:
    first = report.contexts[0]
    roots = [None if context.root is None else relative(context.root, folder) for context in report.contexts]
    return {
        "path": relative(report.path, folder),
        "context": roots[0],
        "context_source": "--context" if given_context else first.evidence.source(folder),
        "ignore_file": None if report.ignore_file is None else relative(report.ignore_file, folder),
        "target": report.target,
        "contexts": list(dict.fromkeys(roots)),
    }
