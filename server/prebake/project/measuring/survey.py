"""Walking over a build context, and looking at it again: what has not changed is neither listed nor measured twice.

A folder is listed again when its stamp has changed, which it does whenever an entry comes, goes or is replaced, or when
something in it is said to have changed. All that is worked out from a folder's list (what is sent of it, the landmarks
in it) is kept with the list. Other ignore rules are answered from the same memory: only what the earlier ones left out
has to be looked into.

A file that another program writes to in place, unannounced, changes no stamp: its size is noticed when the folder
changes otherwise, or when all is looked at again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from prebake.files import Snapshot, is_below, parent
from prebake.project.ignore.rules import Folder, IgnoreRules, Walker
from prebake.project.measuring.landmarks import Marks, Recognizer
from prebake.project.measuring.scan import DEFAULT_BUDGET_SECONDS, ContextScan, ScanProgress
from prebake.project.measuring.walk import MOST_NEWS, Clock, Seen, UnknownError, Walk


class Survey:
    """The memory of one context. For one thread at a time; what :meth:`look` gives is never changed afterwards."""

    def __init__(self, root: str) -> None:
        """A context that has not been looked at yet; ``root`` is absolute."""
        self.root = root
        self.news: frozenset[str] | None = frozenset()
        """The absolute paths that the last look found new, gone, or of another size; ``None`` when they were many.
        What was looked into for the first time is no news.
        """
        self._seen: dict[str, Seen] = {}
        self._doubted: set[str] = set()
        self._overlaid: dict[str, int | None] = {}
        self._rules: IgnoreRules | None = None
        self._whole = False
        self._turn = 0
        self._states: dict[str, Folder] = {}
        self._marks: Marks = {}
        self._last: ContextScan | None = None

    def look(
        self,
        snapshot: Snapshot,
        rules: IgnoreRules,
        *,
        changed: Iterable[str] | None = (),
        budget_seconds: float = DEFAULT_BUDGET_SECONDS,
        progress: Callable[[ScanProgress], None] | None = None,
        cancelled: Callable[[], bool] | None = None,
        whole: bool = False,
    ) -> ContextScan:
        """What is there now; never raises for what lies in the context.

        ``changed`` are the absolute paths of files that may have been written to in place, ``None`` means any of them;
        files that came or went need not be named. The rest is as for :func:`prebake.project.scan.scan`.
        """
        self._judge_by(rules, whole)
        if changed is None:
            self._doubted.update(self._seen)
        else:
            self._doubt(snapshot, changed)
        self._doubt(snapshot, self._laid_over(snapshot))
        self.news = frozenset()
        walk = Walk(self, snapshot, rules, Clock(budget_seconds, progress, cancelled), whole)
        found = walk.run()
        self.news = frozenset(walk.news) if len(walk.news) <= MOST_NEWS else None
        if self._last is not None:
            found.follows(self._last)
        self._last = found
        return found

    def recall(self, rules: IgnoreRules) -> ContextScan | None:
        """What would be sent under other rules as things were at the last look, without asking the disk for anything;
        ``None`` where it takes another look to know.
        """
        if self._last is None:
            return None
        self._judge_by(rules, whole=False)
        try:
            found = Walk(self, None, rules, Clock(DEFAULT_BUDGET_SECONDS, None, None), whole=False).run()
        except UnknownError:
            return None
        found.follows(self._last)
        return found

    @property
    def folders(self) -> int:
        """The number of folders that are remembered."""
        return len(self._seen)

    def _judge_by(self, rules: IgnoreRules, whole: bool) -> None:
        if rules != self._rules or whole != self._whole:
            self._rules, self._whole = rules, whole
            self._turn += 1
            self._states = {}

    def _laid_over(self, snapshot: Snapshot) -> list[str]:
        """The files whose unsaved texts came, went or have another length than at the last look."""
        before = self._overlaid
        self._overlaid = {
            path: None if text is None else text.size
            for path, text in snapshot.changed.items()
            if is_below(path, self.root)
        }
        changed = [path for path in before if path not in self._overlaid]
        for path, size in self._overlaid.items():
            known = before[path] if path in before else self._measured(path)
            if size is None or size != known:
                changed.append(path)
        return changed

    def _measured(self, path: str) -> int | None:
        """The size that a file had at the last look."""
        folder, _, name = path[len(self.root) :].strip("/").rpartition("/")
        seen = self._seen.get(folder)
        return seen.sizes[seen.measured.index(name)] if seen is not None and name in seen.measured else None

    def _doubt(self, snapshot: Snapshot, paths: Iterable[str]) -> None:
        """List the folders again that the given files lie in, and where those are new or gone, the ones above."""
        for folder in {parent(path) for path in paths if path != self.root and is_below(path, self.root)}:
            while True:
                name = folder[len(self.root) :].lstrip("/")
                if name in self._seen:
                    self._doubted.add(name)
                    if self._seen[name].stamp is not None and snapshot.stamp(folder) is not None:
                        break
                if folder == self.root:
                    break
                folder = parent(folder)

    def known(self, path: str) -> Seen | None:
        """A folder as it was last looked at."""
        return self._seen.get(path)

    def doubts(self, path: str) -> bool:
        """Whether a folder may have changed without a new stamp."""
        return path in self._doubted

    def remember(self, path: str, seen: Seen) -> None:
        """Take down a folder that was listed just now; what is below one that has gone is forgotten."""
        before = self._seen.get(path)
        self._seen[path] = seen
        self._doubted.discard(path)
        if before is not None:
            for name in set(before.folders).difference(seen.folders):
                self._forget(f"{path}/{name}" if path else name)

    def _forget(self, path: str) -> None:
        todo = [path]
        while todo:
            gone = todo.pop()
            self._doubted.discard(gone)
            self._states.pop(gone, None)
            seen = self._seen.pop(gone, None)
            if seen is not None:
                todo.extend(f"{gone}/{name}" for name in seen.folders)

    @property
    def turn(self) -> int:
        """What is worked out under the rules of this look has this number."""
        return self._turn

    def state(self, walker: Walker, path: str, above: Folder) -> Folder:
        """What becomes of a folder under the rules of this look."""
        found = self._states.get(path)
        if found is None:
            found = self._states[path] = walker.enter(path, above)
        return found

    def recognizer(self) -> Recognizer:
        """A recogniser that knows what was recognised in folders that have not changed."""
        made = Recognizer(self._marks)
        self._marks = made.marks
        return made
