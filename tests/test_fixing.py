"""Fixes are ordered, applied one after the other, and refused where they could do harm."""

from __future__ import annotations

from pathlib import Path

import pytest

from prebake import files
from prebake.edits import FileEdit, TextEdit
from prebake.engine import Engine
from prebake.findings import Applicability, Fix
from prebake.fixing import Refusal, apply_fix, fix_all
from prebake.text import Position, Span, Text
from tests.rules.trees import make_tree

PROJECT = {
    "Dockerfile": "FROM python:3.12-slim\nWORKDIR /app\nCOPY . /app\nRUN pip install -r requirements.txt\n",
    "requirements.txt": "flask\n",
    "app.py": "x = 1\n",
}


def at(root: Path, name: str) -> str:
    return files.absolute(str(root / name))


def replacing(path: str, base: Text | None, new: str = "new\n") -> Fix:
    edit = TextEdit(Span(Position(0, 0), Position(1 if base else 0, 0)), new)
    return Fix("Change it", Applicability.SAFE, (FileEdit(path, base, (edit,)),))


def test_safe_only_and_nothing_created(tmp_path: Path) -> None:
    make_tree(tmp_path, PROJECT)
    result = fix_all(Engine(), [at(tmp_path, "Dockerfile")], Applicability.SAFE, creates=False)
    assert {edit.path for edit in result.edits} == {at(tmp_path, "Dockerfile")}
    assert [step.finding.code for step in result.applied] == ["PB201"]
    assert result.edits[0].apply().content == (
        "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt /app/\n"
        "RUN pip install -r requirements.txt\nCOPY . /app\n"
    )


def test_a_finding_that_a_fix_uncovers_is_mended_in_the_same_run(tmp_path: Path) -> None:
    project = PROJECT | {
        "Dockerfile": "FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nARG GIT_SHA\n"
        "RUN pip install --no-cache-dir -r requirements.txt && ./build.sh $GIT_SHA\n",
        "build.sh": "echo $1\n",
    }
    make_tree(tmp_path, project)
    result = fix_all(Engine(), [at(tmp_path, "Dockerfile")], Applicability.SAFE, creates=False)
    assert [step.finding.code for step in result.applied] == ["PB201", "PB204"]
    assert result.edits[0].apply().content == (
        "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt .\n"
        "RUN pip install --no-cache-dir -r requirements.txt\nCOPY . .\nARG GIT_SHA\nRUN ./build.sh $GIT_SHA\n"
    )


def test_findings_with_one_key_are_mended_one_after_the_other(tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": "FROM python:3.12\nRUN pip install flask\nRUN pip install flask\n"})
    result = fix_all(Engine(), [at(tmp_path, "Dockerfile")], Applicability.SUGGESTED)
    assert [step.finding.code for step in result.applied] == ["PB206", "PB206"]
    assert result.edits[0].apply().content.count("--no-cache-dir") == 2


def test_suggested_fixes_come_too_when_asked_for(tmp_path: Path) -> None:
    make_tree(tmp_path, PROJECT)
    result = fix_all(Engine(), [at(tmp_path, "Dockerfile")], Applicability.SUGGESTED)
    assert {edit.path for edit in result.edits} == {at(tmp_path, "Dockerfile"), at(tmp_path, ".dockerignore")}
    assert result.refused == ()


def test_a_stage_is_reordered_where_a_finding_asks_for_it(tmp_path: Path) -> None:
    dockerfile = "FROM debian:12\nCOPY src /srv/src\nRUN chmod -R a-w /srv/src\nRUN apt-get install -y curl\n"
    make_tree(tmp_path, {"Dockerfile": dockerfile, "src/app.py": "", ".dockerignore": ".git\n"})
    paths = [at(tmp_path, "Dockerfile")]
    assert fix_all(Engine(), paths, Applicability.SAFE).edits == ()
    result = fix_all(Engine(), paths, Applicability.SUGGESTED, wanted=lambda finding: finding.code == "PB202")
    assert [step.finding.code for step in result.applied] == ["PB202"]
    assert result.edits[0].apply().content == (
        "FROM debian:12\nRUN apt-get install -y curl\nCOPY src /srv/src\nRUN chmod -R a-w /srv/src\n"
    )


def test_nothing_is_written_and_fixing_twice_changes_nothing(tmp_path: Path) -> None:
    make_tree(tmp_path, PROJECT)
    engine = Engine()
    result = fix_all(engine, [at(tmp_path, "Dockerfile")], Applicability.SUGGESTED)
    assert (tmp_path / "Dockerfile").read_text() == PROJECT["Dockerfile"]
    assert not (tmp_path / ".dockerignore").exists()
    for edit in result.edits:
        Path(edit.path).write_bytes(edit.apply().to_bytes())
    engine.invalidate()
    again = fix_all(engine, [at(tmp_path, "Dockerfile")], Applicability.SUGGESTED)
    assert again.edits == ()
    assert again.applied == ()


def test_findings_can_be_chosen(tmp_path: Path) -> None:
    make_tree(tmp_path, PROJECT)
    paths = [at(tmp_path, "Dockerfile")]
    result = fix_all(Engine(), paths, Applicability.SUGGESTED, wanted=lambda finding: finding.code == "PB101")
    assert [step.finding.code for step in result.applied] == ["PB101"]


def test_a_fix_for_another_text_is_stale(tmp_path: Path) -> None:
    make_tree(tmp_path, {"f": "now\n"})
    root, path = at(tmp_path, ""), at(tmp_path, "f")
    assert apply_fix(files.disk(), root, replacing(path, Text("then\n"))) is Refusal.STALE
    done = apply_fix(files.disk(), root, replacing(path, Text("now\n")))
    assert isinstance(done, files.Snapshot)
    assert done.text(path) == Text("new\n")


def test_a_file_that_exists_is_not_created_over(tmp_path: Path) -> None:
    make_tree(tmp_path, {".dockerignore": "mine\n", "link": {"link": "nowhere"}})
    for name in (".dockerignore", "link"):
        assert apply_fix(files.disk(), at(tmp_path, ""), replacing(at(tmp_path, name), None)) is Refusal.EXISTS


@pytest.mark.parametrize("name", ["inside/link", "inside/folder/f"])
def test_links_out_of_the_project_are_not_followed(tmp_path: Path, name: str) -> None:
    tree = {
        "f": "now\n",
        "outside/f": "now\n",
        "inside/link": {"link": "../f"},
        "inside/folder": {"link": "../outside"},
    }
    make_tree(tmp_path, tree)
    fix = replacing(at(tmp_path, name), Text("now\n"))
    assert apply_fix(files.disk(), at(tmp_path, "inside"), fix) is Refusal.OUTSIDE


def test_overlapping_edits_are_refused(tmp_path: Path) -> None:
    make_tree(tmp_path, {"f": "now\n"})
    edit = TextEdit(Span(Position(0, 0), Position(0, 2)), "")
    fix = Fix("Change it", Applicability.SAFE, (FileEdit(at(tmp_path, "f"), Text("now\n"), (edit, edit)),))
    assert apply_fix(files.disk(), at(tmp_path, ""), fix) is Refusal.OVERLAP
