"""What a command of a RUN reads and writes in the image, as far as that is known.

The table is ``data/effects.toml``. It is on the safe side: what is not in it may do anything, and every word that may
be a path counts as one.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from prebake.build.steps import Argument, Step
from prebake.data import load_table
from prebake.regex import regex

_HARMLESS = frozenset(("exec", "command", "nohup", "time", "env", "nice", "ionice", "stdbuf", "timeout", "sudo"))
"""Wrappers that read and write nothing themselves."""

_DEVICES = ("/dev/", "/proc/", "/sys/")
_SUFFIX = regex(r"\.[A-Za-z]\w{0,9}$")
"""What tells a file's name from a package's."""

_REMOTE = regex(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]*://|[^/:]+@[^/:]+:")


class Effects(NamedTuple):
    """Paths of the image that a command touches; each stands for the file, or the folder with all that is in it.

    ``writes`` are named by the command; ``roots`` are folders in which it writes without saying where; ``folders`` are
    made if they are missing; ``environments`` are virtual environments that it makes or fills. ``enters`` must be
    there. ``accounts``: it may change users and groups. ``imports`` is the folder that is searched for Python modules
    before the standard library. ``opaque`` says why nothing is known, as the rest of a sentence.
    """

    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    roots: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    enters: tuple[str, ...] = ()
    accounts: bool = False
    imports: str | None = None
    opaque: str | None = None


def effects_of(step: Step) -> Effects:
    """What a command that is no install does; for installs see :mod:`prebake.build.installs.manifests`."""
    row = _row(step)
    if step.program == "":
        return _Reading(step, {"operands": "names"}).effects()
    if row is None:
        return Effects(opaque="may read anything")
    return _Reading(step, row).effects()


def redirections(step: Step) -> Effects:
    """The files that the redirections of a command read and write."""
    return _Reading(step, {}).redirected()


def roots(name: str) -> tuple[str, ...]:
    """A group of folders from the table."""
    return tuple(_data()["roots"][name])


def settings_places() -> tuple[str, ...]:
    """The places outside the homes where any program may look for settings and certificates."""
    return tuple(_data()["implicit"]["places"])


def implicit_reads(step: Step) -> tuple[str, ...]:
    """The places where any program may look for settings and credentials, in the homes that are possible here."""
    return _implicit_reads((step.state.user or "root").partition(":")[0], step.lookup("HOME") or "/root")


@lru_cache(maxsize=64)
def _implicit_reads(user: str, home: str) -> tuple[str, ...]:
    homes = {"/root", f"/home/{user}", home}
    found = [posixpath.join(home, name) for home in sorted(homes) for name in _data()["implicit"]["home"]]
    return (*settings_places(), *found)


@lru_cache(maxsize=1)
def _data() -> Mapping[str, Any]:
    return load_table("effects")


@lru_cache(maxsize=1)
def _rows() -> Mapping[str, list[Mapping[str, Any]]]:
    found: dict[str, list[Mapping[str, Any]]] = {}
    for row in _data()["command"]:
        for name in row["names"]:
            found.setdefault(name, []).append(row)
    return found


def _row(step: Step) -> Mapping[str, Any] | None:
    """The row for a command: the longest name that its first words have."""
    words = [step.program, *(argument.text or "" for argument in step.arguments[:2])]
    given = [argument.text or "" for argument in step.arguments]
    for length in (3, 2, 1):
        for row in _rows().get(" ".join(words[:length]), ()):
            when = tuple(row.get("when", ()))
            if not when or any(_gives(text, when) for text in given):
                return {**row, "skip": row.get("skip", 0) + length - 1}
    return None


def _gives(text: str, options: tuple[str, ...]) -> bool:
    """Whether an argument is one of some options: alone, with a value, or as a letter among others (``-nEi``)."""
    if text.startswith(options):
        return True
    letters = text[1:] if text[:1] == "-" and text[1:].isalpha() else ""
    return any(len(option) == 2 and option[1] in letters for option in options)


class _Reading:
    def __init__(self, step: Step, row: Mapping[str, Any]) -> None:
        self.step = step
        self.row = row
        self.reads: list[str] = []
        self.writes: list[str] = []
        self.folders: list[str] = []
        self.roots: list[str] = []
        self.environments: list[str] = []
        self.enters: list[str] = []
        self.opaque: str | None = None

    def effects(self) -> Effects:
        if any(wrapper not in _HARMLESS for wrapper in self.step.wrappers):
            return Effects(opaque="may read anything")
        for name in self.row.get("writes", ()):
            self.roots += roots(name)
        for variable in self.row.get("variables", ()):
            if self.step.sets(variable):
                self._note(self.writes, self.step.lookup(variable))
        for name in self.row.get("also", ()):
            self._note(self.writes, name)
        self._operands(self._options())
        self.redirected()
        return Effects(
            tuple(self.reads),
            tuple(self.writes),
            tuple(self.roots),
            tuple(self.folders),
            tuple(self.environments),
            tuple(self.enters),
            self.row.get("accounts", False),
            self.step.directory if self.step.module else None,
            self.opaque,
        )

    def redirected(self) -> Effects:
        for redirection in self.step.command.redirections:
            target = redirection.target.value
            if redirection.body is not None or redirection.operator in ("<&", ">&", "<<<"):
                continue
            self._note(self.reads if redirection.operator == "<" else self.writes, target)
        return Effects(reads=tuple(self.reads), writes=tuple(self.writes), opaque=self.opaque)

    def _note(self, where: list[str], text: str | None) -> None:
        """Note a path; one that is not known makes the command opaque."""
        if text is not None and text.startswith(_DEVICES):
            return
        path = None if text is None else self.step.absolute(text)
        if path is None:
            self.opaque = self.opaque or "uses a path that is not known"
        else:
            where.append(path)

    def _options(self) -> list[Argument]:
        """Note what the options name, and give the words that are left."""
        table = {option: role for role in ("values", "read", "write", "bad") for option in self.row.get(role, ())}
        bad_words = self.row.get("bad-words")
        left: list[Argument] = []
        queue = iter(self.step.arguments)
        for argument in queue:
            text = argument.text
            if text is None:
                self.opaque = self.opaque or "has an argument that is known only when it runs"
                continue
            if bad_words is not None and re.search(bad_words, text):
                self.opaque = self.opaque or "may read anything"
            if text in ("-", "--") or not text.startswith("-"):
                left.append(argument)
                continue
            role, value = _option(table, text)
            if role == "bad":
                self.opaque = self.opaque or "may read anything"
            if role in (None, "bad"):
                continue
            chosen = next(queue, Argument(None)) if value is None else Argument(value)
            if bad_words is not None and chosen.text is not None and re.search(bad_words, chosen.text):
                self.opaque = self.opaque or "may read anything"
            if role != "values":
                self._note(self.writes if role == "write" else self.reads, chosen.text)
        return left

    def _operands(self, words: Iterable[Argument]) -> None:
        kind = self.row.get("operands", "names")
        skip = self.row.get("skip", 0)
        words = [word for word in words if word.text not in ("--", "]", "]]")]
        operands = [_path(word) for word in words]
        named, operands = operands[:skip], operands[skip:]
        here = self.row.get("here") if self._here() else None
        if kind in ("names", "none"):
            for word, text in zip(words, (*named, *operands), strict=True):
                written = word.text or ""
                may_be_file = "/" in written or written[:1] in "*?[" or _SUFFIX.search(written) is not None
                if (word.glob and kind == "names") or (kind == "none" and may_be_file and "://" not in written):
                    self._note(self.reads, text)
        elif kind == "enter":
            for text in operands[:1]:
                self._note(self.enters, text)
        elif kind == "environment":
            self._note(self.environments, operands[0] if operands else ".venv")
        elif kind == "clone":
            self._note(self.writes, _cloned(operands))
            if operands and not _REMOTE.match(operands[0]):
                self._note(self.reads, operands[0])
        elif kind == "unpack":
            for text in operands:
                if "/" in text or "." in text:
                    self._note(self.reads, text)
            here = "write"
        else:
            self._files(kind, [*named, *operands] if kind == "read" else operands)
        replaced = operands if kind not in ("none", "names", "unpack") else ()
        if here and not replaced and not (self.row.get("instead") and self.writes):
            self._note(self.roots if here == "write" else self.reads, ".")

    def _here(self) -> bool:
        """Whether the options allow that the working directory is touched."""
        wanted = self.row.get("here-with")
        given = [argument.text or "" for argument in self.step.arguments]
        return wanted is None or any(
            text in wanted or (text[:1] == "-" != text[1:2] and any(f"-{letter}" in wanted for letter in text[1:]))
            for text in given
        )

    def _files(self, kind: str, operands: list[str]) -> None:
        last = len(operands) - 1
        for number, text in enumerate(operands):
            if kind == "read" or (kind == "copy" and number < last):
                self._note(self.reads, text)
            elif kind == "folder":
                self._note(self.folders, text)
            elif kind == "link" and number < last:
                continue
            elif kind == "link" and not number:
                self._note(self.writes, posixpath.basename(text.rstrip("/")))
            else:
                self._note(self.writes, text)
            if kind == "move":
                self._note(self.reads, text)


def _option(table: Mapping[str, str], text: str) -> tuple[str | None, str | None]:
    """The role of an option, alone or as the first letter of some that has one, and the value that is written to it."""
    name, equals, value = text.partition("=")
    if name in table or text.startswith("--"):
        return table.get(name), value if equals else None
    for at, letter in enumerate(text[1:], 2):
        if f"-{letter}" in table:
            return table[f"-{letter}"], text[at:] or None
    return None, None


def _path(argument: Argument) -> str:
    """The path of a word; the folder a wildcard looks in for one that has a wildcard."""
    text = argument.text or ""
    if not argument.glob:
        return text
    fixed = []
    for part in text.split("/"):
        if set(part) & set("*?["):
            break
        fixed.append(part)
    return "/".join(fixed) or ("/" if text.startswith("/") else ".")


def _cloned(operands: list[str]) -> str | None:
    if len(operands) > 1:
        return operands[1]
    return posixpath.basename(operands[0].rstrip("/")).removesuffix(".git") if operands else None
