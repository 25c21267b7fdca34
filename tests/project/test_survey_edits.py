"""After any edits at all, a survey shows what a fresh scan does."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from prebake.files import Disk, Snapshot
from prebake.project.ignore.rules import NO_RULES
from prebake.project.measuring.landmarks import LARGE
from prebake.project.measuring.scan import ContextScan, scan
from prebake.project.measuring.survey import Survey
from prebake.text import Text
from tests.project.surveys import CountingDisk, rules, shown

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
