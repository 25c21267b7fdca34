"""What Pipenv reads and writes."""

from __future__ import annotations

import pytest

from prebake.build.installs.readers import FirstStep
from tests.build.installs.reading import found

PIPFILE = (
    '[[source]]\nurl = "https://index.example/packages"\nverify_ssl = true\nname = "own"\n'
    '[requires]\npython_version = "3.11"\n[dev-packages]\nMy_Pkg = "*"\n[packages]\nsix = "*"\n'
)


# What Pipenv 2026.10.3 counts for this Pipfile.
HASH = "417bd1ba69ddf30fd0fddcca6d73e7bf966a8138b117f505eb66fde573d79e5d"


PIPENV = {
    "Pipfile": PIPFILE,
    "Pipfile.lock": f'{{"_meta": {{"hash": {{"sha256": "{HASH}"}}}}}}',
    "setup.py": "",
    ".env": "SECRET=1\n",
}


@pytest.mark.parametrize(
    "run", ["pipenv install --deploy", "pipenv sync --system", "pipenv install", "pipenv install --system --dev -v"]
)
def test_pipenv(run: str) -> None:
    case = found(run, PIPENV)
    assert case.reading.problems == ()
    assert sorted([*case.read, *case.optional]) == ["Pipfile", "Pipfile.lock"]
    assert case.reading.packages == ("six",)
    assert case.effects.writes == ()
    assert case.effects.environments == ()
    assert case.first == FirstStep()


def test_a_pipfile_without_sources_has_those_of_its_lock() -> None:
    sources = '[{"name": "own", "url": "https://index.example/packages", "verify_ssl": true}]'
    lock = f'{{"_meta": {{"hash": {{"sha256": "{HASH}"}}, "sources": {sources}}}}}'
    files = {"Pipfile": "[requires]" + PIPFILE.partition("[requires]")[2], "Pipfile.lock": lock}
    assert found("pipenv install", PIPENV | files).reading.problems == ()


def test_pipenv_writes_the_lock_that_is_missing() -> None:
    files = {name: text for name, text in PIPENV.items() if name != "Pipfile.lock"}
    assert found("pipenv install", files).effects.writes == ("/app/Pipfile.lock",)
    assert found("pipenv install flask", PIPENV).effects.writes == ("/app/Pipfile", "/app/Pipfile.lock")


@pytest.mark.parametrize(
    ("above", "files", "environments"),
    [
        ("ENV PIPENV_VENV_IN_PROJECT=1\n", {}, ("/app/.venv",)),
        ("", {".venv/pyvenv.cfg": ""}, ("/app/.venv",)),
        ("", {"Pipfile": PIPENV["Pipfile"] + "[pipenv]\nvenv_in_project = true\n"}, ("/app/.venv",)),
        ("ENV PIPENV_VENV_IN_PROJECT=0\n", {".venv/pyvenv.cfg": ""}, ()),
    ],
)
def test_environments_of_pipenv(above: str, files: dict[str, str], environments: tuple[str, ...]) -> None:
    assert found("pipenv install --deploy", PIPENV | files, above).effects.environments == environments


def test_variables_that_pipenv_takes_from_a_file() -> None:
    assert found("pipenv sync", PIPENV | {".env": "A=1\nPIP_NO_BINARY=:all:\n"}).optional == [".env"]
    private = PIPENV | {"Pipfile": PIPFILE.replace("https://", "https://${TOKEN}@")}
    assert found("pipenv sync", private).optional == [".env"]


@pytest.mark.parametrize(
    ("run", "changed", "problem"),
    [
        ("pipenv install", {"Pipfile": PIPFILE + 'idna = "*"\n'}, "may rewrite Pipfile.lock"),
        ("pipenv install", {"Pipfile.lock": "{"}, "may rewrite Pipfile.lock"),
        ("pipenv sync", {"Pipfile": PIPFILE + 'x = {path = ".", editable = true}\n'}, "installs /app from sources"),
        ("pipenv install -e .", {}, "installs . from its sources"),
        ("pipenv install -r more.txt", {}, "has the option -r, whose files are not followed"),
        (
            "pipenv sync",
            {"Pipfile": PIPFILE.replace("https://index.example/", "file:///app/")},
            "reads the package index",
        ),
    ],
)
def test_what_is_not_known_of_pipenv(run: str, changed: dict[str, str], problem: str) -> None:
    case = found(run, PIPENV | changed)
    assert any(problem in item for item in case.reading.problems)
    assert isinstance(case.first, FirstStep) == ("sources" not in problem)
