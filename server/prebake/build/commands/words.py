"""What the words of a command name: the files it reads, writes, makes and deletes, by its row of the table."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from prebake.build.steps import Argument, Step
from prebake.data import load_table
from prebake.regex import regex

_HARMLESS = frozenset(("exec", "command", "nohup", "time", "env", "nice", "ionice", "stdbuf", "timeout", "sudo"))
"""Wrappers that read and write nothing themselves."""

_DEVICES = ("/dev/", "/proc/", "/sys/")
_SUFFIX = regex(r"\.[A-Za-z]\w{0,9}$")
"""What tells a file's name from a package's."""

_REMOTE = regex(r"(?!file:)[A-Za-z][A-Za-z0-9+.-]*://|[^/:]+@[^/:]+:")


@lru_cache(maxsize=1)
def effect_table() -> Mapping[str, Any]:
    """The table ``data/effects.toml``."""
    return load_table("effects")


def roots(name: str) -> tuple[str, ...]:
    """A group of folders from the table."""
    return tuple(effect_table()["roots"][name])


class CommandWords:
    """The words and redirections of one command, read by a row of the table.

    The lists are those of :class:`~prebake.build.commands.effects.Effects`. ``is_known`` says that the program does
    what its row says, on files that may not be known.
    """

    def __init__(self, step: Step, row: Mapping[str, Any]) -> None:
        self.step = step
        self.row = row
        self.reads: list[str] = []
        self.writes: list[str] = []
        self.folders: list[str] = []
        self.roots: list[str] = []
        self.environments: list[str] = []
        self.enters: list[str] = []
        self.deletes: list[str] = []
        self.opaque: str | None = None
        self.is_known = True

    def read(self) -> None:
        """Note all that the command touches."""
        if any(wrapper not in _HARMLESS for wrapper in self.step.wrappers):
            self._may_do_anything()
            return
        for name in self.row.get("writes", ()):
            self.roots += roots(name)
        for variable in self.row.get("variables", ()):
            if self.step.sets(variable):
                self._note(self.writes, self.step.lookup(variable))
        for name in self.row.get("also", ()):
            self._note(self.writes, name)
        for name in self.row.get("removes", ()):
            self._delete(name)
        self._operands(self._options())
        self.redirect()

    def redirect(self) -> None:
        """Note the files of its redirections."""
        for redirection in self.step.command.redirections:
            target = redirection.target.value
            if redirection.body is not None or redirection.operator in ("<&", ">&", "<<<"):
                continue
            self._note(self.reads if redirection.operator == "<" else self.writes, target)

    def _may_do_anything(self) -> None:
        self.opaque = self.opaque or "may read anything"
        self.is_known = False

    def _delete(self, text: str | None) -> None:
        """Note a path that is gone afterwards: that is a change of it, too."""
        count = len(self.writes)
        self._note(self.writes, text)
        self.deletes += self.writes[count:]

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
                self._may_do_anything()
            if text in ("-", "--") or not text.startswith("-"):
                left.append(argument)
                continue
            role, value = _option(table, text)
            if role == "bad":
                self._may_do_anything()
            if role in (None, "bad"):
                continue
            chosen = next(queue, Argument(None)) if value is None else Argument(value)
            if bad_words is not None and chosen.text is not None and re.search(bad_words, chosen.text):
                self._may_do_anything()
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
            elif kind == "delete" or (kind == "move" and number < last and self.row.get("removes-sources")):
                self._delete(text)
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
