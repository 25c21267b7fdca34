"""Every rule against its cases: small projects, what must be found in them, the fixed text.

They stand in ``cases/<code>.yaml`` and, where those are many, in ``cases/<code>-<part>.yaml``, too.

The form of a case::

    - name: what it shows, in words
      files: {path: text, ...}         # see trees.make_tree
      git: true                        # make it a repository
      dockerfile: Dockerfile           # the one that is checked; this is the default
      find:                            # all findings of the rule, in any order
        - {line: 3, severity: warning, message: part of it, column: 1, related: [app.py:2], key: exact}
      quiet: true                      # instead of find: the rule finds nothing
      title: part of the preferred fix's title
      applicability: safe              # of the preferred fix
      fixed: {path: whole text}        # after the preferred fixes of the findings, one after the other or all at once
      no_fix: part of the reason       # instead of fixed
      remains: true                    # the rule still finds something after the fix
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from prebake.engine import Engine, Report
from prebake.files import Snapshot
from prebake.findings import Applicability, Finding
from prebake.fixing import Refusal, apply_fix, fix_all
from prebake.rules import all_rules
from tests.rules.trees import make_tree

CASES = Path(__file__).parent / "cases"
KEYS = {"name", "files", "git", "dockerfile", "find", "quiet", "title", "applicability", "fixed", "no_fix", "remains"}


def load_cases() -> list[Any]:
    return [
        pytest.param(code_of(path), case, id=f"{path.stem}-{case['name']}")
        for path in sorted(CASES.glob("*.yaml"))
        for case in cases_in(path)
    ]


def code_of(path: Path) -> str:
    return path.stem.partition("-")[0].upper()


def cases_in(path: Path) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return cases


def of_rule(report: Report, code: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.code == code]


def matches(finding: Finding, wanted: dict[str, Any], root: Path) -> bool:
    start = finding.location.span.start
    sites = [
        f"{Path(related.location.path).relative_to(root).as_posix()}:{related.location.span.start.line + 1}"
        for related in finding.related
    ]
    path = Path(finding.location.path).relative_to(root).as_posix()
    return (
        wanted.get("line", start.line + 1) == start.line + 1
        and wanted.get("column", start.column + 1) == start.column + 1
        and wanted.get("path", path) == path
        and wanted.get("severity", str(finding.severity)) == str(finding.severity)
        and wanted.get("message", "") in finding.message
        and wanted.get("key", finding.key) == finding.key
        and all(site in sites for site in wanted.get("related", ()))
    )


@pytest.mark.parametrize(("code", "case"), load_cases())
def test_case(code: str, case: dict[str, Any], tmp_path: Path) -> None:
    assert set(case) <= KEYS, f"unknown keys {set(case) - KEYS}"
    root = tmp_path.resolve()
    make_tree(root, case["files"], git=case.get("git", False))
    dockerfile = (root / case.get("dockerfile", "Dockerfile")).as_posix()
    engine = Engine(workspaces=[root.as_posix()])
    report = engine.check(dockerfile)
    assert report.failures == ()
    found = of_rule(report, code)

    if case.get("quiet"):
        assert found == []
        return
    remaining = list(found)
    for wanted in case["find"]:
        fitting = [finding for finding in remaining if matches(finding, wanted, root)]
        assert fitting, f"nothing like {wanted} among {remaining}"
        remaining.remove(fitting[0])
    assert remaining == []
    if "no_fix" in case:
        assert not found[0].fixes
        assert case["no_fix"] in (found[0].no_fix or "")
    if "title" in case:
        assert case["title"] in found[0].fixes[0].title
    if "applicability" in case:
        assert found[0].fixes[0].applicability.value == case["applicability"]
    if "fixed" in case:
        check_fixed(engine, dockerfile, code, case, root)


def check_fixed(engine: Engine, dockerfile: str, code: str, case: dict[str, Any], root: Path) -> None:
    snapshot: Snapshot = engine.snapshot
    before = {finding.code for finding in engine.check(dockerfile).findings}
    for _ in range(10):
        report = engine.check_in(snapshot, dockerfile)
        fixable = [finding for finding in of_rule(report, code) if finding.fixes]
        if not fixable:
            break
        outcome = apply_fix(snapshot, report.root, fixable[0].fixes[0])
        assert not isinstance(outcome, Refusal), outcome
        snapshot = outcome
    else:
        raise AssertionError("fixing does not come to an end")
    together = fix_all(engine, [dockerfile], Applicability.SUGGESTED, wanted=lambda finding: finding.code == code)
    written = {edit.path: edit.apply() for edit in together.edits}
    for name, text in case["fixed"].items():
        fixed = snapshot.text((root / name).as_posix())
        assert fixed is not None, f"{name} was not written"
        assert fixed.content == text
        at_once = written.get((root / name).as_posix(), fixed)
        assert at_once.content == text, "all together come to something else"
    after = engine.check_in(snapshot, dockerfile)
    assert bool(of_rule(after, code)) == case.get("remains", False)
    assert {finding.code for finding in after.findings} <= before, "the fix brings a finding of another rule"


def test_every_rule_has_cases_and_as_many_quiet_as_firing() -> None:
    for rule in all_rules():
        cases = [case for path in CASES.glob("*.yaml") if code_of(path) == rule.code for case in cases_in(path)]
        assert cases, f"{rule.code} has no cases"
        quiet = sum(bool(case.get("quiet")) for case in cases)
        assert quiet * 2 >= len(cases), f"{rule.code}: {quiet} of {len(cases)} cases are quiet"
