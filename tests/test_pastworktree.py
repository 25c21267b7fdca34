"""A work tree as it was at a commit, beside what git does not hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from prebake.files import Disk, Kind, Snapshot
from prebake.pastworktree import PastWorktree
from prebake.text import Text
from tests.repositories import commit, git
from tests.rules.trees import make_tree

WEIGHTS = 300_000
POINTER = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize {WEIGHTS}\n"


def then(root: Path, revision: str = "HEAD") -> Snapshot:
    return Snapshot(PastWorktree(str(root), revision, Disk()))


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """A repository in which everything has happened since its only commit."""
    commit(
        tmp_path,
        {
            ".gitignore": "data/\n*.log\n", "Dockerfile": "FROM old\n", "app/a.py": "a\n", "app/gone.py": "x\n",
            "same.py": "s\n", "link.py": {"link": "app/a.py"}, "pkg": {"link": "app"},
        },
    )  # fmt: skip
    make_tree(
        tmp_path,
        {
            "Dockerfile": "FROM new\n", "app/a.py": "new\n", "new/b.py": "", "staged.py": "",
            "data/big.bin": {"size": 5}, "app/x.log": "log\n", "new/y.log": "log\n",
        },
    )  # fmt: skip
    (tmp_path / "app/gone.py").unlink()
    git(tmp_path, "add", "staged.py")
    return tmp_path


def test_files_are_those_of_the_commit(changed: Path) -> None:
    view = then(changed)
    assert view.text(f"{changed}/Dockerfile") == Text("FROM old\n")
    assert view.text(f"{changed}/app/gone.py") == Text("x\n")
    assert view.text(f"{changed}/same.py") == Text("s\n")
    for name in ("new", "new/b.py", "staged.py", "new/y.log"):
        assert not view.exists(f"{changed}/{name}"), name
    assert view.text(f"{changed}/staged.py") is None


def test_what_git_ignores_and_what_lies_outside_is_as_it_is_now(changed: Path) -> None:
    view = then(changed)
    assert view.stat(f"{changed}/data/big.bin") == Disk().entry(f"{changed}/data/big.bin")
    assert view.text(f"{changed}/app/x.log") == Text("log\n")
    assert view.is_dir(str(changed.parent))
    assert view.git_root(f"{changed}/app") == str(changed)
    assert view.is_git_ignored(f"{changed}/app/x.log")
    assert view.git_tracked([f"{changed}/{name}" for name in ("app/gone.py", "staged.py")]) == {
        f"{changed}/app/gone.py"
    }


def test_folders_list_both(changed: Path) -> None:
    view = then(changed)
    assert [entry.name for entry in view.list(str(changed))] == [
        ".git", ".gitignore", "Dockerfile", "app", "data", "link.py", "pkg", "same.py",
    ]  # fmt: skip
    names = view.names(str(changed))
    assert (sorted(names.folders), sorted(names.links)) == ([".git", "app", "data"], ["link.py", "pkg"])
    assert [entry.name for entry in view.list(f"{changed}/app")] == ["a.py", "gone.py", "x.log"]
    assert list(view.sizes(f"{changed}/app", ["a.py", "x.log", "no"])) == [2, 4, 0]


def test_links_of_the_commit_are_followed(changed: Path) -> None:
    (changed / "link.py").unlink()
    view = then(changed)
    assert view.text(f"{changed}/link.py") == Text("a\n")
    assert view.text(f"{changed}/pkg/gone.py") == Text("x\n")
    assert view.resolve(f"{changed}/pkg/gone.py") == f"{changed}/app/gone.py"
    assert view.link(f"{changed}/pkg") == "app"
    found = view.stat(f"{changed}/pkg")
    assert found is not None and found.kind is Kind.SYMLINK
    assert view.is_dir(f"{changed}/pkg") and view.is_file(f"{changed}/link.py")
    assert [entry.name for entry in view.list(f"{changed}/pkg")] == ["a.py", "gone.py", "x.log"]


def test_links_in_circles_and_out_of_the_repository(tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("out\n")
    root = tmp_path / "repo"
    commit(
        root,
        {
            "a": {"link": "b"}, "b": {"link": "a"}, "out": {"link": "../outside.txt"}, "far": {"link": "/no/where"},
            "self": {"link": "."},
        },
    )  # fmt: skip
    view = then(root)
    assert view.text(f"{root}/a") is None and view.resolve(f"{root}/a") is None
    assert not view.exists(f"{root}/a") and not view.exists(f"{root}/far")
    assert view.text(f"{root}/out") == Text("out\n")
    assert view.is_dir(f"{root}/self/self/self")


def test_a_repository_behind_a_link(changed: Path) -> None:
    behind = changed.parent / "behind"
    behind.symlink_to(changed)
    view = then(behind)
    assert view.text(f"{behind}/Dockerfile") == Text("FROM old\n")
    place = view.resolve(f"{behind}/Dockerfile")
    assert place == f"{changed}/Dockerfile"
    assert view.text(place) == Text("FROM old\n")


def test_an_ignored_link_to_a_file_of_the_commit(changed: Path) -> None:
    (changed / "now.log").symlink_to("Dockerfile")
    view = then(changed)
    assert view.is_file(f"{changed}/now.log")
    assert view.resolve(f"{changed}/now.log") == f"{changed}/Dockerfile"


def test_a_submodule_is_as_it_is_now(tmp_path: Path) -> None:
    other, root = tmp_path / "other", tmp_path / "repo"
    commit(other, {"lib.py": "one\n"})
    commit(root, {"a": ""})
    git(root, "submodule", "--quiet", "add", str(other), "vendor")
    commit(root)
    (root / "vendor/lib.py").write_text("two\n")
    view = then(root)
    assert view.text(f"{root}/vendor/lib.py") == Text("two\n")
    assert "lib.py" in [entry.name for entry in view.list(f"{root}/vendor")]


def test_line_ends_of_the_work_tree_are_no_change(tmp_path: Path) -> None:
    commit(tmp_path, {"Dockerfile": "FROM x\nRUN y\n", "other": "a\n"})
    (tmp_path / "Dockerfile").write_bytes(b"FROM x\r\nRUN y\r\n")
    (tmp_path / "other").write_bytes(b"b\r\n")
    view = then(tmp_path)
    assert view.text(f"{tmp_path}/Dockerfile") == Text("FROM x\r\nRUN y\r\n")
    assert view.text(f"{tmp_path}/other") == Text("a\n")


def test_a_large_file_has_its_size_and_not_that_of_its_pointer(tmp_path: Path) -> None:
    make_tree(
        tmp_path,
        {"same.bin": POINTER, "grown.bin": POINTER, "text.txt": "no pointer, but as long as one\n" * 4},
        git=True,
    )
    commit(tmp_path)
    make_tree(tmp_path, {"same.bin": {"size": WEIGHTS}, "grown.bin": {"size": 2 * WEIGHTS}, "text.txt": "x" * 5000})
    view = then(tmp_path)
    assert list(view.sizes(str(tmp_path), ["same.bin", "grown.bin", "text.txt"])) == [WEIGHTS, len(POINTER), 124]


def test_a_partial_clone_is_refused(tmp_path: Path) -> None:
    origin, clone = tmp_path / "origin", tmp_path / "clone"
    commit(origin, {"a": "old\n", "b": "same\n"})
    commit(origin, {"a": "new\n"})
    git(origin, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", f"file://{origin}", str(clone))
    with pytest.raises(LookupError):
        PastWorktree(str(clone), "HEAD~1", Disk())


def test_nothing_is_run_and_nothing_is_written(tmp_path: Path) -> None:
    mark, root = tmp_path / "ran", tmp_path / "repo"
    commit(root, {".gitattributes": "* filter=evil diff=evil\n", "a": "old\n"})
    script = tmp_path / "evil.sh"
    script.write_text(f"#!/bin/sh\ntouch {mark}\ncat\n")
    script.chmod(0o755)
    for name in ("filter.evil.clean", "filter.evil.smudge", "filter.evil.process", "diff.evil.command"):
        git(root, "config", name, str(script))
    for name in ("diff.evil.textconv", "diff.external", "core.fsmonitor"):
        git(root, "config", name, str(script))
    git(root, "config", "core.hooksPath", str(tmp_path))
    make_tree(root, {"a": "new\n"})
    mark.unlink(missing_ok=True)
    before = {path: path.stat().st_mtime_ns for path in root.rglob("*")}
    view = then(root)
    assert view.text(f"{root}/a") == Text("old\n")
    assert view.list(str(root))
    assert not mark.exists()
    assert {path: path.stat().st_mtime_ns for path in root.rglob("*")} == before
