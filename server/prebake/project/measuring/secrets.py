"""What in a file is secret, told from settings by the names and the form of values.

Nothing that is given back holds a value: names of settings, and words for what was found.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from typing import Any

from prebake.data import load_table
from prebake.project.measuring.secretnames import MAX_BYTES, OPAQUE
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Text

_MOST_NAMED = 3
_MOST_VALUES = 5_000
_SHORTEST_PASSWORD = 8
_SHORTEST_TOKEN = 12
_JOINS = "_-."
_TOKEN_FILES = frozenset({"token", "access_token", ".vault-token", "master.key"})

_WORD = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_PLAIN = regex(r"[A-Za-z_][A-Za-z0-9_.-]{0,39}")
"""Names that can be shown; what else stands before a colon may be anything."""
_LETTERS = regex(r"[A-Za-z]+")
# NAME=value, name: value, "name": "value"; also `export NAME=value` and `//host/:name=value`.
_SETTING = regex(
    r"^[ \t]*(?:(?:export|set|ENV)[ \t]+|-[ \t]+|//[^\s=]{0,200}:)?"
    r"[\"']?([A-Za-z_][\w.-]{0,80})[\"']?[ \t]*[:=][ \t]*(\S.*)$",
    re.MULTILINE,
)
_ASSIGNED = regex(r"\b([A-Za-z_]\w{0,80})[= ][\"']?([^\s\"']{8,500})")
_COMMENT = regex(r"\s[#;].*$")
_KEY = regex(r"-----BEGIN [A-Z0-9 ]{0,30}PRIVATE KEY(?: BLOCK)?-----(.{0,60})|^PuTTY-User-Key-File-()", re.S | re.M)
_MADE_UP = regex(r"[_.<*$\[{…]")
_IN_URL = regex(r"\b([a-z][a-z0-9+.-]{1,20})://([^\s:/@\"'<>]{0,100}):([^\s@/\"'<>]{1,300})@([^\s/\"':?#\])>,]{1,200})")
_NETRC = regex(r"\bpassword\s+(\S+)")
_HEADER = regex(r"^\s*extraheader\s*=\s*AUTHORIZATION:\s*\w+\s+(\S{8,})", re.IGNORECASE | re.MULTILINE)


class _Setting(NamedTuple):
    name: str
    value: str


@cache
def _words(table: str, row: str) -> frozenset[str]:
    return frozenset(load_table("secrets")[table][row])


@cache
def _shapes() -> re.Pattern[str]:
    return re.compile(load_table("secrets")["values"]["shapes"])


def is_environment(path: str) -> bool:
    """Whether a file is one of variables that programs load: ``.env`` and its like."""
    name = posixpath.basename(path)
    return name in (".env", ".envrc") or name.startswith(".env.") or name.endswith(".env")


def is_made_up(path: str) -> bool:
    """Whether a file lies among tests or examples, whose keys and passwords are rarely real ones."""
    return not _words("harmless", "folders").isdisjoint(posixpath.dirname(path).lower().split("/"))


def is_harmless(path: str) -> bool:
    """Whether a file's name says that it holds no secrets: a template, an encrypted file."""
    words = re.split(r"[^a-z0-9]+", posixpath.basename(path).lower())
    return not _words("harmless", "names").isdisjoint(words)


def is_opaque(path: str) -> bool:
    """Whether a file is a store of keys, known by its name alone."""
    return path.endswith(OPAQUE)


@lru_cache(maxsize=256)
def values_in(text: Text) -> frozenset[str]:
    """The values of the settings in a file that is there to be copied: everybody knows them."""
    return frozenset(item.value.lower() for item in _settings(text.content[:MAX_BYTES]) if item.value)


@lru_cache(maxsize=256)
def secret_in(path: str, text: Text, known: frozenset[str] = frozenset()) -> str | None:
    """What is secret in a file, in words; ``None`` where nothing is. Never raises.

    ``known`` are values, in lower case, that are no secrets.
    """
    content = text.content
    if is_harmless(path) or len(content) > MAX_BYTES:
        return None
    name = posixpath.basename(path)
    found = [item.name for item in _secrets(name, tuple(_settings(content))) if item.value.lower() not in known]
    names = tuple(dict.fromkeys(each for each in found if each != "url"))
    if any(not _MADE_UP.search(key.group(1) or "") for key in _KEY.finditer(content)):
        return "a Google service account's key" if '"service_account"' in content else "a private key"
    if names:
        return _named(names)
    tokens = (token.group() for token in _shapes().finditer(content))
    if any(_is_token(token) for token in tokens if not _is_known(token, known)):
        return "an access token"
    if any(_in_url(url) for url in _IN_URL.finditer(content) if not _is_known(url.group(), known)):
        return "a password in a URL"
    return _of_its_own(name, content)


def tokens_in(text: str) -> Iterator[tuple[int, int]]:
    """The places of access tokens in a text, known by their shape: offsets."""
    return (found.span() for found in _shapes().finditer(text) if _is_token(found.group()))


def names_token(name: str) -> bool:
    """Whether a variable of this name carries a token or a key that has to be kept secret."""
    kind = _kind(name)
    return kind is not None and kind not in _words("keys", "passwords")


def is_token_of(name: str, value: str) -> bool:
    """Whether the value of a variable is a token, by its shape or by the variable's name."""
    if any(True for _ in tokens_in(value)):
        return True
    return names_token(name) and _is_real(value, _SHORTEST_TOKEN) and _looks_random(value)


