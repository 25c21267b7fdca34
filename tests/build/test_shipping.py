"""Which instructions' layers are part of the image that is run."""

from __future__ import annotations

import pytest

from prebake.build.shipping import ships
from tests.build.projects import build_of

COMPOSE = "services:\n  app:\n    build:\n      context: .\n      target: {}\n"


def shipping(dockerfile: str, **files: str) -> list[str]:
    """The RUN commands whose layers ship."""
    build = build_of(dockerfile, {name.replace("_", "."): content for name, content in files.items()})
    return [item.body.text.strip() for item in build.tree.instructions if item.keyword == "RUN" and ships(build, item)]


@pytest.mark.parametrize(
    ("dockerfile", "expected"),
    [
        ("FROM a\nRUN one\n", ["one"]),
        ("FROM a\nRUN one\nFROM b\nRUN two\n", ["two"]),
        ("FROM a AS base\nRUN one\nFROM base\nRUN two\n", ["one", "two"]),
        ("FROM a AS base\nRUN one\nFROM b AS other\nRUN two\nFROM 0\nRUN three\n", ["one", "three"]),
        ("ARG B=base\nFROM a AS base\nRUN one\nFROM $B\nRUN two\n", ["one", "two"]),
        ("FROM a AS build\nRUN one\nFROM b\nCOPY --from=build /x /x\nRUN two\n", ["two"]),
        ("FROM a AS build\nRUN one\nFROM scratch\nCOPY --from=build / /\n", []),
        ("FROM a AS build\nRUN one\nFROM b\nRUN --mount=from=build,target=/x two\n", ["two"]),
        ("RUN one\n", []),
        ("", []),
    ],
)
def test_layers_of_the_final_stage_and_of_what_it_is_built_on(dockerfile: str, expected: list[str]) -> None:
    assert shipping(dockerfile) == expected


def test_the_target_is_what_ships() -> None:
    dockerfile = "FROM a AS prod\nRUN one\nFROM prod AS dev\nRUN two\n"
    assert shipping(dockerfile) == ["one", "two"]
    assert shipping(dockerfile, compose_yaml=COMPOSE.format("prod")) == ["one"]
