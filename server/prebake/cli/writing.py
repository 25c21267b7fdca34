"""Writing fixed files: whole or not at all, and nowhere but in the project."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence

from prebake.edits import FileEdit
from prebake.files import is_below
from prebake.records import NamedTuple
from prebake.text import Text


class WriteError(Exception):
    """Nothing was written, or (only where a rename fails half-way) not everything; the message says what went wrong."""


class _Staged(NamedTuple):
    temporary: str
    target: str
    creates: bool


def write_edits(edits: Sequence[FileEdit], roots: Sequence[str]) -> None:
    """Write the files that edits make, each by renaming a finished temporary file in the same folder.

    All files are made ready before the first is renamed. A file keeps its mode; of a symbolic link, the file it leads
    to is written. ``roots`` are the projects' top folders.

    Raises:
        WriteError: a file is not what the edits were computed from, lies outside of all roots, or cannot be written.
    """
    staged: list[_Staged] = []
    try:
        for edit in edits:
            staged.append(_stage(edit, roots))
        for item in staged:
            if item.creates and os.path.lexists(item.target):
                raise WriteError(f"{item.target}: exists by now")
            os.replace(item.temporary, item.target)
    except OSError as error:
        raise WriteError(f"{error.filename}: {error.strerror}") from error
    finally:
        for item in staged:
            if os.path.lexists(item.temporary):
                os.unlink(item.temporary)


def _stage(edit: FileEdit, roots: Sequence[str]) -> _Staged:
    """Write a file's new text beside it."""
    folder, name = os.path.split(edit.path)
    target = os.path.join(os.path.realpath(folder), name) if edit.creates else os.path.realpath(edit.path)
    if not any(is_below(target.replace(os.sep, "/"), os.path.realpath(root).replace(os.sep, "/")) for root in roots):
        raise WriteError(f"{edit.path}: leads out of the project")
    if edit.base is not None:
        with open(target, "rb") as file:
            if Text.from_bytes(file.read()) != edit.base:
                raise WriteError(f"{edit.path}: has changed since it was read")
    elif os.path.lexists(target):
        raise WriteError(f"{edit.path}: exists by now")
    descriptor, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".tmp", dir=os.path.dirname(target))
    try:
        with open(descriptor, "wb") as file:
            file.write(edit.apply().to_bytes())
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, _mode(target, edit.creates))
    except OSError:
        os.unlink(temporary)
        raise
    return _Staged(temporary, target, edit.creates)


def _mode(target: str, creates: bool) -> int:
    if not creates:
        return os.stat(target).st_mode & 0o7777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask
