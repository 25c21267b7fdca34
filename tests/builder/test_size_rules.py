"""Fixes of PB203, PB205 and PB210 judged by a real Docker engine: the same files, in smaller layers."""

import os
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.builder.engine import Engine
from tests.builder.project import append, fix, write

HEAD = "FROM python:3.11-slim\n"
IGNORED = {".dockerignore": "Dockerfile\n.dockerignore\n"}
HEAVY = 400_000


class Case(NamedTuple):
    """A Dockerfile below HEAD and the rule that mends it; the image gets smaller by what `heavy.bin` weighs."""

    name: str
    rule: str
    dockerfile: str


CASES = (
    Case(
        "owner and folder of WORKDIR",
        "PB205",
        "WORKDIR /app\nCOPY . .\nRUN chown -R worker:worker /app\n",
    ),
    Case(
        "user without a group, further folders, JSON form",
        "PB205",
        'WORKDIR /app/run\nCOPY ["pkg", "heavy.bin", "/app/deep/er/"]\n'
        "RUN mkdir -p /app/logs/old && chown -R worker /app && ls /app\n",
    ),
    Case("group alone", "PB205", "COPY . /app\nRUN chgrp -R worker /app\n"),
    Case(
        "owner that is there already", "PB205", "COPY --chown=worker:worker . /app\nRUN chown -R worker:worker /app\n"
    ),
    Case("mode of files and folders", "PB205", "COPY . /srv/a/b\nRUN chmod -R 750 /srv/a\n"),
    Case(
        "three instructions are joined",
        "PB210",
        "COPY heavy.bin /seed/\nRUN tar -cf /seed.tar /seed\nRUN mkdir /work && tar -xf /seed.tar -C /work\n"
        "# Not needed.\nRUN cp /work/seed/heavy.bin /kept.bin\nRUN rm -rf /work\n",
    ),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_fixed_image_has_the_same_files_and_is_smaller(engine: Engine, case: Case, tmp_path: Path) -> None:
    files = IGNORED | {"Dockerfile": HEAD + case.dockerfile, "app.py": "print(1)\n", "pkg/mod.py": "x = 1\n"}
    before, after = write(tmp_path / "before", files), write(tmp_path / "after", files)
    weights = os.urandom(HEAVY)
    for root in (before, after):
        (root / "heavy.bin").write_bytes(weights)
    said = fix(after, "--all", "--suggested", "--select", case.rule)
    assert (after / "Dockerfile").read_text() != (before / "Dockerfile").read_text(), f"nothing was fixed:\n{said}"

    old, new = engine.build(before, "before"), engine.build(after, "after")
    assert engine.image(old).differences(engine.image(new)) == {}
    assert engine.size(old) - engine.size(new) >= HEAVY


def test_weights_stay_cached_when_code_changes(engine: Engine, tmp_path: Path) -> None:
    files = IGNORED | {
        "Dockerfile": HEAD + "COPY src models /app/\n",
        "src/app.py": "print(1)\n",
        "models/a.json": "{}",
    }
    before, after = write(tmp_path / "before", files), write(tmp_path / "after", files)
    for root in (before, after):
        with (root / "models/a.onnx").open("wb") as weights:
            weights.truncate(100_000_000)
    fix(after, "--all", "--suggested", "--select", "PB203")

    old, new = engine.build(before, "before"), engine.build(after, "after")
    assert engine.image(old).differences(engine.image(new)) == {}
    for root in (before, after):
        append(root / "src/app.py", "print(2)\n")
    assert not engine.build(before, "before").cached("COPY src models")
    assert engine.build(after, "after").cached("COPY models")


def test_a_copy_of_everything_holds_the_weights_a_second_time(engine: Engine, tmp_path: Path) -> None:
    """Why PB203 offers no such fix."""
    files = IGNORED | {"app.py": "print(1)\n"}
    one = write(tmp_path / "one", files | {"Dockerfile": HEAD + "COPY . /app\n"})
    two = write(tmp_path / "two", files | {"Dockerfile": HEAD + "COPY models /app/models\nCOPY . /app\n"})
    weights = os.urandom(HEAVY)
    for root in (one, two):
        (root / "models").mkdir()
        (root / "models/a.onnx").write_bytes(weights)
    assert engine.size(engine.build(two, "two")) - engine.size(engine.build(one, "one")) >= HEAVY
