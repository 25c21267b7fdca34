"""Which paths of the project the image's programs name, while it is built and when it runs.

Followed from RUN, CMD, ENTRYPOINT and compose's commands into the project's shell scripts, the Python that they start,
what that imports, and the configuration files that are named in it.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from prebake.build.build import Build, fact
from prebake.build.context.use import named_sources, neighbours, text_of
from prebake.build.startup import compose_services, image_file, starts
from prebake.files import Entry, Snapshot, is_below, join, parent, relative
from prebake.project.mentions import parts, python_mentions, words
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import MAX_BY_HAND, Text

_CONFIGURATION = (".yaml", ".yml", ".json", ".toml", ".ini", ".cfg", ".conf")
_FOLLOWED = (".py", ".sh", ".bash", *_CONFIGURATION)
_MOST_FILES = 2_000
_REMEMBERED = 16
_MODULE = regex(r"[^\W\d]\w*(\.[^\W\d]\w*)*")
_COMMANDS = frozenset({"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"})
_SETTINGS = frozenset({"ENV", "ARG", "VOLUME", "LABEL"})


class Mentions(NamedTuple):
    """``parts`` are the parts of all paths that are named; ``commands`` those in RUN, CMD, ENTRYPOINT and shell scripts
    alone. ``files`` are the project's files that were followed, relative to the context root. ``closed`` says that what
    every container starts was found among them, so that what is not named is not read by name.
    """

    parts: frozenset[str]
    commands: frozenset[str]
    files: tuple[str, ...]
    closed: bool

    def named(self, path: str) -> bool:
        """Whether a part of a path is named."""
        return not self.parts.isdisjoint(path.split("/"))


class _Start(NamedTuple):
    """What a build starts from, besides the project's files."""

    commands: str
    settings: str
    words: tuple[tuple[str, ...], ...]
    exact: tuple[tuple[str, str], ...]


@fact
def mentions(build: Build) -> Mentions:
    """What the programs of all images that are built from this context name.

    Remembered as long as what it starts from, the files that were followed and the folders they lie in stay the same.
    """
    root = build.context.root or "/"
    roots = _roots(build, root)
    sharing = sorted(neighbours(build), key=lambda other: other.path)
    key = (roots, tuple(dict.fromkeys(_start(other) for other in sharing)))
    known = _memory.get(key)
    if known is None or not known.holds(build.snapshot):
        follower = _Follower(build.snapshot, roots)
        known = _Remembered(follower.follow(key[1]), *follower.looked())
        _memory[key] = known
    _memory.move_to_end(key)
    while len(_memory) > _REMEMBERED:
        _memory.popitem(last=False)
    return known.mentions


def _roots(build: Build, root: str) -> tuple[str, ...]:
    """The folders that modules and scripts are looked for in, the context root first."""
    named = (join(root, path) for path in sorted(named_sources(build)))
    folders = (path for path in named if build.snapshot.is_dir(path))
    return tuple(dict.fromkeys((root, join(root, "src"), join(root, "app"), *folders)))


@fact
def _start(build: Build) -> _Start:
    started = tuple(start.words for start in starts(build))
    services = compose_services(build)
    values = [value.text or "" for service in services for value in service.environment.values()]
    values += [volume.source or "" for service in services for volume in service.volumes]
    items = {item for line in started for word in line for item in words(word) if item.startswith("/")}
    exact = ((item, path) for item in sorted(items) if (path := image_file(build, item)) is not None)
    settings = "\n".join((text_of(build, _SETTINGS), *values))
    return _Start(text_of(build, _COMMANDS), settings, started, tuple(exact))


class _Remembered(NamedTuple):
    mentions: Mentions
    texts: tuple[tuple[str, Text | None], ...]
    lists: tuple[tuple[str, tuple[Entry, ...]], ...]

    def holds(self, snapshot: Snapshot) -> bool:
        """Whether everything that was looked at is as it was."""
        return all(_same(snapshot.text(path), text) for path, text in self.texts) and all(
            _same_names(snapshot.list(path), entries) for path, entries in self.lists
        )


def _same(one: Text | None, other: Text | None) -> bool:
    return one is other or one == other


def _same_names(one: tuple[Entry, ...], other: tuple[Entry, ...]) -> bool:
    """Whether two lists have the same entries, whatever their sizes: an unsaved file has another one."""
    return one is other or [entry[:2] for entry in one] == [entry[:2] for entry in other]


_memory: OrderedDict[object, _Remembered] = OrderedDict()


