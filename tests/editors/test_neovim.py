"""The server in a real Neovim, attached by the configuration that the project ships."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.editors.surroundings import (
    ROOT,
    SLOW_PROJECT,
    TWO_STAGES,
    assert_copies_requirements_first,
    documented,
    left_behind,
    missing,
    surroundings,
    write,
)

INSTALLED = ROOT / ".cache" / "editors" / "tools" / "bin" / "nvim"
TIMEOUT = 180


@pytest.fixture(scope="session")
def neovim() -> Path:
    found = INSTALLED if INSTALLED.exists() else shutil.which("nvim")
    if found is None:
        missing("Neovim 0.11 or newer is missing: run `make editors-setup`")
    return Path(found)


class Session:
    """Runs scenarios of neovim/run.lua in one project, in a home of their own."""

    def __init__(self, neovim: Path, folder: Path) -> None:
        self.neovim = neovim
        self.project = folder / "project"
        self.home = folder / "home"
        self.config = self.home / "nvim"
        (self.config / "lsp").mkdir(parents=True)
        self.project.mkdir()
        shutil.copy(ROOT / "lsp" / "prebake.lua", self.config / "lsp")
        self.configure(documented("Neovim", "lua")[0])

    def configure(self, settings: str) -> None:
        (self.config / "init.lua").write_text(settings, encoding="utf-8")

    def write(self, files: dict[str, str], folder: Path | None = None) -> None:
        write(folder or self.project, files)

    def run(self, scenario: str, **variables: str) -> Any:
        result = self.home / "result.json"
        environment = surroundings(self.home, CONFIG=str(self.config), RESULT=str(result), **variables)
        script = Path(__file__).parent / "neovim" / "run.lua"
        process = subprocess.Popen(
            [str(self.neovim), "--clean", "--headless", "-l", str(script), scenario],
            cwd=self.project,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=TIMEOUT)
        finally:
            process.kill()
            left = left_behind(self.home)
        logs = "".join(path.read_text(errors="replace") for path in self.home.rglob("lsp*.log"))
        assert process.returncode == 0, f"{output}\n{logs}"
        assert left == [], f"processes left behind: {left}"
        return json.loads(result.read_text(encoding="utf-8"))


@pytest.fixture
def session(neovim: Path, tmp_path: Path) -> Session:
    return Session(neovim, tmp_path)


def test_shows_each_finding_once_and_applies_the_fix_that_moves_the_copy(session: Session) -> None:
    session.write(SLOW_PROJECT)
    observed = session.run("fix")
    repeated = {code: count for code, count in Counter(observed["codes"]).items() if count > 1}
    assert repeated == {}
    assert {"PB101", "PB201", "PB301"} <= set(observed["codes"])
    assert "PB201" not in observed["left"]
    assert_copies_requirements_first((session.project / "Dockerfile").read_text(encoding="utf-8"))


def test_creates_the_missing_ignore_file(session: Session) -> None:
    session.write(SLOW_PROJECT)
    observed = session.run("create")
    patterns = (session.project / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert any(pattern.removeprefix("**/").rstrip("/") == ".venv" for pattern in patterns)
    assert "PB101" not in observed["codes"]
    assert (session.project / "Dockerfile").read_text(encoding="utf-8") == SLOW_PROJECT["Dockerfile"]


def test_follows_the_text_while_it_is_typed(session: Session) -> None:
    session.write(SLOW_PROJECT)
    session.run("typing")
    assert (session.project / "Dockerfile").read_text(encoding="utf-8") == SLOW_PROJECT["Dockerfile"]


def test_follows_python_files_while_they_are_typed(session: Session) -> None:
    session.write(SLOW_PROJECT)
    observed = session.run("python")
    assert observed["clients"] == 1
    assert len(observed["here"]) == len(set(observed["here"]))
    assert len(observed["there"]) == len(set(observed["there"]))


def test_looks_at_the_disk_again_when_it_gets_the_focus(session: Session) -> None:
    session.write(SLOW_PROJECT)
    observed = session.run("disk")
    assert "PB201" in observed["left"]


def test_settings_code_lenses_and_starting_anew(session: Session) -> None:
    enable, lenses, settings, *_ = documented("Neovim", "lua")
    session.configure(settings + enable + lenses)
    session.write(SLOW_PROJECT | {".dockerignore": ".venv\n"})
    page = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")
    [restart] = re.findall(r"^\| Neovim \|.*?`:(lua vim\.lsp\.stop_client\(.*?)`", page, flags=re.MULTILINE)
    observed = session.run("shown", RESTART=restart)
    assert (observed["severity"]["PB201"], observed["severity"]["PB301"]) == ("WARN", "INFO")


def test_what_it_shows_of_a_dockerfile(session: Session) -> None:
    enable, features, *_ = documented("Neovim", "lua")
    session.configure(enable + features)
    session.write(TWO_STAGES)
    observed = session.run("features")
    assert observed["titles"] == ["sends 3.0 MB in 3 files of the build context"]
    assert observed["hints"] == [[3, "3.0 MB"]]
    assert observed["levels"] == [1, 1, 1, 2, 2, 0, 1, 1, 1]
    assert observed["defined"] == "FROM python:3.12-slim AS build"
    assert observed["hover"].startswith("Sends **3.0 MB in 3 files**")
    assert observed["outline"][:3] == [
        "[Module] FROM python:3.12-slim AS build",
        "[Property] WORKDIR /src",
        "[File] COPY . /src/",
    ]


def test_says_once_that_the_server_is_missing(session: Session) -> None:
    session.write(SLOW_PROJECT | {".dockerignore": ".venv\n"})
    observed = session.run("missing", PATH=os.defpath)
    assert observed["said"] == ["prebake: there is no command `prebake` on PATH, so this project is not checked"]
    assert observed["clients"] == 0


def test_the_settings_for_older_releases(session: Session) -> None:
    [settings] = [snippet for snippet in documented("Neovim", "lua") if "vim.lsp.start" in snippet]
    session.configure(settings)
    session.write(SLOW_PROJECT)
    observed = session.run("fix")
    assert "PB201" in observed["codes"] and "PB201" not in observed["left"]


def test_an_ignore_file_is_a_document_of_its_own(session: Session) -> None:
    session.write(
        {
            **SLOW_PROJECT,
            ".dockerignore": "# Secrets\n*.key\n.venv\n",
            "a.key": "x" * 3_000,
            "é🐳.bin": "x" * 1_000,
            "data/train.csv": "x" * 2_000_000,
        }
    )
    observed = session.run("ignore")
    assert observed["title"].startswith("sends 2.0 MB in ") and observed["title"].endswith("; Dockerfile")
    assert observed["told"] == "No executable codelens found at current line"
    assert observed["hover"].startswith("`*.key` leaves out **3.0 kB in 1 file**")
    assert observed["outline"] == ["Secrets"]
    assert observed["first"] == "data/"
    assert observed["lines"][-1] == "é🐳.bin"


def test_attaches_by_name_and_only_where_there_is_a_dockerfile(session: Session) -> None:
    session.write(
        {
            ".git/HEAD": "ref: refs/heads/main\n",
            ".gitignore": "*.pyc\n",
            ".dockerignore": ".git\n",
            ".containerignore": ".git\n",
            "docker/Dockerfile": "FROM python:3.12-slim\n",
            "docker/Dockerfile.dockerignore": ".git\n",
            "Dockerfile-dev": "FROM python:3.12-slim\n",
            "app.containerfile": "FROM python:3.12-slim\n",
            "compose.yaml": "services: {}\n",
            "values.yaml": "a: 1\n",
            "composer.yaml": "a: 1\n",
            "src/app/main.py": "print()\n",
            "services/api/src/main.py": "print()\n",
            "services/api/docker/Dockerfile": "FROM python:3.12-slim\n",
            "start.sh": "#!/bin/sh\n",
            "README.md": "# x\n",
        }
    )
    plain = session.project.parent / "plain"
    session.write(
        {
            ".git/HEAD": "ref: refs/heads/main\n",
            "tool.py": "print()\n",
            "compose.yaml": "services: {}\n",
            "Dockerfile.j2": "FROM {{ base }}\n",
            "docs/Dockerfile.md": "# Our Dockerfile\n",
        },
        plain,
    )
    languages = {
        "docker/Dockerfile": "dockerfile",
        "docker/Dockerfile.dockerignore": "ignore",
        "Dockerfile-dev": "dockerfile",
        "app.containerfile": "dockerfile",
        ".dockerignore": "ignore",
        ".containerignore": "ignore",
        "compose.yaml": "yaml",
        "src/app/main.py": "python",
        "services/api/src/main.py": "python",
        "start.sh": "shellscript",
    }
    others = [
        ".gitignore",
        "values.yaml",
        "composer.yaml",
        "README.md",
        str(plain / "tool.py"),
        str(plain / "compose.yaml"),
    ]
    files = [{"path": path, "attached": True} for path in languages] + [{"path": path} for path in others]
    observed = session.run("attach", FILES=json.dumps(files))
    assert {path: observed[path].get("language") for path in languages} == languages
    assert {observed[path]["root"] for path in languages} == {str(session.project)}
    assert {path: observed[path] for path in others} == {path: {} for path in others}
