"""What an ignore file in force leaves in the context although nothing reads it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from prebake.build.build import Build, fact
from prebake.build.context.ignorefile.candidates import SECRETS, Group, candidates
from prebake.build.context.ignorefile.evidence import manifest_texts
from prebake.build.context.ignorefile.leftin import left_in, plain
from prebake.build.context.ignorefile.placement import Addition
from prebake.build.context.unnamed import folders
from prebake.build.context.unread import large_unread
from prebake.build.context.use import context_use
from prebake.project.ignore.rules import IgnoreRules
from prebake.project.measuring.landmarks import LARGE, Landmark
from prebake.project.measuring.scan import ContextScan, Size, sum_of
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.glob import WILDCARDS
from prebake.syntax.ignorefile import can_name, example, literal

_WORDS = {
    "version-control": "version control", "virtual-environment": "virtual environments",
    "python-cache": "Python caches", "tool-cache": "caches", "package-metadata": "build output",
    "build-output": "build output", "node-modules": "Node packages", "notebook-checkpoints": "notebook checkpoints",
    "experiment-logs": "experiment logs", "database": "database files",
    "large": "data, weights or archives",
}  # fmt: skip
"""What is worth a finding, in words, by kind of landmark; ``large`` is what :func:`large_unread` gives."""

_KINDS = frozenset(_WORDS) | {"editor", "desktop"}
"""With what is worth a line only where there is something else to say."""

_GROW = frozenset({"Virtual environments", "Node packages"})
"""Groups of what will be large when a tool has made it."""

_MADE = _GROW | {"Experiment logs", "Python caches and build leftovers", "Notebooks"}
_LOCKS = frozenset({"package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"})
_BESIDE_CODE = ("**/__pycache__", "**/*.py[cod]", "**/.ipynb_checkpoints")
_MAY_BE_ROOTED = frozenset({"Virtual environments", "Experiment logs"})
_ENVIRONMENTS = (".venv", "venv", "env", "ENV", ".virtualenv", "virtualenv")
_BYTE_CODE = regex(r"\.py(c|o|d|\[)|__pycache__")
_MOST_FOLDERS = 50


class Leftover(NamedTuple):
    """Something that could be left out: the patterns to add, the paths of it, the largest first, and their size.

    ``kinds`` says, in words, what it is. For what is not there but will be made, ``paths`` are where it may be, and
    ``size`` is nothing.
    """

    addition: Addition
    paths: tuple[str, ...]
    kinds: tuple[str, ...]
    size: Size

    @property
    def pattern(self) -> str:
        """The pattern that leaves it out."""
        return self.addition.lines[0]

    @property
    def is_large_later(self) -> bool:
        """Whether it is not there yet, and will be large."""
        return not self.kinds and self.addition.title in _GROW


class Junk(NamedTuple):
    """``present`` is what is in the context now, largest first, ``expected`` what the project's tools will make there.
    ``kept`` tells, in words, what was held back and why.
    """

    present: tuple[Leftover, ...]
    expected: tuple[Leftover, ...]
    kept: tuple[str, ...]

    @property
    def size(self) -> Size:
        """What is in the context now, all together."""
        return sum_of(leftover.size for leftover in self.present)


@fact
def junk(build: Build) -> Junk | None:
    """What the ignore file in force leaves in the context although nothing reads it; ``None`` where that is nothing
    worth a word, or not known yet.
    """
    rules, scan = build.ignore, build.scan
    if rules.is_empty or rules.problem is not None or scan is None or not context_use(build).is_any:
        return None
    finder = _Finder(build, rules, scan)
    if not finder.may_find:
        return None
    present, expected = finder.present(), finder.expected()
    if not present and not _worth_a_word(build, expected):
        return None
    return Junk(present, expected, candidates(build).kept)


def _worth_a_word(build: Build, expected: Iterable[Leftover]) -> bool:
    """Whether something that is not there yet is bound to be made, will be large, and is taken with all the rest."""
    return context_use(build).is_broad and any(leftover.is_large_later for leftover in expected)


class _Finder:
    def __init__(self, build: Build, rules: IgnoreRules, scan: ContextScan) -> None:
        self._build = build
        self._rules = rules
        self._scan = scan
        self._left = left_in(scan)
        self._has_large = any(mark.kind in ("weights", "dataset", "archive", "model-cache") for mark in scan.landmarks)

    @property
    def may_find(self) -> bool:
        """Whether it is worth to look further, by what is known at once."""
        return (
            self._has_large
            or any(mark.kind in _WORDS for mark in self._left.marks)
            or any(entry.sent_bytes >= LARGE for entry in self._scan.entries.values())
            or (context_use(self._build).is_broad and self._may_expect())
        )

    def _may_expect(self) -> bool:
        """Whether tools might make something large that the author has not thought of."""
        return (self._is_python() and not self._covers_environment()) or any(
            self._rules.sends(f"{folder}/node_modules/x".lstrip("/")) for folder in self._locked()
        )

    def _is_python(self) -> bool:
        """Whether somebody works on Python here; a base image with Python in it may be there for a tool alone."""
        return bool(manifest_texts(self._build)) or any(
            name.endswith(".py") for names in folders(self._build).values() for name in names
        )

    def _has_environment(self) -> bool:
        """Whether it is known what the project's environment is called."""
        return self._covers_environment() or any(mark.kind == "virtual-environment" for mark in self._left.marks)

    def _covers_environment(self) -> bool:
        return any(not self._rules.sends(f"{name}/x") for name in _ENVIRONMENTS)

    def present(self) -> tuple[Leftover, ...]:
        """What is there, largest first; nothing where that is not worth a word."""
        found: list[Leftover] = []
        taken: set[str] = set()
        for group, lines in self._lines():
            if group.large:
                continue
            covered = self._left.covered_by(lines[0])
            marks = [mark for mark in covered if mark.kind in _KINDS and mark.path not in taken]
            taken.update(mark.path for mark in marks)
            if marks and (lines[0] in self._left.written or self._left.is_root_only(posixpath.basename(lines[0]))):
                # The author's own pattern would be worth nothing beside ours, or has lost to an exception.
                rest = [mark for mark in marks if mark.path not in self._left.written and can_name(mark.path)]
                found += (self._leftover(group, (literal(mark.path),), (mark,)) for mark in rest)
            elif marks:
                found.append(self._leftover(group, lines, marks))
        found += self._unread()
        if not any(leftover.kinds for leftover in found):
            return ()
        return tuple(sorted(found, key=lambda leftover: (-leftover.size.bytes, leftover.pattern)))

    def _lines(self) -> Iterator[tuple[Group, tuple[str, ...]]]:
        """The candidates one by one, each with its exceptions."""
        for group in candidates(self._build).groups:
            yield from ((group, lines) for lines in group.entries if group.title != SECRETS)

    def _leftover(self, group: Group, lines: tuple[str, ...], marks: Iterable[Landmark]) -> Leftover:
        marks = sorted(marks, key=lambda mark: (-mark.bytes, mark.path))
        at_top = all("/" not in mark.path for mark in marks)
        addition = Addition(
            group.title, lines, all(mark.is_folder for mark in marks), at_top and group.title in _MAY_BE_ROOTED
        )
        kinds = tuple(dict.fromkeys(_WORDS[mark.kind] for mark in marks if mark.kind in _WORDS))
        size = Size(sum(mark.bytes for mark in marks), sum(mark.files for mark in marks))
        return Leftover(addition, tuple(mark.path for mark in marks), kinds, size)

    def _unread(self) -> Iterator[Leftover]:
        """The large things that nothing reads, unless the author lets in what they are in."""
        for found in large_unread(self._build):
            if any(pattern.negated for pattern in self._rules.patterns_matching(found.path)):
                continue
            if not self._rules.sends(found.path, found.path in self._scan.listings) or self._left.is_on_purpose(
                found.path
            ):
                continue
            lines = (literal(found.path), *(f"!{literal(path)}" for path in found.kept))
            title = next(group.title for group in candidates(self._build).groups if group.large)
            addition = Addition(title, lines, found.path in self._scan.listings, False)
            yield Leftover(addition, (found.path,), (_WORDS["large"],), Size(found.bytes, found.files))

    def expected(self) -> tuple[Leftover, ...]:
        """What the project's tools will make, and no pattern of the author's leaves out."""
        found: list[Leftover] = []
        for group, lines in self._lines():
            places = self._expected(group, lines[0]) if group.title in _MADE else ()
            if places:
                folder = not WILDCARDS & set(plain(lines[0])) and lines[0] != "**/.coverage"
                addition = Addition(group.title, lines, folder, group.title in _MAY_BE_ROOTED)
                found.append(Leftover(addition, places, (), Size()))
        return tuple(found)

    def _expected(self, group: Group, pattern: str) -> tuple[str, ...]:
        """Where a tool may make what a pattern is about, and nothing leaves it out."""
        if any(self._left.covered_by(pattern)) or self._left.is_declined(plain(pattern)):
            return ()
        if group.title == "Virtual environments" and (self._has_environment() or not self._is_python()):
            return ()
        if pattern == "**/*.py[cod]" and any(_BYTE_CODE.search(own.pattern) for own in self._rules.patterns):
            return ()
        name = example(pattern)
        if self._left.is_known(name):
            return ()  # the author has thought of it, and may have meant the top alone
        places = self._places(pattern, name)
        return tuple(path for path in places if self._rules.sends(f"{path}/x") and self._rules.sends(path))

    def _places(self, pattern: str, name: str) -> Iterator[str]:
        """Where a tool may make something of a name."""
        if pattern == "**/node_modules":
            yield from (f"{folder}/{name}".lstrip("/") for folder in self._locked())
            return
        if name not in self._scan.entries:  # what is there was not recognised, so it is something else
            yield name
        if pattern in _BESIDE_CODE:
            folders = [
                path for path, entry in self._scan.entries.items() if entry.sent_files and path in self._scan.listings
            ]
            yield from (f"{folder}/{name}" for folder in folders[:_MOST_FOLDERS])

    def _locked(self) -> Iterator[str]:
        """The folders near the top that Node packages are installed in: their versions are written down there."""
        for folder, names in folders(self._build).items():
            if "package.json" in names and not _LOCKS.isdisjoint(names):
                yield folder
