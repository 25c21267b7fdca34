"""`prebake check` as text where several Dockerfiles have a finding because of the same: it is printed once."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run
from tests.rules.trees import make_tree


def test_one_ignore_file_for_several_dockerfiles(run: Run, tmp_path: Path) -> None:
    names = ("Dockerfile", "Dockerfile.cpu", "Dockerfile.gpu")
    files = dict.fromkeys(names, "FROM python:3.12-slim\nCOPY . /app\n")
    make_tree(tmp_path, {**files, "app.py": "", ".git/HEAD": "ref: refs/heads/main\n"})
    done = run("check", "--select", "PB101")
    assert done.out.count("PB101") == 1
    assert "      = the same in Dockerfile.cpu:2:1 and Dockerfile.gpu:2:1\n" in done.out
    assert "1 finding in 3 Dockerfiles: 1 warning.\n1 fixable with --fix --suggested.\n" in done.out
