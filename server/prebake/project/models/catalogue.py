"""The catalogue of calls and commands that download models (``data/models/``), loaded on first use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any

from prebake.data import load_table, names_in
from prebake.files import join
from prebake.records import NamedTuple
from prebake.regex import regex

HUB = "the Hugging Face Hub"

# Source: huggingface_hub.utils.validate_repo_id; at most one slash, as for models.
_HUB_ID = regex(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,95}(/[A-Za-z0-9][A-Za-z0-9_.-]{0,95})?\Z")
# Short names of models, files and packages: no quote, no blank, nothing that a shell or Python could take for more.
_NAME = regex(r"[A-Za-z0-9][A-Za-z0-9_.@:+/-]{0,199}\Z")
_URL = regex(r"(?:https?|s3|gs|models|runs|kaggle|hf)://?[A-Za-z0-9][A-Za-z0-9_.~:/?#@!&=+,;%-]{0,999}\Z")
_NOTHING: Mapping[str, str] = MappingProxyType({})
_TRUE = frozenset(("1", "ON", "YES", "TRUE"))
_VARIABLE = regex(r"\$(\w+)")


class ShellCommand(NamedTuple):
    """A command line that downloads: what the keys of ``[[call.command]]`` say."""

    name: str
    positions: tuple[int, ...] = ()
    options: tuple[str, ...] = ()
    valued: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    when: str | None = None
    variable: str | None = None
    default: str | None = None
    suffixes: bool = False


class Entry(NamedTuple):
    """One entry; the fields are the keys that the data files explain."""

    id: str
    library: str
    calls: tuple[str, ...]
    model: tuple[str, int | None] = ("", None)
    kind: str = "weights"
    source: str = HUB
    grammar: str = "hub"
    distribution: str | None = None
    since: str | None = None
    optional: bool = False
    many: bool = False
    named: str | None = None
    default: str | None = None
    defaults: Mapping[str, str] = _NOTHING
    choice: tuple[str, int | None] | None = None
    choices: Mapping[str, str] = _NOTHING
    release: str | None = None
    prefixes: Mapping[str, str] = _NOTHING
    names: Mapping[str, str] = _NOTHING
    unprefixed: frozenset[str] = frozenset()
    known: tuple[str, ...] = ()
    exempt: tuple[str, ...] = ()
    whole: frozenset[str] = frozenset()
    small: Mapping[str, str] = _NOTHING
    files: tuple[str, int | None] | None = None
    filters: tuple[str, ...] = ()
    revision: str | None = None
    repository: str | None = None
    token: tuple[str, ...] = ()
    token_variables: tuple[str, ...] = ()
    cache: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    target: tuple[str, ...] = ()
    offline: tuple[str, ...] = ()
    needs: tuple[tuple[str, int | None], ...] = ()
    refusals: tuple[tuple[str, int | None], ...] = ()
    local: tuple[str, ...] = ()
    quiet: Mapping[str, str] = _NOTHING
    evidence: frozenset[str] = frozenset()
    accepts: Mapping[str, list[str]] = MappingProxyType({})
    switches: tuple[str, ...] = ()
    mild: str | None = None
    online: bool = False
    writable: bool = False
    build: str | None = None
    passes: tuple[tuple[str, int | None], ...] = ()
    places: str | None = None
    sets: tuple[str, str] | None = None
    no_fix: str | None = None
    note: str | None = None
    command: tuple[ShellCommand, ...] = ()
    from_folder: bool = False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Entry) and self.id == other.id

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def in_hub_cache(self) -> bool:
        """Whether what ``hf download`` puts into the hub's cache serves its calls."""
        return self.grammar == "hub" and self.build is None and self.no_fix is None and not self.folders

    @property
    def folder_variables(self) -> tuple[str, ...]:
        """The environment variables that move its folder."""
        return tuple(text[1:].partition("/")[0] for text in self.folders if text.startswith("$"))

    def repository_of(self, name: str, model: str) -> str:
        """The repository (or short name, or URL) that an id given to the call of that dotted name stands for."""
        if model in self.names:
            return self.names[model]
        if "/" in model or model.lower() in self.unprefixed:
            return model
        return self.prefixes.get(name.rpartition(".")[2], "") + model

    def default_of(self, name: str) -> str | None:
        """The id that the call of that dotted name takes when it is given none."""
        if not self.defaults:
            return self.default
        parts = name.split(".")
        return next((self.defaults[part] for part in reversed(parts) if part in self.defaults), self.default)

    def kind_of(self, name: str) -> str:
        """What the call of that dotted name fetches: ``weights``, ``tokenizer``, ``config``, ``dataset`` or
        ``package``.
        """
        owner = name.rpartition(".")[0].rpartition(".")[2]
        return next((kind for ending, kind in self.small.items() if owner.endswith(ending)), self.kind)

    def knows(self, model: str) -> bool:
        """Whether the library would download what is asked for: for some, any other name is that of a local file."""
        text = re.split("[?#]", model)[0].lower() if self.grammar == "url" else model
        if any(fnmatchcase(text, pattern) for pattern in self.exempt):
            return False
        return not self.known or any(fnmatchcase(text, pattern) for pattern in self.known)

    def chosen(self, value: str) -> tuple[str, str | None] | None:
        """The id and the revision that a value of its ``choice`` stands for."""
        model, _, revision = self.choices.get(value, "").partition("@")
        return (model, revision or None) if model else None

    def allows(self, model: str) -> bool:
        """Whether an id fits the grammar of its kind, and so nothing in it means anything to a shell."""
        if self.grammar == "hub":
            return is_hub_id(model)
        if self.grammar == "text":  # words of the catalogue, which no command gets
            return True
        pattern = _URL if self.grammar == "url" or "://" in model else _NAME
        return pattern.match(model) is not None and ".." not in model

    def is_forbidden(self, environment: Mapping[str, str | None]) -> bool:
        """Whether one of the variables that forbid its downloads is set to a true value."""
        return any((environment.get(name) or "").upper() in _TRUE for name in self.switches)

    def folder(self, environment: Mapping[str, str | None], home: str, directory: str, model: str = "") -> str | None:
        """The folder (or file) of the image that it reads for an id, by these variables; ``None`` when it is not known,
        or the hub's cache.

        ``home`` is the home folder of the user who runs the code, ``directory`` the working directory.
        """
        for template in self.folders:
            text = template.replace("{model}", model)
            variable = _VARIABLE.match(text)
            value = environment.get(variable[1], "") if variable else ""
            if variable and value:
                return join(directory, value + text[variable.end() :])
            if variable and value is None:
                return None
            if text.startswith("~"):
                return join(environment.get("HOME") or home, text[2:])
            if text.startswith("."):
                return join(directory, text)
            if text.startswith("/"):
                return text
        return None


class _Catalogue(NamedTuple):
    entries: tuple[Entry, ...]
    by_last: dict[str, tuple[tuple[str, Entry], ...]]
    commands: dict[str, tuple[tuple[tuple[str, ...], ShellCommand, Entry], ...]]


def is_hub_id(text: str) -> bool:
    """Whether a text can be the id of a repository on the Hugging Face Hub: nothing in it means anything to a shell."""
    return (
        _HUB_ID.match(text) is not None
        and "--" not in text
        and ".." not in text
        and not text.endswith((".git", "-", "."))
        and "./" not in text
        and "-/" not in text
    )


@lru_cache(maxsize=1)
def _catalogue() -> _Catalogue:
    tables: list[dict[str, Any]] = [table for name in names_in("models") for table in load_table(name)["call"]]
    entries = tuple(_entry(table) for table in tables)
    by_last: dict[str, list[tuple[str, Entry]]] = {}
    commands: dict[str, list[tuple[tuple[str, ...], ShellCommand, Entry]]] = {}
    for entry in entries:
        for call in entry.calls:
            for name in _spelled(call):
                by_last.setdefault(name.rpartition(".")[2], []).append((name, entry))
        for command in entry.command:
            words = tuple(command.name.split())
            commands.setdefault(words[0], []).append((words, command, entry))
    return _Catalogue(
        entries,
        {name: tuple(found) for name, found in by_last.items()},
        {name: tuple(sorted(found, key=lambda item: -len(item[0]))) for name, found in commands.items()},
    )


def _spelled(call: str) -> list[str]:
    """The names that ``{a,b}`` in a name stands for."""
    before, brace, rest = call.partition("{")
    if not brace:
        return [call]
    choices, _, after = rest.partition("}")
    return [f"{before}{choice}{after}" for choice in choices.split(",")]


_PARAMETERS = ("model", "files", "choice")


def _entry(table: dict[str, Any]) -> Entry:
    keys: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    keys.setdefault("calls", ())
    for name in _PARAMETERS:
        if name in keys:
            keys[name] = _parameter(keys[name])
    for name in ("needs", "refusals", "passes"):
        keys[name] = tuple(_parameter(given) for given in keys.get(name, ()))
    for name in ("unprefixed", "whole", "evidence"):
        keys[name] = frozenset(keys.get(name, ()))
    if keys.get("grammar", "hub") == "hub":
        keys.setdefault("switches", ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"))
    keys["command"] = tuple(_command(command) for command in keys.get("command", ()))
    return Entry(**keys)


def _command(table: dict[str, Any]) -> ShellCommand:
    keys: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in table.items()}
    return ShellCommand(**keys)


def _parameter(given: str | list[Any] | tuple[Any, ...]) -> tuple[str, int | None]:
    if isinstance(given, str):
        return given, None
    return given[0], given[1] if len(given) > 1 else None


@cache
def _pattern(call: str) -> re.Pattern[str]:
    parts = call.split(".")
    text = "".join(
        r"(?:[^.]+\.)*" if part == "**" else re.escape(part).replace(r"\*", "[^.]*") + r"\." for part in parts[:-1]
    )
    return re.compile(text + re.escape(parts[-1]) + r"\Z")


def entries() -> tuple[Entry, ...]:
    """The whole catalogue."""
    return _catalogue().entries


def entries_for(name: str) -> tuple[Entry, ...]:
    """The entries for a call of a library's function by its dotted name; empty for any other call."""
    found = _catalogue().by_last.get(name.rpartition(".")[2], ())
    return tuple(dict.fromkeys(entry for call, entry in found if _pattern(call).match(name)))


def command_for(words: tuple[str, ...]) -> tuple[ShellCommand, Entry, tuple[str, ...]] | None:
    """The command of the catalogue that a command line (``python -m`` left out) is, its entry, and the words behind its
    name; ``None`` for any other.
    """
    if not words:
        return None
    for name, command, entry in _catalogue().commands.get(words[0].rpartition("/")[2], ()):
        if words[1 : len(name)] == name[1:]:
            return command, entry, words[len(name) :]
    return None


def mentions_command(text: str) -> bool:
    """Whether the name of a program of the catalogue stands in a text: a cheap test before its commands are read."""
    return any(name in text for name in _catalogue().commands)
