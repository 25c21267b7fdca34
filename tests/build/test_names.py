"""What the names of stages and variables mean, with BuildKit's scopes."""

import pytest
from hypothesis import given

from prebake.build.build import Build
from prebake.build.names import Occurrence, occurrence_at, occurrences, same
from prebake.build.origins import origin
from tests.build.projects import build_of
from tests.syntax.generated import dockerfiles


def at(build: Build, line: int, text: str, number: int = 0) -> Occurrence:
    """The name at a text of a 1-based line."""
    source = build.text.line(line - 1)
    column = -1
    for _ in range(number + 1):
        column = source.index(text, column + 1)
    offset = build.text.line_start(line - 1) + column
    found = occurrence_at(build, build.text.position(offset + 1))
    assert found is not None, (line, text)
    return found


def meant(build: Build, line: int, text: str, number: int = 0) -> int | None:
    """The 1-based line of what the name at a place means."""
    definition = at(build, line, text, number).definition
    return None if definition is None else definition.instruction.line + 1


SCOPES = """\
ARG V=1
ARG W=$V
FROM python:$V AS build
ARG V
ENV A=$V
ENV A=2 B=$A
RUN echo $V "$A" $W
COPY $A ${V:-x} /y
CMD echo $A $V
ENV A=3
FROM build AS final
RUN echo $A
COPY --from=build x y
RUN --mount=type=bind,from=build,target=/x true
COPY --from=0 --chown=$A x y
"""


@pytest.mark.parametrize(
    ("line", "text", "number", "defined"),
    [
        (2, "$V", 0, 1),
        (3, "$V", 0, 1),
        (4, "V", 0, 1),  # a stage's ARG without a default is the one above the first FROM
        (5, "$V", 0, 4),
        (6, "$A", 0, 5),  # ENV replaces what was set before it
        (7, "$V", 0, 4),
        (7, "$A", 0, 6),
        (7, "$W", 0, None),  # not declared in the stage
        (8, "${V", 0, 4),
        (9, "$A", 0, 10),  # a container is started with what the stage has in the end
        (9, "$V", 0, None),  # and without build arguments
        (11, "build", 0, 3),
        (12, "$A", 0, 10),
        (13, "=build", 0, 3),
        (14, "=build", 0, 3),
        (15, "=0", 0, 3),
        (15, "$A", 0, 10),
    ],
)
def test_scopes(line: int, text: str, number: int, defined: int | None) -> None:
    assert meant(build_of(SCOPES), line, text, number) == defined


def test_of_env_and_arg_the_one_that_counts_is_meant() -> None:
    assert meant(build_of("FROM a\nENV X=1\nARG X\nRUN echo $X"), 4, "$X") == 2
    assert meant(build_of("FROM a\nENV X=1\nARG X=2\nRUN echo $X"), 4, "$X") == 3
    assert meant(build_of("FROM a\nARG X=2\nENV X=1\nRUN echo $X"), 4, "$X") == 3
    assert meant(build_of("FROM a AS b\nENV X=1\nARG X=2\nFROM b\nRUN echo $X"), 5, "$X") == 2


def test_an_arg_may_be_made_of_the_one_before_it() -> None:
    build = build_of("ARG A=1\nFROM a\nARG A=2 B=$A")
    definition = at(build, 3, "$A").definition
    assert definition is not None and (definition.instruction.line, definition.name) == (2, "A")


@pytest.mark.parametrize(
    "line",
    [
        "RUN X=2; echo $X",
        "RUN for X in 1 2; do echo $X; done",
        "RUN export X=2 && echo $X",
        "RUN read X < /f && echo $X",
        "RUN echo '$X'",
        "RUN echo \\$X",
        'RUN ["echo", "$X"]',
        'CMD ["echo", "$X"]',
        "RUN echo $Y",
        "ONBUILD RUN echo $X",
        "COPY <<'E' /x\n$X\nE",
        'SHELL ["pwsh"]\nRUN echo $X',
    ],
)
def test_what_only_looks_like_a_use_is_none(line: str) -> None:
    build = build_of(f"FROM a\nENV X=1\n{line}\n")
    assert [item.instruction.line for item in occurrences(build) if item.kind == "variable"] == [1]


