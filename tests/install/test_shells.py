"""Completion in zsh and fish as they run; tests/cli has that in bash."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from prebake.cli.completion import script
from prebake.cli.parser import parser
from tests.cli.completions import CASES, project
from tests.tools import unavailable

IDS = [case[0] for case in CASES]
# What zsh would show and insert is written to a file instead.
CATCH = r"""
PS1='ready> '
unsetopt auto_list auto_menu  # or it asks whether to show a long list
autoload -Uz compinit && compinit -D
source {script}
compadd() {{
    if [[ ${{@[1,(i)(-|--)]}} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return; fi
    typeset -a __found
    builtin compadd -O __found "$@"
    print -rl -- $__found >> {offers}
    builtin compadd "$@"
}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shells") / "project"
    project(root)
    return root


def needed(shell: str) -> str:
    return shutil.which(shell) or unavailable(f"{shell} is not installed (make install-setup)")


@pytest.mark.parametrize(("line", "wanted", "unwanted"), CASES, ids=IDS)
def test_fish(folder: Path, line: str, wanted: set[str], unwanted: set[str]) -> None:
    found = in_fish(folder, line)
    assert wanted <= found
    assert not unwanted & found


def in_fish(folder: Path, line: str) -> set[str]:
    path = folder.parent / "prebake.fish"
    path.write_text(script("fish", parser()), encoding="utf-8")
    command = [needed("fish"), "--no-config", "-c", f"source {path}; complete -C {line!r}"]
    environment = {**os.environ, "HOME": str(folder.parent)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return {offer.partition("\t")[0] for offer in done.stdout.splitlines()}


def test_fish_completes_lists_and_values_behind_a_sign(folder: Path) -> None:
    assert in_fish(folder, "prebake check --ignore PB101,PB10") >= {"PB101,PB102", "PB101,PB109"}
    assert in_fish(folder, "prebake check --format=j") == {"--format=json"}
    assert in_fish(folder, "prebake check --context s") == {"sub/"}


class Zsh:
    """An interactive zsh; :meth:`offers` says what it offers for the end of a line."""

    def __init__(self, folder: Path) -> None:
        self._offers = folder.parent / "offers"
        path = folder.parent / "prebake.zsh"
        path.write_text(script("zsh", parser()), encoding="utf-8")
        home = folder.parent / "zsh"
        home.mkdir(exist_ok=True)
        (home / ".zshrc").write_text(CATCH.format(script=path, offers=self._offers), encoding="utf-8")
        self._controller, terminal = pty.openpty()
        environment = {**os.environ, "ZDOTDIR": str(home), "HOME": str(home), "TERM": "dumb"}
        self._process = subprocess.Popen(
            [needed("zsh"), "-d", "-i"], cwd=folder, env=environment, stdin=terminal, stdout=terminal, stderr=terminal,
            start_new_session=True,
        )  # fmt: skip
        os.close(terminal)
        self._wait("ready> ")

    def _wait(self, pattern: str) -> None:
        said = ""
        while not re.search(pattern, said, re.DOTALL):
            if not select.select([self._controller], [], [], 20)[0]:
                raise AssertionError(f"zsh said no {pattern!r} but {said!r}")
            said += os.read(self._controller, 4096).decode("utf-8", "replace")

    def offers(self, line: str) -> set[str]:
        self._offers.write_text("")
        os.write(self._controller, f"{line}\t\x15print en''d\n".encode())
        self._wait("end\r\n.*ready> ")
        return set(self._offers.read_text(encoding="utf-8").split("\n")) - {""}

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._controller)


@pytest.fixture(scope="module")
def zsh(folder: Path) -> Iterator[Zsh]:
    shell = Zsh(folder)
    yield shell
    shell.close()


@pytest.mark.parametrize(("line", "wanted", "unwanted"), CASES, ids=IDS)
def test_zsh(zsh: Zsh, line: str, wanted: set[str], unwanted: set[str]) -> None:
    found = zsh.offers(line)
    assert wanted <= found
    assert not unwanted & found


def test_zsh_completes_lists_and_values_behind_a_sign(zsh: Zsh) -> None:
    assert zsh.offers("prebake check --ignore PB101,PB10") >= {"PB102", "PB109"}
    assert zsh.offers("prebake check --format=j") == {"json"}
    assert "sub" in zsh.offers("prebake check --context s")


def test_zsh_finds_it_as_a_function_of_its_path(folder: Path) -> None:
    functions = folder.parent / "functions"
    functions.mkdir()
    (functions / "_prebake").write_text(script("zsh", parser()), encoding="utf-8")
    code = f"fpath=({functions} $fpath); autoload -Uz compinit && compinit -D; print $_comps[prebake]"
    done = subprocess.run([needed("zsh"), "-f", "-c", code], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"_prebake\n", done.stdout)
