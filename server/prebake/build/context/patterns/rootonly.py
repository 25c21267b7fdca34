"""Patterns for what tools generate that hold at the top of the context only, and what they let through further down."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import islice
from typing import Literal

from prebake.build.build import Build, fact
from prebake.build.context.unnamed import folders
from prebake.build.context.use import context_use
from prebake.files import is_below
from prebake.project.ignore.ineffective import ineffective
from prebake.project.ignore.rules import IgnoreRules, compiled
from prebake.project.measuring.landmarks import Listing
from prebake.project.measuring.scan import ContextScan, Size, sum_of
from prebake.records import NamedTuple
from prebake.syntax.glob import WILDCARDS, GlobError, wildcard
from prebake.syntax.ignorefile import Pattern, parse_ignore
from prebake.text import Text

Maker = Literal["python", "notebook", "node", "program", "desktop", "tool"]

# What matches one of these names, and none of a project's own below, is a pattern for something that tools generate.
_GENERATED: Mapping[str, Maker] = {
    "__pycache__": "python", "m.cpython-312.pyc": "python", "m.pyc": "python", "m.pyo": "tool",
    "m$py.class": "tool",
    ".ipynb_checkpoints": "notebook",
    "node_modules": "node",
    "m.log": "program", "m.log.1": "program", "npm-debug.log": "program", "yarn-error.log": "program",
    ".DS_Store": "desktop", "Thumbs.db": "desktop", "desktop.ini": "desktop",
    ".pytest_cache": "tool", ".mypy_cache": "tool", ".ruff_cache": "tool", ".hypothesis": "tool", ".tox": "tool",
    ".nox": "tool", ".eggs": "tool", ".coverage": "tool", "htmlcov": "tool", "m.egg-info": "tool", ".cache": "tool",
    "m.swp": "tool", "m.swo": "tool", "m~": "tool", ".parcel-cache": "tool", ".nyc_output": "tool",
}  # fmt: skip
_OWN = (
    *("main.py", "README.md", "Dockerfile", "setup.cfg", "package.json", "data.csv", "model.bin", "run.sh", "m.so"),
    *(".env", ".github", ".git", ".gitignore", ".venv", "src", "data", "models", "logs", "a", "LICENSE", "a.b.c"),
    *("config.ini", "app.db"),
)
_SAMPLES = frozenset({"tests", "test", "fixtures", "examples", "docs", "testdata"})
"""Folders whose package.json nobody installs from."""
_LOGS = frozenset({"log", "logs"})
_NONE: frozenset[str] = frozenset()
_MOST_FOLDERS = 1_000
_COMPILED = "__pycache__"
_INSIDE = "/m.cpython-312.pyc"
"""A file in a folder that a tool makes; only for Python its name matters."""


class RootOnly(NamedTuple):
    """Such a pattern. ``deeper`` is what is sent although the pattern would match it at the top, ``first`` the first
    path of that; ``place`` is what a tool will make further down, where nothing lies yet, and ``sure`` says that it is
    bound to. All paths are relative to the context root. ``along`` are patterns that let the same through: ``*.pyc``,
    as Python keeps compiled modules in ``__pycache__``.
    """

    pattern: Pattern
    deeper: Size
    first: str | None
    place: str | None
    sure: bool
    along: tuple[Pattern, ...] = ()


class _Deeper(NamedTuple):
    """What of a kind lies directly in one folder below the top, and the first path of that."""

    size: Size
    first: str


class _Look(NamedTuple):
    """What a context holds: by pattern, what it lets through, by folder; by kind of tool, files that it will make."""

    deeper: Mapping[str, tuple[_Deeper, ...]]
    coming: Mapping[Maker, tuple[str, ...]]


@fact
def root_only(build: Build) -> tuple[RootOnly, ...]:
    """The patterns through which this build takes, or will take, something that tools generate.

    What is said of each holds for all builds that share the context and its ignore file.
    """
    makers = _for_generated(build)
    if not makers:
        return ()
    names = tuple(pattern.pattern for pattern in makers)
    look = (
        _looked_at(build.scan, names)
        if build.scan is not None
        else _Look({}, _coming(build.ignore, folders(build).items()))
    )
    results = []
    for pattern, maker in makers.items():
        deeper = look.deeper.get(pattern.pattern, ())
        coming = look.coming.get(maker, ())
        if any(_takes(build, item.first) for item in deeper):
            size, first = sum_of(item.size for item in deeper), min(item.first for item in deeper)
            results.append(RootOnly(pattern, size, first, None, True))
        elif any(_takes(build, path) for path in coming):
            sure = maker in ("python", "node", "notebook")
            results.append(RootOnly(pattern, Size(), None, coming[0].removesuffix(_INSIDE), sure))
    return _by_cause(results, {pattern for pattern, maker in makers.items() if maker == "python"})


def _by_cause(results: list[RootOnly], compiled_modules: set[Pattern]) -> tuple[RootOnly, ...]:
    """The patterns, those for compiled modules with the one for the folder that holds them."""
    folder = next((item for item in results if item.pattern.pattern == _COMPILED), None)
    if folder is None:
        return tuple(results)
    along = tuple(item.pattern for item in results if item is not folder and item.pattern in compiled_modules)
    gone = set(along)
    kept = (item for item in results if item.pattern not in gone)
    return tuple(item._replace(along=along) if item is folder else item for item in kept)


def _for_generated(build: Build) -> dict[Pattern, Maker]:
    """The patterns for what tools generate at the top, with the kind of tool; without those that have no effect."""
    asked = {pattern: _maker(pattern.pattern) for pattern in build.ignore.patterns if pattern.is_for_top}
    found = {pattern: maker for pattern, maker in asked.items() if maker is not None}
    file = build.ignore.file
    idle = (
        {item.pattern for item in ineffective(file.text, build.settings.builder)}
        if found and file is not None
        else set()
    )
    return {pattern: maker for pattern, maker in found.items() if pattern not in idle}


@lru_cache(maxsize=1024)
def _maker(pattern: str) -> Maker | None:
    """Which kind of tool makes what a pattern is for; ``None`` for a project's own files, or both."""
    if not WILDCARDS & set(pattern):
        return _GENERATED.get(pattern)
    item = next(iter(compiled(parse_ignore(Text(pattern)))), None)  # a carriage return or a hash parts or ends a line
    if item is None or item.backtracks or any(item.matches(name) for name in _OWN):
        return None
    return next((maker for name, maker in _GENERATED.items() if item.matches(name)), None)


