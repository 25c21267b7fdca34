"""What PDM reads and writes, and how it is told to install the dependencies alone."""

from __future__ import annotations

import pytest

from prebake.build.installs.readers import FirstStep
from tests.build.installs.reading import found

PDM_PROJECT = '[project]\nname = "app"\nrequires-python = ">=3.11"\ndependencies = ["six>=1.16"]\n'


PDM = {
    "pyproject.toml": PDM_PROJECT,
    "pdm.lock": "",
    "pdm.toml": "",
    "src/app/__init__.py": "",
    "README.md": "",
}


@pytest.mark.parametrize("run", ["pdm sync --no-self", "pdm install --prod -G web --no-self --no-lock", "pdm sync"])
def test_pdm_without_the_project(run: str) -> None:
    files = PDM if "--no-self" in run else PDM | {"pyproject.toml": PDM_PROJECT + "[tool.pdm]\ndistribution = false\n"}
    case = found(run, files)
    assert case.reading.problems == ()
    assert case.read == ["pyproject.toml"]
    assert case.optional == ["pdm.lock", "pdm.toml"]
    assert case.effects.writes == ("/app/.pdm-python",)
    assert case.effects.environments == ("/app/.venv",)


@pytest.mark.parametrize(
    ("above", "files", "environments"),
    [
        ("ENV VIRTUAL_ENV=/opt/v\n", {}, ("/opt/v",)),
        ("RUN pdm config venv.in_project false\n", {}, ()),
        ("RUN pdm config python.use_venv False\n", {}, ("/app/__pypackages__",)),
        ("", {"pdm.toml": "[python]\nuse_venv = false\n"}, ("/app/__pypackages__",)),
        ("", {"__pypackages__/x": ""}, ("/app/.venv", "/app/__pypackages__")),
    ],
)
def test_environments_of_pdm(above: str, files: dict[str, str], environments: tuple[str, ...]) -> None:
    assert found("pdm sync --no-self", PDM | files, above).effects.environments == environments


def test_a_lock_of_pdm_that_fits() -> None:
    # Written by PDM 2.29.4 for this manifest.
    manifest = (
        '[project]\nname = "app"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = ["six>=1.16"]\n'
        '[dependency-groups]\ndev = ["idna"]\n'
    )
    lock = '[metadata]\ncontent_hash = "sha256:82a6acae812ed6e3f690f6a8fda363f469fc3279546b7dcfdbba88fb76746313"\n'
    files = PDM | {"pyproject.toml": manifest, "pdm.lock": lock}
    assert found("pdm install --no-self", files).reading.problems == ()
    changed = files | {"pyproject.toml": manifest.replace("1.16", "1.17")}
    assert "may rewrite pdm.lock" in found("pdm install --no-self", changed).reading.problems[0]
    assert found("pdm install --no-self --frozen-lockfile", changed).reading.problems == ()


def test_the_first_step_of_pdm() -> None:
    assert found("pdm sync", PDM).first == FirstStep(("--no-self",))
    assert found("pdm install", PDM).first == FirstStep(("--no-self", "--frozen-lockfile"))
    hooked = PDM | {"pyproject.toml": PDM_PROJECT + '[tool.pdm.scripts]\npost_install = "python x.py"\n'}
    first = found("pdm sync", hooked).first
    assert isinstance(first, FirstStep)
    assert first.options == ("--no-self", "--skip=:all")
    assert "post_install" in first.doubts[0]
    assert "runs the script post_install" in found("pdm sync --no-self", hooked).reading.problems[0]
    assert found("pdm sync --no-self --skip=:all", hooked).reading.problems == ()
    assert found("pdm sync --no-self -k :post", hooked).reading.problems == ()


@pytest.mark.parametrize(
    ("manifest", "lock"),
    [
        ('dev-dependencies = {x = ["-e file:///${PROJECT_ROOT}/libs/lib#egg=lib"]}\n', ""),
        ("", '[[package]]\nname = "lib"\npath = "./libs/lib"\n'),
        ('workspace = {members = ["libs/lib"]}\n', ""),
    ],
)
def test_pdm_with_dependencies_in_folders(manifest: str, lock: str) -> None:
    files = {"pyproject.toml": PDM_PROJECT + "[tool.pdm]\n" + manifest, "pdm.lock": lock, "libs/lib/pyproject.toml": ""}
    case = found("pdm sync --no-self", PDM | files)
    assert case.reading.libraries == ("/app/libs/lib",)
    assert "no option that leaves out /app/libs/lib" in str(case.first)
