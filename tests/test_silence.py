"""Comments that silence findings: where they go, and that nothing but the finding is gone with them."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prebake.edits import apply
from prebake.engine import Engine, Report
from prebake.files import Disk, Snapshot
from prebake.findings import Finding, Location, Repair, Severity
from prebake.silence import silenced, silencing_edit
from prebake.syntax.dockerfile import parse
from prebake.syntax.ignorefile import parse_ignore
from prebake.text import Position, Span, Text
from tests.rules.test_cases import load_cases
from tests.rules.trees import make_tree
from tests.syntax.generated import dockerfiles, soup

DOCKERFILE, IGNORE, CODE = "/p/Dockerfile", "/p/.dockerignore", "/p/serve.py"
FREQUENT = settings(max_examples=150, derandomize=True, deadline=None)


def a_finding(path: str, line: int, code: str = "PB201", *, elsewhere: tuple[Location, ...] = ()) -> Finding:
    place = Location(path, Span(Position(line, 0), Position(line, 1)))
    return Finding(code, "rule", Severity.WARNING, place, "message", "key", Repair(lambda: ()), elsewhere=elsewhere)


def silence(path: str, text: str, line: int, code: str = "PB201") -> str | None:
    """The text after a finding in a line was silenced there."""
    finding = a_finding(path, line, code)
    snapshot = Snapshot(Disk(), {path: Text(text)})
    edit = silencing_edit(snapshot, finding, finding.location, DOCKERFILE)
    return None if edit is None else edit.apply().content


@pytest.mark.parametrize(
    ("text", "line", "after"),
    [
        ("FROM a\nCOPY . .\n", 1, "FROM a\n# prebake: ignore[PB201]\nCOPY . .\n"),
        (
            "# syntax=docker/dockerfile:1\nFROM a\n",
            1,
            "# syntax=docker/dockerfile:1\n# prebake: ignore[PB201]\nFROM a\n",
        ),
        ("# escape=`\nRUN a `\n  b\n", 2, "# escape=`\n# prebake: ignore[PB201]\nRUN a `\n  b\n"),
        (
            "FROM a\n# why\nRUN a \\\n  # in\n  b\n",
            4,
            "FROM a\n# why\n# prebake: ignore[PB201]\nRUN a \\\n  # in\n  b\n",
        ),
        ("RUN <<EOF\npip install a\nEOF\n", 1, "# prebake: ignore[PB201]\nRUN <<EOF\npip install a\nEOF\n"),
        ("FROM a\n  COPY . .", 1, "FROM a\n  # prebake: ignore[PB201]\n  COPY . ."),
        ("FROM a\r\nCOPY . .\r\n", 1, "FROM a\r\n# prebake: ignore[PB201]\r\nCOPY . .\r\n"),
        ("# prebake: ignore[PB101] why\nCOPY . .\n", 1, "# prebake: ignore[PB101, PB201] why\nCOPY . .\n"),
        ("# prebake: ignore[PB101,PB2]\n# b\nCOPY . .\n", 2, "# prebake: ignore[PB101,PB2,PB201]\n# b\nCOPY . .\n"),
        ("#prebake:ignore[ ]\nCOPY . .\n", 1, "#prebake:ignore[PB201]\nCOPY . .\n"),
        ("# prebake: ignore[PB1]\n\nCOPY .\n", 2, "# prebake: ignore[PB1]\n\n# prebake: ignore[PB201]\nCOPY .\n"),
        ("# prebake: ignore-file[PB1]\nCOPY .\n", 1, "# prebake: ignore-file[PB1]\n# prebake: ignore[PB201]\nCOPY .\n"),
    ],
)
def test_in_a_dockerfile_above_the_instruction(text: str, line: int, after: str) -> None:
    assert silence(DOCKERFILE, text, line) == after


@pytest.mark.parametrize(
    ("text", "line", "after"),
    [
        ("# a\n*.log\n", 1, "# a\n# prebake: ignore[PB201]\n*.log\n"),
        ("a\n  *.log\n", 1, "a\n# prebake: ignore[PB201]\n  *.log\n"),
        ("# prebake: ignore[PB103]\n*.log", 1, "# prebake: ignore[PB103, PB201]\n*.log"),
        ("  # prebake: ignore[PB103]\n*.log", 1, "  # prebake: ignore[PB103]\n# prebake: ignore[PB201]\n*.log"),
    ],
)
def test_in_an_ignore_file_on_a_line_of_its_own(text: str, line: int, after: str) -> None:
    assert silence(IGNORE, text, line) == after


@pytest.mark.parametrize(
    ("text", "line", "after"),
    [
        ("x = load('a')\n", 0, "x = load('a')  # prebake: ignore[PB201]\n"),
        ("x = load('a') \r\n", 0, "x = load('a')  # prebake: ignore[PB201] \r\n"),
        ("x = load(\n    'a',\n)\n", 0, "x = load(  # prebake: ignore[PB201]\n    'a',\n)\n"),
        ("x = load('a')  # noqa", 0, "x = load('a')  # noqa  # prebake: ignore[PB201]"),
        ("x = load('a')  # prebake: ignore[PB3] y", 0, "x = load('a')  # prebake: ignore[PB3, PB201] y"),
        ("x = load('a') + \\\n    'b'\n", 0, None),
        ("x = load('''a\nb''')\n", 0, None),
        ("x = load('# prebake: ignore[a]')\n", 0, None),
    ],
)
def test_in_python_at_the_end_of_the_line(text: str, line: int, after: str | None) -> None:
    assert silence(CODE, text, line) == after


def test_what_is_about_a_whole_ignore_file_is_silenced_in_all_of_it() -> None:
    top = Location(IGNORE, Span(Position(0, 0), Position(0, 1)))
    finding = a_finding(DOCKERFILE, 0, "PB102", elsewhere=(top,))
    texts = {DOCKERFILE: Text("FROM a\n"), IGNORE: Text("# Caches\n__pycache__\n")}
    for code, after in (
        ("PB102", "# prebake: ignore-file[PB102]\n# Caches\n__pycache__\n"),
        ("PB108", "# prebake: ignore-file[PB102, PB108]\n# Caches\n__pycache__\n"),
    ):
        edit = silencing_edit(Snapshot(Disk(), texts), finding._replace(code=code), top, DOCKERFILE)
        assert edit is not None and edit.apply().content == after
        texts[IGNORE] = edit.apply()
    assert silenced(Snapshot(Disk(), texts), finding, DOCKERFILE) is None


def test_no_comment_where_there_is_no_instruction() -> None:
    assert silence(DOCKERFILE, "\n# a\n", 0) is None
    assert silencing_edit(Snapshot(Disk(), {}), a_finding("/none", 0), a_finding("/none", 0).location, "/none") is None


@FREQUENT
@given(st.one_of(dockerfiles(), soup), st.data())
def test_wherever_a_finding_stands_its_comment_silences_it_and_changes_no_instruction(
    source: str, data: st.DataObject
) -> None:
    text = Text(source)
    tree = parse(text)
    if not tree.instructions:
        return
    instruction = data.draw(st.sampled_from(tree.instructions))
    line = data.draw(st.integers(instruction.line, instruction.end_line))
    for code in ("PB201", "PB301"):
        finding = a_finding(DOCKERFILE, line, code)
        snapshot = Snapshot(Disk(), {DOCKERFILE: text})
        assert silenced(snapshot, finding, DOCKERFILE) is finding
        edit = silencing_edit(snapshot, finding, finding.location, DOCKERFILE)
        assert edit is not None
        after = apply(text, edit.edits)
        line += after.line_count - text.line_count
        assert silenced(Snapshot(Disk(), {DOCKERFILE: after}), a_finding(DOCKERFILE, line, code), DOCKERFILE) is None
        before, now = parse(text), parse(after)
        assert [item.raw for item in now.instructions] == [item.raw for item in before.instructions]
        assert (now.directives, now.syntax) == (before.directives, before.syntax)
        text = after
    assert text.line_count <= Text(source).line_count + 1, "the second code joins the first"


@FREQUENT
@given(st.lists(st.sampled_from(["*.log", "#c", " #p", "# prebake: ignore[PB104]", "!a", "", "\ta"]), min_size=1))
def test_the_same_in_an_ignore_file(lines: list[str]) -> None:
    text = Text("\n".join(lines))
    for pattern in parse_ignore(text).patterns:
        finding = a_finding(IGNORE, pattern.line)
        edit = silencing_edit(Snapshot(Disk(), {IGNORE: text}), finding, finding.location, DOCKERFILE)
        assert edit is not None
        after = edit.apply()
        moved = a_finding(IGNORE, pattern.line + after.line_count - text.line_count)
        assert silenced(Snapshot(Disk(), {IGNORE: after}), moved, DOCKERFILE) is None
        assert [item.raw for item in parse_ignore(after).patterns] == [item.raw for item in parse_ignore(text).patterns]


def firing_cases() -> list[Any]:
    """The first few of each file of cases in which something is found."""
    seen: Counter[str] = Counter()
    chosen = []
    for case in load_cases():
        stem = str(case.id).partition("-")[0]
        # A comment that silences nothing is taken out, not silenced by another one.
        if not case.values[1].get("quiet") and seen[stem] < 4 and stem != "pb901":
            seen[stem] += 1
            chosen.append(case)
    return chosen


@pytest.mark.parametrize(("code", "case"), firing_cases())
def test_a_silenced_finding_is_gone_and_no_other(code: str, case: dict[str, Any], tmp_path: Path) -> None:
    root = tmp_path.resolve()
    make_tree(root, case["files"], git=case.get("git", False))
    dockerfile = (root / case.get("dockerfile", "Dockerfile")).as_posix()
    engine = Engine(workspaces=[root.as_posix()])
    report = engine.check(dockerfile)
    for finding in report.findings:
        if finding.code == code:
            for place in finding.places:
                check_silenced(engine, report, finding, place)


def check_silenced(engine: Engine, report: Report, finding: Finding, place: Location) -> None:
    edit = silencing_edit(engine.snapshot, finding, place, report.path)
    assert edit is not None
    after = engine.check_in(engine.snapshot.overlay({edit.path: edit.apply()}), report.path)
    gone = names(report) - names(after)
    if place in finding.sites and len(finding.sites) > 1:
        assert not gone
    else:
        assert gone[finding.code, finding.key] and set(gone) <= {(finding.code, finding.key)} | {
            (other.code, other.key) for other in report.findings if other.code == finding.code
        }
    assert not names(after) - names(report)


def names(report: Report) -> Counter[tuple[str, str]]:
    return Counter((finding.code, finding.key) for finding in report.findings)
