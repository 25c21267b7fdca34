"""What is read from ``git log``."""

from pathlib import Path

import pytest

from prebake.git import commit as commit_named
from prebake.git import is_shallow
from prebake.githistory import Commit, commits
from tests.repositories import commit, git


def told(commit: Commit) -> list[tuple[str, str]]:
    kinds = {(False, True): "new", (True, False): "gone", (True, True): "changed"}
    return [(change.path, kinds[change.before is not None, change.after is not None]) for change in commit.changes]


def test_commits_come_oldest_first_with_what_they_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-01-02T03:04:05Z")
    commit(tmp_path, {"a b.txt": "1", "sub/é.py": "1"})
    commit(tmp_path, {"a b.txt": "2", "new\nline": "1"})
    (tmp_path / "a b.txt").unlink()
    commit(tmp_path)
    found = list(commits(str(tmp_path), "main", 10))
    assert [told(one) for one in found] == [
        [("a b.txt", "new"), ("sub/é.py", "new")],
        [("a b.txt", "changed"), ("new\nline", "new")],
        [("a b.txt", "gone")],
    ]
    assert [one.parent for one in found] == [None, found[0].oid, found[1].oid]
    assert found[0].time == 1767323045


def test_only_the_last_ones_are_read(tmp_path: Path) -> None:
    commit(tmp_path, {"a": "0"})
    names = [commit(tmp_path, {"a": str(number)}) for number in range(1, 5)]
    assert [one.oid for one in commits(str(tmp_path), "main", 2)] == names[-2:]


def test_a_commit_without_changes_counts(tmp_path: Path) -> None:
    commit(tmp_path, {"a": "0"})
    commit(tmp_path, {})
    commit(tmp_path, {"a": "1"})
    assert [len(one.changes) for one in commits(str(tmp_path), "main", 10)] == [1, 0, 1]


def test_a_merge_is_one_commit_with_all_it_brought(tmp_path: Path) -> None:
    commit(tmp_path, {"a": "0"})
    git(tmp_path, "checkout", "-q", "-b", "side")
    commit(tmp_path, {"b": "1"})
    commit(tmp_path, {"c": "1"})
    git(tmp_path, "checkout", "-q", "main")
    commit(tmp_path, {"a": "1"})
    git(tmp_path, "merge", "-q", "--no-ff", "side", "-m", "merge")
    assert [told(one) for one in commits(str(tmp_path), "main", 2)] == [
        [("a", "changed")],
        [("b", "new"), ("c", "new")],
    ]


def test_an_executable_bit_is_a_change(tmp_path: Path) -> None:
    commit(tmp_path, {"run.sh": "x"})
    (tmp_path / "run.sh").chmod(0o755)
    commit(tmp_path, {})
    (change,) = next(iter(commits(str(tmp_path), "main", 1))).changes
    assert change.before is not None and change.after is not None
    assert (change.before[:6], change.after[:6]) == ("100644", "100755")
    assert change.before[6:] == change.after[6:]


@pytest.mark.parametrize("revision", ["no-such-branch", "--output=/tmp/x", ""])
def test_an_unknown_revision_is_said(tmp_path: Path, revision: str) -> None:
    commit(tmp_path, {"a": "0"})
    assert commit_named(str(tmp_path), revision) is None
    with pytest.raises(LookupError):
        list(commits(str(tmp_path), revision, 5))


def test_a_shallow_clone_is_known(tmp_path: Path) -> None:
    commit(tmp_path / "one", {"a": "0"})
    commit(tmp_path / "one", {"a": "1"})
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{tmp_path}/one", "two")
    assert not is_shallow(str(tmp_path / "one"))
    assert is_shallow(str(tmp_path / "two"))


def test_settings_of_the_repository_run_nothing(tmp_path: Path) -> None:
    commit(tmp_path, {"a": "0", ".gitattributes": "* diff=evil filter=evil\n"})
    commit(tmp_path, {"a": "1"})
    for name in ("diff.evil.command", "diff.evil.textconv", "diff.external", "core.fsmonitor", "core.pager"):
        git(tmp_path, "config", name, f"touch {tmp_path}/ran; true")
    git(tmp_path, "config", "log.showSignature", "true")
    git(tmp_path, "config", "gpg.program", f"{tmp_path}/evil")
    assert len(list(commits(str(tmp_path), "main", 5))) == 2
    assert not (tmp_path / "ran").exists()
