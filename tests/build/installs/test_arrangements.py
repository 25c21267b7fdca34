"""Splitting a RUN and installing in two steps: what holds for every Dockerfile."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from prebake.build.build import Build
from prebake.build.installs.arrangements import Arrangement, Kind, arrange
from prebake.build.installs.manifests import readings
from prebake.build.installs.misplaced import misplaced
from prebake.build.installs.projectfirst import arrange_project
from prebake.build.installs.projectinstalls import project_installs
from prebake.build.rewriting.runchain import RunChain, run_chain
from prebake.build.state import states
from prebake.findings import Applicability
from prebake.syntax.dockerfile import parse
from prebake.text import Text
from tests.build.projects import build_of, nth

FILES = {
    "requirements.txt": "torch\n",
    "pyproject.toml": "[tool.poetry]\nname = 'x'\n[tool.poetry.dependencies]\ntorch = '*'\n",
    "poetry.lock": "",
    "setup.py": "from setuptools import setup\nsetup(install_requires=open('requirements.txt').read())\n",
    "install.sh": "pip install -r requirements.txt\n",
    "Makefile": "deps:\n\tpip install -r requirements.txt\n",
    "app.py": "",
    ".dockerignore": ".venv\n",
}

COMMANDS = st.sampled_from(
    [
        "pip install -r requirements.txt",
        "pip install -e .",
        "pip install torch",
        "poetry install",
        "poetry config virtualenvs.create false",
        "apt-get update",
        "./build.sh",
        "./install.sh",
        "make deps",
        "cd /app",
        "export A=b",
        "set -eux",
        "rm -rf /root/.cache",
        "apt-get purge -y gcc",
        "chmod +x app.py",
        "echo a | tee /log",
        "python3 setup.py develop",
    ]
)
JOINTS = st.sampled_from([" && ", " && \\\n    ", " \\\n # why\n && ", "; ", " || "])


@st.composite
def dockerfiles(draw: st.DrawFn) -> str:
    text = draw(st.sampled_from(["FROM python:3.12\nWORKDIR /app\n", "FROM python:3.12\n"]))
    text += draw(st.sampled_from(["COPY . .\n", "COPY . /app\n", "# code\nCOPY ./ ./\n\n"]))
    for _ in range(draw(st.integers(1, 3))):
        mount = draw(st.sampled_from(["", "--mount=type=cache,target=/root/.cache \\\n    ", "--network=host "]))
        run = draw(COMMANDS)
        for _ in range(draw(st.integers(0, 4))):
            run += draw(JOINTS) + draw(COMMANDS)
        text += f"RUN {mount}{run}\n"
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return newline.join(text.split("\n"))


def arrangements(build: Build) -> list[Arrangement]:
    found = [arrange(build, item.copy.instruction) for item in misplaced(build)]
    found += [arrange_project(build, item) for item in project_installs(build)]
    return [item for item in found if isinstance(item, Arrangement)]


@settings(max_examples=80, deadline=None)
@given(dockerfiles())
@example("FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN poetry install && pip install -r requirements.txt\n")
def test_rewrites_come_to_an_end_and_keep_what_is_written(dockerfile: str) -> None:
    text = dockerfile
    for _ in range(12):
        build = build_of(text, FILES)
        found = arrangements(build)
        if not found:
            break
        after = found[0].edits()[0].apply().content
        old, new = parse(Text(text)), parse(Text(after))
        assert all(item.problem is None for item in new.instructions)
        assert {comment.text for comment in old.comments} == {comment.text for comment in new.comments}
        assert ("\r\n" in after) == ("\r\n" in text) and after.count("\r\n") in (0, after.count("\n"))
        for item in new.instructions:
            steps = readings(build_of(after, FILES)).get(item.index) if item.keyword == "RUN" else None
            assert steps is None or steps.install.steps.steps
        text = after
    else:
        raise AssertionError(f"the rewrite does not come to an end:\n{text}")


def chain(run: str) -> RunChain | str:
    build = build_of(f"FROM python:3.12\nWORKDIR /app\nCOPY . .\n{run}\n", FILES)
    item = nth(build, "RUN")
    return run_chain(item, states(build)[item.index], readings(build)[item.index].effects)


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        ("RUN pip install a & pip install b && ./x", "`&`"),
        ('RUN ["pip", "install", "a"]', "exec form"),
        ("RUN if true; then pip install a; fi && ./x", "more than simple commands"),
        ("RUN { pip install a && ./x; }", "more than simple commands"),
    ],
)
def test_what_is_no_chain(run: str, reason: str) -> None:
    found = chain(run)
    assert isinstance(found, str) and reason in found


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        ("RUN pip install a && umask 0 && pip install b && ./x", "`umask 0` counts"),
        ("RUN pip install a && A=1 && ./x", "`A=1` counts"),
        ("RUN pip install a && . /env && ./x", "`. /env` counts"),
        ("RUN pip install a && ./x && pip uninstall -y b", "removes again"),
        ("RUN pip install a && ./x && pip cache purge", "empties a cache"),
        ("RUN pip install a && ./x && find / -name '*.pyc' -delete", "may remove"),
        ("RUN pip install a && ./x && rm -rf $WHERE", "not known what"),
        ("RUN pip install a && ./x && rm -rf /usr/local/lib/python3.12/test", "removes what the same RUN makes"),
    ],
)
def test_where_a_chain_is_not_cut(run: str, reason: str) -> None:
    found = chain(run)
    assert isinstance(found, RunChain)
    cut = found.cut(len(found.units) - 1)
    assert isinstance(cut, str) and reason in cut


def test_a_proved_rewrite_comes_before_one_that_is_not() -> None:
    build = build_of(
        "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\nRUN poetry install\n", FILES
    )
    (found,) = arrangements(build)
    assert (found.kind, found.applicability) == (Kind.SINK, Applicability.SAFE)
    after = build_of(found.edits()[0].apply().content, FILES)
    (second,) = arrangements(after)
    assert (second.kind, second.applicability) == (Kind.TWO_STEPS, Applicability.SUGGESTED)
