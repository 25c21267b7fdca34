"""Edits as a unified diff that ``git apply`` and ``patch -p1`` understand."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.edits import FileEdit
from prebake.files import relative
from prebake.text import Text


def unified_diff(edit: FileEdit, folder: str) -> Iterator[str]:
    """The lines of the diff of one file, with their line ends; its path is relative to ``folder``."""
    import difflib

    name = relative(edit.path, folder)
    before = [] if edit.base is None else _lines(edit.base)
    old = "/dev/null" if edit.base is None else f"a/{name}"
    for line in difflib.unified_diff(before, _lines(edit.apply()), old, f"b/{name}"):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: Text) -> list[str]:
    content = "\ufeff" + text.content if text.bom else text.content
    lines = [line + "\n" for line in content.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines
