"""Stages and global ARGs."""

from prebake.syntax.dockerfile import Dockerfile, parse
from prebake.text import Text


def tree(content: str) -> Dockerfile:
    return parse(Text(content))


def test_stages_hold_their_instructions() -> None:
    found = tree(
        "ARG V=1\nARG W\nFROM --platform=$BUILDPLATFORM python:${V} AS Base\nARG X\nRUN a\n"
        "from base as final\nFROM scratch\nRUN b\n"
    )
    assert [(item.index, item.name, item.base, item.platform) for item in found.stages] == [
        (0, "base", "python:${V}", "$BUILDPLATFORM"),
        (1, "final", "base", None),
        (2, None, "scratch", None),
    ]
    assert [[item.keyword for item in stage.instructions] for stage in found.stages] == [
        ["FROM", "ARG", "RUN"],
        ["FROM"],
        ["FROM", "RUN"],
    ]
    assert all(stage.instruction is stage.instructions[0] for stage in found.stages)
    assert [item.stage for item in found.instructions] == [None, None, 0, 0, 0, 1, 2, 2]
    assert [item.index for item in found.instructions] == list(range(8))
    assert [item.pairs[0].name for item in found.global_args] == ["V", "W"]


def test_without_from_there_is_no_stage() -> None:
    found = tree("ARG A\nRUN b\n")
    assert (found.stages, len(found.global_args)) == ((), 1)


def test_bases_that_dockerfile_parse_gets_wrong() -> None:
    found = tree("FROM --foo=1 a\nFROM ${A:-9}\nFROM 'b'\nFROM a \\\n AS c\n")
    assert [(item.base, item.name) for item in found.stages] == [
        ("a", None),
        ("${A:-9}", None),
        ("'b'", None),
        ("a", "c"),
    ]


def test_half_typed_stages() -> None:
    found = tree("FROM\nRUN a\nFROM x AS\nRUN b\nFROM y AS 1z more\n")
    assert [(item.base, item.name) for item in found.stages] == [("", None), ("x", None), ("y", "1z")]
    assert [item.stage for item in found.instructions] == [0, 0, 1, 1, 2]
    assert all(stage.instruction.problem for stage in found.stages)


def test_from_in_a_heredoc_opens_no_stage() -> None:
    assert len(tree("FROM a\nCOPY <<E /x\nFROM b\nE\n").stages) == 1
