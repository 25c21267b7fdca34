"""The measuring itself, on a tiny labelled tree and on findings written by hand."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.corpus import measure
from tests.corpus.labels import load
from tests.corpus.score import score

LABELS = """
- repo: someone/search
  dockerfile: Dockerfile
  context: .
  A: {flag: true, missing_file: true, why: no ignore file}
  B:
  - {copy_line: 3, install_line: 4, install: pip install -r requirements.txt, expect: flag}
  - {copy_line: 3, install_line: 6, install: pip install -e . --no-deps, expect: no_flag}
  C:
  - {at: 'app.py:2', call: SentenceTransformer, expect: flag}
  - {at: 'train.py:9', call: AutoModel.from_pretrained, expect: no_flag}
  - {at: 'lazy.py:1', call: snapshot_download, expect: maybe}
  - {at: 'weights.py:5', call: gdown.download, expect: flag, difficulty: hard}
- repo: someone/quiet
  dockerfile: docker/Dockerfile
  context: .
  A: {flag: false, missing_file: false, why: allow-list}
  B: []
  C: []
"""


def finding(
    code: str, line: int, *related: tuple[str, int], severity: str = "warning", path: str = "Dockerfile"
) -> dict[str, Any]:
    def span(path: str, line: int) -> dict[str, Any]:
        return {"path": path, "start": {"line": line, "column": 1}, "end": {"line": line, "column": 9}, "message": "m"}

    sites = [span(*each) for each in related]
    return {"code": code, "severity": severity, **span(path, line), "related": sites}


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.yaml"
    path.write_text(LABELS)
    return path


def test_labels_know_their_rule_and_reach(labels: Path) -> None:
    search, quiet = load(labels)
    assert [(label.family, label.rule, label.expect, label.hard) for label in search.labels] == [
        ("A", "PB101", "flag", False),
        ("B", "PB201", "flag", False),
        ("B", "PB209", "no_flag", False),
        ("C", "PB301", "flag", False),
        ("C", "PB301", "no_flag", False),
        ("C", "PB301", "maybe", False),
        ("C", "PB301", "flag", True),
    ]
    assert [label.expect for label in quiet.labels] == ["no_flag"]


def test_everything_found(labels: Path) -> None:
    entry = load(labels)[0]
    found = [
        finding("PB101", 3),
        finding("PB201", 3, ("Dockerfile", 4)),
        finding("PB301", 9, ("app.py", 2), ("lazy.py", 1), severity="information"),
    ]
    scores = score(entry, found)
    assert [(one.right, one.wrong, one.found, one.flags) for one in scores.values()] == [
        (1, 0, 1, 1),
        (1, 0, 1, 1),
        (1, 0, 1, 2),
    ]
    assert scores["C"].reachable == scores["C"].reachable_found == 1
    assert scores["C"].missed == [("someone/search Dockerfile: weights.py:5 gdown.download", "hard")]
    assert not any(one.violations or one.too_loud or one.unlabelled for one in scores.values())


def test_a_trap_reported_as_a_warning_is_a_violation_and_as_information_is_not(labels: Path) -> None:
    search, quiet = load(labels)
    loud = score(search, [finding("PB201", 3, ("Dockerfile", 6)), finding("PB301", 9, ("train.py", 9))])
    assert len(loud["B"].violations) == len(loud["C"].violations) == 1
    assert loud["B"].wrong == loud["C"].wrong == 1
    soft = score(search, [finding("PB301", 9, ("train.py", 9), severity="information")])
    assert (soft["C"].wrong, soft["C"].violations) == (0, [])
    assert len(score(quiet, [finding("PB102", 3)])["A"].violations) == 1


def test_a_contested_case_may_be_information_at_most(labels: Path) -> None:
    entry = load(labels)[0]
    assert len(score(entry, [finding("PB301", 9, ("lazy.py", 1))])["C"].too_loud) == 1
    assert not score(entry, [finding("PB301", 9, ("lazy.py", 1), severity="information")])["C"].too_loud


def test_a_warning_without_a_label_is_wrong_and_a_hint_is_not_counted(labels: Path) -> None:
    entry = load(labels)[0]
    assert score(entry, [finding("PB201", 12)])["B"].wrong == 1
    one = score(entry, [finding("PB201", 3, severity="hint")])["B"]
    assert (one.right, one.wrong, one.found) == (0, 0, 0)


def answering(monkeypatch: pytest.MonkeyPatch, stdout: str, status: int = 1, stderr: str = "") -> None:
    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, status, stdout, stderr)

    monkeypatch.setattr(measure.subprocess, "run", run)


def checkout(root: Path, name: str, dockerfile: str) -> None:
    path = root / name / dockerfile
    path.parent.mkdir(parents=True)
    path.write_text("FROM scratch\n")


def test_both_layouts_of_checkouts_are_measured(labels: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    checkout(tmp_path, "someone+search", "Dockerfile")
    checkout(tmp_path, "someone/quiet", "docker/Dockerfile")
    dockerfiles = [{"path": "Dockerfile", "context": ".", "context_source": "nearest"}]
    answering(monkeypatch, json.dumps({"findings": [], "dockerfiles": dockerfiles}), status=0)
    output = tmp_path / "report.md"
    assert measure.main(["--labels", str(labels), "--checkouts", str(tmp_path), "--output", str(output)]) == 0
    printed = capsys.readouterr().out
    assert "2 Dockerfiles of 2 hand-labelled repositories" in printed
    assert "| C: models | 0 | 0 | - | 0 of 2 | 0.00 | 0.00 (0 of 1) | 0 of 1 |" in printed
    assert "context found as labelled: 1 of 1" in printed
    assert output.read_text() == printed


def test_a_trap_reported_as_a_warning_fails(labels: Path, tmp_path: Path, monkeypatch, capsys) -> None:
    checkout(tmp_path, "someone+search", "Dockerfile")
    loud = {"findings": [finding("PB301", 9, ("train.py", 9))], "dockerfiles": []}
    answering(monkeypatch, json.dumps(loud))
    assert measure.main(["--labels", str(labels), "--checkouts", str(tmp_path)]) == 1
    printed = capsys.readouterr().out
    assert "## Quiet cases reported as a warning" in printed
    assert "someone/quiet docker/Dockerfile" in printed.split("Not measured")[1]


@pytest.mark.parametrize(
    ("stdout", "status", "stderr"),
    [
        ("", 2, "no such file"),
        ("{}", 0, ""),
        ("not json", 0, ""),
        ('{"findings": []}', 1, "Traceback (most recent ..."),
    ],
)
def test_a_crash_fails(labels: Path, tmp_path: Path, monkeypatch, capsys, stdout, status, stderr) -> None:
    checkout(tmp_path, "someone+search", "Dockerfile")
    answering(monkeypatch, stdout, status, stderr)
    assert measure.main(["--labels", str(labels), "--checkouts", str(tmp_path)]) == 1
    assert "Crashes: 1." in capsys.readouterr().out


def test_nothing_measured_is_no_success(labels: Path, tmp_path: Path, capsys) -> None:
    assert measure.main(["--labels", str(labels), "--checkouts", str(tmp_path)]) == 2
    assert "0 Dockerfiles" in capsys.readouterr().out


def test_a_file_of_another_form_is_refused(tmp_path: Path, capsys) -> None:
    path = tmp_path / "labels.yaml"
    path.write_text("- {repo: a/b}\n")
    with pytest.raises(SystemExit) as stopped:
        measure.main(["--labels", str(path), "--checkouts", str(tmp_path)])
    assert stopped.value.code == 2
    assert "KeyError" in capsys.readouterr().err