@pytest.mark.parametrize(
    "line",
    [
        'RUN sh -c "echo $X"',
        "RUN cat <<E\n$X\nE",
        "RUN <<E\necho $X\nE",
        "COPY <<E /x\n$X\nE",
        "RUN true && \\\n    # a comment\n    echo ${X:-y}",
        "HEALTHCHECK CMD echo $X",
        "LABEL a=$X",
        "RUN --mount=type=cache,target=$X true",
    ],
)
def test_uses_are_found_where_they_stand(line: str) -> None:
    build = build_of(f"FROM a\nENV X=1\n{line}\n")
    [_, use] = [item for item in occurrences(build) if item.kind == "variable"]
    assert build.text.slice(use.span) in ("$X", "${X:-y}") and use.definition is not None


def test_stages_by_name_number_and_variable() -> None:
    build = build_of("ARG BASE=One\nFROM a AS One\nFROM b\nFROM ${BASE}\nCOPY --from=1 x y\nCOPY --from=3 x y\n")
    stages = [item for item in occurrences(build) if item.kind == "stage" and not item.defines]
    lines = [None if item.definition is None else item.definition.instruction.line + 1 for item in stages]
    assert lines == [None, None, 2, 3, None]
    assert at(build, 4, "BASE").kind == "variable"


def test_all_uses_of_a_name() -> None:
    build = build_of(SCOPES)
    assert [item.instruction.line + 1 for item in same(build, at(build, 1, "V"))] == [1, 2, 3, 4, 5, 7, 8]
    assert [item.instruction.line + 1 for item in same(build, at(build, 7, "$V"))] == [1, 2, 3, 4, 5, 7, 8]
    assert [item.instruction.line + 1 for item in same(build, at(build, 13, "=build"))] == [3, 11, 13, 14, 15]
    assert [item.instruction.line + 1 for item in same(build, at(build, 7, "$W"))] == [7]


COMPOSE = """\
services:
  a:
    build: {context: ., args: {V: "1.1"}}
  b:
    build: {context: ., target: other, args: {V: "1.2"}}
"""


def test_origins_of_values() -> None:
    build = build_of(
        "ARG V=1.0\nFROM a:$V AS first\nARG V\nARG U=2 N\nENV E=$V-$U\n"
        "RUN echo $V $E $U $N\nCMD echo $V\nFROM b AS other\nRUN echo $V\n",
        {"compose.yaml": COMPOSE},
    )
    found = origin(build, at(build, 6, "$V"))
    assert found.value == "1.1" and found.is_given and found.default == "1.0"
    assert found.definition is not None and found.definition.instruction.line == 2
    assert found.above is not None and found.above.instruction.line == 0
    assert [(item.value, item.evidence.source(build.root)) for item in found.given] == [
        ("1.1", "compose.yaml:3"),
        ("1.2", "compose.yaml:5"),
    ]
    env = origin(build, at(build, 6, "$E"))
    assert (env.value, env.default, env.given, env.above) == ("1.1-2", "$V-$U", (), None)
    assert origin(build, at(build, 6, "$U"))[:4] == ("2", at(build, 6, "$U").definition, None, "2")
    assert origin(build, at(build, 6, "$N")).value is None
    for line in (7, 9):
        lost = origin(build, at(build, line, "$V"))
        assert lost.value is None and lost.definition is None and lost.elsewhere is not None
        assert lost.elsewhere.instruction.line == {7: 2, 9: 0}[line]


@given(dockerfiles())
def test_any_text(text: str) -> None:
    build = build_of(text)
    for item in occurrences(build):
        assert item.span.start <= item.span.end
        assert item in same(build, item)
        if item.kind == "variable":
            origin(build, item)
