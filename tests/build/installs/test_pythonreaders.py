"""What uv sync, Poetry, PDM and Pipenv read and write, and how each is told to install the dependencies alone."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from prebake.build.commands.effects import Effects
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
