"""PB107 beyond its cases: together with PB101, and with files that are no files of text."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from prebake.engine import Engine
from prebake.files import Snapshot
from prebake.findings import Applicability, Finding
from prebake.fixing import Refusal, apply_fix, fix_all
from tests.rules.trees import make_tree

PROJECT: dict[str, Any] = {
    "Dockerfile": 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD ["python", "app.py"]\n',
    "app.py": "print(1)\n",
}
TOKEN = "API_TOKEN=q8Zr71kLmT04wYpA2c\n"


def findings(root: Path, snapshot: Snapshot | None = None) -> dict[str, Finding]:
    engine = Engine(workspaces=[root.as_posix()])
    report = engine.check_in(snapshot or engine.snapshot, (root / "Dockerfile").as_posix())
    assert report.failures == ()
    return {finding.code: finding for finding in report.findings}


@pytest.mark.parametrize("order", [("PB101", "PB107"), ("PB107", "PB101")])
@pytest.mark.parametrize("ignore_file", [None, "", "# nothing yet\n"])
def test_the_fixes_of_pb101_and_pb107_lead_to_the_same_file_in_any_order(
    tmp_path: Path, order: tuple[str, str], ignore_file: str | None
) -> None:
    root = tmp_path.resolve()
    make_tree(root, {**PROJECT, ".env": TOKEN, "conf/a.key": "-----BEGIN PRIVATE KEY-----\n", ".git/HEAD": "x"})
    if ignore_file is not None:
        make_tree(root, {".dockerignore": ignore_file})
    engine = Engine(workspaces=[root.as_posix()])
    dockerfile = (root / "Dockerfile").as_posix()
    sum_of_all = fix_all(engine, [dockerfile], Applicability.SUGGESTED).edits
    snapshot = engine.snapshot
    for code in order:
        found = findings(root, snapshot).get(code)
        if found is not None:
            outcome = apply_fix(snapshot, root.as_posix(), found.fixes[0])
            assert not isinstance(outcome, Refusal)
            snapshot = outcome
    after = findings(root, snapshot)
    assert not {"PB101", "PB107"} & set(after)
    (edit,) = sum_of_all
    assert snapshot.text(edit.path) == edit.apply()
    assert edit.apply().content.count("conf/a.key") == 1


def test_files_that_cannot_be_read_or_are_none_say_nothing(tmp_path: Path) -> None:
    root = tmp_path.resolve()
    make_tree(
        root,
        {
            **PROJECT,
            ".dockerignore": "*.md\n",
            ".env.large": {"size": 1_000_000_000},
            ".env.zeros": {"size": 60_000},
            ".env.binary": {"hex": "00ff00fe3d" * 1000},
            ".env.folder": None,
            ".env.loop": {"link": ".env.loop"},
            ".env.out": {"link": "/etc/passwd"},
            "token.json": "[" * 60_000,
            "key.json": '{"a":' * 10_000,
            ".kube": {"link": "."},
        },
    )
    os.mkfifo(root / "pipe.key")
    unreadable = root / "id_rsa"
    unreadable.write_text("-----BEGIN RSA PRIVATE KEY-----\n")
    unreadable.chmod(0)
    with socket.socket(socket.AF_UNIX) as listener:
        folder = os.getcwd()
        os.chdir(root)
        try:
            listener.bind("socket.env")
        finally:
            os.chdir(folder)
        found = findings(root)
    if os.access(unreadable, os.R_OK):
        assert found["PB107"].message.count("(") == 1
    else:
        assert "PB107" not in found


def test_an_unsaved_file_counts_as_it_is_in_the_editor(tmp_path: Path) -> None:
    from prebake.text import Text

    root = tmp_path.resolve()
    make_tree(root, {**PROJECT, ".dockerignore": "*.md\n", ".env": "PORT=1\n"})
    engine = Engine(workspaces=[root.as_posix()])
    dockerfile = (root / "Dockerfile").as_posix()
    assert "PB107" not in {finding.code for finding in engine.check(dockerfile).findings}
    engine.update((root / ".env").as_posix(), Text(TOKEN))
    assert "PB107" in {finding.code for finding in engine.check(dockerfile).findings}


@pytest.mark.parametrize("ignore_file", [None, "*.md\n"])
def test_a_name_that_no_pattern_can_hold_is_in_no_fix(tmp_path: Path, ignore_file: str | None) -> None:
    root = tmp_path.resolve()
    make_tree(root, {**PROJECT, "app.py\nb.key": "-----BEGIN PRIVATE KEY-----\n"})
    if ignore_file is not None:
        make_tree(root, {".dockerignore": ignore_file})
    found = findings(root)
    assert found["PB107"].no_fix is not None
    for finding in found.values():
        assert all("b.key" not in edit.apply().content for fix in finding.fixes for edit in fix.edits)
