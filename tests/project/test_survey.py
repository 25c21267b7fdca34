"""What is looked at again, and what is remembered, when a context is looked at once more."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from prebake.files import Snapshot, disk
from prebake.project.ignore.rules import NO_RULES, IgnoreRules
from prebake.project.measuring.scan import ContextScan, scan
from prebake.project.measuring.survey import Survey
from prebake.text import Text
from tests.project.surveys import CountingDisk, rules, shown
from tests.project.test_scan import make


class Tree:
    """A context on a counting disk, and its survey."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.disk = CountingDisk()
        self.survey = Survey(root.as_posix())

    def write(self, name: str, size: int) -> str:
        path = self.root / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            self.disk.touch(path.parent)
        with path.open("wb") as file:
            file.truncate(size)
        return path.as_posix()

    def look(self, *lines: str, **options: Any) -> ContextScan:
        return self.survey.look(Snapshot(self.disk), rules(*lines), **options)

    def asked(self) -> tuple[list[str], list[str]]:
        return self.disk.asked(self.root.as_posix())

    def news(self) -> list[str]:
        assert self.survey.news is not None
        return sorted(path.removeprefix(f"{self.root.as_posix()}/") for path in self.survey.news)


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    made = Tree(tmp_path)
    for name in ("a.py", "src/b.py", "src/b.pyc", "src/deep/c.py", "data/one/d.csv", "data/two/e.csv"):
        made.write(name, 10)
    return made


def test_a_second_look_lists_and_measures_nothing(tree: Tree) -> None:
    first = tree.look("**/*.pyc")
    tree.asked()
    again = tree.look("**/*.pyc")
    assert tree.asked() == ([], [])
    assert again == first
    assert tree.news() == []


def test_a_file_that_was_written_to_has_its_folder_looked_at_alone(tree: Tree) -> None:
    tree.look()
    tree.asked()
    changed = tree.write("src/b.py", 25)
    found = tree.look(changed=[changed])
    assert tree.asked() == (["src"], ["src/b.py", "src/b.pyc"])
    assert found.sent.bytes == 75
    assert tree.news() == ["src/b.py"]


def test_files_and_folders_that_came_or_went_are_found_without_being_named(tree: Tree) -> None:
    tree.look()
    tree.asked()
    tree.write("data/two/new/f.csv", 5)
    tree.disk.touch(tree.root / "data/two")
    shutil.rmtree(tree.root / "data/one")
    tree.disk.touch(tree.root / "data")
    found = tree.look()
    assert tree.asked() == (["data", "data/two", "data/two/new"], ["data/two/e.csv", "data/two/new/f.csv"])
    assert found.sent == (55, 6)
    assert tree.news() == ["data/one", "data/two/new"]


def test_other_rules_look_into_what_the_first_ones_left_out_and_nothing_else(tree: Tree) -> None:
    tree.look("data", "**/*.pyc")
    tree.asked()
    assert tree.look("data/one").sent == (50, 5)
    assert tree.asked() == (["data", "data/two"], ["data/two/e.csv", "src/b.pyc"])
    assert tree.look("data", "**/*.pyc").sent == (30, 3)
    assert tree.look("src").sent == (30, 3)
    assert tree.asked() == (["data/one"], ["data/one/d.csv"])
    assert tree.look(whole=True).total == (60, 6)
    assert tree.asked() == ([], [])


def test_other_rules_are_judged_from_memory_where_it_suffices(tree: Tree) -> None:
    assert tree.survey.recall(rules("data")) is None
    tree.look("data", "**/*.pyc")
    tree.asked()
    found = tree.survey.recall(rules("data", "**/*.pyc", "src/deep"))
    assert found is not None
    assert found.sent == (20, 2)
    assert tree.survey.recall(rules("**/*.pyc")) is None  # data/ was not looked into
    assert tree.survey.recall(rules("data")) is None  # src/b.pyc was not measured
    assert tree.asked() == ([], [])
    assert shown(tree.look("data")) == shown(scan(disk(), tree.root.as_posix(), rules("data")))


