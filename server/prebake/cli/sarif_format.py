"""Findings as SARIF 2.1.0, for code scanning services and viewers.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any
from urllib.parse import quote

from prebake import __version__
from prebake.cli.results import Result
from prebake.edits import FileEdit
from prebake.files import is_below, relative
from prebake.findings import Finding, Fix, Location, Severity
from prebake.rules import by_code
from prebake.rules.base import Rule
from prebake.text import Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_BASE = "SRCROOT"
_LEVELS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "note",
    Severity.HINT: "note",
}
_PROBLEMS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "recommendation",
    Severity.HINT: "recommendation",
}
_FAMILIES = {"PB1": "build-context", "PB2": "layer-cache", "PB3": "model-weights"}


def document(results: Sequence[Result], top: str, failures: Iterable[str] = ()) -> str:
    """The SARIF text for findings, with paths seen from ``top``, the repository's folder: it names no folder of the
    machine, so that it is the same everywhere. ``failures`` say what could not be checked.
    """
    rules = _rules(results)
    indexes = {rule.code: number for number, rule in enumerate(rules)}
    failed = [{"level": "error", "message": {"text": _text(failure)}} for failure in failures]
    run = {
        "tool": {
            "driver": {
                "name": "prebake",
                "semanticVersion": __version__,
                "informationUri": "https://github.com/prebake/prebake",
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "invocations": [
            {"executionSuccessful": not failed, **({"toolExecutionNotifications": failed} if failed else {})}
        ],
        "originalUriBaseIds": {_BASE: {"description": {"text": "The top folder of the repository."}}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(result, indexes, top) for result in results],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2)


def _rules(results: Iterable[Result]) -> list[type[Rule]]:
    """The rules that have findings, in the order of their codes."""
    found = (by_code(code) for code in sorted({result.finding.code for result in results}))
    return [rule for rule in found if rule is not None]


def _rule(rule: type[Rule]) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary()},
        "fullDescription": {"text": rule.summary()},
        "help": {"text": f"{rule.summary()} {rule.url()}", "markdown": rule.page()},
        "helpUri": rule.url(),
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": ["docker", *(tag for family, tag in _FAMILIES.items() if rule.code.startswith(family))],
            "problem.severity": _PROBLEMS[rule.severity],
        },
    }


def _result(result: Result, indexes: dict[str, int], top: str) -> dict[str, Any]:
    finding = result.finding
    found: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": indexes.get(finding.code, -1),
        "level": _LEVELS[finding.severity],
        "message": {"text": _text(finding.message)},
        "locations": [{"physicalLocation": _location(finding.location, top)}],
        "partialFingerprints": {"prebake/v1": result.fingerprint},
    }
    related = list(_related(finding, top))
    if related:
        found["relatedLocations"] = related
    fixes = [_fix(fix, top) for fix in finding.fixes if _can_be_told(fix)]
    if fixes:
        found["fixes"] = fixes
    properties = dict(_properties(finding))
    if properties:
        found["properties"] = properties
    return found


def _related(finding: Finding, top: str) -> Iterator[dict[str, Any]]:
    for number, related in enumerate(finding.related):
        message = {"text": _text(related.message)}
        yield {"id": number, "physicalLocation": _location(related.location, top), "message": message}


def _properties(finding: Finding) -> Iterator[tuple[str, Any]]:
    if finding.cost is not None:
        yield "cost", {"bytes": finding.cost.bytes, "files": finding.cost.files}
    if finding.no_fix is not None and not finding.fixes:
        yield "noFix", _text(finding.no_fix)


def _fix(fix: Fix, top: str) -> dict[str, Any]:
    description = f"{fix.title}. {fix.explanation}" if fix.explanation else fix.title
    return {
        "description": {"text": _text(description)},
        "artifactChanges": [_change(edit, top) for edit in fix.edits],
        "properties": {"applicability": fix.applicability.value},
    }


def _can_be_told(fix: Fix) -> bool:
    """Whether all that a fix writes is text; a file's bytes that are none cannot be given."""
    return all(_text(change.new_text) == change.new_text for edit in fix.edits for change in edit.edits)


def _change(edit: FileEdit, top: str) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(change.span), "insertedContent": {"text": change.new_text}} for change in edit.edits
    ]
    return {"artifactLocation": _artifact(edit.path, top), "replacements": replacements}


def _location(location: Location, top: str) -> dict[str, Any]:
    return {"artifactLocation": _artifact(location.path, top), "region": _region(location.span)}


def _artifact(path: str, top: str) -> dict[str, str]:
    if is_below(path, top):
        return {"uri": quote(os.fsencode(relative(path, top))), "uriBaseId": _BASE}
    return {"uri": f"file://{'' if path.startswith('/') else '/'}{quote(os.fsencode(path))}"}


def _region(span: Span) -> dict[str, int]:
    """1-based, the end exclusive."""
    return {
        "startLine": span.start.line + 1,
        "startColumn": span.start.column + 1,
        "endLine": span.end.line + 1,
        "endColumn": span.end.column + 1,
    }


def _text(text: str) -> str:
    """Text without what JSON in UTF-8 cannot hold: a file's bytes that are no text."""
    return text.encode("utf-8", "replace").decode("utf-8")
