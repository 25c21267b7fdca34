"""The catalogue: each entry fires on what downloads, and is quiet on what does not (``catalogue_cases.yaml``)."""

from __future__ import annotations

import ast
import shlex
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from prebake.project.models.catalogue import Entry, entries
from prebake.project.models.load import Load
from prebake.project.models.loads import find_loads
from prebake.project.models.shellloads import shell_loads
from tests.project.programs import run

CASES: dict[str, dict[str, list[dict[str, Any]]]] = YAML(typ="safe").load(
    (Path(__file__).parent / "catalogue_cases.yaml").read_text(encoding="utf-8")
)
FIRING = [(name, case) for name, cases in CASES.items() for case in cases["firing"]]
QUIET = [(name, case) for name, cases in CASES.items() for case in cases["quiet"]]


def loads(case: dict[str, Any]) -> tuple[Load, ...]:
    if "shell" in case:
        words = ["\0" if word.startswith("$") else word for word in shlex.split(case["shell"])]
        return tuple(shell_loads(tuple(words), {}))
    return find_loads(run({"main.py": case["python"]}))


def test_every_entry_has_cases() -> None:
    assert set(CASES) == {entry.id for entry in entries()}
    assert all(cases["firing"] and cases["quiet"] for cases in CASES.values())


@pytest.mark.parametrize(("entry", "case"), FIRING, ids=[name for name, _ in FIRING])
def test_firing(entry: str, case: dict[str, Any]) -> None:
    (load,) = [load for load in loads(case) if load.entry.id == entry]
    assert load.model == case["model"]


@pytest.mark.parametrize("case", [case for _, case in QUIET], ids=[name for name, _ in QUIET])
def test_quiet(case: dict[str, Any]) -> None:
    assert loads(case) == ()


@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.id)
def test_the_entry_says_how_a_build_downloads_it(entry: Entry) -> None:
    assert entry.in_hub_cache or entry.build or entry.no_fix
    assert entry.build is None or entry.no_fix is None
    assert entry.calls or entry.command


@pytest.mark.parametrize("entry", [entry for entry in entries() if entry.build], ids=lambda entry: entry.id)
def test_the_statements_are_python(entry: Entry) -> None:
    found = [load.statements() for name, case in FIRING if name == entry.id for load in loads(case)]
    assert any(found) or not entry.calls
    for statements in filter(None, found):
        ast.parse(statements)
        assert "{" not in statements.replace("{}", "")
