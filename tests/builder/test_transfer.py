"""What `prebake context` says is sent, against what a real BuildKit is sent."""

import os
from pathlib import Path

import pytest

from prebake.build.context.transfer import transfer
from prebake.engine import builds
from prebake.files import disk
from prebake.project.measuring.attribution import Attribution
from prebake.project.measuring.scan import scan
from tests.builder.engine import BASE, Engine

# Each size is larger than all before it together, so that the sum tells which files were sent.
FILES = ("app.py", "setup.cfg", "src/main.py", "src/deep/model.py", "src/deep/model.pyc", "data/x.csv", "data/y.csv")
UNIT = 20_000


@pytest.mark.parametrize(
    ("instructions", "ignored"),
    [
        ("COPY . /app/", ""),
        ("COPY . /app/", "data\n!data/x.csv\n**/*.pyc\n"),
        ("COPY app.py /app/", ""),
        ("COPY src /app/", "**/*.pyc\n"),
        ("COPY *.py src/*.py /app/", ""),
        ("COPY */x.csv /app/", "src\n"),
        ("COPY d*/x.csv /app/", "src\n"),
        ("COPY linked /app/", ""),
        ("COPY app.py /app/\nRUN --mount=type=bind,source=data,target=/data true", ""),
        ("COPY app.py /app/\nRUN --mount=type=bind,target=/data true", "data\n"),
        ("COPY app.py /app/\nRUN --mount=type=tmpfs,target=/scratch true", "data\n"),
        ("COPY app.py /app/\nRUN --mount=type=cache,target=/scratch true", ""),
    ],
)
def test_what_is_sent(engine: Engine, tmp_path: Path, instructions: str, ignored: str) -> None:
    for number, name in enumerate(FILES):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(os.urandom(UNIT << number))
    os.symlink("src/deep", tmp_path / "linked")
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\n{instructions}\n")
    (tmp_path / ".dockerignore").write_text(ignored)
    (build,) = builds(disk(), f"{tmp_path.as_posix()}/Dockerfile", root=tmp_path.as_posix())
    measured = scan(build.snapshot, tmp_path.as_posix(), build.ignore, whole=True)
    said = Attribution(measured, transfer(build).selection).sent.bytes
    tag = "prebake-transfer"
    sent = engine.build(tmp_path, tag).sent
    engine.forget(tag)
    assert round(sent / UNIT) == round(said / UNIT)
