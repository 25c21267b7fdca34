"""The hooks, run by pre-commit from a clone of this repository."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from tests.install.conftest import ROOT, Tool
from tests.repositories import commit, git
from tests.rules.trees import make_tree

OLD = "FROM python:3.12-slim\nCOPY . /app\nRUN pip install -r /app/requirements.txt\n"
PROJECT = {
    "Dockerfile": OLD,
    "requirements.txt": "flask\n",
    "app.py": "",
    "docs/notes.md": "",
    ".dockerignore": ".git\n",
}


@pytest.fixture
def project(tmp_path: Path, clone: Path) -> Path:
    config = f"""\
repos:
  - repo: {clone}
    rev: {git(clone, "rev-parse", "HEAD")}
    hooks:
      - id: prebake
"""
    root = tmp_path / "project"
    commit(root, {**PROJECT, ".pre-commit-config.yaml": config})
    return root


def test_a_change_is_checked(project: Path, tool: Tool) -> None:
    make_tree(project, {"docs/notes.md": "more\n"})
    git(project, "add", "-A")
    done = tool("pre-commit", "run", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "(no files to check)Skipped" in done.stdout
    make_tree(project, {"app.py": "x = 1\n"})
    git(project, "add", "-A")
    done = tool("pre-commit", "run", cwd=project)
    assert done.returncode == 1
    assert "Dockerfile:2:1: warning PB201" in done.stdout
    make_tree(project, {"Dockerfile": "FROM python:3.12-slim\n"})
    git(project, "add", "-A")
    done = tool("pre-commit", "run", "--all-files", cwd=project)
    assert done.returncode == 0, done.stdout + done.stderr


def test_fixes_are_applied(project: Path, tool: Tool) -> None:
    path = project / ".pre-commit-config.yaml"
    path.write_text(path.read_text().replace("id: prebake", "id: prebake-fix"))
    git(project, "add", "-A")
    done = tool("pre-commit", "run", "--all-files", cwd=project)
    assert done.returncode == 1
    assert "files were modified by this hook" in done.stdout
    assert (project / "Dockerfile").read_text().index("RUN pip install") < (project / "Dockerfile").read_text().index(
        "COPY . "
    )
    git(project, "add", "-A")
    assert tool("pre-commit", "run", "--all-files", cwd=project).returncode == 0


def test_arguments_can_be_given(project: Path, tool: Tool) -> None:
    path = project / ".pre-commit-config.yaml"
    path.write_text(path.read_text() + "        args: [--fail-on, error]\n")
    git(project, "add", "-A")
    assert tool("pre-commit", "run", "--all-files", cwd=project).returncode == 0


@pytest.mark.parametrize(
    "name",
    ["Dockerfile", "docker/Dockerfile.gpu", "train.Dockerfile", "a.dockerfile", "Containerfile", ".dockerignore",
     "Dockerfile.dockerignore", "app/main.py", "entrypoint.sh", "requirements-dev.txt", "requirements.in",
     "pyproject.toml", "uv.lock", "compose.yaml", ".github/workflows/ci.yml", "docker-bake.hcl", "Makefile",
     "package.json", "Pipfile", "environment.yml"],
)  # fmt: skip
def test_files_that_matter(name: str) -> None:
    assert all(re.search(hook["files"], name) for hook in hooks())


@pytest.mark.parametrize("name", ["README.md", "src/app.js", "data.csv", "a.png", "notes.txt", "NotAMakefile.x"])
def test_files_that_do_not(name: str) -> None:
    assert not any(re.search(hook["files"], name) for hook in hooks())


def hooks() -> list[dict[str, str]]:
    return yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