def test_what_was_left_out_for_a_while_is_checked_when_it_comes_back(tree: Tree) -> None:
    tree.look()
    tree.look("data")
    tree.write("data/two/new.csv", 7)
    tree.look("data", changed=[tree.write("data/one/d.csv", 100)])
    assert tree.look().sent == (157, 7)


def test_everything_is_measured_again_on_demand(tree: Tree) -> None:
    tree.look()
    tree.write("src/b.py", 25)
    assert tree.look().sent.bytes == 60  # nobody said so
    assert tree.look(changed=None).sent.bytes == 75
    assert tree.news() == ["src/b.py"]


def test_a_look_that_was_stopped_goes_on_where_it_was(tree: Tree) -> None:
    steps = iter([False, False, True])
    assert not tree.look(cancelled=lambda: next(steps)).complete
    listed, _ = tree.asked()
    assert len(listed) == 2
    found = tree.look()
    assert tree.asked()[0] == sorted({".", "data", "data/one", "data/two", "src", "src/deep"} - set(listed))
    assert found.complete
    assert shown(found) == shown(scan(disk(), tree.root.as_posix(), NO_RULES))


def test_an_unsaved_file_counts_as_long_as_it_is_open(tree: Tree) -> None:
    root = tree.root.as_posix()
    tree.look()
    tree.asked()
    files = Snapshot(tree.disk, {f"{root}/src/b.py": Text("x" * 30), f"{root}/new/folder/n.py": Text("x")})
    assert tree.survey.look(files, NO_RULES).sent == (81, 7)
    assert tree.asked()[0] == [".", "new", "new/folder", "src"]
    assert tree.survey.look(files, NO_RULES).sent == (81, 7)
    tree.asked()
    opened = files.overlay({f"{root}/data/one/d.csv": Text("x" * 10)})
    assert tree.survey.look(opened, NO_RULES).sent == (81, 7)
    assert "data/one" not in tree.asked()[0]  # it is as long as on disk
    assert shown(tree.look()) == shown(scan(disk(), root, NO_RULES))


def test_many_news_are_not_listed_one_by_one(tree: Tree) -> None:
    tree.look()
    for number in range(1100):
        tree.write(f"src/{number}", 1)
    assert tree.look().sent == (1160, 1106)
    assert tree.survey.news is None


def test_what_was_tried_is_worked_out_anew_for_changed_folders_alone(
    tree: Tree, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = tree.look()
    assert first.sent_under(rules("**/*.py")) == (30, 3)
    asked: list[str] = []
    folder = IgnoreRules.folder

    def counted(self: IgnoreRules, path: str) -> Any:
        asked.append(path)
        return folder(self, path)

    monkeypatch.setattr(IgnoreRules, "folder", counted)
    found = tree.look(changed=[tree.write("data/one/d.csv", 15)])
    assert found.sent_under(rules("**/*.py")) == (35, 3)
    assert asked == ["data/one"]
    assert found.all_sent_under(rules("**/*.py"), "data")
    assert not found.all_sent_under(rules("**/*.py"), "src")
    assert first.sent_under(rules("**/*.py")) == (30, 3)


def test_what_was_worked_out_from_a_folder_is_taken_over_while_its_list_is_the_same(tmp_path: Path) -> None:
    root = make(tmp_path, {"a/x": 1, "b/y": 2})
    survey = Survey(root)
    first = survey.look(disk(), NO_RULES)
    memory = first.by_folder(("test",))
    memory.update({folder: (listing, folder) for folder, listing in first.listings.items()})
    (tmp_path / "b" / "z").write_bytes(b"new")
    second = survey.look(disk(), NO_RULES)
    kept = second.by_folder(("test",))
    assert kept["a"][0] is second.listings["a"] and kept["b"][0] is not second.listings["b"]
    assert second.by_folder(("other",)) == {}


def test_memories_are_bounded(tmp_path: Path) -> None:
    found = Survey(make(tmp_path, {"a/x": 1})).look(disk(), NO_RULES)
    found.by_folder(("first",))["a"] = found.listings["a"], "kept"
    assert found.by_folder(("first",))
    for number in range(100):
        found.by_folder((f"{number}",))
    assert found.by_folder(("first",)) == {}
