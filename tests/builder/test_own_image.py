"""The image that our own Dockerfile makes, built without a network from wheels that were fetched before."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from prebake import __version__
from tests.builder.engine import BASE, Built, Engine, EngineError
from tests.tools import unavailable

ROOT = Path(__file__).resolve().parents[2]
WHEELS = ROOT / ".cache" / "builder" / "own"
PYTHON = {"PYTHON": BASE.removeprefix("python:")}
GIT = "RUN apk add --no-cache git\n"


@pytest.fixture(scope="module")
def engine() -> Iterator[Engine]:
    if not (WHEELS / ".done").exists():
        unavailable("the wheels for our own image are not there (make builder-setup)")
    try:
        started = Engine(sorted(WHEELS.glob("*.whl")))
    except EngineError as error:
        unavailable(f"no Docker engine: {error}")
    try:
        yield started
    finally:
        started.close()


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What git has of the repository, with a Dockerfile that needs no package of Alpine."""
    folder = tmp_path_factory.mktemp("own")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    text = (folder / "Dockerfile").read_text(encoding="utf-8")
    assert GIT in text
    (folder / "Dockerfile").write_text(text.replace(GIT, ""), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def built(engine: Engine, context: Path) -> Built:
    return engine.build(context, "own", arguments=PYTHON)


def test_it_checks_what_is_mounted(engine: Engine, built: Built, context: Path) -> None:
    status, said = engine.run(built, mounted=f"{context / 'examples/slow-search'}:/work:ro")
    assert status == 1
    assert "Dockerfile:4:1: warning PB201" in said
    status, said = engine.run(built, mounted=f"{context / 'examples/fast-search'}:/work:ro", user="12345:12345")
    assert (status, "No findings" in said) == (0, True)


def test_it_is_small_and_runs_as_no_root(engine: Engine, built: Built) -> None:
    image = engine.image(built)
    assert image.config["User"] == "1000:1000"
    assert image.config["Entrypoint"] == ["prebake"]
    names = {path for path in image.files if path.startswith("/opt/prebake/")}
    assert any(path.endswith(f"prebake-{__version__}.dist-info/METADATA") for path in names)
    assert "/opt/prebake/share/man/man1/prebake.1" in names
    assert not [path for path in names if "/pip/" in path or "hatchling" in path]
    assert not [path for path in image.files if path.startswith(("/src/", "/dist/"))]


def test_an_edit_of_the_code_installs_no_dependency_again(engine: Engine, built: Built, context: Path) -> None:
    with (context / "server/prebake/__init__.py").open("a", encoding="utf-8") as file:
        file.write("# edited\n")
    again = engine.build(context, "own", arguments=PYTHON)
    assert again.cached("import tomllib")
    assert not again.cached("pip wheel")


def test_little_is_sent(engine: Engine, built: Built, context: Path) -> None:
    assert built.sent < 2 * sum(path.stat().st_size for path in (context / "server").rglob("*.*") if path.is_file())
