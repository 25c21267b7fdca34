"""`prebake check --since`: what a change brought in."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.cli.conftest import Done, Run
from tests.cli.contract import violations
from tests.repositories import commit, git
from tests.rules.trees import make_tree

OLD = "FROM python:3.12-slim\nCOPY . /app\nRUN pip install -r /app/requirements.txt\n"
PROJECT = {
    "Dockerfile": OLD,
    "requirements.txt": "transformers\n",
    "app.py": "print(1)\n",
    ".dockerignore": ".git\n.env\n**/__pycache__\n",
}
SERVES = {
    **PROJECT,
    "Dockerfile": "FROM python:3.12-slim\nRUN pip install transformers\nCOPY app.py .\nCMD python app.py\n",
}
LOADS = 'from transformers import pipeline\n\npipe = pipeline("fill-mask", model="bert-base-uncased")\n'


def found(done: Done) -> list[str]:
    """Code and path of each finding that is reported."""
    document = json.loads(done.out)
    assert violations(document) == []
    return [f"{each['code']} {each['path']}" for each in document["findings"]]


def since(run: Run, revision: str = "HEAD", *arguments: str, stdin: bytes = b"") -> list[str]:
    return found(run("check", "--format", "json", "--since", revision, *arguments, stdin=stdin))


def test_nothing_changed(run: Run, tmp_path: Path) -> None:
    commit(tmp_path, PROJECT)
    assert found(run("check", "--format", "json"))
    done = run("check", "--since", "HEAD")
    assert (done.status, done.err) == (0, "")
    name = git(tmp_path, "rev-parse", "--short=12", "HEAD")
    assert done.out.startswith("No new findings in 1 Dockerfile.\n")
    assert f"not shown: from before HEAD ({name}).\n" in done.out


def test_an_edited_dockerfile(run: Run, tmp_path: Path) -> None:
    commit(tmp_path, PROJECT)
    make_tree(tmp_path, {"Dockerfile": "# more lines\n\n" + OLD + "RUN apt-get install -y git\n"})
    assert since(run) == ["PB207 Dockerfile"]
    assert run("check", "--since", "HEAD").out.splitlines()[1] == "1 hint not shown: add --all."


def test_python_code_that_begins_to_load_a_model(run: Run, tmp_path: Path) -> None:
    commit(tmp_path, SERVES)
    commit(tmp_path, {"app.py": LOADS})
    assert since(run, "HEAD~1") == ["PB301 Dockerfile"]
    assert since(run, "HEAD") == []
    assert (run("check", "--since", "HEAD~1").status, run("check", "--since", "HEAD").status) == (1, 0)
    assert since(run, "HEAD~1", "app.py") == ["PB301 Dockerfile"]


def test_an_edited_ignore_file(run: Run, tmp_path: Path) -> None:
    commit(tmp_path, SERVES)
    make_tree(tmp_path, {".dockerignore": PROJECT[".dockerignore"] + "app.py\n"})
    assert "PB105 Dockerfile" in since(run)


def test_an_edited_compose_file(run: Run, tmp_path: Path) -> None:
    commit(tmp_path, {**SERVES, "web/index.html": "", "compose.yaml": "services: {a: {build: .}}\n"})
    make_tree(tmp_path, {"compose.yaml": "services: {a: {build: {context: web, dockerfile: ../Dockerfile}}}\n"})
    assert "PB106 Dockerfile" in since(run)


def test_what_git_ignores_is_no_change(run: Run, tmp_path: Path) -> None:
    commit(tmp_path, {**PROJECT, ".gitignore": "data/\n"})
    make_tree(tmp_path, {"data/big.bin": {"size": 2_000_000_000}})
    assert "PB102 Dockerfile" in found(run("check", "--format", "json"))
    assert since(run) == []


def test_new_files_count_whether_they_are_staged_or_not(run: Run, tmp_path: Path) -> None:
    commit(tmp_path, {"README.md": ""})
    make_tree(tmp_path, {**PROJECT, "other/Dockerfile": OLD})
    git(tmp_path, "add", "other")
    assert {"PB201 Dockerfile", "PB201 other/Dockerfile"} <= {*since(run)}


def test_equal_findings_are_counted(run: Run, tmp_path: Path) -> None:
    line = "RUN apt-get update && apt-get install -y git\n"
    commit(tmp_path, {"Dockerfile": "FROM debian AS a\n" + line, ".dockerignore": ""})
    make_tree(tmp_path, {"Dockerfile": "FROM debian AS a\n" + line + "FROM debian\n" + line + "COPY --from=a /x /\n"})
    assert since(run, "HEAD", "--select", "PB207") == found(run("check", "--format", "json", "--select", "PB207"))
    commit(tmp_path)
    assert since(run, "HEAD", "--select", "PB207") == []


@pytest.mark.parametrize("edit", ["", "RUN apt-get install -y git\n"])
def test_a_renamed_dockerfile_brings_no_finding(run: Run, tmp_path: Path, edit: str) -> None:
    commit(tmp_path, PROJECT)
    make_tree(tmp_path, {"docker": None})
    git(tmp_path, "mv", "Dockerfile", "docker/train.Dockerfile")
    path = tmp_path / "docker/train.Dockerfile"
    path.write_text(path.read_text() + edit)
    git(tmp_path, "add", "-A")
    assert "PB201 docker/train.Dockerfile" in found(run("check", "--format", "json"))
    expected = ["PB207 docker/train.Dockerfile"] if edit else []
    assert since(run) == expected


def test_a_moved_project_brings_no_finding(run: Run, tmp_path: Path) -> None:
    files = {f"old/{name}": text for name, text in PROJECT.items()}
    commit(
        tmp_path,
        {
            **files,
            "old/.dockerignore": "*.pyc\n*.pyc\n.git\n",
            "old/web/Dockerfile": OLD,
            "old/web/requirements.txt": "",
        },
    )
    git(tmp_path, "mv", "old", "new")
    assert {"PB101 new/web/Dockerfile", "PB102 new/Dockerfile", "PB201 new/Dockerfile", "PB109 new/.dockerignore"} <= {
        *found(run("check", "--format", "json"))
    }
    assert since(run) == []


def test_a_file_that_moves_does_not_take_its_folder_along(run: Run, tmp_path: Path) -> None:
    commit(tmp_path, {**PROJECT, "web/Dockerfile": OLD, "web/requirements.txt": "", "web/tool.py": "x = 1\n" * 9})
    make_tree(tmp_path, {"lib/y": "", "lib/web/z": ""})
    git(tmp_path, "mv", "app.py", "lib/app.py")
    git(tmp_path, "mv", "web/tool.py", "lib/tool.py")
    assert {"PB101 web/Dockerfile", "PB201 Dockerfile"} <= {*found(run("check", "--format", "json"))}
    assert since(run) == []


def test_it_compares_with_where_the_branch_began(run: Run, tmp_path: Path) -> None:
    commit(tmp_path, PROJECT)
    git(tmp_path, "checkout", "-q", "-b", "topic")
    commit(tmp_path, {"notes.md": ""})
    git(tmp_path, "checkout", "-q", "main")
    commit(tmp_path, {"Dockerfile": "FROM python:3.12-slim\n"})  # main mends what the topic still has
    git(tmp_path, "checkout", "-q", "topic")
    assert since(run, "main") == []


def test_settings_are_those_of_each_side(run: Run, tmp_path: Path) -> None:
    commit(tmp_path, {**PROJECT, "prebake.toml": 'ignore = ["PB201"]\n'})
    make_tree(tmp_path, {"prebake.toml": ""})
    assert since(run) == ["PB201 Dockerfile"]


def test_a_given_context(run: Run, tmp_path: Path) -> None:
    commit(tmp_path, {"docker/Dockerfile": OLD, "src/requirements.txt": "flask\n", "src/app.py": ""})
    git(tmp_path, "mv", "docker/Dockerfile", "docker/web.Dockerfile")
    assert "PB201 docker/web.Dockerfile" in found(run("check", "--format", "json", "--context", "src"))
    assert since(run, "HEAD", "--context", "src") == []


def test_fixes_mend_what_is_new(run: Run, tmp_path: Path) -> None:
    line = "RUN pip install -r /app/requirements.txt\n"
    commit(tmp_path, {**PROJECT, "web/Dockerfile": "FROM python:3.12-slim\n", "web/requirements.txt": "flask\n"})
    make_tree(tmp_path, {"web/Dockerfile": "FROM python:3.12-slim\nCOPY . /app\n" + line})
    done = run("check", "--fix", "--since", "HEAD")
    assert "Fixed web/Dockerfile PB201" in done.out
    assert (tmp_path / "Dockerfile").read_text() == OLD
    assert (tmp_path / "web/Dockerfile").read_text().index(line) < (tmp_path / "web/Dockerfile").read_text().index(
        "COPY . "
    )


def test_standard_input(run: Run, tmp_path: Path) -> None:
    commit(tmp_path, PROJECT)
    more = (OLD + "RUN apt-get install -y git\n").encode()
    assert since(run, "HEAD", "--stdin-filename", "Dockerfile", stdin=more) == ["PB207 Dockerfile"]


def test_with_a_baseline(run: Run, tmp_path: Path) -> None:
    commit(tmp_path, PROJECT)
    make_tree(tmp_path, {"Dockerfile": OLD + "RUN apt-get install -y git\n"})
    run("check", "--baseline", "known.jsonl")
    make_tree(tmp_path, {"web/Dockerfile": OLD, "web/requirements.txt": ""})
    done = run("check", "--since", "HEAD", "--baseline", "known.jsonl")
    assert {line.split(":")[0] for line in done.out.splitlines() if " PB" in line} == {"web/Dockerfile"}
    assert "not shown: from known.jsonl or before HEAD (" in done.out


def test_json_names_the_commit(run: Run, tmp_path: Path) -> None:
    name = commit(tmp_path, PROJECT)
    document = json.loads(run("check", "--format", "json", "--since", "main").out)
    assert document["since"] == {"revision": "main", "commit": name}
    assert document["known"] > 0


def refusal(run: Run, revision: str, *arguments: str) -> str:
    done = run("check", "--since", revision, *arguments)
    assert done.status == 2
    assert done.out == ""
    assert "Traceback" not in done.err
    return done.err


@pytest.mark.parametrize("revision", ["nowhere", "", "--all", "main..topic", "a b\n", "HEAD:Dockerfile"])
def test_an_unknown_revision(run: Run, tmp_path: Path, revision: str) -> None:
    commit(tmp_path, PROJECT)
    done = run("check", f"--since={revision}")
    assert (done.status, done.out) == (2, "")
    assert "no commit is called" in done.err and "git fetch origin" in done.err


def test_a_branch_of_the_server_is_proposed(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(tmp_path / "origin", PROJECT)
    git(tmp_path / "origin", "branch", "release")
    git(tmp_path, "clone", "-q", str(tmp_path / "origin"), "clone")
    monkeypatch.chdir(tmp_path / "clone")
    assert "no commit is called release; try origin/release" in refusal(run, "release")
    assert run("check", "--since", "origin/release").status == 0


def test_a_shallow_clone(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    origin = tmp_path / "origin"
    commit(origin, PROJECT)
    git(origin, "branch", "release")
    commit(origin, {"a": ""})
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{origin}", "clone")
    monkeypatch.chdir(tmp_path / "clone")
    told = refusal(run, "HEAD~1")
    assert "this clone is shallow and has no HEAD~1" in told
    assert "git fetch --unshallow" in told and "fetch-depth: 0" in told
    git(tmp_path / "clone", "fetch", "-q", "--depth=1", "origin", "release:release")
    assert "this clone is shallow: where release and HEAD part is not in it" in refusal(run, "release")


def test_histories_with_nothing_in_common(run: Run, tmp_path: Path) -> None:
    commit(tmp_path, PROJECT)
    git(tmp_path, "checkout", "-q", "--orphan", "other")
    commit(tmp_path, {"a": ""})
    assert "main and HEAD have no commit in common" in refusal(run, "main")


def test_no_repository(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, PROJECT)
    assert "--since needs a git repository" in refusal(run, "HEAD")


def test_a_repository_without_a_commit(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, PROJECT, git=True)
    assert "the repository has no commit yet" in refusal(run, "HEAD")


def test_a_repository_that_git_refuses(run: Run, tmp_path: Path) -> None:
    make_tree(tmp_path, {**PROJECT, ".git/HEAD": "nonsense\n"})
    assert "not a git repository" in refusal(run, "HEAD")


def test_no_git(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(tmp_path, PROJECT)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git is not installed" in refusal(run, "HEAD")


def test_another_repository(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        commit(tmp_path / name, PROJECT)
    monkeypatch.chdir(tmp_path / "one")
    assert "../two/Dockerfile lies outside of" in refusal(run, "HEAD", ".", "../two")
    assert run("check", "--since", "HEAD", "../two").status == 0


def test_a_partial_clone(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(tmp_path / "origin", PROJECT)
    commit(tmp_path / "origin", {"Dockerfile": OLD + "RUN x\n"})
    git(tmp_path / "origin", "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{tmp_path / 'origin'}", "clone")
    monkeypatch.chdir(tmp_path / "clone")
    assert "git fetch --refetch --no-filter" in refusal(run, "HEAD~1")


def test_a_work_tree_of_another_owner(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("needs root to give files away")
    commit(tmp_path, PROJECT)
    for path in (tmp_path, tmp_path / ".git"):
        os.chown(path, 12345, 12345)
    told = refusal(run, "HEAD")
    assert "dubious ownership" in told
    assert f"git config --global --add safe.directory {tmp_path}" in told
    # Our own image is made for that.
    text = (Path(__file__).resolve().parents[2] / "Dockerfile").read_text(encoding="utf-8")
    settings = re.findall(r"(GIT_CONFIG_\w+)=(\S+)", text)
    assert settings
    for name, value in settings:
        monkeypatch.setenv(name, value)
    assert run("check", "--since", "HEAD").status == 0
