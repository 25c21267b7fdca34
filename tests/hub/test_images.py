"""The fixed Dockerfiles with a real Docker engine: built against a hub on loopback, started without a network."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builder.engine import Engine, EngineError
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
WAYS = ("cache", "stage", "local-dir")


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    wheels = sorted((ROOT / "wheels" / "new").glob("*.whl"))
    if not wheels:
        unavailable("the wheels of huggingface_hub are missing (make hub-setup)")
    try:
        started = Engine(wheels)
    except EngineError as error:
        unavailable(f"no Docker engine: {error}")
    try:
        yield started
    finally:
        started.close()


@pytest.mark.parametrize("user", ["", "USER worker\n", "USER 4242\n"], ids=["root", "worker", "4242"])
@pytest.mark.parametrize("way", WAYS)
def test_the_image_starts_without_network(engine: Engine, tmp_path: Path, way: str, user: str) -> None:
    with Hub(REPOSITORIES) as hub:
        files = {
            "Dockerfile": DOCKERFILE.format(endpoint=hub.url, user=user),
            "requirements.txt": "transformers\n",
            "main.py": APP,
            "prebake.toml": f'bake = "{way}"\n',
            ".dockerignore": "Dockerfile\n.dockerignore\nprebake.toml\n",
        }
        root = write(tmp_path / "project", files)
        fix(root, "--suggested", "--select", "PB301")
        shown = (root / "Dockerfile").read_text()
        assert "hf download org/tiny" in shown
        built = engine.build(root, "fixed", network="host")
        append(root / "main.py", "# an edit\n")
        append(root / "requirements.txt", "alpha\n" if way == "stage" else "")
        again = engine.build(root, "fixed", network="host")
    assert again.cached("hf download"), shown
    assert engine.run(built) == (0, "[5, 6]\n"), shown
    assert engine.run(again) == (0, "[5, 6]\n"), shown


def test_before_the_fix_it_does_not_start(engine: Engine, tmp_path: Path) -> None:
    dockerfile = DOCKERFILE.format(endpoint="http://127.0.0.1:9", user="")
    app = 'from huggingface_hub import hf_hub_download\n\nhf_hub_download("org/tiny", "config.json")\n'
    files = {"Dockerfile": dockerfile, "requirements.txt": "transformers\n", "main.py": app}
    built = engine.build(write(tmp_path, files), "before")
    status, said = engine.run(built)
    assert status != 0
    assert "LocalEntryNotFoundError" in said
