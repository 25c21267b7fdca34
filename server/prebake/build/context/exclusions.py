"""What can be left out of a build context: the ignore file that a project should have.

A path that something reads is never left out: one that COPY, ADD or a bind mount of any Dockerfile on this context
names, and, for what no tool makes again, one that the image's own programs name.
"""

from __future__ import annotations

import fnmatch
import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from prebake.build.build import Build, fact
from prebake.build.context.evidence import evidence
from prebake.build.context.mentions import mentions
from prebake.build.context.unnamed import folders, unnamed
from prebake.build.context.use import context_use, neighbours, text_of
from prebake.data import load_table
from prebake.discovery import is_compose_file
from prebake.files import Kind, is_below, join, relative
from prebake.project.ignore import NAME, IgnoreRules, rules_of
from prebake.project.scan import Size
from prebake.records import NamedTuple
from prebake.syntax.glob import WILDCARDS
from prebake.text import Text

LARGE = 10_000_000
"""Data and weights of fewer bytes are not worth a line."""

_DATA = frozenset({"data", "dataset", "datasets", "raw_data", "corpus", "corpora"})
_WEIGHTS = frozenset({"models", "model", "weights", "checkpoints", "ckpts", "ckpt", "pretrained", "saved_models"})
_RUNS = frozenset({"RUN"})


class Group(NamedTuple):
    """Patterns of an ignore file under a comment."""

    title: str
    patterns: tuple[str, ...]


class Proposal(NamedTuple):
    """An ignore file's content. ``sent`` is what would be sent with it, ``None`` where the context was not measured.

    ``proved``: nothing that an instruction copies is left out by it, as the context is now. ``kept`` tells, in words,
    what was held back and why.
    """

    groups: tuple[Group, ...]
    sent: Size | None
    proved: bool
    kept: tuple[str, ...]

    @property
    def text(self) -> str:
        """The file's content, with ``\\n`` at each line's end."""
        blocks = ("\n".join((f"# {group.title}", *group.patterns)) for group in self.groups)
        return "\n\n".join(blocks) + "\n"


@fact
def proposal(build: Build) -> Proposal | None:
    """The ignore file that the context should have; ``None`` when there is nothing to leave out."""
    made = _Proposer(build)
    groups = tuple(made.groups())
    if not groups:
        return None
    rules = rules_of(Text("\n".join(pattern for group in groups for pattern in group.patterns)), "")
    scan = build.scan
    sent = scan.sent_under(rules) if scan is not None and scan.complete else None
    return Proposal(groups, sent, _is_proved(build, rules), tuple(dict.fromkeys(made.kept)))


@lru_cache(maxsize=1)
def _table() -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = load_table("ignorable")["group"]
    return groups


def _is_proved(build: Build, rules: IgnoreRules) -> bool:
    """Whether the rules leave in everything that the instructions of this build name."""
    use = context_use(build)
    if use.is_broad or use.unknown:
        return False
    for path in use.paths:
        place = join(build.context.root or "/", path)
        if WILDCARDS & set(path):
            return False
        if not build.snapshot.is_dir(place):
            if not rules.sends(path):
                return False
            continue
        if build.scan is None or not build.scan.complete:
            return False
        if not build.scan.all_sent_under(rules, path):
            return False
    return True


