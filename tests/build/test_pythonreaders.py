"""What uv sync, Poetry, PDM and Pipenv read and write, and how each is told to install the dependencies alone."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from prebake.build.effects import Effects
from prebake.build.installs.installers import installs
from prebake.build.installs.manifests import Reading, readings
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers import FirstStep, first_step
from tests.build.projects import build_of


class Found(NamedTuple):
    """The last install of a Dockerfile: what it reads, what it touches besides, its first step."""

    reading: Reading
    effects: Effects
    first: FirstStep | str

    @property
    def read(self) -> list[str]:
        return sorted(item.provided.context for item in self.reading.manifests if not item.optional)

    @property
    def optional(self) -> list[str]:
        return sorted(item.provided.context for item in self.reading.manifests if item.optional)


def found(run: str, files: dict[str, str], above: str = "") -> Found:
    build = build_of(f"FROM python:3.12\nWORKDIR /app\n{above}COPY . .\nRUN {run}\n", files)
    index, install = list(installs(build).items())[-1]
    reading = readings(build)[index]
    return Found(reading, reading.effects[-1][1], first_step(Notes(build, install), install.commands[-1]))


POETRY = {
    "pyproject.toml": '[tool.poetry]\nname = "x"\n[tool.poetry.dependencies]\npython = "^3.11"\ntorch = "^2"\n',
    "poetry.lock": "",
    "poetry.toml": "",
    "x/__init__.py": "",
    "README.md": "",
}


def poetry(**changed: str) -> dict[str, str]:
    """The Poetry project with files changed (``__`` stands for a dot); an empty manifest is left out."""
    return POETRY | {name.replace("__", "."): text for name, text in changed.items()}


@pytest.mark.parametrize("run", ["poetry install --no-root", "poetry sync -nE cpu --only main --no-root -vv"])
def test_poetry_without_the_project(run: str) -> None:
    case = found(run, POETRY)
    assert case.reading.problems == ()
    assert case.read == ["pyproject.toml"]
    assert case.optional == ["poetry.lock", "poetry.toml"]
    assert case.reading.packages == ("torch",)
    assert case.effects.writes == ()
    assert case.effects.environments == ()


def test_poetry_that_packages_nothing() -> None:
    files = poetry(pyproject__toml=POETRY["pyproject.toml"].replace('"x"', '"x"\npackage-mode = false'))
    assert found("poetry install", files).reading.problems == ()


def test_poetry_without_a_lock_writes_one() -> None:
    files = {name: text for name, text in POETRY.items() if name != "poetry.lock"}
    assert found("poetry install --no-root", files).effects.writes == ("/app/poetry.lock",)


def test_poetry_reads_the_licence_that_the_manifest_names() -> None:
    manifest = '[project]\nname = "x"\nversion = "1"\nlicense = {file = "COPYING"}\ndependencies = ["torch (>=2)"]\n'
    case = found("poetry install --no-root", poetry(pyproject__toml=manifest, COPYING="MIT"))
    assert case.read == ["COPYING", "pyproject.toml"]
    assert case.reading.packages == ("torch (>=2)",)


@pytest.mark.parametrize(
    ("above", "files", "environments"),
    [
        ("", {}, ()),
        ("ENV POETRY_VIRTUALENVS_IN_PROJECT=1\n", {}, ("/app/.venv",)),
        ("ENV POETRY_VIRTUALENVS_IN_PROJECT=false\n", {".venv/pyvenv.cfg": ""}, ()),
        ("RUN poetry config virtualenvs.in-project true\n", {}, ("/app/.venv",)),
        ("", {"poetry.toml": "[virtualenvs]\nin-project = true\n"}, ("/app/.venv",)),
        ("", {".venv/pyvenv.cfg": ""}, ("/app/.venv",)),
        ("ENV PATH=/opt/v/bin:$PATH VIRTUAL_ENV=/opt/v\n", {}, ("/opt/v",)),
    ],
)
def test_environments_of_poetry(above: str, files: dict[str, str], environments: tuple[str, ...]) -> None:
    assert found("poetry install --no-root", POETRY | files, above).effects.environments == environments


LOCAL = '[project]\nname = "x"\ndependencies = ["lib @ file:libs/lib", "w @ file:w-1-py3-none-any.whl"]\n'


def test_poetry_with_dependencies_in_folders() -> None:
    files = poetry(pyproject__toml=LOCAL, **{"w-1-py3-none-any.whl": "", "libs/lib/pyproject.toml": ""})
    case = found("poetry install --no-root", files)
    assert case.reading.problems == ("`poetry install` (line 4) installs /app/libs/lib from sources",)
    assert case.reading.libraries == ("/app/libs/lib",)
    assert case.first == FirstStep(("--no-root", "--no-directory"))
    alone = found("poetry install --no-root --no-directory", files)
    assert alone.reading.problems == ()
    assert alone.read == ["pyproject.toml", "w-1-py3-none-any.whl"]
    del files["poetry.lock"]
    assert "there is no poetry.lock" in str(found("poetry install", files).first)


def test_folders_that_only_the_lock_of_poetry_names() -> None:
    lock = '[[package]]\nname = "deep"\n[package.source]\ntype = "directory"\nurl = "libs/deep"\n'
    case = found("poetry install --no-root", poetry(poetry__lock=lock, **{"libs/deep/setup.py": ""}))
    assert case.reading.libraries == ("/app/libs/deep",)


def test_poetry_with_a_version_from_git() -> None:
    manifest = POETRY["pyproject.toml"] + "[tool.poetry-dynamic-versioning]\nenable = true\n"
    files = poetry(pyproject__toml=manifest)
    case = found("poetry install --no-root", files)
    assert "asks git for the version" in case.reading.problems[0]
    assert case.first == FirstStep(("--no-root",), (("POETRY_DYNAMIC_VERSIONING_BYPASS", "0.0.0"),))
    assert found("POETRY_DYNAMIC_VERSIONING_BYPASS=0.0.0 poetry install --no-root", files).reading.problems == ()
    assert found("POETRY_DYNAMIC_VERSIONING_COMMANDS= poetry install --no-root", files).reading.problems == ()
    assert found("poetry install --no-root --no-plugins", files).reading.problems == ()


@pytest.mark.parametrize(
    ("run", "changed", "problem"),
    [
        ("poetry install", {}, "also installs the project itself: copy pyproject.toml, poetry.lock and poetry.toml "),
        ("poetry install --only-root", {}, "installs the project itself, and no dependencies"),
        ("poetry -C sub install --no-root", {}, "has the option -C, whose files are not followed"),
        ("poetry install --no-root --new", {}, "has the option --new, whose meaning is not known"),
        ("poetry install --no-root", {"pyproject__toml": "["}, "reads pyproject.toml, which is not valid TOML"),
        (
            "poetry install --no-root",
            {"pyproject__toml": "[tool.poetry.requires-plugins]\npoetry-odd = '*'\n"},
            "may run the plug-in poetry-odd",
        ),
    ],
)
def test_what_is_not_known_of_poetry(run: str, changed: dict[str, str], problem: str) -> None:
    assert any(problem in item for item in found(run, poetry(**changed)).reading.problems)


UV_LOCK = """version = 1
requires-python = ">=3.11"

