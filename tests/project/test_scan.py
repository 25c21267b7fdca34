from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prebake.files import Kind, disk
from prebake.project.ignore.rules import NO_RULES, IgnoreRules, rules_of
from prebake.project.measuring.landmarks import LARGE
from prebake.project.measuring.scan import ContextScan, EntrySize, ScanProgress, Size, scan
from prebake.text import Text


def rules(*lines: str) -> IgnoreRules:
    return rules_of(Text("\n".join(lines)), "/context/.dockerignore")


def make(root: Path, files: Mapping[str, int]) -> str:
    """Sparse files of the given sizes."""
    for name, size in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            file.truncate(size)
    return root.as_posix()


def marks(found: ContextScan) -> dict[str, str]:
    return {mark.path: mark.kind for mark in found.landmarks}


def test_everything_is_sent_without_an_ignore_file(tmp_path: Path) -> None:
    root = make(tmp_path, {"a.txt": 10, "src/a.py": 20, "src/deep/b.py": 30, "data/c.csv": 1000})
    found = scan(disk(), root, NO_RULES)
    assert found.complete
    assert found.sent == found.total == Size(1060, 4)
    assert dict(found.entries) == {
        "a.txt": EntrySize(10, 1, 10, 1, Kind.FILE),
        "src": EntrySize(50, 2, 50, 2, Kind.DIRECTORY),
        "data": EntrySize(1000, 1, 1000, 1, Kind.DIRECTORY),
    }
    assert [name for name, _ in found.largest(2)] == ["data", "src"]


def test_what_is_ignored_is_not_sent_and_ignored_folders_are_not_looked_into(tmp_path: Path) -> None:
    root = make(tmp_path, {"a.py": 1, "a.pyc": 2, "src/b.py": 4, "src/b.pyc": 8, "data/deep/c": 16})
    found = scan(disk(), root, rules("**/*.pyc", "data"))
    assert found.sent == Size(5, 2)
    assert found.pruned == ("data",)
    assert not found.whole
    assert found.entries["data"] == EntrySize(0, 0, 0, 0, Kind.DIRECTORY)
    assert "a.pyc" not in found.entries


def test_a_whole_scan_measures_what_is_ignored_and_says_which_pattern_did_it(tmp_path: Path) -> None:
    root = make(tmp_path, {"a.py": 1, "a.pyc": 2, "src/b.pyc": 8, "data/deep/c": 16, "data/keep": 32})
    made = rules("**/*.pyc", "data", "!data/keep", "nothing")
    found = scan(disk(), root, made, whole=True)
    assert found.sent == Size(33, 2)
    assert found.total == Size(59, 5)
    assert found.entries["data"] == EntrySize(48, 2, 32, 1, Kind.DIRECTORY)
    assert found.entries["a.pyc"] == EntrySize(2, 1, 0, 0, Kind.FILE)
    by_pattern = {pattern.raw: size for pattern, size in found.by_pattern.items()}
    assert by_pattern == {
        "**/*.pyc": Size(10, 2),
        "data": Size(16, 1),
        "!data/keep": Size(0, 0),
        "nothing": Size(0, 0),
    }


def test_other_rules_can_be_tried_without_another_walk(tmp_path: Path) -> None:
    root = make(tmp_path, {"a.py": 1, "a.pyc": 2, "src/b.pyc": 8, "data/deep/c": 16})
    found = scan(disk(), root, NO_RULES)
    assert found.sent_under(rules("**/*.pyc")) == Size(17, 2)
    assert found.sent_under(rules("data", "!data/deep")) == Size(27, 4)
    assert found.sent_under(rules("data", "!data/deep")) == Size(27, 4)
    assert found.all_sent_under(rules("**/*.pyc"), "data")
    assert not found.all_sent_under(rules("**/*.pyc"), "src")


def test_links_are_sent_as_links_and_never_followed(tmp_path: Path) -> None:
    root = make(tmp_path, {"big/file": 5000})
    os.symlink("big", tmp_path / "again")
    os.symlink("..", tmp_path / "big" / "loop")
    os.symlink("nowhere", tmp_path / "broken")
    os.symlink("/", tmp_path / "out")
    found = scan(disk(), root, NO_RULES)
    assert found.sent == Size(5000, 5)
    assert found.entries["again"] == EntrySize(0, 1, 0, 1, Kind.FILE)


