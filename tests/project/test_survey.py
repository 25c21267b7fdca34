from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from prebake.files import Disk, Names, Snapshot, Stamp, disk
from prebake.project.ignore import NO_RULES, IgnoreRules, rules_of
from prebake.project.landmarks import LARGE
from prebake.project.scan import ContextScan, scan
from prebake.project.survey import Survey
from prebake.text import Text
from tests.project.test_scan import make


def rules(*lines: str) -> IgnoreRules:
    return rules_of(Text("\n".join(lines)), "/context/.dockerignore") if lines else NO_RULES


class CountingDisk(Disk):
    """A disk whose clock is fine enough to tell any two changes of a folder apart, and that counts what it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.changes: dict[str, int] = {}
        self.listed: list[str] = []
        self.measured: list[str] = []

    def touch(self, folder: Path) -> None:
        """An entry of a folder came or went."""
        self.changes[folder.as_posix()] = self.changes.get(folder.as_posix(), 0) + 1

    def stamp(self, path: str) -> Stamp | None:
        return (os.stat(path).st_ino, self.changes.get(path, 0)) if os.path.isdir(path) else None

    def names(self, path: str) -> Names:
        self.listed.append(path)
        return super().names(path)

    def sizes(self, path: str, names: Sequence[str]) -> Sequence[int]:
        self.measured += [f"{path}/{name}" for name in names]
        return super().sizes(path, names)

    def asked(self, root: str) -> tuple[list[str], list[str]]:
        """The folders that were listed and the files that were measured since this was last asked."""
        found = [
            sorted(path[len(root) :].lstrip("/") or "." for path in paths) for paths in (self.listed, self.measured)
        ]
        self.listed.clear()
        self.measured.clear()
        return found[0], found[1]


def shown(found: ContextScan) -> dict[str, Any]:
    """A scan, without the order that the file system happens to give."""
    return found._asdict() | {
        "entries": dict(found.entries),
        "listings": {
            path: dict(zip(listing.names, listing.sizes, strict=True)) for path, listing in found.listings.items()
        },
    }


# --- what is looked at again --------------------------------------------------------------------------------------


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


# --- any edits at all ---------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "c.py", "d.pyc", ".env", "node_modules", "pyvenv.cfg", "m.bin"])
PATHS = st.lists(NAMES, min_size=1, max_size=4).map("/".join)
SIZES = st.sampled_from([0, 1, 7, 1000, LARGE])
LINES = st.lists(
    st.sampled_from(["a", "!a/b", "**/b", "!**/*.py", "**/*.pyc", "*", "!c.py", "a/b", "b/*", "!b/a", "node_modules"]),
    max_size=4,
)


class AnyEdits(RuleBasedStateMachine):
    """Whatever is done to a tree, the next look says what a new scan says."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="prebake-survey-")).resolve()
        self.root = self.folder / "context"
        self.root.mkdir()
        self.disk = CountingDisk()
        self.survey = Survey(self.root.as_posix())
        self.rules = NO_RULES
        self.whole = False
        self.buffers: dict[str, Text | None] = {}
        self.changed: list[str] = []
        self.unsaid = False

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def _make(self, folder: Path) -> bool:
        """Make a folder and those above it; whether there is one now, not behind a link."""
        missing = [each for each in (folder, *folder.parents) if not os.path.lexists(each)]
        if not all(each.is_dir() and each.resolve() == each for each in (folder, *folder.parents)[len(missing) :]):
            return False
        folder.mkdir(parents=True, exist_ok=True)
        for each in missing:
            self.disk.touch(each.parent)
        return True

    def _remove(self, path: Path) -> None:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
        self.disk.touch(path.parent)
        for each in [each for each in self.disk.changes if each.startswith(f"{path.as_posix()}/")]:
            self.disk.changes[each] += 1

    @initialize(paths=st.lists(st.tuples(PATHS, SIZES), max_size=12))
    def begin(self, paths: list[tuple[str, int]]) -> None:
        for name, size in paths:
            self.write(name, size, True)

    @rule(name=PATHS, size=SIZES, said=st.booleans())
    def write(self, name: str, size: int, said: bool) -> None:
        path = self.root / name
        if not self._make(path.parent) or path.is_dir():
            return
        if not os.path.lexists(path):
            self.disk.touch(path.parent)
        elif path.is_symlink():
            return
        elif not said:
            self.unsaid = True
        with path.open("wb") as file:
            file.truncate(size)
        if said:
            self.changed.append(path.as_posix())

    @rule(name=PATHS, said=st.booleans())
    def remove(self, name: str, said: bool) -> None:
        path = self.root / name
        if os.path.lexists(path) and path.parent.resolve() == path.parent:
            self._remove(path)
            if said:
                self.changed.append(path.as_posix())

    @rule(name=PATHS)
    def make_folder(self, name: str) -> None:
        self._make(self.root / name)

    @rule(name=PATHS, to=st.sampled_from(["a", "..", "nowhere", "/"]))
    def link(self, name: str, to: str) -> None:
        path = self.root / name
        if self._make(path.parent) and not os.path.lexists(path):
            path.symlink_to(to)
            self.disk.touch(path.parent)

    @rule(name=PATHS, other=PATHS)
    def move(self, name: str, other: str) -> None:
        old, new = self.root / name, self.root / other
        if not os.path.lexists(old) or old.parent.resolve() != old.parent or new.is_relative_to(old):
            return
        if old.is_relative_to(new) or not self._make(new.parent):
            return
        if os.path.lexists(new):
            self._remove(new)
        old.rename(new)
        self.disk.touch(old.parent)
        self.disk.touch(new.parent)
        for each in [each for each in self.disk.changes if each.startswith(f"{new.as_posix()}/")]:
            self.disk.changes[each] += 1

    @rule(lines=LINES, whole=st.booleans())
    def judge_otherwise(self, lines: list[str], whole: bool) -> None:
        self.rules, self.whole = rules(*lines), whole

    @rule(name=PATHS, text=st.sampled_from([None, "", "x", "xyz"]))
    def type(self, name: str, text: str | None) -> None:
        path = self.root / name
        if not path.is_dir() and all(not each.exists() or each.is_dir() for each in path.parents):
            self.buffers[path.as_posix()] = None if text is None else Text(text)

    @precondition(lambda self: self.buffers)
    @rule()
    def close(self) -> None:
        self.buffers.popitem()

    @rule(after=st.integers(0, 5))
    def look_in_haste(self, after: int) -> None:
        """A look that is stopped; what was found out until then must not be wrong later."""
        calls = iter(range(100))
        self._look(cancelled=lambda: next(calls) >= after)

    def _look(self, **options: Any) -> ContextScan:
        self.buffers = {path: text for path, text in self.buffers.items() if not os.path.isdir(path)}
        self.disk.forget()  # a snapshot is made anew whenever something has changed
        files = Snapshot(self.disk, self.buffers)
        changed = None if self.unsaid else self.changed
        self.unsaid, self.changed = False, []
        return self.survey.look(files, self.rules, changed=changed, whole=self.whole, **options)

    @invariant()
    def a_look_is_a_scan(self) -> None:
        found = self._look()
        fresh = scan(Snapshot(Disk(), self.buffers), self.root.as_posix(), self.rules, whole=self.whole)
        assert shown(found) == shown(fresh)
        for other in (NO_RULES, rules("**/*.py", "a"), rules("*", "!a")):
            assert found.sent_under(other) == fresh.sent_under(other)
            assert found.all_sent_under(other, "a") == fresh.all_sent_under(other, "a")
        assert self._look() == found
        assert self.survey.news == frozenset()
        if not self.whole:
            assert self.survey.recall(self.rules) == found
        recalled = self.survey.recall(rules("**/*.py", "a"))
        if recalled is not None:
            assert recalled.sent == found.sent_under(rules("**/*.py", "a")) or not found.whole


TestAnyEdits = AnyEdits.TestCase
TestAnyEdits.settings = settings(max_examples=40, stateful_step_count=20, deadline=None)


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
