"""`prebake context --format json`: a stable contract, and the samples on its page."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.cli.conftest import Run
from tests.cli.contexts import NARROW, PAGE, PROJECT, flat, loaded
from tests.cli.contract import context_violations
from tests.rules.trees import make_tree


def test_the_page_shows_what_is_printed(run: Run, tmp_path: Path) -> None:
    make_tree(
        tmp_path,
        {
            "Dockerfile": "FROM python:3.12-slim\nWORKDIR /app\nCOPY requirements.txt .\n"
            "RUN pip install -r requirements.txt\nCOPY src src\n",
            ".dockerignore": "# data\ndata\n!data/labels.csv\n**/*.log\n",
            "requirements.txt": "flask\n",
            "data/train.parquet": {"size": 2_100_000_000},
            "data/labels.csv": {"size": 48_000},
            ".venv/pyvenv.cfg": "",
            ".venv/torch.so": {"size": 310_000_000},
            "src/app.py": {"size": 5_200},
            "src/model.py": {"size": 1_300},
            "src/train.log": {"size": 91_000},
        },
    )
    console, document = re.findall(r"```(?:console|json)\n(.*?)\n```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert console.removeprefix("$ prebake context\n") == run("context").out.rstrip("\n")
    printed = run("context", "--format", "json", "--depth", "1", "--lines", "3").out
    assert json.loads(document) == json.loads(printed)
    assert context_violations(json.loads(document)) == []


def test_the_json_has_all_that_is_known(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path / "project", PROJECT)
    (context,) = loaded(run("context", "--format", "json", "project").out)
    assert (context["path"], context["ignore_file"]) == ("project", "project/.dockerignore")
    assert context["dockerfiles"] == [
        {
            "path": "project/Dockerfile",
            "target": None,
            "context_source": "the Dockerfile's folder",
            "takes": "all",
            "paths": [],
            "unknown_paths": False,
            "sent": {"bytes": context["tree"]["sent"]["bytes"], "files": 7},
        }
    ]
    entries = flat(context["tree"])
    data = {"path": "project/.dockerignore", "line": 2, "text": "data"}
    assert entries["project/data/raw"]["pattern"] == entries["project/data"]["pattern"] == data
    assert entries["project/data"]["kind"] == "folder"
    assert (entries["project/data"]["bytes"], entries["project/data"]["files"]) == (3_007_000, 2)
    assert entries["project/data"]["sent"] == {"bytes": 7_000, "files": 1}
    assert entries["project/data/labels.csv"]["pattern"]["line"] == 3
    assert entries["project/requirements.txt"]["pattern"] is None
    assert [(found["text"], found["files"], found["exception"]) for found in context["patterns"]] == [
        ("data", 1, False), ("!data/labels.csv", 1, True), ("**/*.pyc", 2, False), ("*.log", 0, False),
    ]  # fmt: skip


def test_json_says_what_the_ignore_file_allows_and_what_is_sent_of_that(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {**PROJECT, "Dockerfile": NARROW})
    (context,) = loaded(run("context", "--format", "json").out)
    entries = flat(context["tree"])
    assert (entries["venv"]["allowed"]["files"], entries["venv"]["sent"]["files"]) == (2, 0)
    assert (entries["src"]["files"], entries["src"]["allowed"]["files"], entries["src"]["sent"]["files"]) == (3, 1, 1)
    assert context["dockerfiles"][0]["takes"] == "paths"
    assert sorted(context["dockerfiles"][0]["paths"]) == ["requirements.txt", "src"]
