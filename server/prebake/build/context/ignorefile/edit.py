"""Writing the ignore file that a context should have."""

from __future__ import annotations

from prebake.build.build import Build
from prebake.build.context.ignorefile.proposal import Proposal
from prebake.edits import FileEdit, TextEdit
from prebake.files import is_below, join, relative
from prebake.project.ignore.rules import NAME
from prebake.text import Position


def written(build: Build, made: Proposal) -> FileEdit | str:
    """The ignore file that a context should have, as an edit of the one without patterns or as a new file; else what
    stands in the way.
    """
    path = build.ignore.path or join(build.context.root or "/", NAME)
    problem = unwritable(build, path)
    if problem is not None:
        return problem
    base = build.snapshot.text(path)
    if base is None:
        return FileEdit(path, None, (TextEdit.insert(Position(0, 0), made.text),))
    newline = base.newline
    end = len(base.content)
    gap = "" if not base.content.strip() else newline if base.content.endswith("\n") else newline * 2
    return FileEdit(path, base, (TextEdit(base.span(end, end), gap + made.text.replace("\n", newline)),))


def unwritable(build: Build, path: str) -> str | None:
    """Why an ignore file must not be written."""
    shown = relative(path, build.root)
    if not is_below(path, build.root):
        return f"the context lies outside of the project, so {shown} is not written"
    if build.snapshot.text(path) is None and build.snapshot.stat(path) is not None:
        return f"{shown} cannot be read: {build.snapshot.unreadable(path) or 'it is no file'}"
    return None