class _Proposer:
    """Collects the groups of one context."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._root = build.context.root or "/"
        self._evidence = evidence(build)
        self._mentions = mentions(build)
        self._unnamed = unnamed(build)
        self._packages = {posixpath.basename(path) for path, names in folders(build).items() if "__init__.py" in names}
        self._top = {entry.name: entry for entry in build.snapshot.list(self._root)}
        self._paths = tuple(path for other in neighbours(build) for path in context_use(other).paths)
        self._runs = "\n".join(text_of(other, _RUNS) for other in neighbours(build))
        marks = build.scan.landmarks if build.scan is not None else ()
        self._anywhere = frozenset((*self._top, *(mark.name for mark in marks)))
        self.kept: list[str] = []

    def groups(self) -> Iterator[Group]:
        """The groups that have anything to say, in order."""
        for row in _table():
            patterns = [item["pattern"] for item in row["patterns"] if self._wanted(item)]
            if row["title"] == "Virtual environments":
                makers = row["patterns"][0]["made_by"]
                found = self._found("virtual-environment", patterns)
                patterns += [path for path in found if self._made(posixpath.basename(path), makers)]
            elif row["title"] == "Secrets":
                patterns += self._keys(patterns)
                self._told(patterns)
            if patterns:
                yield Group(row["title"], tuple(patterns))
        large = tuple(self._large())
        if large:
            yield Group("Data and weights that nothing in the image reads", large)
        own = tuple(self._own_files())
        if own:
            yield Group("Only describes the build", own)

    def _wanted(self, item: dict[str, Any]) -> bool:
        """Whether a pattern of the table is evidenced and not held back."""
        pattern = item["pattern"]
        if not self._evidenced(item) or not self._free(pattern):
            return False
        name = posixpath.basename(pattern)
        if item.get("environment") and self._unnamed.environment is not None:
            if self._found_env():
                self.kept.append(f".env stays: {self._unnamed.environment}")
            return False
        if name in self._packages or self._runs_one(pattern):
            return False
        if "read_by" in item and re.search(item["read_by"], self._unnamed.texts) and not self._makes(item):
            return False
        if item.get("git"):
            if self._evidence.git is not None:
                self.kept.append(f"{pattern} stays: {self._evidence.git}")
            return self._evidence.git is None
        if item.get("named") and name in self._mentions.parts:
            return False
        return "made_by" not in item or self._made(name, item["made_by"])

    def _made(self, name: str, makers: Iterable[str]) -> bool:
        """Whether the image does without the host's copy of a folder: it makes its own, or nothing names it."""
        return name not in self._mentions.parts or any(re.search(rf"\b{maker}\b", self._runs) for maker in makers)

    def _makes(self, item: dict[str, Any]) -> bool:
        """Whether a RUN makes what a pattern of the table leaves out."""
        return any(re.search(rf"\b{maker}\b", self._runs) for maker in item.get("made_by", ()))

    def _runs_one(self, pattern: str) -> bool:
        """Whether a program names a file of the kind that a pattern with a wildcard in its last part leaves out."""
        if not WILDCARDS & set(posixpath.basename(pattern)):
            return False
        rules = rules_of(Text(pattern), "")
        return not all(rules.sends(part) for part in self._mentions.commands)

    def _found_env(self) -> bool:
        return any(name == ".env" or name.startswith(".env.") for name in self._top)

    def _told(self, patterns: Iterable[str]) -> None:
        """Say how a container gets a ``.env`` that its code loads and the image no longer has."""
        if "**/.env" in patterns and self._unnamed.loader is not None:
            self.kept.append(
                f"{self._unnamed.loader} loads .env: give it to the container when it runs (`docker run --env-file "
                ".env`, or env_file in compose)"
            )

    def _evidenced(self, item: dict[str, Any]) -> bool:
        if item.get("language") in self._evidence.languages:
            return True
        if any(package in self._evidence.packages for package in item.get("packages", ())):
            return True
        names = self._anywhere if item["pattern"].startswith("**/") else self._top.keys()
        wanted = item.get("present", ())
        return any(name in names for name in wanted) or any(
            name.endswith(ending[1:]) for ending in wanted if ending.startswith("*") for name in names
        )

    def _free(self, pattern: str) -> bool:
        """Whether no instruction names what a pattern leaves out."""
        rules = rules_of(Text(pattern), "")
        return all(rules.sends(path) for path in self._paths)

    def _unread(self, path: str) -> bool:
        """Whether no instruction takes a path, something below it or a folder it is in, and no program names it."""
        around = (source for source in self._paths if _overlap(source, path))
        return next(around, None) is None and not self._mentions.named(path) and not self._searched(path)

    def _searched(self, path: str) -> bool:
        """Whether a program looks for files of a kind that lie there, as with ``glob("*.pt")``."""
        scan = self._build.scan
        lying = [mark.path for mark in scan.landmarks if is_below(mark.path, path)] if scan is not None else []
        lying += [entry.name for entry in self._build.snapshot.list(join(self._root, path))]
        wild = [part for part in self._mentions.parts if "*" in part and part.strip("*.")]
        return any(fnmatch.fnmatch(posixpath.basename(item), part) for item in (path, *lying) for part in wild)

    def _found(self, kind: str, patterns: Iterable[str]) -> list[str]:
        """Landmarks of a kind that the patterns do not cover, by their own paths."""
        scan = self._build.scan
        rules = rules_of(Text("\n".join(patterns)), "")
        landmarks = scan.landmarks if scan is not None else ()
        return [
            escaped(mark.path)
            for mark in landmarks
            if mark.kind == kind and rules.sends(mark.path, mark.is_folder) and self._free(escaped(mark.path))
        ]

    def _keys(self, patterns: Iterable[str]) -> list[str]:
        """Private keys and further ``.env`` files."""
        found = []
        for path in self._found("secret", patterns):
            name = posixpath.basename(path)
            if name.startswith(".env") and self._unnamed.environment is not None:
                continue
            if name.endswith((".pem", ".key")):
                text = self._build.snapshot.text(join(self._root, path))
                if text is None or "PRIVATE KEY-----" not in text.content[:100_000]:
                    continue
            if name not in self._mentions.parts:
                found.append(path)
        return found

    def _large(self) -> Iterator[str]:
        """Folders of data, and weights, that nothing reads."""
        scan = self._build.scan
        if scan is None or not self._mentions.closed or self._unnamed.finds_code:
            return
        done: set[str] = set()
        weights: Counter[str] = Counter()
        for mark in scan.landmarks:
            if mark.kind == "weights":
                weights[mark.path.partition("/")[0]] += mark.bytes
        for name, entry in sorted(scan.entries.items()):
            is_data = name.lower() in _DATA
            is_weights = name.lower() in _WEIGHTS and weights[name] * 10 >= entry.bytes * 9
            if entry.kind is Kind.DIRECTORY and entry.bytes >= LARGE and (is_data or is_weights):
                done.add(name)
                if self._unread(name):
                    yield escaped(name)
        for mark in scan.landmarks:
            if mark.kind == "weights" and mark.path.partition("/")[0] not in done and self._unread(mark.path):
                yield escaped(mark.path)

    def _own_files(self) -> Iterator[str]:
        """Dockerfiles, compose files and the ignore file, whose edits would otherwise change what ``COPY .`` copies."""
        if not any(context_use(other).is_broad for other in neighbours(self._build)):
            return
        own = [relative(other.path, self._root) for other in neighbours(self._build)]
        own += [name for name in sorted(self._top) if is_compose_file(name)]
        ignore = self._build.ignore.path
        for path in dict.fromkeys((*own, NAME if ignore is None else relative(ignore, self._root))):
            if not path.startswith("../") and self._free(escaped(path)) and not self._mentions.named(path):
                yield escaped(path)


def _overlap(source: str, path: str) -> bool:
    """Whether a source, wildcards possibly in it, and a path lie one inside the other."""
    literal = source.split("/")
    wild = next((number for number, part in enumerate(literal) if WILDCARDS & set(part)), len(literal))
    known = literal[:wild]
    parts = path.split("/")
    return known[: len(parts)] == parts[: len(known)]


def escaped(path: str) -> str:
    """A pattern that matches a path and nothing else."""
    text = re.sub(r"([*?\[\]\\^{|}])", r"\\\1", path)
    return f"\\{text}" if text.startswith(("!", "#")) else text
