"""Other programs read what prebake writes."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

from tests.cli.conftest import Run, run
from tests.install.conftest import ROOT, Tool
from tests.rules.trees import make_tree
from tests.tools import unavailable

__all__ = ["run"]

OLD = "FROM python:3.12-slim\nCOPY . /app\nRUN pip install -r /app/requirements.txt\n"


def test_sarif_tools_reads_sarif(run: Run, tool: Tool, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": OLD, "requirements.txt": "flask\n"})
    path = tmp_path / "prebake.sarif"
    path.write_text(run("check", "--format", "sarif").out, encoding="utf-8")
    assert tool("sarif", "csv", "--output", str(tmp_path / "found.csv"), str(path)).returncode == 0
    rows = (tmp_path / "found.csv").read_text(encoding="utf-8-sig").splitlines()
    assert any(row.startswith("prebake,warning,PB201,") and ",Dockerfile,2" in row for row in rows)


def test_sarif_tools_compares_two_runs(run: Run, tool: Tool, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": OLD, "requirements.txt": "flask\n", ".dockerignore": ".git\n"})
    (tmp_path / "old.sarif").write_text(run("check", "--format", "sarif").out, encoding="utf-8")
    make_tree(tmp_path, {"Dockerfile": "FROM python:3.12-slim\n"})
    (tmp_path / "new.sarif").write_text(run("check", "--format", "sarif").out, encoding="utf-8")
    output = tmp_path / "difference.json"
    done = tool("sarif", "diff", "--output", str(output), str(tmp_path / "old.sarif"), str(tmp_path / "new.sarif"))
    assert done.returncode == 0, done.stderr
    assert json.loads(output.read_text(encoding="utf-8"))["warning"]["-"] >= 1


def test_the_filter_for_gitlab_makes_a_code_quality_report(run: Run, tmp_path: Path) -> None:
    if shutil.which("jq") is None:
        unavailable("jq is not installed (make install-setup)")
    (program,) = re.findall(r"^```jq\n(.*?)^```", (ROOT / "docs/ci.md").read_text("utf-8"), re.MULTILINE | re.DOTALL)
    make_tree(tmp_path, {"Dockerfile": OLD, "requirements.txt": "flask\n"})
    found = run("check", "--format", "json").out
    made = subprocess.run(["jq", program], input=found, capture_output=True, text=True, check=True).stdout
    issues = json.loads(made)
    assert len(issues) == len(json.loads(found)["findings"])
    # What GitLab asks for: docs.gitlab.com/ci/testing/code_quality, "Code Quality report format".
    for issue in issues:
        assert all(
            isinstance(issue[name], str) and issue[name] for name in ("description", "check_name", "fingerprint")
        )
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}
        assert issue["location"]["path"] == "Dockerfile"
        assert issue["location"]["lines"]["begin"] >= 1
