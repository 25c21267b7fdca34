"""The words of a compose file that name other files."""

import pytest

from prebake.files import disk
from prebake.project.compose.links import compose_links
from prebake.text import Text

ROOT = "/no-such-folder/project"


def links(compose: str) -> list[tuple[str, str]]:
    """The words with the files that they name."""
    text = Text(compose)
    texts = {f"{ROOT}/{name}": Text("") for name in ("Dockerfile", "docker/gpu.Dockerfile", "a.env", "docker/b.env")}
    found = compose_links(disk().overlay({**texts, f"{ROOT}/compose.yaml": text}), f"{ROOT}/compose.yaml")
    return [(text.slice(link.span), link.path.removeprefix(f"{ROOT}/")) for link in found]


def test_dockerfiles_are_those_of_their_context() -> None:
    assert links("services:\n  a:\n    build: {context: docker, dockerfile: gpu.Dockerfile}\n") == [
        ("gpu.Dockerfile", "docker/gpu.Dockerfile")
    ]
    assert links("services:\n  a:\n    build: {context: docker, dockerfile: ../Dockerfile}\n") == [
        ("../Dockerfile", "Dockerfile")
    ]
    assert links("services:\n  a:\n    build: {context: docker, dockerfile: gone}\n  b:\n    build: .\n") == []


def test_files_of_variables_in_each_form() -> None:
    assert links("services:\n  a:\n    env_file: a.env\n") == [("a.env", "a.env")]
    assert links("services:\n  a:\n    env_file:\n      - a.env\n      - ${DIR:-docker}/b.env\n") == [
        ("a.env", "a.env"),
        ("${DIR:-docker}/b.env", "docker/b.env"),
    ]
    assert links("services:\n  a:\n    env_file:\n      - path: docker/b.env\n        required: false\n") == [
        ("docker/b.env", "docker/b.env")
    ]


@pytest.mark.parametrize(
    "compose",
    [
        "",
        "services:",
        "services: [a]\n",
        "services:\n  a:\n    build: [\n",
        "services:\n  a:\n    env_file: {path: [a.env]}\n",
        "services:\n  a:\n    env_file: [[a.env], null, 1]\n    build: {dockerfile: [Dockerfile]}\n",
        "services:\n  a: null\n",
    ],
)
def test_broken_files_have_none(compose: str) -> None:
    assert links(compose) == []
