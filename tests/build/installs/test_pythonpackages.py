"""Which packages an install brings."""

from __future__ import annotations

import pytest

from prebake.build.build import Build
from prebake.build.installs.pythonpackages import listed
from prebake.engine import builds
from prebake.files import Disk, Snapshot
from prebake.text import Text


def build_of(dockerfile: str) -> Build:
    snapshot = Snapshot(Disk(), {"/project/Dockerfile": Text(dockerfile)})
    return builds(snapshot, "/project/Dockerfile", root="/project")[0]


@pytest.mark.parametrize(
    ("package", "expected"),
    [
        ('"git+https://github.com/openai/whisper.git"', [("openai-whisper", "")]),
        ("git+https://github.com/huggingface/diffusers@v0.5.1", [("diffusers", "==0.5.1")]),
        ("git+https://github.com/huggingface/transformers.git@main", [("transformers", "")]),
        ("git+ssh://git@github.com/org/secret.git#egg=Mine_Own", [("mine-own", "")]),
        ('"git+https://github.com/org/repo.git@abc#subdirectory=py&egg=torch"', [("torch", "")]),
        ("git+https://github.com/org/whisper.git", []),
        ("git+https://example.org/openai/whisper.git", []),
        ("'mine @ git+https://github.com/org/repo.git'", [("mine", "")]),
    ],
)
def test_packages_that_come_from_repositories(package: str, expected: list[tuple[str, str]]) -> None:
    build = build_of(f"FROM python:3.12-slim\nRUN pip install {package}\n")
    assert [(item.name, item.specifier) for item in listed(build)] == expected
