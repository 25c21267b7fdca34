"""The server as the VS Code extension carries it: complete, for any Python from 3.11 on, and shut off from its
surroundings."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "vscode-client"
LAUNCHER = "extension/launch.py"
MOST_BYTES = 3_000_000

NAMES = ["python3.11", "python3.12", "python3.13", "python3.14"]


def _works(python: str) -> bool:
    """Version managers put commands on PATH for Pythons that are not selected."""
    return subprocess.run([python, "-c", "pass"], capture_output=True, check=False).returncode == 0


PYTHONS = [sys.executable, *(name for name in NAMES if shutil.which(name) and _works(name))]


@pytest.fixture(scope="session")
def vsix() -> Path:
    version = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))["version"]
    path = CLIENT / f"prebake-{version}.vsix"
    if not path.exists():
        reason = f"{path.name} is missing: run `make vsix`"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return path


@pytest.fixture
def installed(vsix: Path, tmp_path: Path) -> Path:
    """The extension's folder after an installation."""
    with zipfile.ZipFile(vsix) as archive:
        archive.extractall(tmp_path / "installed")
    return tmp_path / "installed"


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """A project with modules that stop the server if they are imported instead of its own and the library's."""
    folder = tmp_path / "project"
    for name in ("prebake", "pygls", "json", "asyncio", "typing_extensions"):
        (folder / name).mkdir(parents=True)
        (folder / name / "__init__.py").write_text("raise SystemExit('imported from the project')\n", encoding="utf-8")
    (folder / "sitecustomize.py").write_text("raise SystemExit('imported from the project')\n", encoding="utf-8")
    return folder


def _command(python: str, installed: Path, *arguments: str) -> list[str]:
    return [python, "-I", "-S", str(installed / LAUNCHER), *arguments]


@pytest.mark.parametrize("python", PYTHONS)
def test_every_python_passes_the_probe(python: str, installed: Path) -> None:
    probe = subprocess.run(_command(python, installed, "--probe"), capture_output=True, text=True, check=False)
    about = json.loads(probe.stdout)
    assert (about["error"], probe.returncode) == (None, 0)


@pytest.mark.parametrize("python", PYTHONS)
def test_serves_from_within_a_hostile_project(python: str, installed: Path, hostile: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(hostile)}
    with subprocess.Popen(
        _command(python, installed), cwd=hostile, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        try:
            params = {"processId": None, "rootUri": hostile.as_uri(), "capabilities": {}}
            answer = _request(process, 1, "initialize", params)
            _request(process, 2, "shutdown", None)
            _send(process, {"jsonrpc": "2.0", "method": "exit"})
            assert process.wait(timeout=60) == 0
        finally:
            process.kill()
    assert answer["result"]["serverInfo"]["name"] == "prebake"


def _send(process: subprocess.Popen[bytes], message: dict[str, Any]) -> None:
    assert process.stdin is not None
    body = json.dumps(message).encode()
    process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    process.stdin.flush()


def _request(process: subprocess.Popen[bytes], number: int, method: str, params: Any) -> dict[str, Any]:
    """Send a request and read on until its response."""
    _send(process, {"jsonrpc": "2.0", "id": number, "method": method, "params": params})
    assert process.stdout is not None
    while True:
        length = 0
        while (line := process.stdout.readline().strip()) != b"":
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        assert length > 0, "the server has closed its output"
        message: dict[str, Any] = json.loads(process.stdout.read(length))
        if message.get("id") == number and "method" not in message:
            return message


def test_a_missing_dependency_is_told(installed: Path) -> None:
    shutil.rmtree(installed / "extension/bundled/libs/pygls")
    probe = subprocess.run(_command(sys.executable, installed, "--probe"), capture_output=True, text=True, check=False)
    assert probe.returncode == 1
    assert "pygls" in json.loads(probe.stdout)["error"]


def test_the_launcher_is_readable_for_pythons_that_are_too_old() -> None:
    ast.parse((CLIENT / "launch.py").read_text(encoding="utf-8"), feature_version=(3, 4))


def test_holds_pure_python_with_its_licences_and_is_small(vsix: Path) -> None:
    assert vsix.stat().st_size < MOST_BYTES
    names = zipfile.ZipFile(vsix).namelist()
    assert [name for name in names if name.endswith((".so", ".pyd", ".dll", ".dylib", ".pyc"))] == []
    infos = {name.split("/")[3] for name in names if ".dist-info/" in name}
    licensed = {name.split("/")[3] for name in names if ".dist-info/" in name and "LICENSE" in name}
    assert infos == licensed
    assert {info.split("-")[0] for info in infos} >= {
        "pygls",
        "lsprotocol",
        "dockerfile_parse",
        "pathspec",
        "packaging",
    }


def test_holds_what_its_pages_show(vsix: Path) -> None:
    with zipfile.ZipFile(vsix) as archive:
        names = archive.namelist()
        manifest = json.loads(archive.read("extension/package.json"))
        readme = archive.read("extension/readme.md").decode()
        schema = archive.read("extension/dist/prebake.schema.json").decode()
    pictures = [step["media"]["image"] for page in manifest["contributes"]["walkthroughs"] for step in page["steps"]]
    assert [picture for picture in pictures if f"extension/{picture}" not in names] == []
    shown = re.findall(r"!\[.+\]\((.+?)\)", readme)
    assert shown
    assert [picture for picture in shown if not picture.startswith("https://")] == []
    assert [picture for picture in shown if not (ROOT / "docs" / "images" / Path(picture).name).exists()] == []
    assert schema == (ROOT / "prebake.schema.json").read_text(encoding="utf-8")


def test_is_loaded_for_dockerfiles_near_the_top_only() -> None:
    """A pattern for any depth would look through every folder of every workspace, and find foreign Dockerfiles."""
    events = json.loads((CLIENT / "package.json").read_text(encoding="utf-8"))["activationEvents"]
    assert "onLanguage:dockerfile" in events
    for event in events:
        kind, _, what = event.partition(":")
        assert kind in {"onLanguage", "workspaceContains"}
        assert "**" not in what
        assert "ockerfile" in what
