"""``prebake replay``."""

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.repositories import commit
from tests.test_replaying import FILES


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z")
    commit(tmp_path, FILES)
    for number in range(2, 8):
        commit(tmp_path, {"app.py": f"{number}\n"})
    commit(tmp_path, {"requirements.txt": "flask==3\n"})
    return tmp_path


def test_it_compares_the_dockerfile_with_its_fixes(run: Run, project: Path) -> None:
    done = run("replay")
    assert (done.status, done.err) == (0, "")
    lines = done.out.splitlines()
    assert lines[0] == "Dockerfile: the last 8 commits of HEAD (2026-01-02), each built once, in order"
    assert "     4           7           1  RUN pip install -r requirements.txt" in lines
    assert "Line 3, `COPY . .`, made line 4 run again 7 times: app.py (6), requirements.txt (1)" in lines
    assert "To apply: prebake check --fix Dockerfile" in lines
    assert (project / "Dockerfile").read_text() == FILES["Dockerfile"]


def test_as_json(run: Run, project: Path) -> None:
    done = run("replay", "--format", "json", "-n", "3", "--suggested")
    document = json.loads(done.out)
    (one,) = document["replays"]
    assert document["version"] == 1
    assert (one["path"], one["context"], one["builder"], one["commits"]) == ("Dockerfile", ".", "buildkit", 3)
    install = next(step for step in one["now"]["steps"] if step["keyword"] == "RUN")
    assert install == {
        "line": 4,
        "keyword": "RUN",
        "text": "RUN pip install -r requirements.txt",
        "runs": 3,
        "may_run": 0,
        "always": False,
        "files": [],
    }
    copy = next(step for step in one["now"]["steps"] if step["text"] == "COPY . .")
    assert copy["files"] == [{"path": "app.py", "builds": 2}, {"path": "requirements.txt", "builds": 1}]
    assert (one["now"]["builds"], one["now"]["skipped"]) == (3, 0)
    assert [step["runs"] for step in one["fixed"]["steps"] if step["keyword"] == "RUN"] == [1]
    assert "PB201" in {fix["code"] for fix in one["fixes"]}


def test_a_good_dockerfile_has_nothing_to_compare(run: Run, tmp_path: Path) -> None:
    text = "FROM python:3.12\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . .\n"
    commit(tmp_path, {**FILES, "Dockerfile": text})
    commit(tmp_path, {"app.py": "2\n"})
    done = run("replay")
    assert "fixed" not in done.out
    assert "     4           1  COPY . ." in done.out.splitlines()
    assert "2 more steps never ran again." in done.out.splitlines()


def test_without_a_repository(run: Run, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(FILES["Dockerfile"])
    done = run("replay")
    assert (done.status, done.out) == (2, "")
    assert "prebake: Dockerfile: there is no git repository around it" in done.err


def test_a_single_commit_says_that_there_is_nothing_to_count(run: Run, tmp_path: Path) -> None:
    commit(tmp_path, FILES)
    done = run("replay")
    assert done.status == 0
    assert "Nothing to count: no two of these commits can be built." in done.out


def test_names_of_files_do_nothing_to_the_terminal(run: Run, tmp_path: Path) -> None:
    commit(tmp_path, FILES)
    commit(tmp_path, {"a\x1b[31m.py": "1"})
    commit(tmp_path, {"a\x1b[31m.py": "2"})
    assert "\x1b" not in run("replay").out


@pytest.mark.parametrize("arguments", [("-n", "0"), ("-n", "x"), ("--context", "nowhere"), ("no-such-file",)])
def test_wrong_usage(run: Run, project: Path, arguments: tuple[str, ...]) -> None:
    assert run("replay", *arguments).status == 2
