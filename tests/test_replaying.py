"""Replays of real repositories."""

from pathlib import Path

import pytest

from prebake.engine import Engine
from prebake.findings import Applicability
from prebake.replaying import Counted, Replayed, ReplayError, replay
from tests.repositories import commit, git

DOCKERFILE = """\
FROM python:3.12
WORKDIR /app
COPY . .
RUN pip install -r requirements.txt
CMD ["python", "app.py"]
"""
FILES = {"Dockerfile": DOCKERFILE, ".dockerignore": ".git\n", "requirements.txt": "flask\n", "app.py": "1\n"}


def replayed(root: Path, most: int = 100, revision: str = "HEAD") -> Replayed:
    return replay(Engine(), str(root / "Dockerfile"), revision, most, Applicability.SAFE)


def runs(counted: Counted | None) -> dict[str, int]:
    assert counted is not None
    return {" ".join(step.instruction.raw.split()[:2]): step.runs for step in counted.steps}


def test_the_fix_saves_the_installs_that_code_edits_cost(tmp_path: Path) -> None:
    commit(tmp_path, FILES)
    for number in range(2, 12):
        commit(tmp_path, {"app.py": f"{number}\n"})
    commit(tmp_path, {"requirements.txt": "flask==3\n"})
    found = replayed(tmp_path)
    assert (len(found.commits), found.now.builds, found.builder) == (12, 11, "BuildKit")
    assert runs(found.now)["RUN pip"] == 11
    assert runs(found.fixed)["RUN pip"] == 1
    assert [step.finding.code for step in found.applied] == ["PB201"]


def test_todays_dockerfile_and_ignore_file_count(tmp_path: Path) -> None:
    commit(tmp_path, {**FILES, "Dockerfile": "FROM scratch\n", ".dockerignore": ""})
    commit(tmp_path, {"docs/a.md": "1"})
    commit(tmp_path, {"docs/a.md": "2"})
    commit(tmp_path, {"Dockerfile": DOCKERFILE + "# today\n", ".dockerignore": ".git\ndocs\n"})
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    assert runs(replayed(tmp_path).now) == {"WORKDIR /app": 0, "COPY .": 0, "RUN pip": 0}


def test_where_git_is_sent_each_commit_is_another_context(tmp_path: Path) -> None:
    commit(tmp_path, {**FILES, ".dockerignore": "docs\n"})
    commit(tmp_path, {"docs/a.md": "1"})
    commit(tmp_path, {"docs/a.md": "2"})
    found = replayed(tmp_path)
    assert runs(found.now)["COPY ."] == 2
    assert dict(found.now.steps[1].files) == {".git/HEAD": 2}


def test_a_context_below_the_repository(tmp_path: Path) -> None:
    commit(tmp_path, {f"service/{name}": text for name, text in FILES.items()})
    commit(tmp_path, {"other/app.py": "1"})
    commit(tmp_path, {"service/app.py": "2"})
    found = replay(Engine(), str(tmp_path / "service/Dockerfile"), "HEAD", 10, Applicability.SAFE)
    assert runs(found.now)["RUN pip"] == 1


def test_an_executable_bit_makes_a_copy_run(tmp_path: Path) -> None:
    commit(tmp_path, FILES)
    (tmp_path / "app.py").chmod(0o755)
    commit(tmp_path, {})
    assert runs(replayed(tmp_path).now)["COPY ."] == 1


def test_a_revert_costs_nothing(tmp_path: Path) -> None:
    commit(tmp_path, FILES)
    commit(tmp_path, {"app.py": "2\n"})
    commit(tmp_path, {"app.py": "1\n"})
    assert runs(replayed(tmp_path).now)["RUN pip"] == 1


def test_nothing_is_touched(tmp_path: Path) -> None:
    commit(tmp_path, FILES)
    commit(tmp_path, {"app.py": "2\n"})
    (tmp_path / "app.py").write_text("not committed\n")
    before = sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*"))
    replayed(tmp_path)
    assert sorted((path, path.stat().st_mtime_ns) for path in tmp_path.rglob("*")) == before


def test_files_that_git_does_not_track_keep_no_commit_from_being_built(tmp_path: Path) -> None:
    text = "FROM python\nCOPY weights.bin /w/\nCOPY app.py .\nRUN x\n"
    commit(tmp_path, {"Dockerfile": text, ".gitignore": "weights.bin\n", "app.py": "1"})
    commit(tmp_path, {"app.py": "2"})
    (tmp_path / "weights.bin").write_bytes(b"w")
    found = replayed(tmp_path).now
    assert (found.builds, found.skipped) == (1, 0)


def test_the_end_of_a_shallow_history(tmp_path: Path) -> None:
    commit(tmp_path / "one", FILES)
    commit(tmp_path / "one", {"app.py": "2\n"})
    commit(tmp_path / "one", {"app.py": "3\n"})
    git(tmp_path, "clone", "-q", "--depth=2", f"file://{tmp_path}/one", "two")
    found = replayed(tmp_path / "two")
    assert (found.shallow, found.now.builds, runs(found.now)["RUN pip"]) == (True, 1, 1)


@pytest.mark.parametrize("builder", ["legacy", "kaniko", "buildah"])
def test_other_builders(tmp_path: Path, builder: str) -> None:
    commit(tmp_path, {**FILES, "prebake.toml": f'builder = "{builder}"\n'})
    commit(tmp_path, {"app.py": "2\n"})
    found = replayed(tmp_path)
    assert runs(found.now)["RUN pip"] == 1
    assert found.now.steps[1].always is (builder == "kaniko")


def test_no_repository(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    with pytest.raises(ReplayError, match="no git repository"):
        replayed(tmp_path)


def test_no_commit(tmp_path: Path) -> None:
    commit(tmp_path, FILES)
    with pytest.raises(ReplayError, match="no commit 'nowhere'"):
        replayed(tmp_path, revision="nowhere")
