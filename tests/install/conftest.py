"""What the tests here share: the repository as a clone has it, its packages, the programs that handle them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.repositories import commit
from tests.tools import unavailable

ROOT = Path(__file__).resolve().parents[2]
TOOLS = ROOT / ".cache" / "install" / "tools" / "bin"

Tool = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables for other programs: a home of their own, and no Python path that leads into this checkout."""
    left_out = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")
    given = {name: value for name, value in os.environ.items() if name not in left_out}
    home = tmp_path_factory.mktemp("home")
    pip = Path.home() / ".config" / "pip" / "pip.conf"
    if pip.exists():  # where packages come from is the machine's business
        given["PIP_CONFIG_FILE"] = given.get("PIP_CONFIG_FILE", str(pip))
    return {**given, "HOME": str(home), "PRE_COMMIT_HOME": str(home / "pre-commit")}


@pytest.fixture(scope="session")
def tool(environment: dict[str, str]) -> Tool:
    """Runs one of the programs of `make install-setup`: ``tool("twine", "check", ...)``."""

    def run(name: str, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        program = TOOLS / name
        if not program.exists():
            unavailable(f"{name} is not installed (make install-setup)")
        return subprocess.run(
            [str(program), *arguments], cwd=cwd, env=environment, capture_output=True, text=True, check=False
        )

    return run


@pytest.fixture(scope="session")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's files, as they are now, in a repository of their own."""
    folder = tmp_path_factory.mktemp("clone")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    commit(folder)
    return folder


@pytest.fixture(scope="session")
def packages(clone: Path, tool: Tool, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel, which is made from the source distribution beside it."""
    folder = tmp_path_factory.mktemp("dist")
    done = tool("python", "-m", "build", "--outdir", str(folder), str(clone))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder
