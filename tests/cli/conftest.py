"""Running the command in this process, with rules of the tests' own where the real ones do not matter."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import pytest

import prebake.rules
from prebake.build.build import Build
from prebake.cli.main import main
from prebake.edits import FileEdit, TextEdit
from prebake.files import join, parent
from prebake.findings import Applicability, Cost, Finding, Fix, Related, Severity
from prebake.rules import Entry
from prebake.rules.base import Rule
from prebake.text import Position


class Done(NamedTuple):
    """How a run ended."""

    status: int
    out: str
    err: str
    raw: bytes


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Runs the command in a folder of its own: ``run("check", "--fix", stdin=b"..")``."""
    monkeypatch.chdir(tmp_path)

    def run_command(*arguments: str, stdin: bytes = b"") -> Done:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        try:
            status = main(arguments)
        except SystemExit as leave:
            status = leave.code if isinstance(leave.code, int) else 1
        out, err = capsysbinary.readouterr()
        return Done(status, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"), out)

    return run_command


def _same(found: tuple[Fix, ...] | str) -> tuple[Fix, ...] | str:
    return found


class Word(Rule):
    """A word in RUN is wrong.

    Every word of the tests is a finding here.
    """

    code, name, severity = "PB991", "word", Severity.WARNING
    words = ("safe", "unsafe", "unfixable")

    def check(self, build: Build) -> Iterator[Finding]:
        for instruction in build.tree.instructions:
            for word in self.words:
                if instruction.keyword != "RUN" or word not in instruction.body.text.split():
                    continue
                at = build.location(instruction, instruction.words[0])
                found: tuple[Fix, ...] | str = "nobody knows better"
                if word != "unfixable":
                    new = instruction.raw.replace(word, "good")
                    span = build.text.span(instruction.start, instruction.end)
                    edit = FileEdit(build.path, build.text, (TextEdit(span, new),))
                    kind = Applicability.SAFE if word == "safe" else Applicability.SUGGESTED
                    found = (Fix(f"Replace {word} by good", kind, (edit,), "nothing reads it"),)
                yield self.finding(
                    at,
                    f"{word} is a bad word",
                    key=instruction.raw,
                    cost=Cost(1000 * len(word), 3),
                    repair=partial(_same, found),
                    related=(Related(build.location(build.tree.instructions[0]), "here it begins"),),
                )


class Missing(Rule):
    """There is no ignore file."""

    code, name, severity = "PB992", "missing", Severity.INFORMATION

    def check(self, build: Build) -> Iterator[Finding]:
        path = join(parent(build.path), ".dockerignore")
        if not build.snapshot.exists(path):
            edit = FileEdit(path, None, (TextEdit.insert(Position(0, 0), "data\n"),))
            fix = Fix("Create .dockerignore", Applicability.SUGGESTED, (edit,))
            at = build.location(build.tree.instructions[0])
            yield self.finding(at, "no ignore file", key="", repair=partial(_same, (fix,)))


class Remark(Rule):
    """A remark."""

    code, name, severity = "PB993", "remark", Severity.HINT

    def check(self, build: Build) -> Iterator[Finding]:
        at = build.location(build.tree.instructions[0])
        yield self.finding(at, "just a remark", key="", repair=lambda: "it is fine")


@pytest.fixture
def sample_rules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three small rules in place of the real ones."""
    entries = tuple(Entry(rule.code, rule.name, lambda rule=rule: rule) for rule in (Word, Missing, Remark))
    monkeypatch.setattr(prebake.rules, "REGISTRY", entries)
    yield
    prebake.rules._mentioned.cache_clear()  # which real rules an instruction mentions is remembered