def masked(text: str) -> str:
    """A line with the tokens in it made unreadable; it stays as long as it is."""
    for start, end in tokens_in(text):
        text = text[: start + 3] + "*" * (end - start - 3) + text[end:]
    for found in _ASSIGNED.finditer(text):
        if is_token_of(found.group(1), found.group(2)):
            text = text[: found.start(2)] + "*" * (found.end(2) - found.start(2)) + text[found.end(2) :]
    return text


def _is_known(text: str, known: Iterable[str]) -> bool:
    lower = text.lower()
    return any(lower in value for value in known)


def _of_its_own(name: str, content: str) -> str | None:
    """What is secret in files with a form of their own."""
    if name in (".netrc", "_netrc"):
        values = [found.group(1) for found in _NETRC.finditer(content)]
        return "a password" if any(_is_real(value, _SHORTEST_PASSWORD) for value in values) else None
    if name == ".pgpass":
        lines = (line for line in content.splitlines() if line.count(":") >= 4 and not line.startswith("#"))
        values = [line.split(":", 4)[4] for line in lines]
        return "a password" if any(_is_real(value, _SHORTEST_PASSWORD) for value in values) else None
    if name in _TOKEN_FILES:
        return "an access token" if _is_token(content.strip()) else None
    if name == "config" and _HEADER.search(content):
        return "an access token"
    return None


def _named(names: tuple[str, ...]) -> str:
    shown = [name for name in names if _PLAIN.fullmatch(name) and not _shapes().search(name)][:_MOST_NAMED]
    more = len(names) - len(shown)
    if not shown:
        return "secret settings"
    if more:
        return f"{', '.join(shown)} and {more} more"
    return " and ".join((", ".join(shown[:-1]), shown[-1])) if len(shown) > 1 else shown[0]


def _settings(content: str) -> Iterator[_Setting]:
    """The settings of a file of lines, or of JSON."""
    if content.lstrip().startswith("{"):
        try:
            decoded = json.loads(content)
        except (ValueError, RecursionError):
            decoded = None
        if isinstance(decoded, dict):
            yield from _of_json(decoded)
            return
    for found in _SETTING.finditer(content):
        value = found.group(2).strip().rstrip(",")
        if value[:1] in ("'", '"'):
            value = value[1:].partition(value[0])[0]
        else:
            value = _COMMENT.sub("", value)
        yield _Setting(found.group(1), value)


def _of_json(decoded: dict[str, Any]) -> Iterator[_Setting]:
    todo: list[tuple[str, Any]] = [("", decoded)]
    for _ in range(_MOST_VALUES):
        if not todo:
            return
        name, value = todo.pop()
        if isinstance(value, dict):
            todo += value.items()
        elif isinstance(value, list):
            todo += ((name, item) for item in value)
        elif isinstance(value, str):
            yield _Setting(name, value)


def _secrets(name: str, settings: tuple[_Setting, ...]) -> Iterator[_Setting]:
    """The settings whose values are secret."""
    also = load_table("secrets")["keys"]["in"].get(name, ())
    plain = {item.value.lower() for item in settings if item.name not in also and _kind(item.name) is None}
    plain |= {word.lower() for item in settings for word in _LETTERS.findall(item.name)}
    for item in settings:
        kind = "TOKEN" if item.name in also else _kind(item.name)
        if kind is None:
            if any(_is_token(found.group()) for found in _shapes().finditer(item.value)) or any(
                _in_url(found) for found in _IN_URL.finditer(item.value)
            ):
                yield item
        elif kind in _words("keys", "passwords"):
            if _is_real(item.value, _SHORTEST_PASSWORD, plain):
                yield item
        elif _is_real(item.value, _SHORTEST_TOKEN, plain) and _looks_random(item.value):
            yield item


def _kind(name: str) -> str | None:
    """The word that makes a setting of this name secret; ``None`` where none does."""
    words = [word.upper() for word in _WORD.findall(name)]
    while words and words[-1] in _words("keys", "places"):
        words.pop()
    last, before = words[-1] if words else "", words[-2] if len(words) > 1 else ""
    if last not in _words("keys", "secret") or not _words("keys", "harmless").isdisjoint(words):
        return None
    if last in ("KEY", "TOKEN") and before in _words("keys", "things"):
        return None
    return None if last == "KEY" and not before else last


def _is_real(value: str, least: int, plain: Iterable[str] = ()) -> bool:
    """Whether a value is one that somebody has to keep secret, not one that stands for it or that everybody knows."""
    lower = value.lower()
    if len(value) < least or any(char.isspace() for char in value):
        return False
    if lower.startswith(tuple(_words("values", "references"))) or any(
        marker in lower for marker in _words("values", "markers")
    ):
        return False
    known = _words("values", "words").union(plain)
    if lower in known or any(all(piece.lower() in known for piece in cut.findall(value)) for cut in (_LETTERS, _WORD)):
        return False
    kinds = (str.islower, str.isupper, str.isdigit, lambda char: not char.isalnum() and char not in _JOINS)
    return len(set(value)) > 4 and sum(any(map(kind, value)) for kind in kinds) > 1


def _looks_random(value: str) -> bool:
    """Whether a value has digits, or capitals in between, as what a program made up has."""
    return any(map(str.isdigit, value)) or (any(map(str.isupper, value[1:])) and any(map(str.islower, value)))


def _is_token(value: str) -> bool:
    return len(set(value)) >= 10 and _is_real(value, _SHORTEST_TOKEN) and _looks_random(value)


def _in_url(found: re.Match[str]) -> bool:
    """Whether an address has a password that is one."""
    _, user, password, host = found.groups()
    return host.lower() not in _words("values", "hosts") and _is_real(password, _SHORTEST_PASSWORD, (user.lower(),))
