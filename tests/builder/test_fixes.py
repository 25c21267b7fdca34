"""Fixes judged by a real Docker engine: the same image, and what they promise about the cache and the context."""

from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.builder.engine import Built, Engine
from tests.builder.project import append, fix, write
from tests.tools import unavailable

PROJECTS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "projects.yaml").read_text())
OUT_OF_THE_IMAGE = {".dockerignore": "Dockerfile\n.dockerignore\n"}


@pytest.mark.parametrize("project", PROJECTS, ids=lambda project: project["name"])
def test_the_safe_fix_builds_the_same_image_and_keeps_the_install_cached(
    engine: Engine, project: dict[str, Any], tmp_path: Path
) -> None:
    if project.get("recent") and engine.version() < (23,):
        unavailable(f"Docker {'.'.join(map(str, engine.version()))} is older than 23")
    files = (OUT_OF_THE_IMAGE if "context" not in project else {}) | project["files"]
    before, after = write(tmp_path / "before", files), write(tmp_path / "after", files)
    folder = project.get("context", ".")
    said = fix(after, "--select", project.get("rule", "PB201"))
    dockerfile = Path(folder) / "Dockerfile"
    assert (after / dockerfile).read_text() != (before / dockerfile).read_text(), f"nothing was fixed:\n{said}"

    old, new = _build_both(engine, before / folder, after / folder)
    assert engine.image(old).differences(engine.image(new)) == {}

    arguments = {name: project["name"] for name in [project.get("argument")] if name}
    if not arguments:
        for root in (before, after):
            append(root / project["edit"], f"\n# {project['name']}\n")  # no other project is built with this line
    old, new = _build_both(engine, before / folder, after / folder, arguments)
    assert not old.cached(project["install"])
    assert new.cached(project["install"])


def _build_both(
    engine: Engine, before: Path, after: Path, arguments: dict[str, str] | None = None
) -> tuple[Built, Built]:
    """Build two contexts at the same time."""
    with ThreadPoolExecutor(2) as pool:
        old = pool.submit(engine.build, before, "before", arguments=arguments)
        new = pool.submit(engine.build, after, "after", arguments=arguments)
        return old.result(), new.result()


def test_the_created_ignore_file_leaves_out_only_what_it_names(engine: Engine, tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n",
        "requirements.txt": "alpha==1.0\n",
        "app.py": "import alpha\n",
        "pkg/__init__.py": "",
        "pkg/__pycache__/__init__.cpython-311.pyc": "byte code\n",
        "models/weights.bin": "weights\n",
        ".git/HEAD": "ref: refs/heads/main\n",
        ".git/config": "[core]\n",
        ".venv/pyvenv.cfg": "home = /usr/bin\n",
        ".venv/lib/python3.11/site-packages/big.py": "x = 1\n" * 1000,
        ".env": "TOKEN=abc\n",
    }
    before, after = write(tmp_path / "before", files), write(tmp_path / "after", files)
    said = fix(after, "--suggested", "--select", "PB101")
    assert (after / ".dockerignore").is_file(), said
    assert (after / "Dockerfile").read_text() == files["Dockerfile"]

    old, new = engine.image(engine.build(before, "before")), engine.image(engine.build(after, "after"))
    differences = old.differences(new)
    for gone in (".git/HEAD", ".venv/pyvenv.cfg", "pkg/__pycache__/__init__.cpython-311.pyc"):
        assert f"/app/{gone}" in differences
    junk = ("/app/.git*", "/app/.venv*", "/app/.env", "*/__pycache__*", "/app/.dockerignore", "/app/Dockerfile")
    assert [path for path in differences if not any(fnmatch(path, pattern) for pattern in junk)] == []


def test_an_ignore_file_for_named_paths_is_safe_and_builds_the_same_image(engine: Engine, tmp_path: Path) -> None:
    files = {
        "Dockerfile": "FROM python:3.11-slim\nWORKDIR /app\nCOPY requirements.txt .\n"
        "RUN pip install -r requirements.txt\nCOPY pkg/ pkg/\nCOPY app.py .\n",
        "requirements.txt": "alpha==1.0\n",
        "app.py": "import alpha\n",
        "pkg/__init__.py": "",
        "data/table.csv": "1,2\n",
        ".git/HEAD": "ref: refs/heads/main\n",
        ".venv/pyvenv.cfg": "home = /usr/bin\n",
    }
    before, after = write(tmp_path / "before", files), write(tmp_path / "after", files)
    said = fix(after, "--select", "PB101")
    assert (after / ".dockerignore").is_file(), said
    old, new = engine.image(engine.build(before, "before")), engine.image(engine.build(after, "after"))
    assert old.differences(new) == {}
