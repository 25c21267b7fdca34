"""Edits as a unified diff that ``git apply`` and ``patch -p1`` understand."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.edits import FileEdit
from prebake.files import relative
from prebake.text import Text


def unified_diff(edit: FileEdit, folder: str) -> Iterator[str]:
    """The lines of the diff of one file, with their line ends; its path is relative to ``folder``.

    Tokens are not shown: unchanged lines that have one are left out where that leaves a line on either side of each
    change, as ``git apply`` needs it; elsewhere they are made unreadable, and the diff is one to be read only.
    """
    import difflib

    from prebake.project.measuring.secrets import masked

    name = relative(edit.path, folder)
    before, after = [] if edit.base is None else _lines(edit.base), _lines(edit.apply())
    old = "/dev/null" if edit.base is None else f"a/{name}"
    found: list[list[str]] = []
    for lines_around in (3, 2, 1):
        found.append(list(difflib.unified_diff(before, after, old, f"b/{name}", n=lines_around)))
        if all(masked(line) == line for line in found[-1]):
            break
    else:
        found.append([masked(line) for line in found[0]])
    for line in found[-1]:
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(text: Text) -> list[str]:
    content = "\ufeff" + text.content if text.bom else text.content
    lines = [line + "\n" for line in content.split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines
