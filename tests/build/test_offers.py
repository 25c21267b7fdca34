"""What may be written at a place of a Dockerfile besides paths."""

import pytest

from prebake.build.builders import BUILDKIT, KANIKO, LEGACY, Builder
from prebake.build.offers import Offer, Scene, offers, origin_of, takes_source
from prebake.build.state import compute_at
from prebake.project.contexts.namedcontexts import NamedContext
from prebake.syntax.caret import at_caret
from prebake.syntax.dockerfile import parse
from prebake.text import Text

CARET = "‸"


def scene(marked: str, builder: Builder = BUILDKIT, **named: NamedContext) -> Scene:
    before, _, after = marked.partition(CARET)
    text = Text(before + after)
    caret = at_caret(text, text.position(len(before)))
    assert caret is not None
    return Scene(parse(text), caret, compute_at(parse(text), caret.instruction_index), named, builder)


def offered(marked: str, builder: Builder = BUILDKIT, **named: NamedContext) -> dict[str, Offer]:
    return {offer.text: offer for offer in offers(scene(marked, builder, **named))}


def test_instructions_that_may_stand_there() -> None:
    assert set(offered("‸")) == {"ARG", "FROM"}
    below = set(offered("FROM a\n‸"))
    assert {"COPY", "RUN", "FROM", "ONBUILD"} <= below and "MAINTAINER" not in below
    inside = set(offered("FROM a\nONBUILD ‸"))
    assert "COPY" in inside and not {"FROM", "ONBUILD"} & inside


def test_instructions_in_the_case_that_the_author_writes() -> None:
    assert "copy" in offered("from a\n‸") and "copy" in offered("FROM a\nco‸")
    assert "COPY" in offered("FROM a\n‸") and "COPY" in offered("from a\nCO‸")


def test_flags_that_the_builder_knows() -> None:
    assert {"--from=", "--chown=", "--chmod=", "--link"} <= set(offered("FROM a\nCOPY --‸"))
    assert "--from=" not in offered("FROM a\nADD --‸")
    assert set(offered("FROM a\nCOPY --‸", LEGACY)) == {"--from=", "--chown="}
    assert "--mount=" in offered("FROM a\nRUN -‸") and "--mount=" not in offered("FROM a\nRUN -‸", KANIKO)
    assert not offered("FROM a\nENV --‸")


def test_stages_above_and_named_contexts() -> None:
    text = "FROM python:3.12 AS build\nFROM debian\nFROM alpine AS last\nCOPY --from=‸ a b\nFROM x AS below\n"
    found = offered(text, data=NamedContext("folder", "/data"))
    assert list(found) == ["1", "build", "data"]
    assert "python:3.12" in found["build"].detail and "/data" in found["data"].detail
    assert list(offered("FROM a AS one\nFROM b AS two\nFROM ‸")) == ["two", "one"]
    assert list(offered("FROM a AS one\nFROM b\nRUN --mount=type=bind,from=‸")) == ["one"]


VARIABLES = """\
ARG VERSION=3.12
FROM python:$VERSION AS base
ARG WHEELS=https://example.org
ARG SECRET
ENV HOME_DIR=/srv EMPTY=
"""


def test_variables_in_scope_with_their_values() -> None:
    found = offered(VARIABLES + "RUN echo $‸")
    assert list(found) == ["EMPTY", "HOME_DIR", "SECRET", "WHEELS"]
    assert found["HOME_DIR"].detail == "/srv" and found["WHEELS"].detail == "https://example.org"
    assert found["SECRET"].detail == "build argument"


def test_what_a_container_runs_sees_no_build_arguments() -> None:
    assert list(offered(VARIABLES + "CMD echo ${‸")) == ["EMPTY", "HOME_DIR"]


def test_from_sees_the_arguments_above_the_first_one() -> None:
    found = offered(VARIABLES + "FROM x:$‸")
    assert found["VERSION"].detail == "3.12" and "BUILDPLATFORM" in found and "WHEELS" not in found
    assert {"$BUILDPLATFORM", "$TARGETPLATFORM"} == set(offered("FROM --platform=‸ a"))


def test_arguments_that_a_stage_may_take_over() -> None:
    found = offered(VARIABLES + "ARG ‸")
    assert {"VERSION", "TARGETARCH"} <= set(found) and "WHEELS" not in found
    assert not offered("ARG ‸")


def test_mounts_and_what_they_take() -> None:
    first = offered("FROM a\nRUN --mount=‸")
    assert {"type=cache", "type=bind", "type=secret", "type=ssh", "type=tmpfs"} <= set(first)
    cache = offered("FROM a\nRUN --mount=type=cache,target=/x,‸ true")
    assert {"sharing=", "id=", "ro"} <= set(cache) and not {"target=", "type=cache", "rw"} & set(cache)
    assert "env=" in offered("FROM a\nRUN --mount=type=secret,‸")
    assert set(offered("FROM a\nRUN --mount=type=‸")) == {"cache", "bind", "secret", "ssh", "tmpfs"}
    assert set(offered("FROM a\nRUN --mount=type=cache,sharing=‸")) == {"shared", "private", "locked"}


def test_folders_that_are_worth_a_cache() -> None:
    found = offered("FROM a\nRUN --mount=type=cache,target=‸ pip install x")
    assert {"/root/.cache/pip", "/root/.cache/uv", "/var/cache/apt"} <= set(found)
    user = offered("FROM a\nUSER app\nRUN --mount=type=cache,target=‸ pip install x")
    assert not any(folder.startswith("/root") for folder in user)
    assert not offered("FROM a\nRUN --mount=type=bind,target=‸ true")


@pytest.mark.parametrize(
    ("text", "takes"),
    [
        ("COPY ‸", True),
        ("COPY ‸ /app", True),
        ("COPY a ‸", False),
        ("COPY a ‸ c", True),
        ("ADD --chown=a ‸", True),
        ("RUN --mount=type=bind,source=‸", True),
        ("RUN --mount=source=‸", True),
        ("RUN --mount=type=cache,source=‸", False),
        ("FROM ‸", False),
    ],
)
def test_where_a_path_is_typed(text: str, takes: bool) -> None:
    assert takes_source(scene(f"FROM a\n{text}").caret) is takes


def test_what_a_path_is_relative_to() -> None:
    assert origin_of(scene("FROM a\nCOPY ‸ b").caret) is None
    assert origin_of(scene("FROM a\nCOPY --from=x ‸ b").caret) == "x"
    assert origin_of(scene("FROM a\nRUN --mount=from=x,source=‸").caret) == "x"
