"""Patterns for what tools generate that hold at the top of the context only, and what they let through further down."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Literal

from prebake.build.build import Build, fact
from prebake.build.context.unnamed import folders
from prebake.build.context.use import context_use
from prebake.files import is_below
from prebake.project.ignore import compiled
from prebake.project.scan import ContextScan, Size, sum_of
from prebake.records import NamedTuple
from prebake.syntax.glob import WILDCARDS
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
)
_SAMPLES = frozenset({"tests", "test", "fixtures", "examples", "docs", "testdata"})
"""Folders whose package.json nobody installs from."""
_LOGS = frozenset({"log", "logs"})
_NONE: frozenset[str] = frozenset()
_MOST_PLACES = 300
_INSIDE = "/m.cpython-312.pyc"
"""A file in a folder that a tool makes; only for Python its name matters."""


class RootOnly(NamedTuple):
    """Such a pattern. ``deeper`` is what is sent although the pattern would match it at the top, ``first`` the first
    path of that; ``place`` is what a tool will make further down, where nothing lies yet, and ``sure`` says that it is
    bound to. All paths are relative to the context root.
    """

    pattern: Pattern
    deeper: Size
    first: str | None
    place: str | None
    sure: bool


class _Deeper(NamedTuple):
    """What of a kind lies directly in one folder below the top, and the first path of that."""

    size: Size
    first: str


@fact
def root_only(build: Build) -> tuple[RootOnly, ...]:
    """The patterns through which this build takes, or will take, something that tools generate."""
    asked = ((pattern, _maker(pattern.pattern)) for pattern in build.ignore.patterns if _is_for_the_top(pattern))
    first_of = {pattern.pattern: (pattern, maker) for pattern, maker in reversed([*asked]) if maker is not None}
    makers = dict(reversed(first_of.values()))
    if not makers:
        return ()
    names = tuple(dict.fromkeys(pattern.pattern for pattern in makers))
    found = _looked_up(build.scan, names) if build.scan is not None else {}
    results = []
    for pattern, maker in makers.items():
        deeper = [item for item in found.get(pattern.pattern, ()) if _takes(build, item.first)]
        if deeper:
            size, first = sum_of(item.size for item in deeper), min(item.first for item in deeper)
            results.append(RootOnly(pattern, size, first, None, True))
            continue
        place = next(_places(build, maker), None)
        if place is not None:
            results.append(RootOnly(pattern, Size(), None, place, maker in ("python", "node", "notebook")))
    return tuple(results)


def _is_for_the_top(pattern: Pattern) -> bool:
    """Whether a pattern has one component, and was not written so on purpose, as ``/name`` is."""
    return (
        pattern.problem is None
        and not pattern.negated
        and "/" not in pattern.pattern
        and not pattern.raw.startswith(("/", "./", "\\"))
    )


@lru_cache(maxsize=1024)
def _maker(pattern: str) -> Maker | None:
    """Which kind of tool makes what a pattern is for; ``None`` for a project's own files, or both."""
    if not WILDCARDS & set(pattern):
        return _GENERATED.get(pattern)
    (item,) = compiled(parse_ignore(Text(pattern)))
    if item.backtracks or any(item.matches(name) for name in _OWN):
        return None
    return next((maker for name, maker in _GENERATED.items() if item.matches(name)), None)


# The last look at each context: it is as big as the context, and every keystroke asks.
_looked: dict[str, tuple[ContextScan, tuple[str, ...], Mapping[str, tuple[_Deeper, ...]]]] = {}
_MOST_REMEMBERED = 16


def _looked_up(scan: ContextScan, names: tuple[str, ...]) -> Mapping[str, tuple[_Deeper, ...]]:
    known = _looked.get(scan.root)
    if known is None or known[0] is not scan or known[1] != names:
        if len(_looked) >= _MOST_REMEMBERED:
            _looked.clear()
        known = _looked[scan.root] = scan, names, _look(scan, names)
    return known[2]


def _look(scan: ContextScan, names: tuple[str, ...]) -> Mapping[str, tuple[_Deeper, ...]]:
    """By pattern, what is sent of all that lies below the top and has its name, or lies in a folder that has it."""
    found: dict[str, list[_Deeper]] = {}
    inside: dict[str, frozenset[str]] = {"": _NONE}
    matching = _Names(names)
    everything = not scan.whole or scan.rules.is_empty
    for folder, listing in scan.listings.items():
        if not folder:
            continue
        above, _, own = folder.rpartition("/")
        within = inside[folder] = inside.get(above, _NONE) | (matching.of(own) if above else _NONE)
        here: dict[str, list[tuple[str, int]]] = {}
        for name, size in zip(listing.names, listing.sizes, strict=True):
            for pattern in within | matching.of(name):
                if everything or scan.rules.sends(f"{folder}/{name}"):
                    here.setdefault(pattern, []).append((name, size))
        for pattern, files in here.items():
            total = Size(sum(size for _, size in files), len(files))
            found.setdefault(pattern, []).append(_Deeper(total, f"{folder}/{min(files)[0]}"))
    return {pattern: tuple(folders) for pattern, folders in found.items()}


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
    """Whether an instruction takes a path of the context, as far as its folders tell."""
    use = context_use(build)
    if use.is_broad or use.unknown or build.settings.builder in ("legacy", "kaniko"):
        return True
    return any(WILDCARDS & set(source) or is_below(path, source) for source in use.paths)


def _places(build: Build, maker: Maker) -> Iterator[str]:
    """Where a kind of tool will make something of its own, below the top, that this build takes."""
    for folder, names in _folders(build):
        made = _made(maker, folder, names)
        if made is not None and build.ignore.sends(made) and _takes(build, made):
            yield made.removesuffix(_INSIDE)


def _made(maker: Maker, folder: str, names: Collection[str]) -> str | None:
    """A file that a kind of tool will make in a folder, if it will."""
    has_code = any(name.endswith(".py") for name in names)
    match maker:
        case "python":
            return f"{folder}/__pycache__{_INSIDE}" if has_code else None
        case "notebook":
            has_notebook = any(name.endswith(".ipynb") for name in names)
            return f"{folder}/.ipynb_checkpoints{_INSIDE}" if has_notebook else None
        case "node":
            installs = "package.json" in names and not _SAMPLES & set(folder.split("/"))
            return f"{folder}/node_modules{_INSIDE}" if installs else None
        case "program":
            return f"{folder}/m.log" if has_code or folder in _LOGS else None
        case "desktop":
            return f"{folder}/.DS_Store"
    return None


def _folders(build: Build) -> Iterator[tuple[str, Collection[str]]]:
    """The folders below the context's top with the names of their files: what was measured, else what lies near it."""
    scan = build.scan
    if scan is None:
        yield from ((folder, names) for folder, names in folders(build).items() if folder)
        return
    for number, (folder, listing) in enumerate(scan.listings.items()):
        if number > _MOST_PLACES:
            return
        if folder and not folder.startswith("."):
            yield folder, listing.names