def test_sockets_and_pipes_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(tmp_path, {"a": 1})
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        assert scan(disk(), root, NO_RULES).sent == Size(1, 1)


def test_an_unreadable_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(tmp_path, {"a": 1, "locked/b": 2})
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("/locked"):  # as the system answers everyone but root
            raise PermissionError(13, "Permission denied")
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = scan(disk(), root, NO_RULES)
    assert found.unreadable == ("locked",)
    assert found.sent == Size(1, 1)


def test_a_missing_root_and_odd_names_are_survived(tmp_path: Path) -> None:
    assert scan(disk(), f"{tmp_path.as_posix()}/none", NO_RULES).sent == Size(0, 0)
    (tmp_path / "a\nb").write_text("x")
    (tmp_path / os.fsdecode(b"\xff\xfe")).write_text("xy")
    assert scan(disk(), tmp_path.as_posix(), rules("*.py", "!x")).sent == Size(3, 2)


def test_a_deep_tree_is_walked_without_recursion(tmp_path: Path) -> None:
    folder = tmp_path.as_posix()
    for _ in range(300):
        folder += "/d"
    os.makedirs(folder)
    (Path(folder) / "leaf").write_text("x")
    assert scan(disk(), tmp_path.as_posix(), rules("*.py")).sent == Size(1, 1)


def test_unsaved_files_count(tmp_path: Path) -> None:
    root = make(tmp_path, {"a.py": 10, "b.py": 10})
    snapshot = disk().overlay({f"{root}/a.py": Text("xyz"), f"{root}/b.py": None, f"{root}/new/c.py": Text("x")})
    assert scan(snapshot, root, NO_RULES).sent == Size(4, 2)


def test_progress_is_told_and_a_cancelled_scan_says_that_it_is_not_complete(tmp_path: Path) -> None:
    root = make(tmp_path, {f"d{number}/f": 1 for number in range(50)})
    told: list[ScanProgress] = []
    assert scan(disk(), root, NO_RULES, progress=told.append).complete
    assert told
    assert told[0].folder == ""
    found = scan(disk(), root, NO_RULES, cancelled=lambda: True)
    assert not found.complete
    assert found.sent.files < 50


def test_a_scan_out_of_time_is_not_complete(tmp_path: Path) -> None:
    root = make(tmp_path, {f"d{number}/f": 1 for number in range(5)})
    assert not scan(disk(), root, NO_RULES, budget_seconds=-1).complete


