"""Bad and hostile projects are analysed to the end: no exception, no hang, nothing run, nothing hostile in a fix."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from typing import Any

import pytest

from prebake import files
from prebake.build.filelinks import file_links
from prebake.build.names import occurrences, same
from prebake.engine import Engine, Report
from prebake.findings import Applicability
from prebake.fixing import fix_all
from prebake.lsp.name_pages import name_page
from prebake.lsp.rerun_pages import rerun_page
from prebake.project.compose.links import compose_links
from prebake.syntax.outline import folds, outline
from tests.rules.trees import make_tree

DOCKERFILE = (
    'FROM python:3.12-slim\nWORKDIR /app\nCOPY . /app\nRUN pip install -r requirements.txt\nCMD ["python", "app.py"]\n'
)
APP = "from sentence_transformers import SentenceTransformer\nSentenceTransformer('all-MiniLM-L6-v2')\n"
PROJECT: dict[str, Any] = {"Dockerfile": DOCKERFILE, "requirements.txt": "sentence-transformers\n", "app.py": APP}

BAD_FILES: dict[str, dict[str, Any]] = {
    "compose that is no YAML": {"compose.yaml": "services: [\n  build: {{{\n\t- x"},
    "compose of another shape": {"compose.yaml": "- 1\n- services\n"},
    "compose with wrong types": {
        "compose.yaml": "services:\n  a: 3\n  b:\n    build: [1]\n  c:\n    build:\n      context: {}\n"
    },
    "compose with a loop of aliases": {"compose.yaml": "services: &s\n  a:\n    build: *s\n"},
    "compose that multiplies": {
        "compose.yaml": "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9))
        + "services: {a: {build: .}}\n"
    },
    "compose nested deeply": {"compose.yaml": "services: " + "[" * 3000 + "\n"},
    "compose with binary": {"compose.yaml": {"hex": "00ff00fe"}},
    "workflow that is no YAML": {".github/workflows/ci.yml": "jobs:\n\t- docker build ."},
    "workflow with an open quote": {
        ".github/workflows/ci.yml": "jobs:\n  a:\n    steps:\n    - run: docker build -f 'Docker\n"
    },
    "TOML that is none": {"pyproject.toml": "[project\nname="},
    "Python that does not parse": {"app.py": APP + "def f(:\n  ((((\n"},
    "Python nested deeply": {"app.py": APP + "x = " + "(" * 5000 + ")" * 5000 + "\n"},
    "Python with a long chain": {"app.py": APP + "x = " + "+".join(["1"] * 20000) + "\n"},
    "Python with null bytes": {"app.py": {"hex": "000000"}},
    "Python in another encoding": {"app.py": {"hex": "e4f6fc0a"}},
    "Python that imports itself": {"app.py": "import app\nfrom app import *\n" + APP},
    "Python with circular constants": {"app.py": "A = B\nB = A\n" + APP.replace("'all-MiniLM-L6-v2'", "A")},
    "requirements that include themselves": {
        "requirements.txt": "-r requirements.txt\n-r ./requirements.txt\n-c other.txt\n"
    },
    "requirements outside": {"requirements.txt": "-r ../../../etc/passwd\n-r /etc/shadow\n-e ../..\n"},
    "requirements of null bytes": {"requirements.txt": {"hex": "00" * 50}},
    "ignore file with bad patterns": {".dockerignore": "[a-\n!\na\\\n[[:x:]]\n" + "*" * 2000 + "\n"},
    "ignore file of one long line": {".dockerignore": "x" * 200_000},
    "ignore file of slow patterns": {".dockerignore": "**/a**/b**/c**/d**/e**/f**/g**/x\n" * 20, "a" * 100: ""},
    "link loops": {
        "loop": {"link": "loop"},
        "self": {"link": "."},
        "up": {"link": ".."},
        "requirements-x": {"link": "/"},
    },
    "manifest that is a link out": {"requirements.txt": {"link": "/etc/hostname"}},
    "script that is a link loop": {"app.py": {"link": "app.py"}},
    "manifest that is a folder": {"requirements.txt": None},
    "names with odd characters": {"a\nb": "", "c d'e\"f": "", "$(touch x)": "", "-rf": "", "ü\u2028": ""},
    "a git file that leads nowhere": {".git": "gitdir: /nowhere\n"},
}

BAD_DOCKERFILES = {
    "nothing": "",
    "only a FROM": "FROM",
    "unknown variables": "FROM $A\nCOPY $B $C\nRUN pip install -r $D\nCMD $E\n",
    "variables of themselves": "ARG A=$A\nFROM $A\nENV B=${B:-${B:-$B}}\nWORKDIR $B\nCOPY . $B\nRUN pip install -r $B",
    "stages that name themselves": "FROM a AS a\nFROM a AS a\nCOPY --from=a . .\nFROM 1\nFROM 99\n",
    "open heredoc": "FROM a\nCOPY . .\nRUN <<EOF\npip install -r requirements.txt\n",
    "open quotes": "FROM a\nCOPY . .\nRUN pip install -r 'requirements.txt\nCMD [\"python\", \"app.py\n",
    "nested substitutions": "FROM a\nCOPY . .\nRUN " + "$(" * 2000 + "pip install -r requirements.txt\n",
    "a long chain": "FROM a\nCOPY . .\nRUN " + " && ".join(["pip install -r requirements.txt"] * 3000) + "\n",
    "a very long line": "FROM a\nCOPY . .\nRUN echo " + "x" * 10_000_000 + "\nRUN pip install -r requirements.txt\n",
    "very many lines": "FROM a\nCOPY . .\n" + "RUN pip install -r requirements.txt\n" * 5000,
    "one instruction of many lines": "FROM a\nCOPY . .\nRUN true \\\n" + " && pip install x \\\n" * 20000 + "\n",
    "very many cleanups": "FROM a\nCOPY . .\n" + "RUN wget http://a/b.zip\nRUN rm -rf b.zip /tmp/*\n" * 500,
    "very many recursive changes": "FROM a\n" + "COPY . /app\nRUN chown -R a /app && chmod -R 7 /app\n" * 500,
    "odd recursive changes": "FROM a\nCOPY . /\nRUN chown -R\nRUN chown -R : / --\nRUN chmod -R -x -- / ''\nRUN rm -rf",
    "paths that climb": "FROM a\nCOPY ../../.. /app\nCOPY ../../../etc /x\nWORKDIR ../..\nRUN pip install -r ../../x",
    "ONBUILD of ONBUILD": "FROM a\nONBUILD ONBUILD COPY . .\nONBUILD RUN pip install -r requirements.txt\n",
    "control characters": "FROM a\nCOPY . .\x00\x07\x1b[31m\nRUN pip\x0binstall -r\x85requirements.txt\n",
}  # fmt: skip


def check_and_fix(root: Path) -> Report:
    engine = Engine(workspaces=[files.absolute(str(root))])
    path = files.absolute(str(root / "Dockerfile"))
    report = engine.check(path)
    assert report.failures == ()
    assert not any("internal error" in (finding.no_fix or "") for finding in report.findings)
    result = fix_all(engine, [path], Applicability.SUGGESTED)
    for edit in result.edits:
        assert files.is_below(edit.path, files.absolute(str(root)))
        edit.apply()
    ask_as_an_editor(engine, path)
    return report


def ask_as_an_editor(engine: Engine, path: str) -> None:
    """What is worked out only when somebody points at it."""
    for build in engine.builds_of(path):
        found = occurrences(build)
        for item in (*found[:5], *found[-5:]):
            assert item in same(build, item)
            name_page(build, item)
        for link in file_links(build):
            assert files.is_below(link.path, build.root)
        assert outline(build.tree) or not build.tree.instructions
        assert all(fold.first < fold.last for fold in folds(build.tree))
        for instruction in [
            item for item in build.tree.instructions if item.keyword == "RUN" and item.stage is not None
        ]:
            assert rerun_page(build, instruction)
            break
    for name in ("compose.yaml", "Dockerfile"):
        compose_links(engine.snapshot, files.join(files.parent(path), name))


@pytest.mark.parametrize("name", BAD_FILES)
def test_bad_project_files(tmp_path: Path, name: str) -> None:
    root = tmp_path / "outer" / "inner" / "project"
    make_tree(root, {**PROJECT, **BAD_FILES[name]})
    report = check_and_fix(root)
    assert report.problem is None
    assert report.text is not None
    assert list((tmp_path / "outer" / "inner").iterdir()) == [root]


@pytest.mark.parametrize("name", BAD_DOCKERFILES)
def test_bad_dockerfiles(tmp_path: Path, name: str) -> None:
    make_tree(tmp_path, {**PROJECT, "Dockerfile": BAD_DOCKERFILES[name]})
    assert check_and_fix(tmp_path).problem is None


def test_sockets_and_pipes_in_the_context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tree(tmp_path, PROJECT)
    os.mkfifo(tmp_path / "pipe")
    os.mkfifo(tmp_path / "compose.yaml")
    monkeypatch.chdir(tmp_path)  # a socket's address must be short
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.sock")
    report = check_and_fix(tmp_path)
    assert "PB201" in {finding.code for finding in report.findings}


def test_deep_folders(tmp_path: Path) -> None:
    make_tree(tmp_path, PROJECT)
    here = tmp_path
    for _ in range(300):
        here = here / "deep"
        here.mkdir()
    assert "PB101" in {finding.code for finding in check_and_fix(tmp_path).findings}


SHAPES = {
    "scalars for tables": "project = 3\ntool = 4\npackage = 5\ndependency-groups = 6\n",
    "scalars inside": "[project]\nname = 1\ndynamic = 2\ndependencies = 3\noptional-dependencies = 4\nscripts = 5\n"
    "[tool]\nuv = 6\npoetry = 7\n",
    "lists of the wrong things": '[project]\nname = "x"\ndynamic = [1, [2]]\ndependencies = [1, {a = 2}, [3]]\n'
    '[project.optional-dependencies]\na = 3\nb = [4]\n[tool.uv]\nindex = 3\nsources = [1]\nworkspace = {members = 3}\n'
    "[tool.poetry]\ndependencies = [1]\ngroup = {dev = 3}\nscripts = [1]\n",
    "local packages of the wrong things": 'packages = [1]\nsource = [2]\n'
    '[[package]]\nname = 3\nsource = { editable = "." }\n[package.metadata]\nrequires-dist = [4, {name = 5}]\n'
    "requires-dev = 6\n[project]\nlicense = {file = 7}\n[dependency-groups]\ndev = 8\n"
    "[tool.pdm]\nscripts = 9\nplugins = 10\nworkspace = [11]\nsource = 12\n"
    '[tool.pdm.dev-dependencies]\ndev = ["-e file:///x", 13]\n[tool.uv.sources]\nx = [{path = 14}, 15]\n',
    "nested deeply": "a = " + "[" * 400 + "]" * 400 + "\n",
}  # fmt: skip


JSON_SHAPES = [
    "[1]",
    "3",
    '{"scripts": 3, "dependencies": [1], "devDependencies": "x", "workspaces": 4}',
    "{",
    "[" * 9000,
]


@pytest.mark.parametrize("shape", JSON_SHAPES, ids=lambda shape: shape[:12])
def test_json_of_another_shape(tmp_path: Path, shape: str) -> None:
    names = ("package.json", "package-lock.json", "composer.json", "Pipfile.lock", "config.json")
    dockerfile = DOCKERFILE.replace("pip install -r requirements.txt", "npm ci && pipenv install --deploy")
    app = "import json\nc = json.load(open('config.json'))\n" + APP.replace("'all-MiniLM-L6-v2'", "c['model']")
    make_tree(tmp_path, {**PROJECT, "Dockerfile": dockerfile, "app.py": app, **dict.fromkeys(names, shape)})
    assert check_and_fix(tmp_path).problem is None


INSTALLS = [
    "uv pip install -r pyproject.toml",
    "uv sync",
    "poetry install",
    "pdm install",
    "pipenv install",
    "pip install .",
]


@pytest.mark.parametrize("install", INSTALLS)
@pytest.mark.parametrize("shape", SHAPES)
def test_projects_of_another_shape(tmp_path: Path, install: str, shape: str) -> None:
    names = ("pyproject.toml", "uv.lock", "poetry.lock", "uv.toml", "poetry.toml", "pdm.lock", "pdm.toml", "Pipfile")
    dockerfile = DOCKERFILE.replace("pip install -r requirements.txt", install)
    make_tree(tmp_path, {**PROJECT, "Dockerfile": dockerfile, **dict.fromkeys(names, SHAPES[shape])})
    assert check_and_fix(tmp_path).problem is None
