"""Commands edited where they stand: what is added keeps the style of the RUN, and what cannot be spelled is refused."""

import pytest

from prebake.build.rewriting.commandedits import CommandEdits
from prebake.build.state import DEFAULT_SHELL
from prebake.edits import apply
from prebake.syntax.dockerfile import parse
from prebake.syntax.run import scripts_of
from prebake.text import Text


def edited(run: str, *, command: str = "", flag: str = "") -> str:
    """A RUN with a command more at its end, or an option of its own; the reason where that is refused."""
    text = Text(f"FROM a\n{run}")
    tree = parse(text)
    edits = CommandEdits(tree.instructions[1], tree.escape)
    if command:
        edits.append(DEFAULT_SHELL, command)
    if flag:
        edits.flag(flag)
    return edits.problem or apply(text, edits.edits).content.removeprefix("FROM a\n")


@pytest.mark.parametrize(
    ("run", "after"),
    [
        ("RUN a\n", "RUN a && z\n"),
        ("RUN a > log 2>&1", "RUN a > log 2>&1 && z"),
        ("RUN a | b\n", "RUN a | b && z\n"),
        ("RUN a; b\n", "RUN a; b && z\n"),
        ("RUN set -ex; a; b\n", "RUN set -ex; a; b; z\n"),
        ("RUN a && \\\n  b\n", "RUN a && \\\n  b && \\\n  z\n"),
        ("RUN a \\\n && b\n", "RUN a \\\n && b \\\n && z\n"),
        ("RUN a \\\n\t# why\n\t-x\n", "RUN a \\\n\t# why\n\t-x \\\n\t&& z\n"),
        ("RUN a && b \\\r\n  -x\r\n", "RUN a && b \\\r\n  -x \\\r\n  && z\r\n"),
        ("RUN \\\n    a\n", "RUN \\\n    a && z\n"),
        ("RUN <<E\nset -e\n  a\nE\n", "RUN <<E\nset -e\n  a\n  z\nE\n"),
        ("RUN <<E\na\nE\n", "RUN <<E\na && z\nE\n"),
    ],
)
def test_a_command_is_added_in_the_style_of_the_run(run: str, after: str) -> None:
    assert edited(run, command="z") == after
    added = parse(Text(f"FROM a\n{after}")).instructions[1]
    assert scripts_of(added)[0].commands[-1].name == "z"


@pytest.mark.parametrize(
    ("run", "reason"),
    [
        ('RUN ["a"]', "JSON form"),
        ("RUN (a)", "ends in a subshell"),
        ("RUN if a; then b; fi", "ends in a subshell, a loop or a condition"),
        ("RUN a || b", "joined by `||`"),
        ("RUN a & b", "joined by `&`"),
        ("RUN a &", "ends in `&`"),
        ("RUN a;", "ends in `;`"),
        ("RUN ! a", "ends in `!`"),
        ("RUN exec a", "ends in `exec`"),
        ("RUN a &&", "not understood"),
        ("RUN a 'b", "not understood"),
        ("RUN <<E\n#!/bin/bash\na\nE\n", "an interpreter"),
        ("RUN cat <<E > f\nx\nE\n", "here-document"),
    ],
)
def test_what_cannot_be_spelled_is_refused(run: str, reason: str) -> None:
    assert reason in edited(run, command="z")


def test_an_option_of_the_instruction_stands_behind_those_it_has() -> None:
    assert edited("RUN a\n", flag="--mount=x") == "RUN --mount=x a\n"
    assert edited("RUN --a=b \\\n    --c=d \\\n    a\n", flag="--mount=x") == (
        "RUN --a=b \\\n    --c=d \\\n    --mount=x \\\n    a\n"
    )
    assert edited('run ["a"]\n', flag="--mount=x") == 'run --mount=x ["a"]\n'
