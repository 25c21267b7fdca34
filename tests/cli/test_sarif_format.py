"""SARIF 2.1.0: the schema, what the specification asks for beyond it, and another program that reads it."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jsonschema
import pytest

from prebake.cli.results import Result
from prebake.cli.sarif_format import document
from prebake.edits import FileEdit, TextEdit
from prebake.findings import Applicability, Cost, Fix, Location, Related, Repair, Severity
from prebake.rules import all_rules
from prebake.text import Position, Span, Text
from tests.cli.conftest import Run
from tests.cli.test_json_format import PLACE, TEXT, finding
from tests.rules.trees import make_tree

SCHEMA = Path(__file__).parent / "data" / "sarif-schema-2.1.0.json"


@cache
def validator() -> Any:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return jsonschema.Draft4Validator(schema, format_checker=jsonschema.Draft4Validator.FORMAT_CHECKER)


def checked(text: str) -> Any:
    """The only run of a log that is valid."""
    log = json.loads(text)
    assert [error.message for error in validator().iter_errors(log)] == []
    assert log["$schema"] == validator().schema["id"]
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        ids = [related["id"] for related in result.get("relatedLocations", ())]
        assert len(ids) == len(set(ids))
    return run


def of(*findings: Any, failures: tuple[str, ...] = ()) -> Any:
    return checked(document([Result(each, "/p") for each in findings], "/p", failures))


def real(**changes: Any) -> Any:
    """A finding of a real rule."""
    return finding(**{"code": "PB201", "rule": "copy-before-install", **changes})


def test_every_part_of_a_result() -> None:
    edits = (
        FileEdit("/p/Dockerfile", TEXT, (TextEdit(PLACE, "COPY a ."), TextEdit.insert(Position(2, 0), "RUN x\n"))),
        FileEdit("/p/.dockerignore", None, (TextEdit.insert(Position(0, 0), ".venv\n"),)),
    )
    fix = Fix("Move it", Applicability.SAFE, edits, "nothing reads it")
    related = Related(Location("/p/src/app.py", Span(Position(3, 4), Position(3, 9))), "called here")
    run = of(real(repair=Repair(lambda: (fix,)), related=(related,), cost=Cost(5, 2), severity=Severity.ERROR))
    place = {"uri": "Dockerfile", "uriBaseId": "SRCROOT"}
    (result,) = run["results"]
    assert result.pop("partialFingerprints")["prebake/v1"]
    assert result == {
        "ruleId": "PB201", "ruleIndex": 0, "level": "error", "message": {"text": "the message"},
        "locations": [{"physicalLocation": {
            "artifactLocation": place, "region": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 9},
        }}],
        "relatedLocations": [{"id": 0, "message": {"text": "called here"}, "physicalLocation": {
            "artifactLocation": {"uri": "src/app.py", "uriBaseId": "SRCROOT"},
            "region": {"startLine": 4, "startColumn": 5, "endLine": 4, "endColumn": 10},
        }}],
        "fixes": [{
            "description": {"text": "Move it. nothing reads it"}, "properties": {"applicability": "safe"},
            "artifactChanges": [
                {"artifactLocation": place, "replacements": [
                    {"deletedRegion": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 9},
                     "insertedContent": {"text": "COPY a ."}},
                    {"deletedRegion": {"startLine": 3, "startColumn": 1, "endLine": 3, "endColumn": 1},
                     "insertedContent": {"text": "RUN x\n"}},
                ]},
                {"artifactLocation": {"uri": ".dockerignore", "uriBaseId": "SRCROOT"}, "replacements": [
                    {"deletedRegion": {"startLine": 1, "startColumn": 1, "endLine": 1, "endColumn": 1},
                     "insertedContent": {"text": ".venv\n"}},
                ]},
            ],
        }],
        "properties": {"cost": {"bytes": 5, "files": 2}},
    }  # fmt: skip
    assert run["columnKind"] == "unicodeCodePoints"
    assert run["originalUriBaseIds"].keys() == {"SRCROOT"}
    assert run["invocations"] == [{"executionSuccessful": True}]


def test_rules_are_described_once() -> None:
    run = of(real(), finding(code="PB101", rule="missing-dockerignore"), real(key="another"))
    driver = run["tool"]["driver"]
    assert [rule["id"] for rule in driver["rules"]] == ["PB101", "PB201"]
    rule = driver["rules"][1]
    assert rule["name"] == "copy-before-install"
    assert rule["helpUri"].endswith("/PB201.md") and rule["helpUri"] in rule["help"]["text"]
    assert "## Use instead" in rule["help"]["markdown"]
    assert rule["defaultConfiguration"] == {"level": "warning"}
    assert rule["properties"] == {"tags": ["docker", "layer-cache"], "problem.severity": "warning"}


def test_the_help_of_every_rule_is_valid() -> None:
    run = of(*(finding(code=rule.code, rule=rule.name, severity=rule.severity) for rule in all_rules()))
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == [rule.code for rule in all_rules()]


def test_nothing_found() -> None:
    run = of()
    assert (run["results"], run["tool"]["driver"]["rules"]) == ([], [])


def test_what_could_not_be_checked_is_told() -> None:
    (invocation,) = of(failures=("x: no such file",))["invocations"]
    assert invocation == {
        "executionSuccessful": False,
        "toolExecutionNotifications": [{"level": "error", "message": {"text": "x: no such file"}}],
    }


@pytest.mark.parametrize("name", ["a b", "50%", "a:b", "#x?y", "日本", "[x]"])
def test_paths_are_uri_references(name: str) -> None:
    (result,) = of(real(location=Location(f"/p/{name}/Dockerfile", PLACE)))["results"]
    found = result["locations"][0]["physicalLocation"]["artifactLocation"]
    assert found["uriBaseId"] == "SRCROOT"
    assert found["uri"].isascii() and not set(found["uri"]) & set(" :#?[]")
    assert unquote(found["uri"]) == f"{name}/Dockerfile"


def test_what_lies_outside_has_an_absolute_address() -> None:
    (result,) = of(real(location=Location("/other/my Dockerfile", PLACE)))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": "file:///other/my%20Dockerfile"}


def test_bytes_that_are_no_text() -> None:
    bad = Text.from_bytes(b"\xff").content
    edit = FileEdit("/p/Dockerfile", TEXT, (TextEdit(PLACE, f"COPY {bad} ."),))
    repair = Repair(lambda: (Fix("Move", Applicability.SAFE, (edit,)),))
    (result,) = of(real(message=f"a {bad} b", repair=repair))["results"]
    assert result["message"] == {"text": "a ? b"}
    assert "fixes" not in result  # it could not be written as it is


def test_the_reason_why_there_is_no_fix() -> None:
    (result,) = of(real(repair=Repair(lambda: "a script reads it")))["results"]
    assert result["properties"] == {"noFix": "a script reads it"}


OLD = "FROM python:3.12-slim\nCOPY . /app\nRUN pip install -r /app/requirements.txt\n"


def test_the_command(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_tree(tmp_path, {".git/HEAD": "", "sub/Dockerfile": OLD, "sub/requirements.txt": "flask\n"})
    monkeypatch.chdir(tmp_path / "sub")
    done = run("check", "--format", "sarif")
    assert done.status == 1
    found = checked(done.out)
    assert {result["ruleId"] for result in found["results"]} >= {"PB101", "PB201"}
    uris = {result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in found["results"]}
    assert uris == {"sub/Dockerfile"}
    assert str(tmp_path) not in done.out
    hints = {result["ruleId"] for result in checked(run("check", "--format", "sarif", "--all").out)["results"]}
    assert "PB206" in hints and "PB206" not in {result["ruleId"] for result in found["results"]}


def test_new_findings_alone(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": OLD, "requirements.txt": "flask\n"})
    run("check", "--baseline", "known")
    done = run("check", "--baseline", "known", "--format", "sarif")
    assert (done.status, checked(done.out)["results"]) == (0, [])


def test_a_path_that_is_missing(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": OLD})
    done = run("check", "Dockerfile", "nowhere", "--format", "sarif")
    assert done.status == 2
    assert checked(done.out)["invocations"][0]["executionSuccessful"] is False
