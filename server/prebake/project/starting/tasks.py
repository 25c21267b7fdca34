"""Commands that a project gives names to, and those that a supervisor starts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from prebake.project.manifests.manifest import read_toml
from prebake.project.starting.launchers import Launcher
from prebake.project.starting.program import UNKNOWN, Place
from prebake.project.starting.recipes import recipe_of
from prebake.regex import regex
from prebake.text import Text

_MAX_TEXT = 200_000
_ENVIRONMENT = regex(r"""([^\W\d]\w*)=("[^"]*"|'[^']*'|[^,]*),?""")
_HERE = regex(r"%\((ENV_)?(\w+)\)[sd]")
_PROCESS = regex(r"([\w-]+):[ \t]*(\S.*)")


def task(entry: Launcher, words: tuple[str, ...], place: Place) -> str | None:
    """The shell text behind a name that the project gives a command (``pdm run serve``); ``None`` for any other."""
    if not words or not entry.tasks:
        return None
    name = words[0].rpartition(":")[2]
    for file, *keys in entry.tasks:
        text = place.read(place.path(file))
        for data in _tables(read_toml(text) if text is not None else {}, tuple(keys)):
            found = _command(data.get(name))
            if found is not None:
                return found if "$@" in found or len(words) == 1 else f'{found} "$@"'
    return None


def _tables(data: Any, keys: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The tables at a path; ``*`` stands for any key."""
    if not isinstance(data, dict):
        return
    if not keys:
        yield data
        return
    for key in data if keys[0] == "*" else (keys[0],):
        yield from _tables(data.get(key), keys[1:])


def _command(value: Any) -> str | None:
    if isinstance(value, dict):
        value = value.get("cmd") or value.get("shell") or value.get("command")
    if isinstance(value, list):
        value = "\n".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else None


def commands_of(entry: Launcher, words: tuple[str, ...], place: Place) -> Iterator[tuple[str, Place]]:
    """The shell texts that a supervisor starts, each with the place that it runs in."""
    if entry.format == "run-files":
        folders = [word for word in words if word.startswith("/")] or list(entry.config_files)
        yield from _run_files(folders, place)
        return
    given = next((words[at + 1] for at, word in enumerate(words[:-1]) if word in entry.config), None)
    given = given or next((word.partition("=")[2] for word in words if word.partition("=")[0] in entry.config), None)
    for name in entry.config_files if given is None else (given,):
        path = place.path(name)
        text = None if UNKNOWN in name else place.read(path)
        if text is None or len(text.content) > _MAX_TEXT:
            continue
        if entry.format == "supervisord":
            yield from _supervised(text, path, place, 0)
        elif entry.format == "make":
            options = [word for word in words if not word.startswith("-") and "=" not in word]
            for line in recipe_of(text, options[0] if options and options[0] != given else None):
                yield line.command, place
        else:
            yield from _processes(text, words, place)
        return


def _run_files(folders: list[str], place: Place) -> Iterator[tuple[str, Place]]:
    """The scripts of s6 and runit: ``SERVICE/run`` in a folder, and the files of ``cont-init.d``."""
    for folder in folders:
        for name in place.names(folder):
            path = f"{folder}/{name}"
            text = place.read(path if folder.endswith("-init.d") else f"{path}/run")
            if text is None or len(text.content) > _MAX_TEXT:
                continue
            # execline has no lines: one command leads to the next.
            chained = "execlineb" in text.line(0)
            lines = (line for line in text.content.split("\n") if not line.lstrip().startswith("#"))
            yield " ".join(lines) if chained else text.content, place


def _supervised(text: Text, path: str, place: Place, depth: int) -> Iterator[tuple[str, Place]]:
    """The ``command`` of each ``[program:x]``, also those of included files that are named."""
    section = ""
    settings: dict[str, str] = {}
    key = ""
    for line in [*text.content.replace("\r", "").split("\n"), "[]"]:
        if line.startswith((" ", "\t")) and key and line.strip():
            settings[key] += "\n" + line.strip()
        elif line.startswith("["):
            yield from _section(section, settings, path, place, depth)
            section, settings, key = line.strip().strip("[]"), {}, ""
        elif "=" in line and not line.startswith((";", "#")):
            key, _, value = line.partition("=")
            key = key.strip()
            settings[key] = value.partition(" ;")[0].strip()


def _section(
    section: str, settings: dict[str, str], path: str, place: Place, depth: int
) -> Iterator[tuple[str, Place]]:
    folder = posixpath.dirname(path)
    known = {key: _filled(value, place, folder) for key, value in settings.items()}
    if section.startswith(("program:", "fcgi-program:", "eventlistener:")) and "command" in known:
        if known.get("autostart", "true").lower() in ("false", "no", "off", "0"):
            return
        here = place.but(directory=place.path(known["directory"])) if "directory" in known else place
        added = {name: value.strip("\"'") for name, value in _ENVIRONMENT.findall(known.get("environment", ""))}
        yield known["command"].replace("\n", " "), here.but(environment={**place.environment, **added})
    elif section == "include" and depth < 2:
        for name in known.get("files", "").split():
            included = posixpath.normpath(posixpath.join(folder, name))
            inner = place.read(included)
            if inner is not None and len(inner.content) <= _MAX_TEXT:
                yield from _supervised(inner, included, place, depth + 1)


def _filled(value: str, place: Place, folder: str) -> str:
    """A value with ``%(here)s`` and ``%(ENV_X)s`` in it replaced."""

    def replaced(name: str, variable: bool) -> str:
        if variable:
            return place.environment.get(name) or UNKNOWN
        return folder if name == "here" else UNKNOWN

    return _HERE.sub(lambda found: replaced(found[2], bool(found[1])), value) if "%" in value else value


def _processes(text: Text, words: tuple[str, ...], place: Place) -> Iterator[tuple[str, Place]]:
    """The lines of a Procfile; only those that are named, where any are."""
    found = {}
    for line in text.content.split("\n"):
        match = _PROCESS.match(line.strip())
        if match is not None:
            found[match[1]] = match[2]
    named = [word for word in words if word in found]
    for name in named or found:
        yield found[name], place
