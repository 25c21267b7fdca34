"""The fixes of PB301, with the real client of the hub: what they download is what the code loads without a network.

The hub is one on loopback that the tests start, and stop before the code runs.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from prebake.engine import Engine
from prebake.fixing import Refusal, apply_fix
from tests.hub.machine import CLIENTS, INSTALLED, Machine
from tests.hub.repositories import PACKAGES, PIPELINES, REPOSITORIES
from tests.hub.server import Hub

FOLDERS = {"/opt/models": "models", "/usr/local/share/nltk_data": "nltk_data"}
"""Folders of an image, and what stands for them in the test's own folder."""
APPS = {
    "a tokenizer and a configuration": """\
from transformers import AutoConfig, AutoTokenizer

NAME = "org/tiny"
tokenizer = AutoTokenizer.from_pretrained(NAME)
assert tokenizer("hello world")["input_ids"] == [5, 6]
assert AutoConfig.from_pretrained(NAME).hidden_size == 8
""",
    "a revision": """\
from transformers import AutoTokenizer

tokenizer = AutoTokenizer.from_pretrained("org/tiny", revision="v1")
assert tokenizer("hello world")["input_ids"] == [5, 6]
""",
    "single files": """\
from huggingface_hub import hf_hub_download

assert open(hf_hub_download("org/files", "a.txt")).read() == "a"
assert open(hf_hub_download("org/files", "folder/c.txt")).read() == "c"
""",
    "a filtered snapshot": """\
import os
from huggingface_hub import snapshot_download

folder = snapshot_download("org/files", allow_patterns=["*.txt"])
assert sorted(os.listdir(folder)) == ["a.txt", "folder"]
""",
    "a whole snapshot": """\
import os
from huggingface_hub import snapshot_download

assert sorted(os.listdir(snapshot_download("org/files"))) == ["a.txt", "b.json", "folder"]
""",
    "files in a folder of the code's choice": """\
from huggingface_hub import hf_hub_download

assert open(hf_hub_download("org/files", "a.txt", local_dir="{folder}/weights")).read() == "a"
""",
}
WAYS = ("cache", "stage", "local-dir")
LOCAL = ("a tokenizer and a configuration", "a revision")
"""The apps whose calls take a folder instead of an id."""
CASES = [(way, app) for way in WAYS for app in APPS if way == "cache" or app in LOCAL]


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(REPOSITORIES, PACKAGES, PIPELINES) as started:
        yield started


def fixed(folder: Path, client: str, way: str, app: str) -> tuple[str, Path]:
    """A project before and after the fix: the Dockerfile, and the program that is started."""
    root = folder / "project"
    root.mkdir(parents=True)
    (root / "prebake.toml").write_text(f'bake = "{way}"\n')
    (root / "main.py").write_text(app.replace("{folder}", str(folder)))
    (root / "Dockerfile").write_text(
        f"FROM python:3.11-slim\nENV HF_HOME={folder}/hf\nRUN pip install {INSTALLED[client]}\n"
        'COPY main.py .\nCMD ["python", "main.py"]\n'
    )
    engine = Engine(workspaces=[root.as_posix()])
    path = (root / "Dockerfile").as_posix()
    (finding,) = [item for item in engine.check(path).findings if item.code == "PB301"]
    assert finding.fixes, finding.no_fix
    snapshot = apply_fix(engine.snapshot, root.as_posix(), finding.fixes[0])
    assert not isinstance(snapshot, Refusal)
    for name in ("Dockerfile", "main.py"):
        text = snapshot.text((root / name).as_posix())
        assert text is not None
        content = text.content
        for image, own in FOLDERS.items():
            content = content.replace(image, f"{folder}/{own}")
        (folder / name).write_text(content)
    return (folder / "Dockerfile").read_text(), folder / "main.py"


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("way", "app"), CASES)
def test_what_the_fix_downloads_is_loaded_without_network(
    hub: Hub, tmp_path: Path, client: str, way: str, app: str
) -> None:
    machine = Machine(client, tmp_path, hub.url)
    dockerfile, program = fixed(tmp_path, client, way, APPS[app])
    variables = machine.build(dockerfile)
    hub.close()
    done = machine.start(program, variables)
    assert done.returncode == 0, f"{dockerfile}\n{done.stderr}"


def test_data_of_nltk_is_found_without_network(hub: Hub, tmp_path: Path) -> None:
    app = """\
import nltk

nltk.download("made_words")
assert list(nltk.corpus.LazyCorpusLoader("made_words", nltk.corpus.WordListCorpusReader, ["en"]).words()) == [
    "hello",
    "world",
]
"""
    machine = Machine("new", tmp_path, hub.url)
    machine.redirect_nltk(hub.url)
    dockerfile, program = fixed(tmp_path, "new", "cache", app)
    variables = machine.build(dockerfile)
    hub.close()
    assert machine.start(tmp_path / "project" / "main.py", {"NLTK_DATA": f"{tmp_path}/never"}).returncode != 0
    done = machine.start(program, variables)
    assert done.returncode == 0, f"{dockerfile}\n{done.stderr}"


PIPELINE = """\
import spacy
from spacy.cli import download

if not spacy.util.is_package("en_made_tiny"):
    download("en_made_tiny")
assert [token.text for token in spacy.load("en_made_tiny")("hello world")] == ["hello", "world"]
"""


def test_a_pipeline_of_spacy_is_found_without_network(hub: Hub, tmp_path: Path) -> None:
    machine = Machine("spacy", tmp_path, hub.url)
    machine.redirect_spacy(hub.url)
    dockerfile, program = fixed(tmp_path, "spacy", "cache", PIPELINE)
    variables = machine.build(dockerfile)
    hub.close()
    done = machine.start(program, variables)
    assert done.returncode == 0, f"{dockerfile}\n{done.stderr}"


def test_a_pipeline_of_spacy_is_not_found_without_the_fix(hub: Hub, tmp_path: Path) -> None:
    machine = Machine("spacy", tmp_path, hub.url)
    machine.redirect_spacy(hub.url)
    hub.close()
    (tmp_path / "main.py").write_text(PIPELINE)
    done = machine.start(tmp_path / "main.py", {})
    assert done.returncode != 0
    assert "ConnectionError" in done.stderr


def test_without_the_fix_it_does_not_load(tmp_path: Path) -> None:
    with Hub({}) as stopped:
        pass
    (tmp_path / "main.py").write_text(APPS["single files"])

    def start(client: str) -> CompletedProcess[str]:
        return Machine(client, tmp_path / client, stopped.url).start(tmp_path / "main.py", {})

    with ThreadPoolExecutor() as pool:  # the client waits for most of the time
        for done in pool.map(start, CLIENTS):
            assert done.returncode != 0
            assert "LocalEntryNotFoundError" in done.stderr


@pytest.mark.parametrize("client", CLIENTS)
def test_a_tokenizer_is_downloaded_without_the_weights(hub: Hub, tmp_path: Path, client: str) -> None:
    machine = Machine(client, tmp_path, hub.url)
    dockerfile, _ = fixed(tmp_path, client, "cache", APPS["a tokenizer and a configuration"])
    machine.build(dockerfile)
    got = {path.name for path in (tmp_path / "hf").rglob("*") if path.is_symlink()}
    assert "tokenizer.json" in got
    assert not got & {"model.safetensors", "pytorch_model.bin", "model.onnx"}
