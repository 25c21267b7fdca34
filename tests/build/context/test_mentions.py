from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from prebake.build.build import Build
from prebake.build.context.ignorefile.evidence import evidence
from prebake.build.context.ignorefile.proposal import proposal
from prebake.build.context.mentions import Mentions, mentions
from prebake.engine import builds
from prebake.files import disk
from prebake.project.ignore.rules import rules_of
from prebake.syntax.ignorefile import literal
from prebake.text import Text
from tests.rules.trees import make_tree

DOCKERFILE = 'FROM python:3.12\nWORKDIR /app\nCOPY . /app\nCMD ["python", "app.py"]\n'
COMPOSE = "services: {a: {build: ., command: [python, app.py, --dir, data]}}"


def built(root: Path, files: dict[str, Any], dockerfile: str = DOCKERFILE) -> Build:
    make_tree(root, {"Dockerfile": dockerfile, **files})
    return builds(disk(), f"{root.as_posix()}/Dockerfile", root=root.as_posix())[0]


def named(root: Path, files: dict[str, Any], dockerfile: str = DOCKERFILE) -> Mentions:
    return mentions(built(root, files, dockerfile))


def test_imports_are_followed_and_their_strings_count(tmp_path: Path) -> None:
    found = named(
        tmp_path,
        {
            "app.py": "import torch\nfrom core import store\n",
            "core/__init__.py": "",
            "core/store.py": 'from .deep import path\nopen("tables/a.csv")',
            "core/deep.py": 'path = "weights/x.bin"',
            "train.py": 'open("data/train.csv")',
        },
    )
    assert found.closed
    assert found.files == ("app.py", "core/__init__.py", "core/deep.py", "core/store.py")
    assert found.named("tables/b.csv")
    assert found.named("weights")
    assert not found.named("data/train.csv")


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ('CMD ["uvicorn", "pkg.main:app"]', {"pkg/main.py": 'x = "data/a"'}),
        ('CMD ["python", "-m", "pkg"]', {"pkg/__main__.py": 'x = "data/a"'}),
        ("CMD gunicorn --chdir src main:app", {"src/main.py": 'x = "data/a"'}),
        ('ENTRYPOINT ["/app/start.sh"]', {"start.sh": "exec python serve.py", "serve.py": 'x = "data/a"'}),
        ('ENTRYPOINT ["./start.sh"]', {"start.sh": "exec serve --dir data"}),
        ('CMD ["python", "app.py"]', {"app.py": 'load("conf/a.yaml")', "conf/a.yaml": "dir: data/raw"}),
        ('ENV DIR=/app/data\nCMD ["python", "app.py"]', {"app.py": ""}),
        ('RUN python make.py\nCMD ["python", "app.py"]', {"app.py": "", "make.py": 'x = "data/a"'}),
        ('CMD ["python", "app.py"]', {"app.py": "", "compose.yaml": COMPOSE}),
    ],
)
def test_where_a_path_may_be_named(tmp_path: Path, command: str, files: dict[str, Any]) -> None:
    found = named(tmp_path, files, f"FROM python:3.12\nWORKDIR /app\nCOPY . /app\n{command}\n")
    assert found.closed
    assert found.named("data")


@pytest.mark.parametrize("command", ["", 'CMD ["jupyter", "lab"]', 'CMD ["/opt/serve"]', 'CMD ["python", "gone.py"]'])
def test_a_start_that_is_not_found_leaves_it_open(tmp_path: Path, command: str) -> None:
    assert not named(tmp_path, {"app.py": ""}, f"FROM python:3.12\nCOPY . /app\n{command}\n").closed


def test_an_edit_of_a_followed_file_is_noticed(tmp_path: Path) -> None:
    build = built(tmp_path, {"app.py": "import core", "core.py": ""})
    assert not mentions(build).named("data")
    for name, text in (("core.py", 'open("data")'), ("app.py", "import other")):
        changed = build.snapshot.overlay({f"{tmp_path.as_posix()}/{name}": Text(text)})
        again = builds(changed, build.path, root=build.root)[0]
        assert mentions(again).named("data") == (name == "core.py")
    added = build.snapshot.overlay({f"{tmp_path.as_posix()}/core/__init__.py": Text('open("data")')})
    assert mentions(builds(added, build.path, root=build.root)[0]).named("data")