[[package]]
name = "app"
source = { editable = "." }
dependencies = [{ name = "torch" }]

[package.metadata]
requires-dist = [{ name = "torch", specifier = ">=2,<3" }]

[[package]]
name = "torch"
version = "2.9.0"
source = { registry = "https://pypi.org/simple" }
"""
UV = {
    "pyproject.toml": '[project]\nname = "app"\ndynamic = ["version"]\nrequires-python = ">= 3.11"\n'
    'dependencies = ["torch<3,>=2"]\n[build-system]\nrequires = []\n',
    "uv.lock": UV_LOCK,
    ".python-version": "3.12\n",
    "src/app/__init__.py": "",
    "README.md": "",
}


@pytest.mark.parametrize("options", ["--frozen", "--locked", "", "--frozen --no-dev --extra cpu -p 3.12 --active"])
def test_uv_without_the_project(options: str) -> None:
    case = found(f"uv sync {options} --no-install-project", UV)
    assert case.reading.problems == ()
    is_bound = "--frozen" in options or "--locked" in options
    assert case.read == (["pyproject.toml", "uv.lock"] if is_bound else ["pyproject.toml"])
    assert case.optional == ([".python-version"] if is_bound else [".python-version", "uv.lock"])
    assert case.reading.packages == ("torch<3,>=2",)
    assert case.effects.writes == ()
    assert case.effects.environments == ("/app/.venv",)


def test_variables_stand_for_options_of_uv() -> None:
    case = found("uv sync", UV, "ENV UV_FROZEN=1 UV_NO_INSTALL_PROJECT=true UV_PROJECT_ENVIRONMENT=/opt/env\n")
    assert case.reading.problems == ()
    assert case.effects.environments == ("/opt/env",)


@pytest.mark.parametrize("setting", ["[tool.uv]\npackage = false\n[build-system]\nrequires = []\n", ""])
def test_uv_with_a_project_that_is_no_package(setting: str) -> None:
    manifest = UV["pyproject.toml"].partition("[build-system]")[0] + setting
    assert found("uv sync --frozen", UV | {"pyproject.toml": manifest}).reading.problems == ()


def test_uv_writes_the_lock_that_is_missing_or_updated() -> None:
    files = {name: text for name, text in UV.items() if name != "uv.lock"}
    assert found("uv sync --no-install-project", files).effects.writes == ("/app/uv.lock",)
    assert found("uv sync --no-install-project --upgrade", UV).effects.writes == ("/app/uv.lock",)
    assert found("uv sync --no-install-project --upgrade --frozen", UV).effects.writes == ()


@pytest.mark.parametrize(
    ("was", "now"),
    [("torch<3", "torch<4"), ('"torch<3,>=2"', '"torch<3,>=2", "numpy"'), (">= 3.11", ">=3.12"), ('"torch<3,>=2"', "")],
)
def test_a_lock_of_uv_that_does_not_fit(was: str, now: str) -> None:
    files = UV | {"pyproject.toml": UV["pyproject.toml"].replace(was, now)}
    (problem,) = found("uv sync --no-install-project", files).reading.problems
    assert "may rewrite uv.lock" in problem
    assert found("uv sync --no-install-project --locked", files).reading.problems == ()


def test_the_first_step_of_uv() -> None:
    assert found("uv sync --locked", UV).first == FirstStep(("--no-install-project",))
    dynamic = UV | {"pyproject.toml": UV["pyproject.toml"].replace('["version"]', '["version", "dependencies"]')}
    assert found("uv sync", dynamic).first == FirstStep(("--frozen", "--no-install-project"))
    assert "builds the project" in str(found("uv sync --locked", dynamic).first)


WORKSPACE = UV | {
    "uv.lock": '[manifest]\nmembers = ["app", "core"]\n\n'
    + UV_LOCK.partition("\n\n")[2]
    + '\n[[package]]\nname = "core"\nsource = { editable = "packages/core" }\n'
    + '\n[[package]]\nname = "lib"\nsource = { directory = "libs/lib" }\n',
    "packages/core/pyproject.toml": '[project]\nname = "core"\n',
    "libs/lib/pyproject.toml": '[project]\nname = "lib"\n',
}


def test_a_workspace_of_uv() -> None:
    case = found("uv sync --frozen", WORKSPACE)
    assert case.reading.libraries == ("/app/packages/core", "/app/libs/lib")
    assert case.first == FirstStep(("--no-install-workspace", "--no-install-package", "lib"))
    frozen = found("uv sync --frozen --no-install-workspace --no-install-package lib", WORKSPACE)
    assert frozen.reading.problems == ()
    assert frozen.read == ["pyproject.toml", "uv.lock"]
    locked = found("uv sync --locked --no-install-workspace --no-install-package lib", WORKSPACE)
    assert locked.reading.problems == ()
    assert locked.read == ["libs/lib/pyproject.toml", "packages/core/pyproject.toml", "pyproject.toml", "uv.lock"]
    first = found("uv sync --locked", WORKSPACE).first
    assert isinstance(first, FirstStep) and "has to be copied" in first.doubts[0]
    assert isinstance(plain := found("uv sync", WORKSPACE).first, FirstStep) and plain.options[0] == "--frozen"


@pytest.mark.parametrize(
    ("run", "changed", "problem"),
    [
        (
            "uv sync --frozen",
            {},
            "also installs the project itself: copy pyproject.toml, uv.lock and .python-version",
        ),
        ("uv --directory sub sync", {}, "has the option --directory, whose files are not followed"),
        ("uv sync --locked --no-install-project", {"uv.lock": "[["}, "reads uv.lock, which is not a lock file"),
        (
            "uv sync --frozen --no-install-project",
            {"uv.toml": '[[index]]\nurl = "wheels"\n'},
            "reads the package index wheels, which is not followed",
        ),
        (
            "uv sync --frozen --no-install-project",
            {"uv.lock": '\n[[package]]\nname = "a"\nsource = { registry = "wheels" }\n'},
            "reads the package index wheels, which is not followed",
        ),
    ],
)
def test_what_is_not_known_of_uv(run: str, changed: dict[str, str], problem: str) -> None:
    assert any(problem in item for item in found(run, UV | changed).reading.problems)


def test_uv_in_a_member_of_a_workspace() -> None:
    files = {"pyproject.toml": "[tool.uv.workspace]\nmembers = ['*']\n", "a/pyproject.toml": UV["pyproject.toml"]}
    problems = found("cd a && uv sync --frozen --no-install-project", files).reading.problems
    assert any("may belong to the workspace of /app/pyproject.toml" in item for item in problems)
