"""Fixes for installs with uv and npm, the real ones, judged by a real Docker engine."""

import json
from fnmatch import fnmatch
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.builder import tool_images
from tests.builder.engine import Built, Engine, EngineError
from tests.builder.project import append, fix, write
from tests.tools import unavailable

# A build backend of one file: the package needs nothing else.
BACKEND = """\
import zipfile

METADATA = "Metadata-Version: 2.1\\nName: service\\nVersion: 0.1\\nRequires-Dist: alpha\\n"


def build_wheel(folder, config_settings=None, metadata_directory=None):
    name = "service-0.1-py3-none-any.whl"
    files = {
        "service.py": open("service.py").read(),
        "service-0.1.dist-info/METADATA": METADATA,
        "service-0.1.dist-info/WHEEL": "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n",
    }
    files["service-0.1.dist-info/RECORD"] = "".join(f"{path},,\\n" for path in files)
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        for path, text in files.items():
            wheel.writestr(zipfile.ZipInfo(path), text)
    return name


build_editable = build_wheel
"""
PYPROJECT = '[project]\nname = "service"\nversion = "0.1"\nrequires-python = ">=3.11"\ndependencies = ["alpha"]\n'
PACKAGE = PYPROJECT + '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
PACKAGE_FILES = {"pyproject.toml": PACKAGE, "backend.py": BACKEND, "service.py": "import alpha\n"}
IGNORED = {".dockerignore": "Dockerfile\n.dockerignore\n.venv\nnode_modules\n"}
WEB = {
    "package.json": json.dumps({"name": "web", "version": "1.0.0", "dependencies": {"left": "1.0.0"}}),
    "package-lock.json": tool_images.npm_lock(),
    "index.js": "require('left');\n",
}
# What uv notes about a package that it has built: the time of its manifest, and the digest of that note.
NOTED = ("*/service-0.1.dist-info/uv_cache.json", "*/service-0.1.dist-info/RECORD")


class Case(NamedTuple):
    """A project, whether its fix is safe, and the install that must stay cached when `edit` is edited."""

    files: dict[str, str]
    safe: bool
    install: str
    edit: str = "app.py"
    differs: tuple[str, ...] = ()


def dockerfile(image: str, install: str) -> dict[str, str]:
    return {"Dockerfile": f"FROM {image}\nWORKDIR /app\nCOPY . .\nRUN {install}\n", "app.py": "import alpha\n"}


UV = {
    "uv pip with requirements": Case(
        dockerfile(tool_images.UV, "uv pip install --system --no-cache -r requirements.txt")
        | {"requirements.txt": "alpha\n"},
        safe=True,
        install="-r requirements.txt",
    ),
    "uv sync of a project that is no package": Case(
        dockerfile(tool_images.UV, "uv sync --locked --no-cache")
        | {"pyproject.toml": PYPROJECT, "uv.lock": tool_images.uv_lock("virtual")},
        safe=True,
        install="uv sync --locked --no-cache",
    ),
    "uv sync of a package": Case(
        dockerfile(tool_images.UV, "uv sync --locked --no-cache")
        | PACKAGE_FILES
        | {"uv.lock": tool_images.uv_lock("editable")},
        safe=False,
        install="--no-install-project",
        differs=NOTED,
    ),
    "uv sync of a package, not editable": Case(
        dockerfile(tool_images.UV, "uv sync --frozen --no-cache --no-editable")
        | PACKAGE_FILES
        | {"uv.lock": tool_images.uv_lock("editable")},
        safe=False,
        install="--no-install-project",
        differs=NOTED,
    ),
    "uv pip with the project": Case(
        dockerfile(tool_images.UV, "uv pip install --system --no-cache .") | PACKAGE_FILES,
        safe=False,
        install="-r pyproject.toml",
        differs=NOTED,
    ),
}
NPM = {
    "npm ci": Case(dockerfile(tool_images.NODE, "npm ci") | WEB, safe=True, install="npm ci", edit="index.js"),
    # npm writes the lock file anew in its own format, and the moved COPY puts it back: that is said.
    "npm install": Case(
        dockerfile(tool_images.NODE, "npm install") | WEB,
        safe=False,
        install="npm install",
        edit="index.js",
        differs=("/app/package-lock.json",),
    ),
}


@pytest.fixture(scope="module")
def uv(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    try:
        tool_images.make_uv(engine, tmp_path_factory.mktemp("image") / "uv")
    except EngineError as error:
        unavailable(f"no uv: {error}")
    return engine


@pytest.fixture(scope="module")
def node(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    try:
        tool_images.make_node(engine, tmp_path_factory.mktemp("image") / "node")
    except EngineError as error:
        unavailable(f"no npm: {error}")
    return engine


@pytest.mark.parametrize("name", UV)
def test_uv_installs_the_same_and_stays_cached(uv: Engine, name: str, tmp_path: Path) -> None:
    judge(uv, UV[name], name, tmp_path)


@pytest.mark.parametrize("name", NPM)
def test_npm_installs_the_same_and_stays_cached(node: Engine, name: str, tmp_path: Path) -> None:
    judge(node, NPM[name], name, tmp_path)


def judge(engine: Engine, case: Case, name: str, folder: Path) -> None:
    """Build before and after: equal where the fix is safe, and else but for what is said."""
    before, after = (write(folder / root, IGNORED | case.files) for root in ("before", "after"))
    fix(after, "--select", "PB201,PB209")
    is_fixed = (after / "Dockerfile").read_text() != case.files["Dockerfile"]
    assert is_fixed == case.safe
    if not case.safe:
        fix(after, "--suggested", "--select", "PB201,PB209")
    shown = (after / "Dockerfile").read_text()
    assert shown != case.files["Dockerfile"], "nothing was fixed"

    old, new = build(engine, before), build(engine, after)
    differences = engine.image(old).differences(engine.image(new))
    assert [path for path in differences if not any(fnmatch(path, known) for known in case.differs)] == [], shown

    append(before / case.edit, f"\n// {name}\n" if case.edit.endswith(".js") else f"\n# {name}\n")
    append(after / case.edit, f"\n// {name}\n" if case.edit.endswith(".js") else f"\n# {name}\n")
    assert not build(engine, before).cached("RUN"), shown
    assert build(engine, after).cached(case.install), shown


def build(engine: Engine, root: Path) -> Built:
    return engine.build(root, root.name)