@pytest.mark.parametrize(
    ("files", "dockerfile", "reason"),
    [
        ({"pyproject.toml": '[tool.hatch.version]\nsource = "vcs"'}, DOCKERFILE, "pyproject.toml"),
        ({"setup.cfg": "setup_requires = setuptools_scm"}, DOCKERFILE, "setuptools_scm"),
        ({"setup.py": "import versioneer"}, DOCKERFILE, "versioneer"),
        ({"Makefile": "V := $(shell git describe)"}, DOCKERFILE, "Makefile runs git describe"),
        ({"scripts/v.sh": "git -C . describe --tags"}, DOCKERFILE, "scripts/v.sh"),
        ({}, "FROM x\nCOPY . /a\nRUN git rev-parse HEAD > /a/v\n", "line 3 of Dockerfile runs git rev-parse"),
        ({"v.sh": "git log -1"}, "FROM x\nCOPY . /a\nRUN /a/v.sh\n", "v.sh runs git log"),
        ({"app.py": "import git\nprint(git.Repo('.'))"}, DOCKERFILE, "app.py reads the repository"),
    ],
)
def test_what_reads_git(tmp_path: Path, files: dict[str, Any], dockerfile: str, reason: str) -> None:
    found = evidence(built(tmp_path, files, dockerfile)).git
    assert found is not None
    assert reason in found


@pytest.mark.parametrize(
    ("files", "dockerfile"),
    [
        ({"scripts/tag.sh": "git rev-parse --short HEAD"}, DOCKERFILE),
        ({"requirements.txt": "GitPython"}, DOCKERFILE),
        ({}, "FROM x\nCOPY . /a\nRUN git clone https://h/r /r && cd /r && git log -1\n"),
        ({"train.py": "import git"}, DOCKERFILE),
    ],
)
def test_what_does_not_read_the_contexts_git(tmp_path: Path, files: dict[str, Any], dockerfile: str) -> None:
    assert evidence(built(tmp_path, {"app.py": "", **files}, dockerfile)).git is None


@pytest.mark.parametrize("name", ["a b", "[x]", "*", "!a", "#a", "a|b", "a{2}", "^a", "a\\b", "é", "a?"])
def test_an_escaped_path_is_matched_and_nothing_else(name: str) -> None:
    rules = rules_of(Text(literal(name)), "")
    assert rules.problem is None
    assert not rules.sends(name)
    for other in ("a", "aa", "x", "b", "axb", "a1"):
        assert rules.sends(other)


def test_the_proposal_never_takes_what_an_instruction_names(tmp_path: Path) -> None:
    files: dict[str, Any] = {
        "app.py": "",
        ".env": "A=1",
        ".venv/pyvenv.cfg": "",
        "wandb/run/x": "",
        "data/a.csv": {"size": 20_000_000},
        "models/m.bin": {"size": 20_000_000},
        "compose.yaml": "",
        ".git/HEAD": "",
    }
    sources = [
        ".env",
        ".venv/pyvenv.cfg",
        "wandb/run",
        "data/*.csv",
        "models/m.bin",
        "compose.yaml",
        ".git",
        "Dockerfile",
    ]
    copies = "".join(f"COPY {source} /x/\n" for source in sources)
    build = built(tmp_path, files, f"FROM python:3.12\n{copies}COPY . /app\nCMD python /app/app.py\n")
    made = proposal(build)
    assert made is not None
    rules = rules_of(Text(made.text), "")
    for path in (".env", ".venv/pyvenv.cfg", "wandb/run/x", "data/a.csv", "models/m.bin", ".git/HEAD", "Dockerfile"):
        assert rules.sends(path), path


APP = "FROM python:3.12\nWORKDIR /app\nCOPY . .\n"
START = 'CMD ["python", "app.py"]\n'


def left_out(root: Path, files: dict[str, Any], dockerfile: str) -> tuple[tuple[str, ...], str]:
    make_tree(root, {"Dockerfile": dockerfile, **files}, git=True)
    made = proposal(builds(disk(), f"{root.as_posix()}/Dockerfile", root=root.as_posix())[0])
    assert made is not None
    return tuple(pattern for group in made.groups for pattern in group.patterns), ". ".join(made.kept)


