"""Which release of huggingface_hub an image gets: the table of what forces which."""

from __future__ import annotations

from pathlib import Path

import pytest

from prebake.build.models.hub.client import HubClient, hub_client
from prebake.engine import builds
from prebake.files import disk
from tests.rules.trees import make_tree


def client(root: Path, dockerfile: str, **files: str) -> HubClient:
    make_tree(root, {"Dockerfile": dockerfile, **{name.replace("__", "."): text for name, text in files.items()}})
    build = builds(disk(), (root / "Dockerfile").as_posix(), root=root.as_posix(), scanner=lambda *_: None)[0]
    stage = build.tree.stages[-1]
    return hub_client(build, stage, stage.instructions[-1].index)


OLD, BOTH, NEW = (False, True), (True, True), (True, False)


@pytest.mark.parametrize(
    ("requirements", "expected"),
    [
        ("huggingface_hub", NEW),
        ("huggingface-hub>=0.20", NEW),
        ("huggingface_hub[cli]==0.33.5", OLD),
        ("huggingface_hub==0.34.0", BOTH),
        ("huggingface_hub==0.36.2", BOTH),
        ("huggingface_hub==1.0.0", NEW),
        ("huggingface_hub<1", BOTH),
        ("huggingface_hub~=0.23.0", OLD),
        ("huggingface_hub>=0.19,<0.34", OLD),
        ("transformers", NEW),
        ("transformers==4.57.6", BOTH),
        ("transformers>=4.30,<5", BOTH),
        ("transformers~=4.44", BOTH),
        ("transformers>=4.30", NEW),
        ("transformers==5.0.0", NEW),
        ("sentence-transformers==6.2.0", NEW),
        ("sentence-transformers==2.7.0", BOTH),
        ("sentence-transformers\nhuggingface_hub==0.26.1", OLD),
        ("whisperx==3.8.6", BOTH),
        ("flair", BOTH),
        ("diffusers==0.42.1", NEW),
        ("vllm==0.33.0", NEW),
        ("transformers ; sys_platform == 'win32'\nhuggingface_hub<0.30", OLD),
        ("transformers==5.0.0 --hash=sha256:00\n# huggingface_hub<0.30\n", NEW),
    ],
)
def test_releases(tmp_path: Path, requirements: str, expected: tuple[bool, bool]) -> None:
    text = "FROM python:3.12\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    found = client(tmp_path, text, requirements__txt=requirements)
    assert (found.has_hf, found.has_huggingface_cli) == expected
    assert found.installed is True


def test_an_old_python_gets_an_old_release(tmp_path: Path) -> None:
    found = client(tmp_path, "FROM python:3.8-slim\nRUN pip install huggingface_hub\n")
    assert (found.has_hf, found.has_huggingface_cli) == BOTH


def test_poetry_and_conda(tmp_path: Path) -> None:
    text = "FROM python:3.12\nCOPY pyproject.toml ./\nRUN poetry install --no-root\n"
    found = client(tmp_path / "a", text, pyproject__toml='[tool.poetry.dependencies]\ntransformers = "^4.40"\n')
    assert (found.has_hf, found.has_huggingface_cli) == BOTH
    text = "FROM continuumio/miniconda3\nCOPY environment.yml .\nRUN conda env create -f environment.yml\n"
    environment = "dependencies:\n  - python=3.11\n  - pip:\n    - huggingface_hub==0.26.5\n"
    found = client(tmp_path / "b", text, environment__yml=environment)
    assert (found.has_hf, found.has_huggingface_cli) == OLD


def test_only_what_stands_in_the_stages_of_the_image_counts(tmp_path: Path) -> None:
    other = "FROM python:3.12 AS a\nRUN pip install 'huggingface_hub<0.30'\n"
    text = "FROM python:3.12\nRUN pip install transformers\n"
    assert client(tmp_path, other + text).has_huggingface_cli is False


def test_what_is_not_installed_or_not_known(tmp_path: Path) -> None:
    assert client(tmp_path / "a", "FROM python:3.12\nRUN pip install flask\n").installed is False
    assert client(tmp_path / "b", "FROM python:3.12\nCOPY . .\nRUN pip install .\n", setup__py="").installed is None
    found = client(tmp_path / "c", "FROM vllm/vllm-openai:v0.6\n")
    assert (found.installed, found.version) == (True, None)


def test_requirements_that_contradict_each_other(tmp_path: Path) -> None:
    found = client(tmp_path, "FROM python:3.12\nRUN pip install 'huggingface_hub<0.2' 'huggingface_hub>1'\n")
    assert (found.installed, found.version, found.has_hf) == (True, None, None)
