"""Which sources reach the builder, by PB105 and PB106 and by a real Docker engine; and PB105's fixes."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from prebake.engine import Engine as Analysis
from prebake.findings import Finding, Severity
from tests.builder.engine import Built, Engine, EngineError
from tests.rules.trees import make_tree

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "copy_sources.yaml").read_text())
STOPS = "BuildKit stops"


def write(root: Path, case: dict[str, Any]) -> Path:
    files = {"Dockerfile": f"FROM python:3.11-slim\n{case['copy'].rstrip()}\n", **case["files"]}
    if "ignore" in case:
        files[".dockerignore"] = case["ignore"]
    root.mkdir()
    make_tree(root, files)
    return root


def findings(root: Path) -> list[Finding]:
    report = Analysis(workspaces=[root.as_posix()]).check((root / "Dockerfile").as_posix())
    assert report.failures == ()
    return [finding for finding in report.findings if finding.code in ("PB105", "PB106")]


def build(engine: Engine, root: Path) -> Built | None:
    """The build, ``None`` where it stops for want of a source."""
    try:
        return engine.build(root, "copied")
    except EngineError as error:
        assert "not found" in str(error) or "no such file" in str(error)
        return None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_what_is_said_of_a_source_is_what_a_build_finds(engine: Engine, case: dict[str, Any], tmp_path: Path) -> None:
    root = write(tmp_path / "before", case)
    found = findings(root)
    code = case.get("error") or case.get("says")
    assert {finding.code for finding in found} == ({code} if code else set())
    assert [STOPS in finding.message for finding in found] == [bool(case.get("error"))] * len(found)
    if case.get("error") == "PB105":
        assert {finding.severity for finding in found} == {Severity.ERROR}

    built = build(engine, root)
    assert (built is None) == bool(case.get("error"))
    if built is not None and "brings" in case:
        assert (case["brings"] in engine.image(built).files) == ("says" not in case or case["says"] == "PB106")

    for number in range(max((len(finding.fixes) for finding in found), default=0)):
        mended = write(tmp_path / f"fix{number}", case)
        for finding in findings(mended):
            for edit in finding.fixes[number].edits:
                Path(edit.path).write_bytes(edit.apply().to_bytes())
        assert findings(mended) == []
        built = build(engine, mended)
        assert built is not None
        assert "brings" not in case or case["brings"] in engine.image(built).files
