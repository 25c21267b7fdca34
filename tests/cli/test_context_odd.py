"""`prebake context` on what is odd, broken, unreadable or not finished."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from prebake.cli.measuring import Measuring
from prebake.files import Snapshot
from prebake.project.ignore.rules import IgnoreRules
from prebake.project.measuring.scan import ContextScan, scan
from tests.cli.conftest import Run
from tests.cli.contexts import BROAD, PROJECT, flat, lines, loaded, section
from tests.cli.contract import context_violations
from tests.rules.trees import make_tree
from tests.test_hostile import BAD_FILES
from tests.test_hostile import PROJECT as HOSTILE


def test_bounds(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD, **{f"d{number % 30}/f{number}": "x" * number for number in range(3000)}})
    assert len(lines(run("context").out)) <= 40
    assert len(lines(run("context", "--lines", "5").out)) == 2 + 2 + 5 + 3  # totals, heading, tree, advice
    assert len(section(run("context", "--all").out, "Sent")) == 3031
    assert len(section(run("context", "--all", "--depth", "1").out, "Sent")) == 31
    whole = flat(loaded(run("context", "--format", "json", "--all").out)[0]["tree"])
    assert len(whole) == 3032
    (context,) = loaded(run("context", "--format", "json").out)
    assert len(flat(context["tree"])) <= 1001
    shallow = loaded(run("context", "--format", "json", "--depth", "1").out)[0]["tree"]
    assert len(flat(shallow)) == 32
    assert all(child["children"] == [] for child in shallow["children"] if child["kind"] == "folder")
    assert shallow["more"] is None and shallow["children"][0]["more"]["entries"] == 100


def test_odd_names_are_escaped_and_links_not_followed(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD, "a\nb\tc\x1b[31m": "x" * 90, ".dockerignore": "big\nlost*\n"})
    (tmp_path / os.fsdecode(b"\xff.bin")).write_text("x" * 80)
    make_tree(tmp_path, {"big/file": "x" * 700, "link": {"link": "big"}, "out": {"link": "/"}, "lost": {"link": "no"}})
    out = run("context").out
    assert "a\\x0ab\\tc\\x1b[31m" in out
    assert "\\xff.bin" in out
    assert "\x1b" not in out
    assert "Dockerfile sends 227 B in 6 files" in out
    (context,) = loaded(run("context", "--format", "json").out)
    entries = flat(context["tree"])
    assert entries["link"]["bytes"] == 0 and entries["link"]["kind"] == "file"
    assert "a\nb\tc\x1b[31m" in entries


def test_a_very_deep_tree_is_shown(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD})
    folder = tmp_path
    for _ in range(300):
        folder = folder / "d"
        folder.mkdir()
        (folder / "f").write_text("x")
    assert run("context").status == 0
    assert run("context", "--all").status == 0
    assert len(flat(loaded(run("context", "--all", "--format", "json").out)[0]["tree"])) == 1 + 2 * 100


def test_a_malformed_pattern_stops_the_build(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD, ".dockerignore": "data\n[a\n", "data/x": "1"})
    assert "The build stops at .dockerignore:2 (a bracket is not closed)" in run("context").out
    (context,) = loaded(run("context", "--format", "json").out)
    assert (context["problem"]["line"], context["problem"]["text"]) == (2, "[a")


def test_what_cannot_be_read_is_told(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tree(tmp_path, {"Dockerfile": BROAD, "locked/a": "1"})
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("/locked"):  # as the system answers everyone but root
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    assert "Cannot be read, so not counted: locked; a build fails where Docker cannot" in run("context").out
    assert loaded(run("context", "--format", "json").out)[0]["unreadable"] == ["locked"]


def test_a_file_that_arrives_empty_is_told_and_counts_with_no_bytes(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, PROJECT | {".dockerignore": "data\n!data/labels.csv\nvenv\n"})
    before = loaded(run("context", "--format", "json").out)[0]["tree"]["sent"]
    assert "empty" not in run("context").out
    make_tree(tmp_path, {".dockerignore": "data\n!data/labels.csv\nvenv\ndata\n"})
    (told,) = [line for line in lines(run("context").out) if "empty" in line]
    assert told.startswith("Delivered empty by BuildKit, and counted so: data/labels.csv; .dockerignore:4 (data)")
    after = loaded(run("context", "--format", "json").out)[0]["tree"]["sent"]
    assert (after["files"], after["bytes"]) == (before["files"], before["bytes"] - 7_000 + len("data\n"))
    (tmp_path / "prebake.toml").write_text('builder = "legacy"')
    assert "empty" not in run("context").out


def test_named_contexts_are_named_and_not_counted(run: Run, tmp_path: Path) -> None:
    compose = """\
services:
  app:
    build:
      context: app
      additional_contexts: {shared: ./shared, models: ./models, tools: docker-image://alpine}
"""
    files = {"compose.yaml": compose, "app/Dockerfile": "FROM a\nCOPY a.txt /\nCOPY --from=models . /m/\n"}
    make_tree(tmp_path, files | {"app/a.txt": "a", "shared/b": "b", "models/m.bin": {"size": 5_000_000}})
    out = lines(run("context", "app/Dockerfile").out)
    assert "Not counted is what is taken of the named contexts models (models), shared (shared)" in out
    assert "5.0 MB" not in "\n".join(out)


def test_an_unfinished_measurement_is_a_lower_bound(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tree(tmp_path, PROJECT)

    def stopped(_: Measuring, files: Snapshot, root: str, rules: IgnoreRules) -> ContextScan:
        return scan(files, root, rules, budget_seconds=-1, whole=True)

    monkeypatch.setattr(Measuring, "scanner", stopped)
    out = run("context").out
    assert "Dockerfile sends at least " in out
    assert "Measuring took too long and was stopped: there is more than is shown" in out
    assert loaded(run("context", "--format", "json").out)[0]["complete"] is False


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_projects_are_survived(run: Run, tmp_path: Path, name: str) -> None:
    make_tree(tmp_path, {**HOSTILE, **BAD_FILES[name]})
    done = run("context")
    assert done.status in (0, 2) and "Traceback" not in done.err
    assert done.status == 2 or context_violations(json.loads(run("context", "--format", "json").out)) == []


def test_of_many_contexts_each_is_short(run: Run, tmp_path: Path) -> None:
    for number in range(5):
        make_tree(tmp_path / f"s{number}", {"Dockerfile": BROAD, ".dockerignore": "x\n", "x": "1", "y": "2"})
    out = run("context").out
    assert out.count("Build context s") == out.count("\nSent\n") == 5
    assert "Left out" not in out
    assert "What is left out, and by which pattern: name one of the Dockerfiles" in out
    assert run("context", "--lines", "3").out.count("Left out") == 5
