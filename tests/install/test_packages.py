"""The wheel and the source distribution: what is in them, and that they work where they are installed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from prebake import __version__
from tests.install.conftest import ROOT, Tool
from tests.tools import unavailable

NEWEST_FIRST = ("python3.14", "python3.13", "python3.12")
PACKAGE = ROOT / "server" / "prebake"


def names(packages: Path, ending: str) -> set[str]:
    """What a package holds; of the source distribution without its top folder."""
    (path,) = packages.glob(f"*{ending}")
    if ending == ".whl":
        return set(zipfile.ZipFile(path).namelist())
    with tarfile.open(path) as archive:
        return {member.name.partition("/")[2] for member in archive if member.isfile()}


def test_the_package_index_would_take_them(packages: Path, tool: Tool) -> None:
    done = tool("twine", "check", "--strict", *map(str, packages.iterdir()))
    assert done.returncode == 0, done.stdout
    assert done.stdout.count("PASSED") == 2


def test_every_file_of_the_package_is_in_the_wheel(packages: Path) -> None:
    files = {path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    wanted = {path.relative_to(PACKAGE.parent).as_posix() for path in files}
    found = names(packages, ".whl")
    assert {name for name in found if name.startswith("prebake/")} == wanted
    assert f"prebake-{__version__}.data/data/share/man/man1/prebake.1" in found
    assert f"prebake-{__version__}.dist-info/licenses/LICENSE" in found


def test_the_source_distribution_is_enough_to_develop_with(packages: Path) -> None:
    found = names(packages, ".tar.gz")
    assert {"Makefile", "editors.mk", "constraints.txt", "scripts/setup.sh", "tests/conftest.py", "LICENSE"} <= found
    assert {"Dockerfile", ".dockerignore", ".pre-commit-hooks.yaml", "README.md", "lsp/prebake.lua"} <= found
    assert not [name for name in found if name.startswith((".cache", ".venv", "vscode-client"))]


def newest() -> str:
    """The newest Python on PATH that runs and is newer than this one."""
    for name in NEWEST_FIRST:
        path = shutil.which(name)
        if (
            path
            and subprocess.run([path, "-c", "import venv, ensurepip"], capture_output=True, check=False).returncode == 0
        ):
            return path
    unavailable("no Python newer than 3.11 is on PATH")


@pytest.mark.parametrize("ending", [".whl", ".tar.gz"])
@pytest.mark.parametrize("which", ["this", "newest"])
def test_it_works_where_it_is_installed(
    packages: Path, environment: dict[str, str], tmp_path: Path, which: str, ending: str
) -> None:
    python = sys.executable if which == "this" else newest()
    (package,) = packages.glob(f"*{ending}")
    venv = tmp_path / "venv"

    def run(*command: str | Path, **options: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*map(str, command)], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, **options
        )  # type: ignore[call-overload]

    assert run(python, "-m", "venv", venv).returncode == 0
    installed = run(venv / "bin/pip", "install", "--quiet", package)
    assert installed.returncode == 0, installed.stderr
    for command in ((venv / "bin/prebake",), (venv / "bin/python", "-m", "prebake")):
        assert run(*command, "--version").stdout == f"prebake {__version__}\n"
    assert (venv / "share/man/man1/prebake.1").exists()
    assert run(venv / "bin/pip", "check").returncode == 0
    # Tables are found, and findings are those of the checkout.
    checked = run(venv / "bin/prebake", "check", "--format", "json", ROOT / "examples/slow-search")
    assert {each["code"] for each in json.loads(checked.stdout)["findings"]} >= {"PB101", "PB201", "PB301"}
    assert checked.returncode == 1 and checked.stderr == ""
    body = (
        b'{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"processId":null,"rootUri":null,"capabilities":{}}}'
    )
    message = b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    served = subprocess.run(
        [venv / "bin/prebake", "server"], input=message, env=environment, capture_output=True, check=False
    )
    assert b'"codeActionProvider"' in served.stdout


def test_pipx_runs_it_from_a_repository(clone: Path, tool: Tool) -> None:
    done = tool("pipx", "run", "--spec", f"git+file://{clone}", "prebake", "--version")
    assert done.stdout == f"prebake {__version__}\n", done.stderr
