from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.build.build import Build
from prebake.build.context.transfer import Transfer, transfer
from prebake.config import Settings
from prebake.engine import builds
from prebake.files import disk
from prebake.project.ignore.rules import NO_RULES
from prebake.project.measuring.attribution import Attribution
from prebake.project.measuring.scan import scan
from tests.build.projects import build_of
from tests.rules.trees import make_tree


def asked(dockerfile: str) -> Transfer:
    return transfer(build_of(f"FROM python:3.12\n{dockerfile}", {"src/a.py": "", "b.py": ""}))


@pytest.mark.parametrize(
    ("dockerfile", "line"),
    [
        ("COPY . /app", 2),
        ("ADD ./ /app", 2),
        ("COPY * /app/", 2),
        ("COPY b.py /app/\nCOPY / /app", 3),
        ("RUN --mount=type=bind,target=/src make", 2),
        # BuildKit takes the empty source of a tmpfs mount for the root.
        ("COPY b.py /app/\nRUN --mount=type=tmpfs,target=/tmp make", 3),
    ],
)
def test_what_makes_buildkit_ask_for_everything(dockerfile: str, line: int) -> None:
    found = asked(dockerfile)
    assert found.whole and found.is_any
    assert found.reason is not None and found.reason.line + 1 == line
    assert found.selection is None


@pytest.mark.parametrize(
    ("dockerfile", "paths"),
    [
        ("COPY src b.py /app/", ("src", "b.py")),
        ("COPY *.py /app/", ("*.py",)),
        ('ADD ["./src/", "/app/"]', ("src",)),
        ("RUN --mount=type=bind,source=b.py,target=/b.py python /b.py", ("b.py",)),
        ("COPY --from=other /x /y\nADD https://example.org/x /x", ()),
        ("RUN --mount=type=tmpfs,target=/tmp make", ()),
        ("RUN --mount=type=cache,target=/root/.cache pip install x", ()),
    ],
)
def test_what_is_named(dockerfile: str, paths: tuple[str, ...]) -> None:
    found = asked(dockerfile)
    assert not found.whole
    assert found.paths == paths
    assert found.is_any == bool(paths)


def test_stages_that_are_not_built_ask_for_nothing() -> None:
    found = transfer(build_of("FROM x AS docs\nCOPY . /docs\nFROM x\nCOPY src /app\n", {"src/a.py": ""}))
    assert (found.whole, found.paths) == (False, ("src",))


def test_variables_without_a_value_are_unknown() -> None:
    found = asked("ARG WHERE\nCOPY $WHERE b.py /app/")
    assert (found.paths, found.unknown) == (("b.py",), True)


@pytest.mark.parametrize(("builder", "whole"), [("buildkit", False), ("legacy", True), ("kaniko", True)])
def test_older_builders_take_everything(builder: str, whole: bool) -> None:
    build = build_of("FROM x\nCOPY b.py /app/\n", {"b.py": ""})
    settings = Settings(builder=builder)  # type: ignore[arg-type]
    (other,) = builds(build.snapshot, build.path, settings, root=build.root)
    found = transfer(other)
    assert (found.whole, found.reason) == (whole, None)


PIECES = ["COPY", "ADD", "RUN", "--mount=type=bind", "--mount=source=[", "--from=", "[a-]", "*", "$X", '["', "\n"]
WORDS = st.lists(st.sampled_from(PIECES), max_size=20)


@given(st.one_of(st.text(max_size=60), WORDS.map(" ".join)))
def test_any_text_gets_an_answer(text: str) -> None:
    found = asked(text)
    assert found.whole == (found.selection is None)
    assert not found.whole or found.reason is not None


def sizes(build: Build) -> tuple[int, int]:
    found = scan(build.snapshot, build.root, NO_RULES)
    return Attribution(found, transfer(build).selection).sent


@pytest.mark.parametrize(
    ("dockerfile", "sent"),
    [
        ("COPY src /app", (6, 2)),
        ("COPY src/*.py /app/", (2, 1)),
        ("COPY *.py src/deep /app/", (5, 2)),
        ("COPY --parents src/**/*.py /app/", (6, 2)),
        ("COPY missing /app", (0, 0)),
        ("COPY link /app", (6, 3)),
        ("COPY link/deep /app", (4, 2)),
        # A wildcard that matches a link takes in all it matches.
        ("COPY l*k/deep /app", (4, 2)),
        ("COPY */deep /app", (15, 5)),
        ("COPY . /app", (15, 5)),
    ],
)
def test_how_much_is_sent(tmp_path: Path, dockerfile: str, sent: tuple[int, int]) -> None:
    files = {"one.py": "1", "src/two.py": "22", "src/deep/four.py": "4444", "eight": "8" * 8}
    make_tree(tmp_path, files)
    os.symlink("src", tmp_path / "link")
    text = f"FROM x\n{dockerfile}\n"
    (tmp_path / "Dockerfile").write_text(text)
    (build,) = builds(disk(), f"{tmp_path.as_posix()}/Dockerfile", root=tmp_path.as_posix())
    bytes_, count = sizes(build)
    if bytes_ > 15:  # the Dockerfile as well
        bytes_, count = bytes_ - len(text), count - 1
    assert (bytes_, count) == sent
