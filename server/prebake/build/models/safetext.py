"""Texts of a project on their way into a shell command or a message. The only place where that is decided.

A text gets into a command only where it fits the grammar of what it stands for (the hub's, git's), which leaves nothing
that a shell or the command could take for something else. It is quoted on top of that. What does not fit is refused:
nothing is escaped or left out.
"""

from __future__ import annotations

import re
import shlex

from prebake.project.models.catalogue import is_hub_id
from prebake.regex import regex
from prebake.text import shortened

# Names of branches, tags and commits.
_REVISION = regex(r"[A-Za-z0-9_][A-Za-z0-9_./-]{0,127}\Z")
_FILE = regex(r"[A-Za-z0-9_][\w .+()\[\]@=,-]{0,200}(/[\w .+()\[\]@=,-]{1,200}){0,20}\Z", re.ASCII)
_PATTERN = regex(r"[A-Za-z0-9_*?][\w .*?\[\]+-]{0,200}(/[\w .*?\[\]+-]{1,200}){0,20}\Z", re.ASCII)
_FOLDER = regex(r"/[\w.@+/-]{1,300}\Z", re.ASCII)
_VARIABLE = regex(r"[A-Za-z_][A-Za-z0-9_]{0,99}\Z")

_LONGEST = 120


class Unsafe(Exception):
    """Why no command is written: a sentence without its full stop."""


def model_word(text: str | None) -> str:
    """The id of a repository as a word of a command.

    Raises:
        Unsafe: as for all functions here, the text is not known or not what it should be.
    """
    if text is None or not is_hub_id(text):
        raise Unsafe("the id is not one that the Hugging Face Hub allows, so it is not put into a command")
    return text


def revision_word(text: str) -> str:
    """A branch, tag or commit as a word of a command."""
    if not _REVISION.match(text) or ".." in text or "//" in text or text.endswith(("/", ".", ".lock")):
        raise Unsafe("the revision is not one that git allows, so it is not put into a command")
    return text


def file_word(text: str) -> str:
    """The path of a file in a repository as a word of a command."""
    if not _FILE.match(text) or _climbs(text):
        raise Unsafe("the name of a file is not plain enough to be put into a command")
    return shlex.quote(text)


def pattern_word(text: str) -> str:
    """A pattern of files in a repository as a word of a command."""
    if not _PATTERN.match(text) or _climbs(text):
        raise Unsafe("a pattern of files is not plain enough to be put into a command")
    return shlex.quote(text)


def folder_word(text: str) -> str:
    """An absolute path of the image as a word of a command or of ENV."""
    if not is_folder(text):
        raise Unsafe("the folder that the code downloads to is not plain enough to be put into a command")
    return text


def is_folder(text: str) -> bool:
    """Whether a text is an absolute path of the image in which nothing means anything to a shell, nor to ENV."""
    return _FOLDER.match(text) is not None and not _climbs(text) and "//" not in text


def variable_word(name: str) -> str:
    """The value of a variable as a word of a command."""
    if not _VARIABLE.match(name):
        raise Unsafe("the name of a variable is not one that a shell allows, so it is not put into a command")
    return f'"${name}"'


def _climbs(path: str) -> bool:
    return ".." in path.split("/")


def shown(text: str) -> str:
    """A text of the project for a message: one line of printable characters, however hostile it is."""
    return shortened(text, _LONGEST)
