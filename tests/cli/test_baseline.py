"""`prebake check --baseline`: an old repository fails on new findings only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import Done, Run
from tests.cli.contract import violations
from tests.rules.trees import make_tree

pytestmark = pytest.mark.usefixtures("sample_rules")

FILE = "prebake.baseline"
OLD = "FROM x\nRUN safe\nRUN unsafe\n"


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def old(run: Run, tmp_path: Path) -> Done:
    """A repository that has written its baseline."""
    make_tree(tmp_path, {".git/HEAD": "", "Dockerfile": OLD, "sub/Dockerfile": "FROM x\nRUN unfixable\n"})
    return run("check", "--baseline", FILE)


def test_a_missing_file_is_written_and_nothing_fails(old: Done, tmp_path: Path) -> None:
    assert old.status == 0
    assert "wrote prebake.baseline with 7 findings" in old.err
    assert old.out.startswith("No new findings in 2 Dockerfiles.\n7 known findings not shown: from prebake.baseline.\n")
    header, *findings = lines(tmp_path / FILE)
    assert header == {"prebake": "baseline", "version": 1}
    assert [(each["path"], each["code"]) for each in findings] == [
        ("Dockerfile", "PB991"), ("Dockerfile", "PB991"), ("Dockerfile", "PB992"), ("Dockerfile", "PB993"),
        ("sub/Dockerfile", "PB991"), ("sub/Dockerfile", "PB992"), ("sub/Dockerfile", "PB993"),
    ]  # fmt: skip
    assert findings[0]["message"] == "safe is a bad word"


def test_writing_again_gives_the_same_file(old: Done, run: Run, tmp_path: Path) -> None:
    before = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).unlink()
    make_tree(tmp_path, {"Dockerfile": "# a line more\n\n" + OLD})
    run("check", "--baseline", FILE)
    assert (tmp_path / FILE).read_bytes() == before


def test_known_findings_are_counted_and_new_ones_fail(old: Done, run: Run, tmp_path: Path) -> None:
    assert run("check", "--baseline", FILE).status == 0
    make_tree(tmp_path, {"Dockerfile": "# moved\nFROM x\nRUN unfixable\n" + OLD.removeprefix("FROM x\n")})
    done = run("check", "--baseline", FILE)
    assert done.status == 1
    assert [line for line in done.out.splitlines() if " PB99" in line] == [
        "Dockerfile:3:5: warning PB991 unfixable is a bad word"
    ]
    assert "1 new finding in 2 Dockerfiles: 1 warning." in done.out
    assert "7 known findings not shown" in done.out
    assert done.err == ""
    assert run("check", "--baseline", FILE, "--fail-on", "error").status == 0
    assert run("check").status == 1


def test_equal_findings_are_counted(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": "FROM x\nRUN safe\nRUN safe\n"})
    run("check", "--baseline", FILE)
    assert [each["code"] for each in lines(tmp_path / FILE)[1:]].count("PB991") == 2
    make_tree(tmp_path, {"Dockerfile": "FROM x\nRUN safe\nRUN safe\nRUN safe\n"})
    done = run("check", "--baseline", FILE)
    assert done.status == 1
    assert [line for line in done.out.splitlines() if " PB99" in line] == [
        "Dockerfile:4:5: warning PB991 safe is a bad word"
    ]


def test_what_no_longer_occurs_is_named_with_advice(old: Done, run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": "FROM x\nRUN unsafe\n"})
    (tmp_path / "sub/Dockerfile").unlink()
    done = run("check", "--baseline", FILE)
    assert done.status == 0
    assert "4 findings of prebake.baseline no longer occur" in done.err
    assert "delete the lines" in done.err
    assert "  Dockerfile: PB991 safe is a bad word (" in done.err
    assert "  sub/Dockerfile: PB991 unfixable is a bad word (" in done.err


@pytest.mark.parametrize(
    "arguments", [("sub",), ("sub/Dockerfile",), ("--select", "PB993"), ("--ignore", "word,missing")]
)
def test_what_was_not_looked_for_is_not_called_gone(
    old: Done, run: Run, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    make_tree(tmp_path, {"Dockerfile": "FROM x\n", ".dockerignore": "a\n"})
    done = run("check", "--baseline", FILE, *arguments)
    assert (done.status, done.err) == (0, "")


def test_paths_are_seen_from_the_top_of_the_project(old: Done, run: Run, tmp_path: Path) -> None:
    (tmp_path / FILE).unlink()
    run("check", "--baseline", FILE, "sub")
    assert [each["path"] for each in lines(tmp_path / FILE)[1:]] == ["sub/Dockerfile"] * 3
    assert run("check", "--baseline", FILE, "sub/Dockerfile").status == 0


def test_fixes_leave_known_findings_alone(old: Done, run: Run, tmp_path: Path) -> None:
    new = OLD + "RUN echo safe\n"
    make_tree(tmp_path, {"Dockerfile": new})
    done = run("check", "--fix", "--suggested", "--baseline", FILE)
    assert done.status == 0
    assert (tmp_path / "Dockerfile").read_text() == new.replace("echo safe", "echo good")
    assert not (tmp_path / ".dockerignore").exists()
    assert "Fixed Dockerfile PB991" in done.out


def test_of_equal_findings_all_are_fixed_when_one_is_new(old: Done, run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": OLD + "RUN safe\n"})
    run("check", "--fix", "--baseline", FILE)
    assert (tmp_path / "Dockerfile").read_text() == "FROM x\nRUN good\nRUN unsafe\nRUN good\n"


def test_what_is_left_after_fixing_is_written(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": OLD})
    assert run("check", "--fix", "--baseline", FILE).status == 0
    assert (tmp_path / "Dockerfile").read_text() == OLD.replace("safe", "good", 1)
    assert [each["message"] for each in lines(tmp_path / FILE)[1:]] == [
        "unsafe is a bad word", "no ignore file", "just a remark",
    ]  # fmt: skip


def test_standard_input(old: Done, run: Run, tmp_path: Path) -> None:
    text = b"FROM x\nRUN safe\nRUN unsafe\nRUN good safe\n"
    done = run("check", "--baseline", FILE, "--stdin-filename", "Dockerfile", stdin=text)
    assert done.status == 1
    assert "1 new finding" in done.out
    fixed = run("check", "--fix", "--baseline", FILE, "--stdin-filename", "Dockerfile", stdin=text)
    assert fixed.raw == text.replace(b"good safe", b"good good")


def test_json(old: Done, run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": OLD.replace("RUN safe\n", "RUN unfixable\n")})
    done = run("check", "--baseline", FILE, "--format", "json")
    document = json.loads(done.out)
    assert violations(document) == []
    assert [each["message"] for each in document["findings"]] == ["unfixable is a bad word"]
    assert document["known"] == 6
    baseline = document["baseline"]
    assert (baseline["path"], baseline["written"]) == (FILE, False)
    assert [(each["code"], each["message"]) for each in baseline["gone"]] == [("PB991", "safe is a bad word")]
    (tmp_path / FILE).unlink()
    again = json.loads(run("check", "--baseline", FILE, "--format", "json").out)
    assert violations(again) == []
    assert (again["findings"], again["known"], again["baseline"]["written"]) == ([], 7, True)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "prebake.baseline is no baseline"),
        ("FROM x\n", "prebake.baseline is no baseline"),
        ('{"version": 1}\n', "prebake.baseline is no baseline"),
        ("[" * 100_000, "prebake.baseline is no baseline"),
        ("\0\xff", "prebake.baseline is no baseline"),
        ('{"prebake": "baseline", "version": 2}\n', "another version of prebake"),
        ('{"prebake": "baseline", "version": 1}\n<<<<<<< HEAD\n', "prebake.baseline:2: this is an unresolved merge"),
        ('{"prebake": "baseline", "version": 1}\n\n{"code": "PB1"}\n', "prebake.baseline:3: this is no finding"),
        ('{"prebake": "baseline", "version": 1}\n[1]\n', "prebake.baseline:2: this is no finding"),
    ],
)
def test_another_file_is_refused_and_left_alone(run: Run, tmp_path: Path, content: str, complaint: str) -> None:
    make_tree(tmp_path, {"Dockerfile": OLD, FILE: content})
    done = run("check", "--baseline", FILE)
    assert done.status == 2
    assert complaint in done.err
    assert "Traceback" not in done.err
    assert (tmp_path / FILE).read_bytes() == content.encode()


@pytest.mark.parametrize("arguments", [("--diff",), ("--stdin-filename", "Dockerfile"), ("--since", "HEAD")])
def test_it_is_not_written_where_not_everything_is_seen(run: Run, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    make_tree(tmp_path, {"Dockerfile": OLD})
    done = run("check", "--baseline", FILE, *arguments)
    assert done.status == 2
    assert f"{FILE} does not exist; it is written without {arguments[0]}" in done.err
    assert not (tmp_path / FILE).exists()


def test_it_is_not_written_when_something_cannot_be_checked(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": OLD})
    done = run("check", "--baseline", FILE, "Dockerfile", "nowhere")
    assert done.status == 2
    assert f"{FILE} was not compared, since not everything could be checked" in done.err
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("name", ["folder", "missing/x.baseline", "link"])
def test_what_cannot_be_read_or_written_is_told(run: Run, tmp_path: Path, name: str) -> None:
    make_tree(tmp_path, {"Dockerfile": OLD, "folder": None, "link": {"link": "nowhere"}})
    done = run("check", "--baseline", name)
    assert done.status == 2
    assert done.err.startswith(f"prebake: {name}: ")


def test_lines_with_another_end_or_order_are_read(old: Done, run: Run, tmp_path: Path) -> None:
    header, *findings = (tmp_path / FILE).read_bytes().splitlines()
    (tmp_path / FILE).write_bytes(b"\xef\xbb\xbf" + b"\r\n".join([header, *reversed(findings), b""]))
    done = run("check", "--baseline", FILE)
    assert (done.status, done.err) == (0, "")


@pytest.mark.parametrize(
    ("word", "kept"),
    [("bert-base-v2", "bert-base-v2"), ("all-MiniLM-L6-v2:", "all-MiniLM-L6-v2:"), ("3.4", "N"), ("18,204", "N"),
     ("(5", "(N"), ("python3.11", "python3.11"), ("app/main.py:10", "app/main.py:N"), ("a.py:3,", "a.py:N,"),
     ("python:3.12-slim", "python:3.12-slim"), ("llama3:8b", "llama3:8b")],
)  # fmt: skip
def test_numbers_are_left_out_of_messages_but_names_keep_theirs(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, word: str, kept: str
) -> None:
    monkeypatch.setattr("tests.cli.conftest.Word.words", (word,))
    make_tree(tmp_path, {"Dockerfile": f"FROM x\nRUN {word}\n"})
    run("check", "--baseline", FILE, "--select", "PB991")
    assert [each["message"] for each in lines(tmp_path / FILE)[1:]] == [f"{kept} is a bad word"]


def test_long_messages_are_cut(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.cli.conftest.Word.words", ("bad" * 36,))
    make_tree(tmp_path, {"Dockerfile": f"FROM x\nRUN {'bad' * 36}\n"})
    run("check", "--baseline", FILE, "--select", "PB991")
    assert [each["message"] for each in lines(tmp_path / FILE)[1:]] == [f"{'bad' * 36} is a bad ..."]
