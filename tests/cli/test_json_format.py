"""The JSON contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prebake.cli.json_format import document
from prebake.cli.results import results
from prebake.edits import FileEdit, TextEdit
from prebake.engine import Report
from prebake.findings import Applicability, Cost, Finding, Fix, Location, Related, Repair, Severity
from prebake.project.contexts.find import Context, Evidence
from prebake.text import Position, Span, Text
from tests.cli.conftest import Run
from tests.cli.contract import violations
from tests.rules.trees import make_tree

pytestmark = pytest.mark.usefixtures("sample_rules")

TEXT = Text("FROM x\nCOPY . .\n")
PLACE = Span(Position(1, 0), Position(1, 8))


def finding(**changes: Any) -> Finding:
    base: dict[str, Any] = {
        "code": "PB991", "rule": "word", "severity": Severity.WARNING,
        "location": Location("/p/Dockerfile", PLACE), "message": "the message", "key": "COPY . .",
        "repair": Repair(lambda: ()),
    }  # fmt: skip
    return Finding(**{**base, **changes})


def decoded(*findings: Finding, folder: str = "/p", **changes: Any) -> Any:
    context = Context("/p", Evidence("compose", "/p/compose.yaml", 3))
    base: dict[str, Any] = {"contexts": (context,), "findings": findings}
    report = Report("/p/Dockerfile", "/p", TEXT, **{**base, **changes})
    return json.loads(document([report], results([report]), folder))


def test_every_field_of_the_contract() -> None:
    edits = (
        FileEdit("/p/Dockerfile", TEXT, (TextEdit(PLACE, "COPY a ."),)),
        FileEdit("/p/.dockerignore", None, (TextEdit.insert(Position(0, 0), "data\n"),)),
    )
    found = decoded(
        finding(
            cost=Cost(3_400_000_000, 18_204),
            related=(Related(Location("/q/app.py", Span(Position(4, 2), Position(5, 0))), "loaded here"),),
            repair=Repair(lambda: (Fix("Sink it", Applicability.SUGGESTED, edits),)),
        )
    )
    assert violations(found) == []
    (seen,) = found["findings"]
    fingerprint = seen.pop("fingerprint")
    assert isinstance(fingerprint, str) and fingerprint
    assert seen == {
        "code": "PB991",
        "rule": "word",
        "severity": "warning",
        "path": "Dockerfile",
        "start": {"line": 2, "column": 1},
        "end": {"line": 2, "column": 9},
        "message": "the message",
        "url": seen["url"],
        "cost": {"bytes": 3_400_000_000, "files": 18_204},
        "no_fix": None,
        "related": [
            {
                "path": "../q/app.py",
                "start": {"line": 5, "column": 3},
                "end": {"line": 6, "column": 1},
                "message": "loaded here",
            }
        ],
        "fixes": [
            {
                "title": "Sink it",
                "applicability": "suggested",
                "edits": [
                    {
                        "path": "Dockerfile",
                        "start": {"line": 2, "column": 1},
                        "end": {"line": 2, "column": 9},
                        "text": "COPY a .",
                    },
                    {
                        "path": ".dockerignore",
                        "start": {"line": 1, "column": 1},
                        "end": {"line": 1, "column": 1},
                        "text": "data\n",
                    },
                ],
                "creates": [".dockerignore"],
            }
        ],
    }
    assert found["dockerfiles"] == [
        {
            "path": "Dockerfile",
            "context": ".",
            "context_source": "compose.yaml:4",
            "ignore_file": None,
            "target": None,
            "contexts": ["."],
        }
    ]


def test_paths_are_seen_from_the_working_directory() -> None:
    found = decoded(finding(), folder="/p/sub", ignore_file="/p/.dockerignore", target="gpu")
    assert found["findings"][0]["path"] == "../Dockerfile"
    (dockerfile,) = found["dockerfiles"]
    assert (dockerfile["context"], dockerfile["ignore_file"], dockerfile["target"]) == ("..", "../.dockerignore", "gpu")
    assert dockerfile["context_source"] == "../compose.yaml:4"


def test_all_contexts_are_listed_once_and_a_remote_one_is_null() -> None:
    workflow = Evidence("workflow", "/p/.github/workflows/a.yml", 8)
    contexts = (Context("/p/a", workflow), Context(None, workflow, remote=True), Context("/p/a", workflow, "t"))
    (dockerfile,) = decoded(contexts=contexts)["dockerfiles"]
    assert (dockerfile["context"], dockerfile["contexts"]) == ("a", ["a", None])
    (dockerfile,) = decoded(contexts=contexts[1:])["dockerfiles"]
    assert (dockerfile["context"], dockerfile["contexts"]) == (None, [None, "a"])


def test_unknown_sizes_and_reasons() -> None:
    (seen,) = decoded(finding(cost=Cost(5), repair=Repair(lambda: "a guess")))["findings"]
    assert seen["cost"] == {"bytes": 5, "files": None}
    assert seen["no_fix"] == "a guess"
    assert seen["fixes"] == [] and seen["related"] == []


def test_the_fingerprint_has_no_lines_and_no_sizes() -> None:
    (first,) = decoded(finding(cost=Cost(5), message="5 bytes"))["findings"]
    moved = Location("/p/Dockerfile", Span(Position(7, 0), Position(7, 8)))
    (second,) = decoded(finding(location=moved, cost=Cost(6), message="6 bytes"))["findings"]
    (other,) = decoded(finding(key="COPY src ."))["findings"]
    assert first["fingerprint"] == second["fingerprint"] != other["fingerprint"]


def test_what_two_dockerfiles_share_is_there_once() -> None:
    shared = finding(location=Location("/p/.dockerignore", PLACE))
    one = Report("/p/Dockerfile", "/p", TEXT, (shared,))
    two = Report("/p/Dockerfile.gpu", "/p", TEXT, (shared, finding(location=Location("/p/Dockerfile.gpu", PLACE))))
    assert len(results([one, two])) == 2


def test_the_output_is_ascii_whatever_the_names_are() -> None:
    report = Report("/p/Dockerfile", "/p", TEXT, (finding(message="é \udcff \U0001f600"),))
    text = document([report], results([report]), "/p")
    assert text.isascii()
    assert json.loads(text)["findings"][0]["message"] == "é \udcff \U0001f600"


def test_the_command_keeps_the_contract(run: Run, tmp_path: Path) -> None:
    make_tree(
        tmp_path,
        {
            "a/Dockerfile": "# é\nFROM x\nRUN safe\nRUN unsafe && unfixable\n",
            "b/Dockerfile": "\ufeffFROM x AS y\n",
            "b/.dockerignore": "z\n",
            "prebake.toml": '[targets."b/Dockerfile"]\ncontext = "b"\ntarget = "y"\n',
        },
    )
    done = run("check", "--format", "json")
    assert done.status == 1
    found = json.loads(done.out)
    assert violations(found) == []
    assert {item["severity"] for item in found["findings"]} == {"warning", "information", "hint"}
    assert {item["path"] for item in found["findings"] if item["code"] == "PB993"} == {"a/Dockerfile", "b/Dockerfile"}
    assert next(item for item in found["findings"] if item["path"] == "b/Dockerfile")["start"] == {
        "line": 1,
        "column": 1,
    }
    assert found["dockerfiles"][1] == {
        "path": "b/Dockerfile", "context": "b", "context_source": "prebake.toml", "ignore_file": "b/.dockerignore",
        "target": "y", "contexts": ["b"],
    }  # fmt: skip


def test_an_empty_document(run: Run) -> None:
    done = run("check", "--format", "json")
    assert json.loads(done.out) == {"version": 1, "findings": [], "dockerfiles": []}


@pytest.mark.parametrize(
    "broken",
    [{}, {"version": 2, "findings": [], "dockerfiles": []}, {"version": 1, "findings": [{}], "dockerfiles": []}],
)
def test_the_checker_of_these_tests_sees_violations(broken: dict[str, Any]) -> None:
    assert violations(broken)
