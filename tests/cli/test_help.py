"""The help and the manual page."""

from __future__ import annotations

import re
import shlex

import pytest

from prebake.cli.grammar import grammar
from prebake.cli.manual import sections
from prebake.cli.parser import parser
from scripts import generate_manual
from tests.cli.conftest import Run

COMMANDS = [command.name for command in grammar(parser()).commands]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_says_what_it_does_how_it_ends_and_shows_examples(run: Run, command: str) -> None:
    done = run(command, "--help")
    assert done.status == 0
    usage, description, *_ = done.out.split("\n\n")
    assert usage.startswith(f"usage: prebake {command} ")
    assert description[0].isupper() and description.endswith(".")
    assert "\nexit status:\n  0  " in done.out and "\n  2  " in done.out
    assert "\nexamples:\n  " in done.out
    assert [line for line in done.out.splitlines() if len(line) > 80] == []


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "completion"])
def test_examples_are_commands_that_are_understood(command: str) -> None:
    (text,) = (text for title, text in sections(f"prebake {command}") if title == "examples")
    for line in text.splitlines():
        words = shlex.split(re.split(r"  +| > ", line.strip())[0])
        assert words[:2] == ["prebake", command]
        parser().parse_args(words[1:])


def test_the_whole_command(run: Run) -> None:
    done = run("--help")
    assert done.status == 0
    for name in COMMANDS:
        assert f"\n    {name} " in done.out
    assert "[tool.prebake]" in done.out


def test_without_a_command_the_help_is_an_error(run: Run) -> None:
    done = run()
    assert (done.status, done.out) == (2, "")
    assert done.err.startswith("usage: prebake ")


def test_the_manual_page_is_up_to_date() -> None:
    assert generate_manual.is_up_to_date(), "make docs"


def test_the_manual_page_has_everything() -> None:
    page = generate_manual.page().replace("\\-", "-")
    for command in grammar(parser()).commands:
        assert f".SS prebake {command.name}" in page
        for option in command.options:
            assert f"\\fB{option.flags[-1]}\\fR" in page
    assert not re.search(r"^'", page, re.MULTILINE)