def _looked_at(scan: ContextScan, names: tuple[str, ...]) -> _Look:
    """It is as big as the context, and every keystroke asks: the scan keeps it as long as it lives itself."""

    def look() -> _Look:
        folders = ((folder, listing.names) for folder, listing in scan.listings.items())
        return _Look(_deeper(scan, names), _coming(scan.rules, folders))

    return scan.remembered(("root only", *names), look)


def _deeper(scan: ContextScan, names: tuple[str, ...]) -> Mapping[str, tuple[_Deeper, ...]]:
    """By pattern, what is sent of all that lies below the top and has its name, or lies in a folder that has it."""
    found: dict[str, list[_Deeper]] = {}
    inside: dict[str, frozenset[str]] = {"": _NONE}
    matching = _Names(names)
    rules = scan.rules if scan.whole and not scan.rules.is_empty else None
    # Where all that is listed is sent, what a folder holds depends on nothing but its path and its list.
    known = scan.by_folder(("root only", *names)) if rules is None else {}
    for folder, listing in scan.listings.items():
        if not folder:
            continue
        above, _, own = folder.rpartition("/")
        within = inside[folder] = inside.get(above, _NONE) | (matching.of(own) if above else _NONE)
        here = known.get(folder)
        if here is None or here[0] is not listing:
            here = known[folder] = listing, _in_folder(folder, listing, within, matching, rules)
        for pattern, deeper in here[1].items():
            found.setdefault(pattern, []).append(deeper)
    return {pattern: tuple(folders) for pattern, folders in found.items()}


