"""ENTRYPOINT and CMD of the stages an image is made of, and what compose puts in their place."""

from __future__ import annotations

from pathlib import Path

import pytest

from prebake.build.startup import starts
from prebake.engine import builds
from prebake.files import disk
from tests.rules.trees import make_tree


def words(root: Path, dockerfile: str, **files: str) -> list[tuple[str, ...]]:
    make_tree(root, {"Dockerfile": dockerfile, **{name.replace("__", "."): text for name, text in files.items()}})
    made = builds(disk(), (root / "Dockerfile").as_posix(), root=root.as_posix(), scanner=lambda *_: None)
    return [start.words for start in starts(made[0])]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ('CMD ["python", "a.py"]', ("python", "a.py")),
        ("CMD python a.py", ("/bin/sh", "-c", "python a.py")),
        ('ENTRYPOINT ["python"]\nCMD ["a.py"]', ("python", "a.py")),
        ('CMD ["a.py"]\nENTRYPOINT ["python"]', ("python", "a.py")),
        ('CMD ["python", "a.py"]\nCMD ["python", "b.py"]', ("python", "b.py")),
        ('SHELL ["/bin/bash", "-lc"]\nCMD python a.py', ("/bin/bash", "-lc", "python a.py")),
        ('ENTRYPOINT ["x"]\nENTRYPOINT []\nCMD ["python", "a.py"]', ("python", "a.py")),
        ("CMD python \\\n  # why\n  a.py", ("/bin/sh", "-c", "python   a.py")),
    ],
)
def test_one_stage(tmp_path: Path, lines: str, expected: tuple[str, ...]) -> None:
    assert words(tmp_path, f"FROM python\n{lines}\n") == [expected]


def test_only_the_last_stage_and_what_it_is_built_on_count(tmp_path: Path) -> None:
    text = 'FROM python AS base\nCMD ["python", "a.py"]\nFROM python AS other\nCMD ["python", "b.py"]\nFROM base\n'
    assert words(tmp_path, text) == [("python", "a.py")]


def test_a_new_entrypoint_resets_an_inherited_cmd(tmp_path: Path) -> None:
    text = 'FROM python AS base\nCMD ["a.py"]\nFROM base\nENTRYPOINT ["python"]\n'
    assert words(tmp_path, text) == [("python",)]


def test_no_command(tmp_path: Path) -> None:
    assert words(tmp_path, "FROM python\n") == []
    assert words(tmp_path, "") == []


def test_compose_replaces_command_and_entrypoint(tmp_path: Path) -> None:
    compose = """
services:
  plain: {build: .}
  worker: {build: ., command: python worker.py --queue "a b"}
  tool: {build: ., entrypoint: [python, tool.py]}
"""
    text = 'FROM python\nENTRYPOINT ["tini", "--"]\nCMD ["python", "a.py"]\n'
    assert words(tmp_path, text, compose__yaml=compose) == [
        ("tini", "--", "python", "a.py"),
        ("tini", "--", "python", "worker.py", "--queue", "a b"),
        ("python", "tool.py"),
    ]


def test_the_image_on_its_own_counts_where_every_service_replaces_its_command(tmp_path: Path) -> None:
    compose = "services:\n  worker: {build: ., command: [python, worker.py]}\n"
    assert words(tmp_path, 'FROM python\nCMD ["python", "a.py"]\n', compose__yaml=compose) == [
        ("python", "worker.py"),
        ("python", "a.py"),
    ]


def test_environment_of_image_and_service(tmp_path: Path) -> None:
    compose = "services:\n  a:\n    build: .\n    env_file: .env\n    environment: {B: two}\n"
    make_tree(
        tmp_path,
        {
            "Dockerfile": 'FROM python\nENV A=one B=one C=one\nCMD ["python", "a.py"]\nENV D=last\n',
            "compose.yaml": compose,
            ".env": "# note\nC='three' \nexport E=four # why\nBROKEN\n",
        },
    )
    made = builds(disk(), (tmp_path / "Dockerfile").as_posix(), root=tmp_path.as_posix(), scanner=lambda *_: None)
    (start,) = starts(made[0])
    assert start.environment == {"A": "one", "B": "two", "C": "three", "D": "last", "E": "four"}


def test_what_compose_does_not_know_hides_nothing_else(tmp_path: Path) -> None:
    compose = "services:\n  a: {build: ., command: python main.py --model $MODEL}\n"
    assert words(tmp_path, "FROM python\n", compose__yaml=compose) == [("python", "main.py", "--model", "\0")]


def test_an_override_file_changes_what_a_service_starts(tmp_path: Path) -> None:
    make_tree(
        tmp_path,
        {
            "Dockerfile": 'FROM python\nCMD ["python", "a.py"]\n',
            "docker-compose.yml": "services:\n  web: {build: ., environment: {A: one, B: one}}\n",
            "docker-compose.override.yml": "services:\n  web: {command: python dev.py, environment: {B: two}}\n",
        },
    )
    made = builds(disk(), (tmp_path / "Dockerfile").as_posix(), root=tmp_path.as_posix(), scanner=lambda *_: None)
    (first, image) = starts(made[0])
    assert (first.words, first.environment) == (("python", "dev.py"), {"A": "one", "B": "two"})
    assert image.words == ("python", "a.py")


def test_an_override_file_may_be_the_one_that_builds(tmp_path: Path) -> None:
    make_tree(
        tmp_path,
        {
            "Dockerfile": "FROM python\n",
            "compose.yaml": "services:\n  web: {image: x, command: python a.py}\n",
            "compose.override.yaml": "services:\n  web: {build: .}\n",
        },
    )
    made = builds(disk(), (tmp_path / "Dockerfile").as_posix(), root=tmp_path.as_posix(), scanner=lambda *_: None)
    assert [start.words for start in starts(made[0])] == [("python", "a.py")]


@pytest.mark.parametrize(
    ("dockerfile", "expected"),
    [
        ("FROM ollama/ollama:0.3\n", [("/bin/ollama", "serve")]),
        ('FROM vllm/vllm-openai:v0.9\nCMD ["--model", "a/b"]\n', [("vllm", "serve", "--model", "a/b")]),
        ('FROM public.ecr.aws/lambda/python:3.12\nCMD ["app.handler"]\n', [("/lambda-entrypoint.sh", "app.handler")]),
        ('FROM ollama/ollama\nENTRYPOINT ["python", "a.py"]\n', [("python", "a.py")]),
        ('FROM ollama/ollama AS x\nFROM x\nENTRYPOINT []\nCMD ["sh", "/go.sh"]\n', [("sh", "/go.sh")]),
        ("FROM tiangolo/uvicorn-gunicorn-fastapi:python3.11\n", [("uvicorn-gunicorn-start",)]),
        ("FROM someone/ollama\n", []),
    ],
)
def test_base_images_whose_command_is_known(tmp_path: Path, dockerfile: str, expected: list[tuple[str, ...]]) -> None:
    assert words(tmp_path, dockerfile) == expected
