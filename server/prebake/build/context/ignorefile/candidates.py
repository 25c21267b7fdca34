"""What can be left out of a build context.

A path that something reads is never left out: one that COPY, ADD or a bind mount of any Dockerfile on this context
names, and, for what no tool makes again, one that the image's own programs name.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from prebake.build.build import Build, fact
from prebake.build.context.ignorefile.evidence import evidence
from prebake.build.context.ignorefile.gitignored import listed_names
from prebake.build.context.mentions import mentions
from prebake.build.context.secrets.found import sent_secrets
from prebake.build.context.secrets.use import at_run_time, held_back
from prebake.build.context.unnamed import folders, unnamed
from prebake.build.context.unread import large_unread
from prebake.build.context.use import named_sources, neighbours, text_of
from prebake.data import load_table
from prebake.files import is_below
from prebake.project.ignore.rules import rules_of
from prebake.project.measuring.landmarks import AMBIGUOUS, Landmark
from prebake.records import NamedTuple
from prebake.syntax.glob import WILDCARDS
from prebake.syntax.ignorefile import can_name, literal
from prebake.text import Text

_NESTED_REPOSITORY = 1_000_000
"""A repository inside the context of fewer bytes is not worth a line."""

SECRETS = "Secrets"
"""The title of the group that is about what must not be in an image, whatever its size."""

_RUNS = frozenset({"RUN"})
_DOUBTFUL = AMBIGUOUS | {".venv", "venv"}


class Group(NamedTuple):
    """Patterns of an ignore file under a comment; exceptions stand behind the pattern that they are of. ``large``: they
    are about large things that nothing reads.
    """

    title: str
    patterns: tuple[str, ...]
    large: bool = False

    @property
    def entries(self) -> Iterator[tuple[str, ...]]:
        """The patterns one by one, each with its exceptions."""
        starts = [number for number, line in enumerate(self.patterns) if not line.startswith("!")]
        for start, end in zip(starts, (*starts[1:], len(self.patterns)), strict=True):
            yield self.patterns[start:end]


class Candidates(NamedTuple):
    """What may be left out of a context, and, in words, what was held back and why; ``about_secrets`` is what is to be
    said about secrets alone.
    """

    groups: tuple[Group, ...]
    kept: tuple[str, ...]
    about_secrets: tuple[str, ...]


@fact
def candidates(build: Build) -> Candidates:
    """What tools make and nothing reads, and what is large and unread, in this context."""
    made = _Collector(build)
    groups = tuple(made.groups())
    return Candidates(groups, tuple(dict.fromkeys(made.kept)), tuple(dict.fromkeys(made.about_secrets)))


@lru_cache(maxsize=1)
def _table() -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = load_table("ignorable")["group"]
    return groups


def is_free(build: Build, pattern: str) -> bool:
    """Whether no instruction names what a pattern leaves out."""
    rules = rules_of(Text(pattern), "")
    return all(rules.sends(path) for path in named_sources(build))


class _Collector:
    """Collects the groups of one context."""

    def __init__(self, build: Build) -> None:
        self._build = build
        self._root = build.context.root or "/"
        self._evidence = evidence(build)
        self._mentions = mentions(build)
        self._unnamed = unnamed(build)
        self._packages = {posixpath.basename(path) for path, names in folders(build).items() if "__init__.py" in names}
        self._top = {entry.name: entry for entry in build.snapshot.list(self._root)}
        self._runs = "\n".join(text_of(other, _RUNS) for other in neighbours(build))
        marks = build.scan.landmarks if build.scan is not None else ()
        self._anywhere = frozenset(
            (
                *(name for name in self._top if build.scan is None or name not in AMBIGUOUS),
                *(mark.name for mark in marks),
            )
        )
        self._listed = listed_names(build)
        self._trains = any(
            name.endswith(".py") and "train" in name for names in folders(build).values() for name in names
        )
        self.kept: list[str] = []
        self.about_secrets: list[str] = []

    def groups(self) -> Iterator[Group]:
        """The groups that have anything to say, in order."""
        for row in _table():
            patterns: list[str] = []
            for item in row["patterns"]:
                if self._wanted(item):
                    patterns += self._with_exceptions(item)
            for kind in row.get("kinds", ()):
                patterns += self._landmarks(kind, patterns, row["patterns"])
            if row["title"] == SECRETS:
                self._told(patterns)
            if row.get("large"):
                for found in large_unread(self._build):
                    patterns += (literal(found.path), *(f"!{literal(kept)}" for kept in found.kept))
            if patterns:
                yield Group(row["title"], tuple(dict.fromkeys(patterns)), bool(row.get("large")))

    def _wanted(self, item: dict[str, Any]) -> bool:
        """Whether a pattern of the table is evidenced and not held back."""
        pattern = item["pattern"]
        if not self._evidenced(item) or not (is_free(self._build, pattern) or self._inside(item)):
            return False
        name = posixpath.basename(pattern)
        if item.get("environment") and self._unnamed.environment is not None:
            if self._found_env():
                self.about_secrets.append(f".env stays: {self._unnamed.environment}")
            return False
        if name in self._packages or self._runs_one(pattern) or self._is_something_else(name):
            return False
        if "read_by" in item and self._reads(item["read_by"]) and not self._makes(item):
            return False
        if item.get("git"):
            if self._evidence.git is not None:
                self.kept.append(f"{pattern} stays: {self._evidence.git}")
            return self._evidence.git is None
        if item.get("named") and name in self._mentions.parts:
            return False
        return "made_by" not in item or self._made(name, item["made_by"])

    def _reads(self, expression: str) -> bool:
        return any(re.search(expression, text) for text in self._unnamed.texts)

    def _inside(self, item: dict[str, Any]) -> tuple[str, ...]:
        """The paths inside of what a pattern leaves out that instructions name, where the rest can still go; nothing
        where they name all of it.
        """
        pattern = item["pattern"]
        if not item.get("parts") or WILDCARDS & set(pattern):
            return ()
        rules = rules_of(Text(pattern), "")
        inside = tuple(path for path in named_sources(self._build) if not rules.sends(path))
        return inside if all(path != pattern and not WILDCARDS & set(path) for path in inside) else ()

    def _with_exceptions(self, item: dict[str, Any]) -> tuple[str, ...]:
        return item["pattern"], *(f"!{literal(path)}" for path in self._inside(item))

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

    def _is_something_else(self, name: str) -> bool:
        """Whether a folder of a name that does not tell was looked at and is not what tools make."""
        scan = self._build.scan
        if scan is None or name not in _DOUBTFUL:
            return False
        called = [path for path in scan.listings if path == name or path.endswith(f"/{name}")]
        made = [mark.path for mark in scan.landmarks if mark.is_folder] if called else []
        return any(not any(is_below(path, other) for other in made) for path in called)

    def _found_env(self) -> bool:
        return any(name == ".env" or name.startswith(".env.") for name in self._top)

    def _told(self, patterns: Iterable[str]) -> None:
        """Say how a container gets a ``.env`` that its code loads and the image no longer has."""
        told = at_run_time(self._build, ".env") if "**/.env" in patterns else None
        if told is not None:
            self.about_secrets.append(told)

    def _evidenced(self, item: dict[str, Any]) -> bool:
        if item.get("language") in self._evidence.languages:
            return True
        packages = item.get("packages", ())
        if any(package in self._evidence.packages for package in packages) and (self._trains or not item.get("trains")):
            return True
        if item.get("listed") and posixpath.basename(item["pattern"]) in self._listed:
            return True
        names = self._anywhere if item["pattern"].startswith("**/") else self._top.keys()
        wanted = item.get("present", ())
        return any(name in names for name in wanted) or any(
            name.endswith(ending[1:]) for ending in wanted if ending.startswith("*") for name in names
        )

    def _landmarks(self, kind: str, patterns: Iterable[str], items: list[dict[str, Any]]) -> Iterator[str]:
        """Landmarks of a kind that the patterns do not cover and nothing reads, by their own paths."""
        scan = self._build.scan
        rules = rules_of(Text("\n".join(patterns)), "")
        known = {posixpath.basename(item["pattern"]) for item in items}
        for mark in scan.landmarks if scan is not None else ():
            if (
                mark.kind == kind
                and mark.files
                and can_name(mark.path)
                and rules.sends(mark.path, mark.is_folder)
                and is_free(self._build, literal(mark.path))
                and self._idle(mark, known, items)
            ):
                yield literal(mark.path)

    def _idle(self, mark: Landmark, known: set[str], items: list[dict[str, Any]]) -> bool:
        """Whether nothing that the image runs needs a landmark that no pattern of the table covers."""
        if mark.kind == "virtual-environment":
            return self._made(mark.name, items[0]["made_by"])
        if mark.kind == "secret":
            return mark.path in sent_secrets(self._build) and held_back(self._build, mark.path) is None
        if mark.kind == "version-control":
            worth = mark.bytes >= _NESTED_REPOSITORY or mark.name != ".git"
            return self._evidence.git is None and mark.path != ".git" and worth
        if mark.kind == "database":  # compose mounts it; that a program of the image names it says nothing
            return mark.name not in self._mentions.commands
        # What a pattern of the table would cover was held back, and for a reason.
        covered = mark.name in known
        return not (covered or self._mentions.named(mark.path)) and not any(
            is_below(file, mark.path) for file in self._mentions.files
        )
