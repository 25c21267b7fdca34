"""The application that a server's command line names, for the servers of ``data/launchers.toml``."""

from __future__ import annotations

import ast
import posixpath
from collections.abc import Iterator

from prebake.project.manifests.manifest import read_json, read_toml, table
from prebake.project.starting.launchers import Launcher
from prebake.project.starting.program import UNKNOWN, Place, Program
from prebake.regex import regex
from prebake.text import Text

MODULE = regex(r"[^\W\d]\w*(\.[^\W\d]\w*)*$")
"""A dotted name."""
_APPLICATION = regex(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*):([^\W\d]\w*(?:\.[^\W\d]\w*)*)(\(.*\))?$")
_IN_FILE = regex(r"([\w./-]+\.py):([^\W\d]\w*)$")
_SETTING = regex(r"[ \t-]*([\w-]+)[ \t]*[:=][ \t]*[\"']?([^\s\"'#;]+)")


def served(entry: Launcher, words: tuple[str, ...], place: Place) -> Iterator[Program]:
    """The programs behind the words that follow a server's name."""
    if entry.arguments:
        words = (*_split(place.environment.get(entry.arguments)), *words)
    settings = _settings(entry, words, place)
    folder = _option_value(words, entry.directory) or settings.get(entry.config_directory or "")
    base = place if folder is None or UNKNOWN in folder else place.but(directory=place.path(folder))
    named = _option_value(words, entry.options)
    if named is None and entry.variable:
        named = place.environment.get(entry.variable)
    if named is None and entry.setting and not any(word.endswith(".py") for word in words):
        text = place.read(place.path("pyproject.toml"))
        value = None if text is None else table(read_toml(text), *entry.setting[:-1]).get(entry.setting[-1])
        named = value if isinstance(value, str) else None
    candidates = [named] if named is not None else [] if entry.options and not entry.file else list(words)
    if named is None:
        candidates += [settings[key] for key in entry.config_application if key in settings]
    attribute = _option_value(words, entry.attribute) or entry.object
    if entry.attribute and entry.attribute_variable:
        attribute = attribute or base.environment.get(entry.attribute_variable)
    yield from _applications(entry, words, candidates, named, attribute, base)


def _applications(
    entry: Launcher,
    words: tuple[str, ...],
    candidates: list[str],
    named: str | None,
    attribute: str | None,
    base: Place,
) -> Iterator[Program]:
    for word in candidates:
        inside = _IN_FILE.match(word)
        if inside:
            yield _application_file(inside[1], words, base, inside[2])
            return
        match = _APPLICATION.match(word)
        if match:
            yield base.program(words, module=match[1], name=match[2])
            return
    if entry.handler:
        for word in candidates:
            module, dot, function = word.rpartition(".")
            if dot and MODULE.match(word.replace("/", ".")) and not word.endswith(".py"):
                yield base.program(words, module=module.replace("/", "."), name=function)
                return
    if entry.bare:
        found = [
            word
            for word in reversed(candidates)
            if MODULE.match(word) and not word.endswith(".py") and not (named is None and _is_value(words, word))
        ]
        for word in reversed(found) if entry.many else found[:1]:
            yield base.program(words, module=word, name=entry.object)
            if entry.submodule:
                yield from _around(entry, word, words, base)
        if found:
            return
    path = next((word for word in candidates if word.endswith(".py")), None) if entry.file or named else None
    for name in [path] if path is not None else entry.defaults:
        if base.read(base.path(name)) is not None:
            yield _application_file(name, words, base, attribute)
            return


def _around(entry: Launcher, word: str, words: tuple[str, ...], base: Place) -> Iterator[Program]:
    """The module in a package that is its application, or the module that has an object of that name."""
    path = word.replace(".", "/")
    if base.read(base.path(f"{path}/{entry.submodule}.py")) is not None:
        yield base.program(words, module=f"{word}.{entry.submodule}", name=entry.object)
    module, _, name = word.rpartition(".")
    above = module.replace(".", "/")
    if module and base.read(base.path(f"{path}.py")) is None and base.read(base.path(f"{above}.py")) is not None:
        yield base.program(words, module=module, name=name)


def _application_file(name: str, words: tuple[str, ...], place: Place, attribute: str | None) -> Program:
    """A file that holds an application: as a module of its package, where it is in one."""
    script = place.file_program(name, words, beside=True)
    root, module = posixpath.split(script.file or "")
    names = [module.removesuffix(".py")]
    while root not in ("", "/", ".") and place.read(posixpath.join(root, "__init__.py")) is not None:
        root, package = posixpath.split(root)
        names.insert(0, package)
    if len(names) == 1:
        return script._replace(main=False, name=attribute)
    directories = (root or ".", *script.directories[1:])
    return script._replace(file=None, module=".".join(names), main=False, name=attribute, directories=directories)


def _settings(entry: Launcher, words: tuple[str, ...], place: Place) -> dict[str, str]:
    """What the server's configuration file sets to a text."""
    if not entry.config_application:
        return {}
    given = _option_value(words, entry.config)
    if given is None and entry.config_ending:
        given = next((word for word in words if word.endswith(entry.config_ending)), None)
    for name in entry.config_files if given is None else (given.removeprefix("file:"),):
        text = None if UNKNOWN in name else place.read(place.path(name))
        if text is not None:
            return _read_settings(name, text)
    return {}


def _read_settings(name: str, text: Text) -> dict[str, str]:
    if name.endswith(".json"):
        return {key: value for key, value in (read_json(text) or {}).items() if isinstance(value, str)}
    if name.endswith(".py"):
        from prebake.project.python.parse import parse

        return {
            target.id: node.value.value
            for node in parse(text).body
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
    found: dict[str, str] = {}
    for line in text.content[:100_000].split("\n"):
        match = _SETTING.match(line)
        if match is not None:
            found.setdefault(match[1], match[2])
    return found


def _split(text: str | None) -> list[str]:
    if not text:
        return []
    import shlex

    try:
        return shlex.split(text)
    except ValueError:
        return []


def _option_value(words: tuple[str, ...], options: tuple[str, ...]) -> str | None:
    for at, word in enumerate(words):
        for option in options:
            if word == option and at + 1 < len(words):
                return words[at + 1]
            if option.startswith("--") and word.startswith(option + "="):
                return word.partition("=")[2]
    return None


def _is_value(words: tuple[str, ...], word: str) -> bool:
    """Whether a word stands behind an option, which may own it."""
    at = words.index(word) if word in words else 0
    return at > 0 and words[at - 1].startswith("-") and "=" not in words[at - 1]
