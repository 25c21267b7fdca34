"""Measures whole processes: the command on the demo project, and the walk of a large build context."""

import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

FILES = 200_000
_FILES_PER_FOLDER = 143
# How the files are spread: a project with a virtual environment, data and sources.
_SHARES = {".venv/lib": 0.45, "data/raw": 0.25, "node_modules": 0.10, "src": 0.20}
_IGNORE = [
    "**/__pycache__",
    "**/.venv",
    "**/.git",
    "**/node_modules",
    "**/*.pyc",
    "**/.DS_Store",
    "*.log",
    "data",
    "wandb",
]

_SCAN = """
import sys, time
from prebake.files import Disk, Snapshot
from prebake.project.ignore.inforce import in_force
from prebake.project.measuring.survey import Survey
root, changed = sys.argv[1], sys.argv[1] + "/src/part-00/folder-0000/item_0.pyc"
snapshot, survey = Snapshot(Disk()), Survey(root)
rules = in_force(snapshot, root + "/Dockerfile", root)
def look(*paths):
    before = time.perf_counter()
    result = survey.look(snapshot, rules, changed=paths, budget_seconds=600)
    print(time.perf_counter() - before)
    return result
assert look().complete
files = look().sent.files
with open(changed, "a") as file:
    file.write("x")
assert look(changed).sent.files == files
"""


def alternate(commands: Mapping[str, Sequence[str]], cwd: Path, runs: int) -> dict[str, list[float]]:
    """Wall-clock milliseconds of each command, run in turn; the first round, in which byte code is written, is thrown
    away.
    """
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    times: dict[str, list[float]] = {name: [] for name in commands}
    for run in range(runs + 1):
        for name, command in commands.items():
            before = time.perf_counter()
            subprocess.run(
                command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
            )
            if run:
                times[name].append((time.perf_counter() - before) * 1000)
    return times


def whole_process(project: Path, runs: int) -> dict[str, list[float]]:
    """`prebake check` on the project, beside an interpreter that does nothing."""
    python = sys.executable
    said = subprocess.run([python, "-m", "prebake", "check"], cwd=project, capture_output=True, text=True, check=False)
    if said.returncode != 1 or "PB101" not in said.stdout:
        raise RuntimeError(f"prebake check does not work: {said.stdout}{said.stderr}")
    return alternate({"check": [python, "-m", "prebake", "check"], "python": [python, "-c", "pass"]}, project, runs)


def make_large_context(root: Path) -> None:
    """Fill `root` with 200,000 small files in about 1,400 folders."""
    for name, share in _SHARES.items():
        for number in range(round(FILES * share) // _FILES_PER_FOLDER):
            folder = root / name / f"part-{number // 40:02d}" / f"folder-{number:04d}"
            folder.mkdir(parents=True)
            for index in range(_FILES_PER_FOLDER):
                (folder / f"item_{index}.{'py' if index % 3 else 'pyc'}").touch()
    (root / "Dockerfile").write_text("FROM python:3.12-slim\nCOPY . /app\n")


def walk(root: Path, runs: int) -> dict[str, list[float]]:
    """Milliseconds for measuring the large context, without and with an ignore file, for `du -s`, in turn; and, without
    an ignore file, for a second look and for one after a file was written to.
    """
    times: dict[str, list[float]] = {"du": [], "without": [], "again": [], "changed": [], "with": []}
    ignore_file = root / ".dockerignore"
    for run in range(runs + 1):
        before = time.perf_counter()
        subprocess.run(["du", "-s", str(root)], stdout=subprocess.DEVNULL, check=True)
        found = {"du": (time.perf_counter() - before) * 1000}
        ignore_file.unlink(missing_ok=True)
        found["without"], found["again"], found["changed"] = _scan(root)
        ignore_file.write_text("\n".join(_IGNORE) + "\n")
        found["with"] = _scan(root)[0]
        if run:
            for name, value in found.items():
                times[name].append(value)
    ignore_file.unlink()
    return times


def _scan(root: Path) -> list[float]:
    command = [sys.executable, "-c", _SCAN, str(root)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [float(line) * 1000 for line in done.stdout.split()]
