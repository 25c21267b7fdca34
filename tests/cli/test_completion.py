"""`prebake completion`; tests/install tries the scripts in the other shells."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from prebake.cli.completion import script
from prebake.cli.grammar import Value, grammar
from prebake.cli.parser import SHELLS, parser
from prebake.rules import REGISTRY
from tests.cli.completions import CASES, project
from tests.cli.conftest import Run

OFFERS = r"""
source "$1"
shift
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_prebake 2>/dev/null
printf '%s\n' "${COMPREPLY[@]}"
"""


def offers(folder: Path, *words: str) -> set[str]:
    """What bash offers for the last of some words."""
    path = folder.parent / "prebake.bash"
    path.write_text(script("bash", parser()), encoding="utf-8")
    command = ["bash", "--norc", "-c", OFFERS, "bash", str(path), *words]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return {line for line in done.stdout.splitlines() if line}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    project(tmp_path / "project")
    return tmp_path / "project"


@pytest.mark.parametrize(("line", "wanted", "unwanted"), CASES, ids=[case[0] for case in CASES])
def test_bash(folder: Path, line: str, wanted: set[str], unwanted: set[str]) -> None:
    found = offers(folder, *line.split(" "))
    assert wanted <= found
    assert not unwanted & found


def test_bash_completes_lists_and_values_behind_a_sign(folder: Path) -> None:
    assert offers(folder, "prebake", "check", "--ignore", "PB101,PB10") >= {"PB101,PB102", "PB101,PB109"}
    assert offers(folder, "prebake", "check", "--format", "=", "j") == {"json"}
    assert offers(folder, "prebake", "check", "--format", "=") == {"text", "json", "github", "sarif"}
    assert offers(folder, "prebake", "check", "--context", "s") == {"sub"}
    assert offers(folder, "prebake", "check", "sub/w") == {"sub/with space"}
    assert offers(folder, "prebake", "context", "-d", "") == set()


def test_bash_outside_of_git(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert offers(tmp_path / "empty", "prebake", "check", "--since", "") == {"HEAD"}


@pytest.mark.parametrize("shell", SHELLS)
def test_scripts_know_every_command_option_and_rule(run: Run, shell: str) -> None:
    done = run("completion", shell)
    assert (done.status, done.err) == (0, "")
    top = grammar(parser())
    for command in (top, *top.commands):
        flags = {flag for option in command.options for flag in option.flags}
        shown = {flag.lstrip("-") for flag in flags} if shell == "fish" else flags
        assert all(flag in done.out for flag in shown)
        assert command.name in done.out
    assert all(entry.code in done.out and entry.name in done.out for entry in REGISTRY)


def test_the_grammar_is_that_of_the_parser() -> None:
    check = next(command for command in grammar(parser()).commands if command.name == "check")
    values = {option.flags[-1]: option.value for option in check.options}
    assert values["--baseline"] is Value.FILE
    assert values["--select"] is Value.RULES
    assert values["--fix"] is Value.NOTHING
    assert [argument.metavar for argument in check.positionals] == ["PATH"]


def test_an_unknown_shell_is_bad_usage(run: Run) -> None:
    done = run("completion", "tcsh")
    assert done.status == 2
    assert "invalid choice: 'tcsh'" in done.err
