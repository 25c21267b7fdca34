"""The whole path on the demonstration project: found, explained, fixed, quiet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.demo_project import make_demo_project
from tests.cli.conftest import Run
from tests.cli.contract import violations


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the slow example with what gathers around a project in use, in the working directory of `run`."""
    return make_demo_project(tmp_path / "demo")


def codes(out: str) -> list[str]:
    return [finding["code"] for finding in json.loads(out)["findings"]]


def test_the_three_mistakes_are_found_in_one_check(run: Run, project: Path) -> None:
    done = run("check", "--format", "json", "demo")
    assert done.status == 1
    document = json.loads(done.out)
    assert violations(document) == []
    warnings = {item["code"]: item for item in document["findings"] if item["severity"] == "warning"}
    assert {"PB101", "PB201", "PB301"} <= set(warnings)
    assert warnings["PB101"]["cost"]["bytes"] > 500_000_000
    assert [place["path"] for place in warnings["PB301"]["related"]] == ["demo/search/embedding.py"]
    text = run("check", "demo").out
    assert text.index("PB101") < text.index("PB201")
    assert "    4 | COPY . /app\n      | ^^^^^^^^^^^\n" in text


def test_the_findings_are_those_of_the_python_file_as_well(run: Run, project: Path) -> None:
    name = "demo/search/embedding.py"
    assert "PB301" in codes(run("check", "--format", "json", name).out)
    done = run("check", "--format", "json", "--stdin-filename", name, stdin=b"")
    assert "PB301" not in codes(done.out)
    assert "PB201" in codes(done.out)


def test_all_fixes_leave_nothing_to_report_or_to_fix(run: Run, project: Path) -> None:
    diff = run("check", "--diff", "--suggested", "demo")
    assert "+++ b/demo/.dockerignore" in diff.out
    assert not (project / ".dockerignore").exists()
    fixed = run("check", "--fix", "--suggested", "demo")
    assert fixed.status == 0
    instructions = [line.split()[0] for line in (project / "Dockerfile").read_text().splitlines() if line]
    text = (project / "Dockerfile").read_text()
    assert text.index("pip install") < text.index("download") < text.index("COPY . ")
    assert instructions[0] == "FROM"
    files = {path: path.read_bytes() for path in (project / "Dockerfile", project / ".dockerignore")}
    again = run("check", "--fix", "--suggested", "demo")
    assert again.status == 0
    assert "Fixed" not in again.out
    assert {path: path.read_bytes() for path in files} == files


def test_safe_fixes_create_no_file(run: Run, project: Path) -> None:
    run("check", "--fix", "demo")
    assert not (project / ".dockerignore").exists()
    text = (project / "Dockerfile").read_text()
    assert text.index("pip install") < text.index("COPY . ")
    assert "download" not in text
