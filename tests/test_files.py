"""Snapshots: the disk, a git tree, buffers and pending edits as one view."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from prebake import files
from prebake.files import Disk, Kind, Snapshot
from prebake.text import Text
from tests.rules.trees import make_tree


def at(root: Path, name: str = "") -> str:
    return files.absolute(str(root / name))


def git(root: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org")
    done = subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_overlay_changes_adds_and_removes_without_touching_what_is_below(tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": "FROM a\n", "app/main.py": "x\n", "gone": "y\n"})
    base = files.disk()
    over = base.overlay(
        {
            at(tmp_path, "Dockerfile"): Text("FROM b\n"),
            at(tmp_path, "new/.dockerignore"): Text("x\n"),
            at(tmp_path, "gone"): None,
        }
    )
    changed = over.text(at(tmp_path, "Dockerfile"))
    assert changed is not None
    assert changed.content == "FROM b\n"
    assert [entry.name for entry in over.list(at(tmp_path))] == ["Dockerfile", "app", "new"]
    assert [entry.name for entry in over.list(at(tmp_path, "new"))] == [".dockerignore"]
    assert over.is_dir(at(tmp_path, "new"))
    assert not over.exists(at(tmp_path, "gone"))
    assert base.exists(at(tmp_path, "gone"))
    assert not base.exists(at(tmp_path, "new"))


def test_later_overlays_lie_above_earlier_ones(tmp_path: Path) -> None:
    path = at(tmp_path, "f")
    view = files.disk().overlay({path: Text("1")}).overlay({path: Text("2")})
    assert view.text(path) == Text("2")
    assert view.overlay({path: None}).text(path) is None


def test_links_pipes_and_loops_are_survived(tmp_path: Path) -> None:
    make_tree(
        tmp_path, {"real": "x\n", "link": {"link": "real"}, "loop": {"link": "loop"}, "broken": {"link": "nowhere"}}
    )
    os.mkfifo(tmp_path / "pipe")
    view = files.disk()
    assert view.is_file(at(tmp_path, "link"))
    link = view.stat(at(tmp_path, "link"))
    assert link is not None
    assert link.kind is Kind.SYMLINK
    assert view.resolve(at(tmp_path, "link")) == at(tmp_path.resolve(), "real")
    for name in ("loop", "broken"):
        assert not view.exists(at(tmp_path, name))
        assert view.resolve(at(tmp_path, name)) is None
        assert view.text(at(tmp_path, name)) is None
    assert view.text(at(tmp_path, "pipe")) is None
    assert view.stat(at(tmp_path, "pipe")).kind is Kind.OTHER  # type: ignore[union-attr]


def test_a_folder_has_no_text(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert files.disk().text(at(tmp_path, "folder")) is None


def test_too_large_a_text_is_said(tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": {"size": files.MAX_TEXT + 1}})
    view = files.disk()
    assert view.text(at(tmp_path, "Dockerfile")) is None
    assert view.unreadable(at(tmp_path, "Dockerfile")) == "larger than 16 MiB"


def test_names_that_the_system_refuses_are_missing_files() -> None:
    view = files.disk()
    for path in ("/a\0b", "/" + "x" * 5000):
        assert view.text(path) is None
        assert view.list(path) == ()
        assert not view.exists(path)
        assert view.resolve(path) is None


def test_the_disk_is_remembered_until_forgotten(tmp_path: Path) -> None:
    disk = Disk()
    view = Snapshot(disk)
    assert view.text(at(tmp_path, "f")) is None
    make_tree(tmp_path, {"f": "new\n"})
    assert view.text(at(tmp_path, "f")) is None
    disk.forget([at(tmp_path, "f")])
    assert view.text(at(tmp_path, "f")) == Text("new\n")


def test_git_ignored_means_absent_from_a_fresh_clone(tmp_path: Path) -> None:
    tree = {".gitignore": "*.lock\ndata/\n", "a.lock": "", "kept.lock": "", "data/x": "", "app.py": ""}
    make_tree(tmp_path, tree)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-f", "kept.lock", ".gitignore", "app.py")
    view = files.disk()
    assert view.is_git_ignored(at(tmp_path, "a.lock"))
    assert view.is_git_ignored(at(tmp_path, "data/x"))
    assert not view.is_git_ignored(at(tmp_path, "kept.lock"))
    assert not view.is_git_ignored(at(tmp_path, "app.py"))


def test_outside_of_git_nothing_is_ignored(tmp_path: Path) -> None:
    make_tree(tmp_path, {".gitignore": "*\n", "a": ""})
    assert not files.disk().is_git_ignored(at(tmp_path, "a"))


def test_a_hostile_repository_runs_nothing(tmp_path: Path) -> None:
    make_tree(tmp_path, {"a": "", ".gitignore": "a\n"}, git=True)
    mark = tmp_path / "ran"
    script = tmp_path / "monitor.sh"
    script.write_text(f"#!/bin/sh\ntouch {mark}\n")
    script.chmod(0o755)
    git(tmp_path, "config", "core.fsmonitor", str(script))
    git(tmp_path, "config", "core.hooksPath", str(tmp_path))
    mark.unlink(missing_ok=True)
    assert files.disk().is_git_ignored(at(tmp_path, "a"))
    assert not mark.exists()


def test_a_commit_is_a_snapshot_like_the_disk(tmp_path: Path) -> None:
    make_tree(tmp_path, {"Dockerfile": "FROM old\n", "app/main.py": "x = 1\n", "l": {"link": "Dockerfile"}}, git=True)
    git(tmp_path, "commit", "-qm", "first")
    (tmp_path / "Dockerfile").write_text("FROM new\n")
    view = files.git_tree(at(tmp_path), "HEAD")
    assert view.text(at(tmp_path, "Dockerfile")) == Text("FROM old\n")
    assert [(entry.name, entry.kind) for entry in view.list(at(tmp_path))] == [
        ("Dockerfile", Kind.FILE),
        ("app", Kind.DIRECTORY),
        ("l", Kind.SYMLINK),
    ]
    assert view.is_file(at(tmp_path, "app/main.py"))
    assert not view.exists(at(tmp_path, "app/other.py"))
    over = view.overlay({at(tmp_path, "Dockerfile"): Text("FROM mine\n")})
    assert over.text(at(tmp_path, "Dockerfile")) == Text("FROM mine\n")


@pytest.mark.parametrize("revision", ["no-such-branch", "--output=x", ""])
def test_a_missing_commit_is_said(tmp_path: Path, revision: str) -> None:
    make_tree(tmp_path, {"a": ""}, git=True)
    with pytest.raises(LookupError):
        files.git_tree(at(tmp_path), revision)


def test_relative_and_below() -> None:
    assert files.relative("/a/b/c", "/a") == "b/c"
    assert files.relative("/a", "/a/b") == ".."
    assert files.is_below("/a/b", "/a")
    assert not files.is_below("/ab", "/a")
    assert files.is_below("/a", "/")


def test_the_same_content_has_the_same_fingerprint_wherever_it_is(tmp_path: Path) -> None:
    make_tree(tmp_path, {"a": "x\n", "b": "x\n", "c": "y\n", "link": {"link": "a"}, "other": {"link": "b"}})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "all")
    here, there = files.disk(), files.git_tree(at(tmp_path), "HEAD")
    over = files.disk().overlay({at(tmp_path, "c"): Text("x\n"), at(tmp_path, "a"): None})
    names = ("a", "b", "c", "link", "other")
    assert [here.fingerprint(at(tmp_path, name)) for name in names] == [
        there.fingerprint(at(tmp_path, name)) for name in names
    ]
    assert here.fingerprint(at(tmp_path, "a")) == here.fingerprint(at(tmp_path, "b"))
    assert here.fingerprint(at(tmp_path, "a")) != here.fingerprint(at(tmp_path, "c"))
    assert here.fingerprint(at(tmp_path, "link")) != here.fingerprint(at(tmp_path, "other"))
    assert over.fingerprint(at(tmp_path, "c")) == here.fingerprint(at(tmp_path, "a"))
    assert over.fingerprint(at(tmp_path, "a")) is None
    assert here.fingerprint(at(tmp_path, "missing")) is None


def test_permissions_are_those_of_the_disk_or_the_commit(tmp_path: Path) -> None:
    make_tree(tmp_path, {"run.sh": "x\n", "plain": "x\n"})
    (tmp_path / "run.sh").chmod(0o755)
    (tmp_path / "plain").chmod(0o600)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "all")

    def modes(view: Snapshot) -> list[int]:
        return [entry.mode for entry in view.list(at(tmp_path)) if not entry.name.startswith(".")]

    assert modes(files.disk()) == [0o600, 0o755]
    assert modes(files.git_tree(at(tmp_path), "HEAD")) == [0o644, 0o755]
    assert modes(files.disk().overlay({at(tmp_path, "run.sh"): Text("y\n")})) == [0o600, 0o755]


def test_git_tracks_what_is_in_its_index(tmp_path: Path) -> None:
    make_tree(tmp_path, {".gitignore": "*.lock\n", "a.lock": "", "app.py": "", "new[1].py": "", "sub/b.py": ""})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "app.py", "sub")
    git(tmp_path, "add", "-f", "a.lock")
    asked = [at(tmp_path, name) for name in ("a.lock", "app.py", "new[1].py", "sub/b.py", "gone.py", ":(top)")]
    tracked = {at(tmp_path, name) for name in ("a.lock", "app.py", "sub/b.py")}
    assert files.disk().git_tracked(asked) == tracked
    git(tmp_path, "commit", "-qm", "x")
    assert files.git_tree(at(tmp_path), "HEAD").git_tracked(asked) == tracked


def test_outside_of_git_nothing_is_tracked(tmp_path: Path) -> None:
    make_tree(tmp_path, {"a": ""})
    assert files.disk().git_tracked([at(tmp_path, "a")]) == frozenset()
