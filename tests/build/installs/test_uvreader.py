"""What uv sync reads and writes, and how it is told to install the dependencies alone."""

from __future__ import annotations

import pytest

from prebake.build.installs.readers import FirstStep
from tests.build.installs.reading import found

UV_LOCK = """version = 1
requires-python = ">=3.11"

[[package]]
name = "app"
source = { editable = "." }
dependencies = [{ name = "torch" }, { name = "core" }, { name = "lib" }]

[package.metadata]
requires-dist = [{ name = "torch", specifier = ">=2,<3" }]

[[package]]
name = "torch"
version = "2.9.0"
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
    assert case.reading.packages == ("torch",)
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
    above = "ENV UV_DEFAULT_INDEX=https://mirror.example/packages\n"
    assert found("uv sync --no-install-project", UV, above).effects.writes == ("/app/uv.lock",)
    assert found("uv sync --locked --no-install-project", UV, above).effects.writes == ()
    assert found("uv sync", UV, above).first == FirstStep(("--frozen", "--no-install-project"))


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
    stale = found("uv sync", UV | {"pyproject.toml": UV["pyproject.toml"].replace("torch<3", "torch<4")}).first
    assert isinstance(stale, FirstStep) and stale.options == ("--frozen", "--no-install-project")
    assert "does not fit pyproject.toml" in stale.doubts[0]


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
    assert isinstance(first, FirstStep) and "has to be copied above it" in first.doubts[0]
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
