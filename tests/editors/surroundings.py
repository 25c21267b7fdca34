"""What the suites of editors in a terminal share: a project, the documented settings, processes left behind."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 10.0
"""Seconds that a server may take to end after its editor."""

SLOW_PROJECT = {
    "Dockerfile": """\
FROM python:3.12-slim
WORKDIR /app
COPY . .
RUN pip install --no-cache-dir -r requirements.txt
CMD ["python", "app.py"]
""",
    "requirements.txt": "sentence-transformers==5.1.0\n",
    "app.py": """\
from sentence_transformers import SentenceTransformer

model = SentenceTransformer("sentence-transformers/all-MiniLM-L6-v2")
print(model.encode("hello"))
""",
    ".venv/pyvenv.cfg": "home = /usr/bin\n",
}
"""Copies its code before the install, has no ignore file, and downloads a model at start."""


TWO_STAGES = {
    "Dockerfile": """\
FROM python:3.12-slim AS build
WORKDIR /src
COPY . /src/
RUN pip install --no-cache-dir \\
        fastapi

FROM python:3.12-slim
COPY --from=build /src/app.py /app/
CMD ["python", "/app/app.py"]
""",
    "app.py": "print()\n",
    "data/train.csv": "x" * 3_000_000,
}
"""Has names to follow, and sends enough to be worth telling."""


def write(folder: Path, files: dict[str, str]) -> None:
    """Make files, and the folders that they are in."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")


def assert_copies_requirements_first(dockerfile: str) -> None:
    """Whether the Dockerfile of the slow project installs before it copies the code."""
    lines = dockerfile.splitlines()
    manifest = next(number for number, line in enumerate(lines) if line.startswith("COPY requirements.txt"))
    install = next(number for number, line in enumerate(lines) if line.startswith("RUN pip install"))
    assert manifest < install < lines.index("COPY . .")


def documented(editor: str, language: str, page: str = "docs/editors.md") -> list[str]:
    """The snippets in a language that a page tells the users of an editor to take, in order."""
    text = (ROOT / page).read_text(encoding="utf-8")
    section = re.split(r"^## ", text, flags=re.MULTILINE)
    [found] = [part for part in section if part.startswith(f"{editor}\n")]
    return re.findall(rf"^```{language}\n(.*?)^```$", found, flags=re.MULTILINE | re.DOTALL)


def missing(reason: str) -> NoReturn:
    """A tool is not there: no reason to fail on a user's machine."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def surroundings(home: Path, **variables: str) -> dict[str, str]:
    """The environment of an editor with a home of its own, and with ``prebake`` on its PATH."""
    return {
        **os.environ,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(home),
        **{f"XDG_{kind}_HOME": str(home) for kind in ("CONFIG", "DATA", "STATE", "CACHE")},
        **variables,
    }


def left_behind(home: Path) -> list[str]:
    """The commands of processes with this home that have not ended a while after the editor. They are ended then."""
    deadline = time.monotonic() + PATIENCE
    while (running := dict(_processes(home))) and time.monotonic() < deadline:
        time.sleep(0.05)
    for pid in running:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return list(running.values())


def _processes(home: Path) -> Iterator[tuple[int, str]]:
    """Editors give each server a session of its own, but not another home."""
    mark = f"HOME={home}".encode()
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if mark in (entry / "environ").read_bytes().split(b"\0"):
                    yield (
                        int(entry.name),
                        (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"),
                    )
