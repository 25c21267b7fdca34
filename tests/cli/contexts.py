"""What `prebake context` said, taken apart, and projects to ask it about."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.cli.contract import context_violations

PAGE = Path(__file__).resolve().parents[2] / "docs" / "context.md"


BROAD = "FROM python:3.12-slim\nWORKDIR /app\nCOPY . /app\n"


NARROW = "FROM python:3.12-slim\nCOPY requirements.txt src /app/\n"


PROJECT = {
    "Dockerfile": BROAD,
    ".dockerignore": "# data\ndata\n!data/labels.csv\n**/*.pyc\n*.log\n",
    "requirements.txt": "flask\n",
    "src/app.py": {"size": 2_000},
    "src/app.pyc": {"size": 4_000},
    "src/deep/b.pyc": {"size": 5_000},
    "data/raw/x.csv": {"size": 3_000_000},
    "data/labels.csv": {"size": 7_000},
    "venv/pyvenv.cfg": "home = /usr/bin\n",
    "venv/lib/torch.so": {"size": 500_000},
}


def lines(text: str) -> list[str]:
    return text.splitlines()


def section(out: str, heading: str) -> list[str]:
    """The lines of a tree, with single blanks."""
    found = lines(out)
    rest = found[found.index(heading) + 1 :]
    return [" ".join(line.split()) for line in rest[: rest.index("") if "" in rest else len(rest)]]


def loaded(text: str) -> list[dict[str, Any]]:
    document = json.loads(text)
    assert context_violations(document) == []
    contexts: list[dict[str, Any]] = document["contexts"]
    return contexts


def flat(tree: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """All entries of a tree by path."""
    found = {tree["path"]: tree}
    for child in tree.get("children", ()):
        found.update(flat(child))
    return found