@pytest.mark.parametrize(
    ("pattern", "dockerfile", "files"),
    [
        ("**/.env", APP + "RUN set -a && . ./.env && make\n" + START, {"app.py": ""}),
        ("**/.env", APP + 'CMD ["./start.sh"]\n', {"start.sh": "set -e\n. ./.env\n", "app.py": ""}),
        ("**/.env", APP + START, {"app.py": "from dotenv import load_dotenv\nload_dotenv()", ".env": "A=1"}),
        ("**/.env", "FROM node:20\nCOPY . .\nRUN npm run build\n", {"a.py": "", "package.json": "{}", ".env": "A=1"}),
        ("**/node_modules", 'FROM node:20\nCOPY . .\nCMD ["node", "a.js"]\n', {"node_modules/x/a.js": "", "a.py": ""}),
        ("**/*.py[cod]", APP + 'CMD ["python", "main.pyc"]\n', {"main.pyc": ""}),
        ("**/venv", APP + START, {"app.py": "from tools import venv", "tools/venv/__init__.py": ""}),
        ("**/mlruns", APP + 'CMD ["mlflow", "ui"]\n', {"mlruns/0/meta.yaml": "", "requirements.txt": "mlflow"}),
        ("**/mlruns", APP + START, {"app.py": "load('models:/clf/1')", "requirements.txt": "mlflow"}),
        (".dvc/cache", APP + "RUN dvc checkout\n" + START, {"app.py": "", ".dvc/config": ""}),
        (".git", APP + "RUN dvc pull\n" + START, {"app.py": "", ".dvc/config": ""}),
        (
            ".git",
            APP + "RUN pip install ./libs/a\n" + START,
            {"libs/a/pyproject.toml": 'requires = ["setuptools-scm"]'},
        ),
        (".git", APP + START, {"app.py": "import subprocess as s\ns.run(['git', 'rev-parse', 'HEAD'])"}),
        (".git", APP + "RUN cp .git/HEAD /version\n" + START, {"app.py": ""}),
        (".git", "FROM rust:1\nCOPY . .\nRUN cargo build\n", {"build.rs": 'Command::new("git")', "a.py": ""}),
    ],
)
def test_what_is_read_without_a_name_stays_in(
    tmp_path: Path, pattern: str, dockerfile: str, files: dict[str, Any]
) -> None:
    assert pattern not in left_out(tmp_path, files, dockerfile)[0]


@pytest.mark.parametrize(
    ("pattern", "dockerfile", "files"),
    [
        ("**/.env", APP + START, {"app.py": "from transformers import AutoConfig", ".env": "A=1"}),
        ("**/node_modules", APP + START, {"app.py": "", "package.json": "{}", "node_modules/x/a.js": ""}),
        ("**/node_modules", "FROM node:20\nCOPY . .\nRUN npm ci\n", {"package.json": "{}"}),
        ("**/mlruns", APP + START, {"app.py": "import mlflow", "requirements.txt": "mlflow"}),
        (".git", APP + "RUN rm -rf .git && git clone https://example.com/x.git\n" + START, {"app.py": ""}),
        (".git", APP + "RUN pip install git+https://example.com/x.git\n" + START, {"app.py": ""}),
    ],
)
def test_what_nothing_reads_is_left_out(tmp_path: Path, pattern: str, dockerfile: str, files: dict[str, Any]) -> None:
    assert pattern in left_out(tmp_path, files, dockerfile)[0]


def test_a_dotenv_that_git_ignores_is_left_out_and_the_other_way_is_said(tmp_path: Path) -> None:
    files = {"app.py": "import dotenv\ndotenv.load_dotenv()", ".env": "A=1", ".gitignore": ".env\n"}
    patterns, told = left_out(tmp_path, files, APP + START)
    assert "**/.env" in patterns
    assert "app.py loads .env: give it to the container when it runs (`docker run --env-file .env`" in told


@pytest.mark.parametrize(
    ("dockerfile", "files"),
    [
        (APP + START, {"app.py": "import importlib\nimportlib.import_module('plugins.' + name)"}),
        (APP + 'CMD ["gunicorn", "proj.wsgi"]\n', {"proj/wsgi.py": "setdefault('DJANGO_SETTINGS_MODULE', 'proj.s')"}),
        (APP + 'CMD ["python", "-m", "serve"]\n', {"serve.py": "import hydra"}),
        (APP + 'CMD ["streamlit", "run", "Home.py"]\n', {"Home.py": "", "pages/1_A.py": "open('data/a.csv')"}),
        (APP + 'ENTRYPOINT ["python", "app.py"]\n', {"app.py": "import sys\nopen(sys.argv[1])"}),
        (APP + START, {"app.py": "import uvicorn\nuvicorn.run('core.main:app')", "core/main.py": "open('data/x')"}),
        (APP + START, {"app.py": "from glob import glob\nglob('*/*.csv')"}),
    ],
)
def test_data_stays_where_code_or_files_are_found_at_run_time(
    tmp_path: Path, dockerfile: str, files: dict[str, Any]
) -> None:
    assert "data" not in left_out(tmp_path, {**files, "data/a.csv": {"size": 20_000_000}}, dockerfile)[0]
