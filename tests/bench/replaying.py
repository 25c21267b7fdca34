"""Measures the replay of a long history beside git itself."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.bench.commands import alternate

COMMITS = 10_000
_FILES = 5_000
_CHANGED = 5
_DOCKERFILE = """\
FROM python:3.12
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
CMD ["python", "-m", "package_0"]
"""


def measure(root: Path, runs: int) -> dict[str, list[float]]:
    """Milliseconds of `prebake replay` over 10,000 commits of a repository of 5,000 files, and of `git log --raw`."""
    _make_repository(root)
    log = ["git", "log", "--first-parent", "-m", "--raw", "--no-abbrev", "--no-renames", "-z", f"-n{COMMITS}"]
    replay = [sys.executable, "-m", "prebake", "replay", "-n", str(COMMITS)]
    said = subprocess.run(replay, cwd=root, capture_output=True, text=True, check=True).stdout
    if f"the last {COMMITS:,} commits" not in said:
        raise RuntimeError(f"prebake replay does not work: {said}")
    return alternate({"replay": replay, "log": log}, root, runs)


def _make_repository(root: Path) -> None:
    root.mkdir(parents=True)
    subprocess.run(["git", "init", "-q", "--initial-branch=main", root], check=True)
    subprocess.run(["git", "fast-import", "--quiet"], cwd=root, input="".join(_stream()).encode(), check=True)
    subprocess.run(["git", "reset", "-q", "--hard", "main"], cwd=root, check=True)


def _stream() -> Iterator[str]:
    """The history: each commit changes a few files, every hundredth the requirements as well."""
    for number in range(COMMITS + 1):
        yield f"commit refs/heads/main\ncommitter a <a@example.com> {1_700_000_000 + number * 600} +0000\ndata 1\n.\n"
        if number == 0:
            yield _file("Dockerfile", _DOCKERFILE) + _file(".dockerignore", ".git\n")
        changed = range(_FILES) if number == 0 else range(number * _CHANGED, (number + 1) * _CHANGED)
        for each in changed:
            place = each % _FILES
            yield _file(f"package_{place % 100}/module_{place}.py", f"VALUE = {number}\n")
        if number % 100 == 0:
            yield _file("requirements.txt", f"flask=={number}\n")


def _file(path: str, text: str) -> str:
    return f"M 100644 inline {path}\ndata {len(text)}\n{text}\n"
