from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prebake.discovery import is_compose_file
from prebake.files import disk
from prebake.project.compose.services import BuildSpec, Service, interpolate, services
from prebake.text import Text

PATH = "/project/deploy/compose.yaml"


def read(content: str, others: dict[str, str] | None = None) -> dict[str, Service]:
    texts = {PATH: Text(content)} | {path: Text(text) for path, text in (others or {}).items()}
    return {service.name: service for service in services(disk().overlay(texts), PATH)}


def build(content: str) -> BuildSpec:
    found = read(f"services:\n  app:\n    build: {content}\n")["app"].build
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("compose.yaml", True),
        ("compose.yml", True),
        ("docker-compose.yml", True),
        ("docker-compose.gpu.yaml", True),
        ("compose.override.yml", True),
        ("docker-compose-dev.yml", True),
        ("composer.yaml", False),
        ("compose.json", False),
        ("app.yaml", False),
    ],
)
def test_file_names(name: str, expected: bool) -> None:
    assert is_compose_file(name) == expected


def test_the_short_form_of_build() -> None:
    found = build("..")
    assert (found.context, found.dockerfile, found.target, found.remote) == (
        "/project",
        "/project/Dockerfile",
        None,
        False,
    )
    assert found.span.start == (2, 11)


def test_the_long_form_of_build() -> None:
    found = read(
        "services:\n"
        "  app:\n"
        "    build:\n"
        "      dockerfile: docker/Dockerfile.gpu\n"
        "      context: ../\n"
        "      target: prod\n"
        "      args:\n"
        "        - CUDA=12\n"
        "        - FROM_SHELL\n"
    )["app"].build
    assert found is not None
    assert (found.context, found.dockerfile) == ("/project", "/project/docker/Dockerfile.gpu")
    assert (found.target, dict(found.args)) == ("prod", {"CUDA": "12"})
    assert found.span.start.line == 4


def test_a_missing_context_is_the_folder_of_the_file() -> None:
    assert build("{dockerfile: Dockerfile.min}").context == "/project/deploy"


def test_an_inline_dockerfile_is_none_of_the_project() -> None:
    assert build('{context: ., dockerfile_inline: "FROM x"}').dockerfile is None


@pytest.mark.parametrize(
    "context", ["https://github.com/a/b.git#main", "git@github.com:a/b.git", "github.com/a/b", "ssh://git@h/a.git"]
)
def test_a_remote_context_is_no_folder(context: str) -> None:
    found = build(f'"{context}"')
    assert (found.context, found.remote) == (None, True)


def test_variables_have_their_defaults() -> None:
    assert build("${CONTEXT:-..}").context == "/project"
    assert build("${CONTEXT-..}").context == "/project"
    assert build("$CONTEXT").context is None
    assert build('{context: ., dockerfile: "Dockerfile.${KIND}"}').dockerfile is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a", "a"),
        ("$$a", "$a"),
        ("${A:-b}/c", "b/c"),
        ("${A:+b}c", "c"),
        ("$A", None),
        ("${A}", None),
        ("${A:?no}", None),
    ],
)
def test_interpolation(text: str, expected: str | None) -> None:
    assert interpolate(text) == expected


def test_how_a_service_runs() -> None:
    service = read(
        "services:\n"
        "  api:\n"
        "    image: ghcr.io/a/b:${TAG:-1}\n"
        "    entrypoint: [python, -m, app]\n"
        "    command: serve --port 80\n"
        "    env_file:\n"
        "      - .env\n"
        "      - path: ../prod.env\n"
        "    environment:\n"
        "      HF_HOME: /cache\n"
        "      TOKEN:\n"
        "    volumes:\n"
        "      - ../data:/data:ro\n"
        "      - models:/models\n"
        "      - /anonymous\n"
        "      - {type: bind, source: ./x, target: /x, read_only: true}\n"
        "    profiles: [gpu]\n"
    )["api"]
    assert service.line == 1
    assert service.image is not None
    assert service.image.text == "ghcr.io/a/b:1"
    assert service.entrypoint is not None
    assert service.entrypoint.is_list
    assert [word.text for word in service.entrypoint.words] == ["python", "-m", "app"]
    assert service.command is not None
    assert not service.command.is_list
    assert service.command.words[0].text == "serve --port 80"
    assert service.env_files == ("/project/deploy/.env", "/project/prod.env")
    assert {name: value.text for name, value in service.environment.items()} == {"HF_HOME": "/cache", "TOKEN": None}
    assert [(volume.kind, volume.source, volume.target, volume.read_only) for volume in service.volumes] == [
        ("bind", "/project/data", "/data", True),
        ("volume", "models", "/models", False),
        ("volume", None, "/anonymous", False),
        ("bind", "/project/deploy/x", "/x", True),
    ]
    assert service.profiles == ("gpu",)


def test_anchors_and_merge_keys() -> None:
    found = read(
        "x-base: &base\n"
        "  build: &build {context: ..}\n"
        "  environment: {A: 1}\n"
        "services:\n"
        "  one:\n"
        "    <<: *base\n"
        "    command: a\n"
        "  two:\n"
        "    <<: [*base]\n"
        "    build: .\n"
        "  three:\n"
        "    build:\n"
        "      <<: *build\n"
        "      target: dev\n"
    )
    assert found["one"].build is not None
    assert found["one"].build.context == "/project"
    assert found["one"].build.span.start.line == 1
    assert found["two"].build is not None
    assert found["two"].build.context == "/project/deploy"
    assert found["two"].environment["A"].text == "1"
    assert found["three"].build is not None
    assert (found["three"].build.context, found["three"].build.target) == ("/project", "dev")


def test_extends_is_followed_also_into_another_file() -> None:
    found = read(
        "services:\n  a: {extends: {service: base, file: ../base.yaml}, command: x}\n  b: {extends: a}\n",
        {"/project/base.yaml": "services:\n  base:\n    build: {context: app}\n    environment: {A: 1}\n"},
    )
    for service in found.values():
        assert service.build is not None
        assert service.build.context == "/project/app"
        assert service.environment["A"].text == "1"
        assert service.command is not None


def test_services_that_extend_each_other_come_to_an_end() -> None:
    assert set(read("services:\n  a: {extends: b}\n  b: {extends: a}\n")) == {"a", "b"}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "services:",
        "services: [a]",
        "services: {a: 1}",
        "services:\n  a:\n    build: {context: [1], dockerfile: {}}\n    volumes: x\n    environment: [1, [2]]\n",
        "services:\n\ta: b",
        "services: {a: &x [*x]}",
        "services: &s\n  a: {<<: *s}",
        "services: " + "[" * 2000,
        "services: {a: {build: !reset null, command: !override [x]}}",
        "a: &a [x, x]\nb: &b [*a, *a]\nservices: {c: {command: *b}}",
        "services:\n  a: {build: '\udc80'}",
        "%YAML 9.9\n---\nservices: {}",
        "services: \x00",
    ],
)
def test_broken_and_odd_files_give_what_can_be_had(content: str) -> None:
    for service in read(content).values():
        assert service.name


def test_a_tag_does_not_hide_a_value() -> None:
    service = read("services: {a: {build: ., command: !override [x, y]}}")["a"]
    assert service.command is not None
    assert [word.text for word in service.command.words] == ["x", "y"]


def test_a_file_that_is_not_there() -> None:
    assert services(disk(), "/nowhere/compose.yaml") == ()


@given(st.text(alphabet="services:\n ab-&*<>[]{}'\"|!#,\t0$", max_size=60))
def test_no_text_raises(content: str) -> None:
    assert isinstance(read("services:\n" + content), dict)
