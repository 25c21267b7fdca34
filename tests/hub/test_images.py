"""The fixed Dockerfiles with a real Docker engine: built against a hub on loopback, started without a network."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builder import base_image
from tests.builder.engine import BASE, Engine, EngineError
from tests.builder.project import append, fix, write
from tests.hub.machine import ROOT
from tests.hub.repositories import REPOSITORIES
from tests.hub.server import Hub
from tests.tools import unavailable

DOCKERFILE = """\
FROM python:3.11-slim
ENV HF_ENDPOINT={endpoint}
WORKDIR /app
COPY requirements.txt .
RUN pip install --no-compile -r requirements.txt
COPY . .
{user}CMD ["python3", "main.py"]
"""
APP = """\
from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("org/tiny")
print(tokenizer("hello world")["input_ids"])
"""


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    with Hub(REPOSITORIES) as started:
        yield started


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    wheels = sorted((ROOT / "wheels" / "new").glob("*.whl"))
    if not wheels:
        unavailable("the wheels of huggingface_hub are missing (make hub-setup)")
    try:
        started = Engine(wheels)
    except EngineError as error:
        unavailable(f"no Docker engine: {error}")
    try:
        _add_libraries(started, tmp_path_factory.mktemp("libraries"))
        yield started
    finally:
        started.close()


def _add_libraries(engine: Engine, folder: Path) -> None:
    """Give the base image the libraries of the machine that the compiled packages need."""
    (folder / "libraries").mkdir()
    for library in set(base_image.shared_libraries(list((ROOT / "new").rglob("*.so")))):
        if library.is_relative_to("/lib") or library.is_relative_to("/usr/lib"):
            shutil.copy(library, folder / "libraries")
    (folder / "Dockerfile").write_text(f"FROM {BASE}\nCOPY libraries/ /usr/lib/x86_64-linux-gnu/\n")
    engine.build(folder, BASE)


@pytest.mark.parametrize(
    ("way", "user"),
    [
        ("cache", ""),
        ("cache", "USER worker\n"),
        ("cache", "USER 4242\n"),
        ("stage", ""),
        ("stage", "USER worker\n"),
        ("stage", "USER 4242\n"),
        ("local-dir", ""),
        ("local-dir", "USER worker\n"),
    ],
)
def test_the_image_starts_without_network(engine: Engine, hub: Hub, tmp_path: Path, way: str, user: str) -> None:
    files = {
        "Dockerfile": DOCKERFILE.format(endpoint=hub.url, user=user),
        "requirements.txt": "transformers\n",
        "main.py": APP,
        "prebake.toml": f'bake = "{way}"\n',
        ".dockerignore": "Dockerfile\n.dockerignore\nprebake.toml\n",
    }
    root = write(tmp_path, files)
    fix(root, "--suggested", "--select", "PB301")
    shown = (root / "Dockerfile").read_text()
    assert "hf download org/tiny" in shown
    built = engine.build(root, "fixed", network="host")
    status, said = engine.run(built)
    assert status == 0, f"{shown}\n{said}"
    assert "[5, 6]" in said.split("\n")


@pytest.mark.parametrize(("way", "edited"), [("cache", "main.py"), ("stage", "requirements.txt")])
def test_an_edit_does_not_download_again(engine: Engine, hub: Hub, tmp_path: Path, way: str, edited: str) -> None:
    files = {
        "Dockerfile": DOCKERFILE.format(endpoint=hub.url, user=""),
        "requirements.txt": "alpha\n",
        "main.py": APP,
        "prebake.toml": f'bake = "{way}"\n',
        ".dockerignore": "Dockerfile\n.dockerignore\nprebake.toml\n",
    }
    if way == "cache":
        files["requirements.txt"] = "transformers\n"
    root = write(tmp_path, files)
    fix(root, "--suggested", "--select", "PB301")
    engine.build(root, "once", network="host")
    append(root / edited, "# an edit\n")
    assert engine.build(root, "twice", network="host").cached("hf download"), (root / "Dockerfile").read_text()