def _in_folder(
    folder: str, listing: Listing, within: frozenset[str], matching: _Names, rules: IgnoreRules | None
) -> dict[str, _Deeper]:
    """By pattern, what is sent of a folder's files that have its name or all of which a pattern ``within`` matches;
    without ``rules`` all is.
    """
    here: dict[str, list[tuple[str, int]]] = {}
    for name, size in zip(listing.names, listing.sizes, strict=True):
        for pattern in within | matching.of(name):
            if rules is None or rules.sends(f"{folder}/{name}"):
                here.setdefault(pattern, []).append((name, size))
    return {
        pattern: _Deeper(Size(sum(size for _, size in files), len(files)), f"{folder}/{min(files)[0]}")
        for pattern, files in here.items()
    }


class _Names:
    """Which of some patterns match a name."""

    def __init__(self, patterns: tuple[str, ...]) -> None:
        self._literals = {name: frozenset((name,)) for name in patterns if not WILDCARDS & set(name)}
        wild = [name for name in patterns if name not in self._literals]
        self._wild = compiled(parse_ignore(Text("\n".join(wild))))
        self._any = re.compile("|".join(rf"(?:{item.whole})\Z" for item in self._wild) or "(?!)").match

    def of(self, name: str) -> frozenset[str]:
        """The patterns that match a name."""
        if name in self._literals:
            return self._literals[name]
        if self._any(name) is None:
            return _NONE
        return frozenset(item.source.pattern for item in self._wild if item.matches(name))


def _takes(build: Build, path: str) -> bool:
    """Whether an instruction takes a path of the context, or the builder all of them."""
    use = context_use(build)
    if use.is_broad or use.unknown or build.settings.builder in ("legacy", "kaniko"):
        return True
    return any(_is_in(path, source) for source in use.paths)


def _is_in(path: str, source: str) -> bool:
    """Whether a path is a source of COPY or lies in it, wildcards in the source understood."""
    if not WILDCARDS & set(source):
        return is_below(path, source)
    parts, own = source.split("/"), path.split("/")
    if len(parts) > len(own):
        return False
    try:
        expressions = [wildcard(part) for part in parts]
    except GlobError:
        return False
    compared = zip(parts, expressions, own, strict=False)
    return all(part == name if regex is None else regex.match(name) for part, regex, name in compared)


def _coming(rules: IgnoreRules, around: Iterable[tuple[str, Collection[str]]]) -> Mapping[Maker, tuple[str, ...]]:
    """By kind of tool, a file that it will make and that will be sent in each folder below the top, likeliest first."""
    found: dict[Maker, list[tuple[bool, int, str]]] = {}
    for folder, names in islice(around, _MOST_FOLDERS):
        if folder and not folder.startswith("."):
            for maker, path in _made(folder, names):
                if rules.sends(path):
                    found.setdefault(maker, []).append(("__init__.py" not in names, path.count("/"), path))
    return {maker: tuple(path for *_, path in sorted(paths)) for maker, paths in found.items()}


def _made(folder: str, names: Collection[str]) -> Iterator[tuple[Maker, str]]:
    """What tools will make in a folder."""
    modules = sum(name.endswith(".py") for name in names)
    if modules > 1 or "__init__.py" in names:  # a single script is run, and leaves nothing behind
        yield "python", f"{folder}/__pycache__{_INSIDE}"
    if any(name.endswith(".ipynb") for name in names):
        yield "notebook", f"{folder}/.ipynb_checkpoints{_INSIDE}"
    if "package.json" in names and not _SAMPLES & set(folder.split("/")):
        yield "node", f"{folder}/node_modules{_INSIDE}"
    if modules or folder in _LOGS:
        yield "program", f"{folder}/m.log"
    yield "desktop", f"{folder}/.DS_Store"
