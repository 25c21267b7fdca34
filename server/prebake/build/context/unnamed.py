"""What reads parts of a context without naming them: loaders of ``.env``, code that is found at run time, tools with
folders of their own.
"""

from __future__ import annotations

import posixpath
import re
from functools import lru_cache

from prebake.build.build import Build, fact
from prebake.build.context.mentions import mentions
from prebake.build.context.use import neighbours, text_of
from prebake.build.startup import command, starts
from prebake.files import Kind, join
from prebake.records import NamedTuple
from prebake.regex import regex

_PROGRAMS = frozenset({"FROM", "RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"})
_LOADS_ENV = regex(r"\b(load_dotenv|dotenv_values|find_dotenv|read_env|env_file)\b|[\"']\.env[\"']")
_NODE = regex(r"\b(npm|yarn|pnpm|bun|vite|next)\b")
_NODE_READS = "what Node builds in the image may read it"
_RUNS = frozenset({"RUN"})
_REMOVES = regex(r"\brm[ \t]+(-[a-zA-Z]*f[a-zA-Z]*|--force)[ \t][^&|;\n]*")
# Modules by computed names, settings that name them, configuration in folders.
_FINDS_CODE = regex(
    r"\bimport_module\(|\b__import__\(|\bpkgutil\b|\brunpy\b|\bspec_from_file_location\b|\bentry_points\(|\bexec\("
    r"|\bautodiscover|\bDJANGO_SETTINGS_MODULE\b|\bhydra\b"
)
_TAKES_ARGUMENTS = regex(r"\b(argparse|sys\.argv|click|typer|docopt|fire)\b|\$[@*1]")
_SKIPPED = frozenset({"node_modules", "data", "dataset", "datasets", "site-packages", "lib64"})
_MOST_FOLDERS = 300
_MAX_DEPTH = 3


class Unnamed(NamedTuple):
    """``environment``: why ``.env`` files have to stay, as a sentence without its full stop. ``loader``: the Python
    file that loads them where they need not. ``finds_code``: files that nothing names may run. ``texts``: what the
    images run, as far as it was followed.
    """

    environment: str | None
    loader: str | None
    finds_code: bool
    texts: tuple[str, ...]


@fact
def unnamed(build: Build) -> Unnamed:
    """What the images that are built from this context may read besides what they name."""
    root = build.context.root or "/"
    around = neighbours(build)
    followed = {}
    for path in mentions(build).files:
        text = build.snapshot.text(join(root, path))
        if text is not None:
            followed[path] = text.content
    commands = "\n".join(
        (
            *(text_of(other, _PROGRAMS) for other in around),
            *(" ".join(start.words) for other in around for start in starts(other)),
        )
    )
    texts = (commands, *followed.values())
    loader = next((path for path, text in followed.items() if path.endswith(".py") and _finds(_LOADS_ENV, text)), None)
    open_ended = any(command(other).entrypoint is not None and command(other).cmd is None for other in around)
    has_pages = any(path.rpartition("/")[2] == "pages" for path in folders(build))
    finds_code = (
        any(_finds(_FINDS_CODE, text) for text in texts)
        or (has_pages and "streamlit" in commands)  # it shows every file in that folder
        or (open_ended and any(_finds(_TAKES_ARGUMENTS, text) for text in texts))
    )
    return Unnamed(_environment(build, loader), loader, finds_code, texts)


@lru_cache(maxsize=8192)
def _finds(pattern: re.Pattern[str], text: str) -> bool:
    """Remembered, since every keystroke in a Dockerfile asks about the same files."""
    return pattern.search(text) is not None


def _environment(build: Build, loader: str | None) -> str | None:
    return (
        _named_in_commands(build, ".env")
        or (_NODE_READS if any(uses_node(text_of(other, _RUNS)) for other in neighbours(build)) else None)
        or _loaded_from_git(build, ".env", loader)
    )


def environment_file(build: Build, path: str, by_node: bool) -> str | None:
    """Why one file of variables has to stay, as :attr:`Unnamed.environment` says for all; ``by_node`` says whether Node
    runs where an instruction puts it.
    """
    return (
        _named_in_commands(build, posixpath.basename(path))
        or (_NODE_READS if by_node else None)
        or _loaded_from_git(build, path, unnamed(build).loader)
    )


def uses_node(text: str) -> bool:
    """Whether commands run Node or one of its tools."""
    return _finds(_NODE, text)


def _named_in_commands(build: Build, name: str) -> str | None:
    named = name in mentions(build).commands and not only_removed(build, name)
    return "a command of the image names it" if named else None


def _loaded_from_git(build: Build, path: str, loader: str | None) -> str | None:
    place = join(build.context.root or "/", path)
    in_git = build.snapshot.is_file(place) and build.snapshot.git_root(place) is not None
    if loader is not None and in_git and not build.snapshot.is_git_ignored(place):
        return f"{loader} loads it, and it is in git"
    return None


def only_removed(build: Build, name: str) -> bool:
    """Whether commands name a file only to delete it if it is there, with ``rm -f``."""
    root = build.context.root or "/"
    texts = [text_of(other, _PROGRAMS) for other in neighbours(build)]
    texts += [" ".join(start.words) for other in neighbours(build) for start in starts(other)]
    scripts = (build.snapshot.text(join(root, path)) for path in mentions(build).files if not path.endswith(".py"))
    texts += [script.content for script in scripts if script is not None]
    return any(name in text for text in texts) and not any(name in _REMOVES.sub("", text) for text in texts)


@fact
def folders(build: Build) -> dict[str, frozenset[str]]:
    """The names of the files in the folders near the context's top, by path relative to it; data and environments are
    not looked into.
    """
    root = build.context.root or "/"
    key = root, build.snapshot.state_without(build.path)
    if _folders.get(root, ((), {}))[0] != key:
        _folders[root] = key, _look_into(build, root)
    return _folders[root][1]


_folders: dict[str, tuple[tuple[object, ...], dict[str, frozenset[str]]]] = {}


def _look_into(build: Build, root: str) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    todo = [""]
    while todo and len(found) < _MOST_FOLDERS:
        path = todo.pop(0)
        entries = build.snapshot.list(join(root, path) if path else root)
        names = frozenset(entry.name for entry in entries if entry.kind is Kind.FILE)
        found[path] = names
        if path.count("/") >= _MAX_DEPTH - 1 or "pyvenv.cfg" in names:
            continue
        todo += [
            f"{path}/{entry.name}" if path else entry.name
            for entry in entries
            if entry.kind is Kind.DIRECTORY and entry.name not in _SKIPPED and not entry.name.startswith(".")
        ]
    return found
