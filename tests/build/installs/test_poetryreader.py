"""What Poetry reads and writes, and how it is told to install the dependencies alone."""

from __future__ import annotations

import pytest

from prebake.build.installs.readers import FirstStep
from tests.build.installs.reading import found

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
    assert case.reading.packages == ("torch",)


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
    assert case.first == FirstStep(("--no-directory",))
    assert found("poetry install", files).first == FirstStep(("--no-root", "--no-directory"))
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
    assert found("poetry install", files).first == FirstStep(
        ("--no-root",), (("POETRY_DYNAMIC_VERSIONING_BYPASS", "0.0.0"),)
    )
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
