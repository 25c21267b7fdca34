"""A volume in a compose file: where it is put, what stays as it is, and when nothing is written."""

from __future__ import annotations

import pytest

from prebake.edits import apply
from prebake.project.compose.edits import Addition, NotPlain, add_volume, volume_name
from prebake.text import Text

HOME = (("HF_HOME", "/opt/hf"),)


def added(content: str, *, environment: tuple[tuple[str, str], ...] = HOME, service: str = "app") -> str:
    text = Text(content)
    return apply(text, add_volume(text, (Addition(service, "hf_cache", "/opt/hf", environment),))).content


def new_lines(content: str) -> list[str]:
    before = content.split("\n")
    return [line for line in added(content).split("\n") if line not in before]


@pytest.mark.parametrize(
    ("service", "lines"),
    [
        ("", ["    volumes:", "      - hf_cache:/opt/hf", "    environment:", "      HF_HOME: /opt/hf"]),
        (
            "    volumes:\n      - ./a:/a  # ours\n    environment:\n      A: b\n",
            ["      - hf_cache:/opt/hf", "      HF_HOME: /opt/hf"],
        ),
        # A list at the column of its key, and long forms.
        (
            "    volumes:\n    - type: bind\n      source: ./a\n      target: /a\n    environment:\n    - A=b\n",
            ["    - hf_cache:/opt/hf", "    - HF_HOME=/opt/hf"],
        ),
        (
            "    volumes: ['./a:/a']\n    environment: {A: b}\n",
            ["    volumes: ['./a:/a', \"hf_cache:/opt/hf\"]", "    environment: {A: b, HF_HOME: /opt/hf}"],
        ),
        ('    volumes: []\n    environment: ["A=b"]\n', None),
        ("    volumes:\n    environment:\n", ["      - hf_cache:/opt/hf", "      HF_HOME: /opt/hf"]),
        ("    command: |\n      a\n      b\n", None),
        ("    labels:\n      - >-\n        a\n        b\n\n    # end\n", None),
    ],
)
def test_where_it_goes(service: str, lines: list[str] | None) -> None:
    content = f"services:\n  app:\n    build: .\n{service}\n  db:\n    image: postgres\n"
    after = added(content)
    assert after.endswith("\n  db:\n    image: postgres\n\nvolumes:\n  hf_cache:\n")
    if lines is not None:
        assert new_lines(content)[: len(lines)] == lines


@pytest.mark.parametrize(
    ("volumes", "line"),
    [
        ("volumes:\n  a: {}\n\n# end\n", "  hf_cache:"),
        ("volumes:\n", "  hf_cache:"),
        ("volumes: {a: {}}\n", "volumes: {a: {}, hf_cache: {}}"),
        ("volumes:\n    a:\n        driver: local\n", "    hf_cache:"),
    ],
)
def test_where_it_is_declared(volumes: str, line: str) -> None:
    assert new_lines(f"services:\n  app:\n    build: .\n{volumes}")[-1] == line


def test_line_ends_and_a_missing_last_one_stay() -> None:
    assert added("services:\r\n  app:\r\n    build: .", environment=()) == (
        "services:\r\n  app:\r\n    build: .\r\n    volumes:\r\n      - hf_cache:/opt/hf\r\n\r\nvolumes:\r\n  hf_cache:"
    )


@pytest.mark.parametrize(
    "content",
    [
        "services: {app: {build: .}}\n",
        "services:\n  app: {build: .}\n",
        "services:\n  app:\n    build: .\n    volumes: &shared\n      - ./a:/a\n  b:\n    volumes: *shared\n",
        "services:\n  b:\n    volumes: &shared\n      - ./a:/a\n  app:\n    build: .\n    volumes: *shared\n",
        "x-base: &base\n  build: .\n  volumes:\n    - ./a:/a\nservices:\n  app:\n    <<: *base\n    ports: ['1:1']\n",
        "x-base: &base\n  build: .\nservices:\n  app: *base\n",
        "services:\n  app:\n    build: .\n    volumes: ${VOLUMES}\n",
        "services:\n  app:\n    build: .\nvolumes: []\n---\nservices: {}\n",
        "services:\n  other:\n    build: .\n",
        "services:\n  app:\n    build: [\n",
        "",
    ],
)
def test_nothing_is_written_where_it_would_say_something_else(content: str) -> None:
    with pytest.raises(NotPlain):
        added(content)


def test_a_name_that_is_not_taken() -> None:
    assert volume_name(Text("services: {}\n"), "hf_cache") == "hf_cache"
    assert volume_name(Text("volumes:\n  hf_cache:\n"), "hf_cache") == "hf_cache_2"