def test_landmarks_are_recognised_by_what_they_are(tmp_path: Path) -> None:
    root = make(
        tmp_path,
        {
            ".git/HEAD": 10,
            ".git/objects/pack": 90,
            "env of mine/pyvenv.cfg": 1,
            "env of mine/lib/__pycache__/x.pyc": 1,
            "src/__pycache__/x.pyc": 7,
            "web/package.json": 1,
            "web/node_modules/p/.DS_Store": 1,
            "cache/CACHEDIR.TAG": 1,
            "cache/models/x": 2,
            "runs/events.out.tfevents.1": 5,
            "log/runs/readme.txt": 5,
            "nb/.ipynb_checkpoints/a.ipynb": 1,
            "nb/a.ipynb": 3,
            "pkg.egg-info/PKG-INFO": 1,
            "models/large.safetensors": LARGE,
            "models/small.bin": LARGE - 1,
            "tables/large.csv": LARGE,
            ".env": 1,
            ".env.example": 1,
            "certs/server.key": 1,
        },
    )
    found = scan(disk(), root, NO_RULES)
    assert marks(found) == {
        ".git": "version-control",
        "env of mine": "virtual-environment",
        "src/__pycache__": "python-cache",
        "web/node_modules": "node-modules",
        "cache": "tool-cache",
        "runs": "experiment-logs",
        "nb/.ipynb_checkpoints": "notebook-checkpoints",
        "nb/a.ipynb": "notebook",
        "pkg.egg-info": "package-metadata",
        "models/large.safetensors": "weights",
        "tables/large.csv": "dataset",
        ".env": "secret",
        "certs/server.key": "secret",
    }
    sizes = {mark.path: (mark.bytes, mark.files) for mark in found.landmarks}
    assert sizes[".git"] == (100, 2)
    assert sizes["env of mine"] == (2, 2)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"old.git/HEAD": 1, "old.git/objects/a/b": 5, "old.git/refs/x": 1}, {"old.git": "version-control"}),
        ({"conda/conda-meta/history": 1, "conda/bin/python": 9}, {"conda": "virtual-environment"}),
        ({"wandb/run-2024/log": 1}, {"wandb": "experiment-logs"}),
        ({"wandb/__init__.py": 1, "wandb/run-helper/x": 1}, {}),
        ({"wandb/report.py": 1}, {}),
        ({"mlruns/0/meta.yaml": 1}, {"mlruns": "experiment-logs"}),
        ({"mlruns/readme": 1}, {}),
        ({"lightning_logs/version_3/hparams.yaml": 1}, {"lightning_logs": "experiment-logs"}),
        ({"runs/a/b/events.out.tfevents.1": 3, "runs/a/best.pt": LARGE}, {"runs": "experiment-logs"}),
        ({"out/a/events.out.tfevents.1": 3, "out/b": 1}, {"out/a": "experiment-logs"}),
        ({"events.out.tfevents.1": 3}, {}),
        ({"runs/main.py": 3}, {}),
        ({"node_modules/readme.md": 1, "node_modules/a/index.js": 1}, {}),
        ({"node_modules/a/index.js": 1}, {"node_modules": "node-modules"}),
        ({"old/bin/activate": 1, "old/lib/x.py": 1}, {"old": "virtual-environment"}),
        ({"old/Scripts/activate": 1, "old/Lib/__pycache__/x.pyc": 1}, {"old": "virtual-environment"}),
        ({"bin/activate": 1, "lib/x.py": 1}, {}),
        ({"runs/detect/train/args.yaml": 1}, {"runs": "experiment-logs"}),
        ({"target/.rustc_info.json": 1}, {"target": "build-output"}),
        ({"node_modules/.bin/a": 1}, {"node_modules": "node-modules"}),
        ({"package.json": 1, "node_modules/a/index.js": 1}, {"node_modules": "node-modules"}),
        ({"dist/app-1-py3-none-any.whl": 1}, {"dist": "build-output"}),
        ({"dist/index.html": 1, "build/index.html": 1}, {}),
        ({"build/bdist.linux-x86_64/x": 1}, {"build": "build-output"}),
        ({"out/CMakeCache.txt": 1}, {"out": "build-output"}),
        ({"hub/models--org--name/blobs/a": LARGE, "hub/CACHEDIR.TAG": 1}, {"hub": "model-cache"}),
        ({"volume/WiredTiger": 1, "pg/PG_VERSION": 1}, {"volume": "database", "pg": "database"}),
        ({"a.zip": LARGE, "b.zip": 5, "c.tar.zst": LARGE}, {"a.zip": "archive", "c.tar.zst": "archive"}),
    ],
)
def test_a_name_alone_is_not_enough(tmp_path: Path, files: dict[str, int], expected: dict[str, str]) -> None:
    assert marks(scan(disk(), make(tmp_path, files), NO_RULES)) == expected


NAMES = st.sampled_from(["a", "b", "c.py", "d.txt"])
TREES = st.dictionaries(
    st.lists(NAMES, min_size=1, max_size=3).map("/".join), st.integers(0, 50), min_size=1, max_size=12
)
LINES = st.lists(
    st.sampled_from(["a", "!a", "**/b", "!**/b", "*.py", "!*.py", "*", "!c.py", "a/b", "!a/b", "**/*.txt", "!a/*.txt"]),
    max_size=5,
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(TREES, LINES)
def test_the_sum_is_that_of_the_files_the_rules_send(
    tmp_path_factory: pytest.TempPathFactory, tree: dict[str, int], lines: list[str]
) -> None:
    files = {name: size for name, size in tree.items() if not any(other.startswith(f"{name}/") for other in tree)}
    root = make(tmp_path_factory.mktemp("context"), files)
    made = rules(*lines)
    # Some arrive without their content; see IgnoreRules.arrives_empty.
    sent = [size if made.delivers(name) else 0 for name, size in files.items() if made.sends(name)]
    expected = Size(sum(sent), len(sent))
    assert scan(disk(), root, made).sent == expected
    assert scan(disk(), root, made, whole=True).sent == expected
    assert scan(disk(), root, NO_RULES).sent_under(made) == expected
