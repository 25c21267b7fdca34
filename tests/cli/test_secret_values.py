"""What is secret in a project is in nothing that the command prints or writes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.rules.trees import make_tree

VALUE = "q8Zr71kLmT04wYpA2c"
FILES = {
    "Dockerfile": 'FROM python:3.12-slim\nWORKDIR /app\nCOPY . .\nCMD ["python", "app.py"]\n',
    "app.py": "from dotenv import load_dotenv\nload_dotenv()\n",
    ".gitignore": ".env\n",
    ".env": f"API_TOKEN={VALUE}\n{VALUE}\nDATABASE_URL=postgres://me:{VALUE}@db.corp.net/app\n",
    ".netrc": f"machine a login b password {VALUE}\n",
    "pip.conf": f"[global]\nindex-url = https://me:{VALUE}@packages.corp.net/python\n",
    "conf/id_rsa": f"-----BEGIN RSA PRIVATE KEY-----\n{VALUE}\n",
}


@pytest.mark.parametrize("ignore_file", ["", ".git\n"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "--all"),
        ("check", "--all", "--format", "json"),
        ("check", "--fix", "--suggested", "--diff"),
        ("check", "--fix", "--suggested"),
    ],
)
def test_no_value_is_shown(run: Run, tmp_path: Path, arguments: tuple[str, ...], ignore_file: str) -> None:
    make_tree(tmp_path, {**FILES, **({".dockerignore": ignore_file} if ignore_file else {})}, git=True)
    done = run(*arguments)
    assert ".dockerignore" in done.out
    assert VALUE not in done.out + done.err
    assert VALUE not in "".join(path.read_text() for path in tmp_path.glob("*ignore"))


@pytest.mark.parametrize("format", ["text", "json"])
def test_a_token_in_the_dockerfile_is_not_shown(run: Run, tmp_path: Path, format: str) -> None:
    token = "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"
    dockerfile = (
        f"FROM python:3.12-slim\nENV HF_TOKEN={token}\nENV API_KEY {VALUE}\nCOPY . .\n"
        f"RUN HF_TOKEN={token} hf download org/model --local-dir /models\n"
    )
    make_tree(tmp_path, {"Dockerfile": dockerfile, "app.py": "print(1)\n"})
    done = run("check", "--all", "--format", format)
    assert "PB305" in done.out
    assert token not in done.out + done.err
    assert VALUE not in done.out + done.err


@pytest.mark.parametrize(("between", "applies"), [("\nWORKDIR /app\n", True), ("", False)])
def test_a_token_beside_a_change_is_not_in_the_diff(run: Run, tmp_path: Path, between: str, applies: bool) -> None:
    token = "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"
    dockerfile = f"FROM python:3.12-slim\nENV HF_TOKEN={token}\n{between}COPY . .\nRUN pip install torch\n"
    make_tree(tmp_path, {"Dockerfile": dockerfile, "app.py": "print(1)\n"}, git=True)
    done = run("check", "--select", "PB201", "--suggested", "--diff")
    assert "+RUN pip install torch" in done.out
    assert token not in done.out + done.err
    check = subprocess.run(["git", "apply", "--check", "-"], input=done.out, text=True, cwd=tmp_path, check=False)
    assert (check.returncode == 0) is applies