class _Follower:
    """Files of the context that are named, and what they name in turn."""

    def __init__(self, snapshot: Snapshot, roots: tuple[str, ...]) -> None:
        self._snapshot = snapshot
        self._root = roots[0]
        self._roots = roots
        self._todo: list[str] = []
        self._texts: dict[str, Text | None] = {}
        self._tops: dict[tuple[str, str], bool] = {}
        self._modules: dict[tuple[str, str], tuple[str, ...]] = {}
        self._cut = False
        self.seen: set[str] = set()
        self.parts: set[str] = set()
        self.commands: set[str] = set()

    def follow(self, beginnings: Iterable[_Start]) -> Mentions:
        """Follow what builds and containers start."""
        closed = True
        for start in beginnings:
            self.parts |= parts(start.settings)
            self.shell(start.commands, self._root)
            exact = dict(start.exact)
            closed = closed and bool(start.words)
            for line in start.words:
                found = [self.word(word, exact) for word in line]
                closed = closed and any(found)
        self.run()
        files = tuple(sorted(relative(path, self._root) for path in self.seen))
        return Mentions(frozenset(self.parts), frozenset(self.commands), files, closed and not self._cut)

    def looked(self) -> tuple[tuple[tuple[str, Text | None], ...], tuple[tuple[str, tuple[Entry, ...]], ...]]:
        """What the answer depends on: the texts that were read, and the folders that files were looked for in."""
        folders = dict.fromkeys((*self._roots, *(parent(path) for path in self._texts)))
        return tuple(self._texts.items()), tuple((folder, self._snapshot.list(folder)) for folder in folders)

    def run(self) -> None:
        """Follow everything that is left to follow."""
        while self._todo:
            if len(self.seen) > _MOST_FILES:
                self._cut = True
                return
            path = self._todo.pop()
            text = self._texts[path] = self._snapshot.text(path)
            if text is None or len(text.content) > MAX_BY_HAND:
                continue
            if path.endswith(".py"):
                found = python_mentions(text)
                self.parts |= found.parts
                for word in found.words:
                    self._add(self._named(word, parent(path)))
                    module = word.partition(":")[0]
                    if "." in module:  # "package.module:app", "project.settings"
                        self._add(self._imported(module, 0, parent(path)))
                for name, level in found.imports:
                    self._add(self._imported(name, level, parent(path)))
            elif path.endswith(_CONFIGURATION):
                self.parts |= parts(text.content)
            else:
                self.shell(text.content, parent(path))

    def shell(self, text: str, folder: str) -> None:
        """Take in the words of shell text."""
        found = parts(text)
        self.parts |= found
        self.commands |= found
        for word in words(text):
            self._add(self._named(word, folder))
            self._add(self._imported(word.partition(":")[0], 0, folder))

    def word(self, word: str, exact: Mapping[str, str]) -> bool:
        """Follow a word of a command line; whether it names a file of the project."""
        self.parts |= parts(word)
        self.commands |= parts(word)
        found: list[str] = []
        for item in words(word):
            found += [exact[item]] if item in exact else self._named(item, self._root)
            found += self._imported(item.partition(":")[0], 0, self._root)
        self._add(found)
        return any(path in self.seen for path in found)

    def _add(self, paths: Iterable[str]) -> None:
        for path in paths:
            if path not in self.seen and is_below(path, self._root):
                self.seen.add(path)
                self._todo.append(path)

    def _named(self, word: str, folder: str) -> tuple[str, ...]:
        """The file that a word may mean: seen from a folder, or by the last parts of a path of the image."""
        name = word.rpartition("/")[2]
        if not (name.endswith(_FOLLOWED) or ("/" in word and "." not in name)) or word.startswith("-") or "\0" in word:
            return ()
        tail = [part for part in word.split("/") if part not in ("", ".", "..")]
        candidates = (
            join(root, *tail[start:])
            for start in range(len(tail))
            for root in (folder, *self._holding.get(tail[start], ()))
        )
        found = next((path for path in candidates if self._snapshot.is_file(path)), None)
        return () if found is None else (found,)

    @cached_property
    def _holding(self) -> dict[str, list[str]]:
        """The roots that have an entry of a name: where hundreds of Dockerfiles share a context, few of so many do."""
        found: dict[str, list[str]] = {}
        for root in self._roots:
            for entry in self._snapshot.list(root):
                found.setdefault(entry.name, []).append(root)
        return found

    def _imported(self, name: str, level: int, folder: str) -> Iterator[str]:
        """The files of a module and of the packages it is in."""
        if name and not _MODULE.fullmatch(name):
            return
        roots = self._roots if not level else ()
        base = folder
        for _ in range(level - 1):
            base = parent(base)
        for root in dict.fromkeys((base, *roots)):
            found = self._modules.get((root, name))
            if found is None:  # a project's files import the same few modules
                found = self._modules[root, name] = tuple(self._below(root, name.split(".") if name else []))
            yield from found

    def _below(self, root: str, steps: list[str]) -> Iterator[str]:
        """The files of a module that is looked for in one folder."""
        if steps and not self._has(root, steps[0]):
            return
        for end in range(len(steps) + 1):
            stem = join(root, *steps[:end])
            candidates = [join(stem, "__init__.py"), *([f"{stem}.py"] if end else [])]
            if end == len(steps) and end:
                candidates.append(join(stem, "__main__.py"))
            yield from (path for path in candidates if self._snapshot.is_file(path))

    def _has(self, root: str, name: str) -> bool:
        """Whether a folder has a module or package of this name; nearly all imports are of none."""
        known = self._tops.get((root, name))
        if known is None:
            known = self._snapshot.is_file(join(root, f"{name}.py")) or self._snapshot.is_dir(join(root, name))
            self._tops[root, name] = known
        return known
