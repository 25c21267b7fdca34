"""Workflow commands of GitHub Actions, read back as the runner reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

import pytest

from prebake.cli.github_format import commands
from prebake.cli.results import Result
from prebake.findings import Severity
from prebake.text import Position, Span
from tests.cli.conftest import Run
from tests.cli.test_json_format import finding
from tests.rules.trees import make_tree

pytestmark = pytest.mark.usefixtures("sample_rules")


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    message: str


def read(line: str) -> Command | None:
    """What the runner makes of a line of the log (ActionCommand.TryParseV2)."""
    if not line.lstrip().startswith("::"):
        return None
    head, _, data = line.lstrip()[2:].partition("::")
    name, _, given = head.partition(" ")
    pairs = (pair.split("=", 1) for pair in given.split(",") if pair)
    return Command(name, {key: unescape(value, "%3A:", "%2C,") for key, value in pairs}, unescape(data))


def unescape(text: str, *more: str) -> str:
    for escape in ("%0D\r", "%0A\n", *more, "%25%"):
        text = text.replace(escape[:3], escape[3:])
    return text


def command(**changes: Any) -> Command:
    (line,) = commands([Result(finding(**changes), "/p")], "/p")
    assert "\n" not in line and "\r" not in line
    found = read(line)
    assert found is not None
    return found


def test_each_finding_is_a_command_and_the_totals_follow(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"sub/Dockerfile": "FROM x\nRUN safe\nRUN unfixable\n"})
    done = run("check", "--format", "github")
    assert done.status == 1
    found = [read(line) for line in done.out.splitlines()]
    assert [(each.name, each.properties["title"]) for each in found if each is not None] == [
        ("warning", "PB991 word"), ("warning", "PB991 word"), ("notice", "PB992 missing"),
    ]  # fmt: skip
    assert found[0] == Command(
        "warning",
        {"file": "sub/Dockerfile", "line": "3", "endLine": "3", "col": "5", "endColumn": "14", "title": "PB991 word"},
        "unfixable is a bad word\nNo fix: nobody knows better",
    )
    assert found[1] is not None
    assert found[1].message == "safe is a bad word\nFix (safe): Replace safe by good"
    assert done.out.splitlines()[-3:] == [
        "3 findings in 1 Dockerfile: 2 warnings, 1 information.",
        "1 fixable with --fix, 1 more with --fix --suggested.",
        "1 hint not shown: add --all.",
    ]


def test_hints_are_notices_where_they_are_asked_for(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": "FROM x\n"})
    hint = "::notice file=Dockerfile,line=1,endLine=1,col=1,endColumn=7,title=PB993 remark::just a remark"
    assert hint in run("check", "--all", "--format", "github").out


@pytest.mark.parametrize("severity", list(Severity))
def test_levels(severity: Severity) -> None:
    expected = {"error": "error", "warning": "warning", "information": "notice", "hint": "notice"}
    assert command(severity=severity).name == expected[str(severity)]


@pytest.mark.parametrize("text", ["50% of %0A, x::y", "one\ntwo\r\nthree", "::stop-commands::x", "a,b:c=d", "日本"])
def test_what_a_message_holds_arrives(text: str) -> None:
    expected = text.replace("\r\n", "\\x0d\n")
    assert command(message=text).message == expected


@pytest.mark.parametrize("name", ["a,b", "a:b", "a=b", "50%", "::error::x", "日本 x", "a%2Cb"])
def test_what_a_path_holds_arrives(name: str) -> None:
    location = finding().location._replace(path=f"/p/{name}/Dockerfile")
    assert command(location=location).properties["file"] == f"{name}/Dockerfile"


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (((1, 0), (1, 8)), {"line": "2", "endLine": "2", "col": "1", "endColumn": "9"}),
        (((1, 4), (3, 2)), {"line": "2", "endLine": "4"}),
        (((1, 4), (3, 0)), {"line": "2", "endLine": "3"}),
        (((0, 0), (0, 0)), {"line": "1", "endLine": "1", "col": "1", "endColumn": "1"}),
    ],
)
def test_places(span: tuple[tuple[int, int], tuple[int, int]], expected: dict[str, str]) -> None:
    location = finding().location._replace(span=Span(*(Position(*place) for place in span)))
    properties = command(location=location).properties
    assert {name: value for name, value in properties.items() if name not in ("file", "title")} == expected


def test_control_characters_do_not_reach_the_log() -> None:
    assert command(message="a\x1b[2Jb").message == "a\\x1b[2Jb"


def test_paths_are_seen_from_the_workspace(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tree(tmp_path, {"repo/.git/HEAD": "", "repo/sub/Dockerfile": "FROM x\nRUN unfixable\n"})

    def path() -> str:
        found = read(run("check", "--format", "github").out.splitlines()[0])
        assert found is not None
        return found.properties["file"]

    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path / "repo/sub")
    assert path() == "sub/Dockerfile"
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    assert path() == "repo/sub/Dockerfile"
    monkeypatch.setenv("GITHUB_WORKSPACE", "/elsewhere")
    assert path() == "sub/Dockerfile"


def test_no_line_of_the_totals_is_taken_for_a_command(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"::error::x/Dockerfile": "FROM x\nRUN unfixable\n", "##[error]x/Dockerfile": "FROM x\n"})
    lines = run("check", "--format", "github").out.splitlines()
    found = [read(line) for line in lines]
    assert [each.properties["title"] for each in found if each is not None] == [
        "PB991 word", "PB992 missing", "PB992 missing",
    ]  # fmt: skip
    assert not [line for line, each in zip(lines, found, strict=True) if each is None and "##[" in line]
