"""What may be written into an ignore file next: paths of the context, and entries for what the project's tools make."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prebake.build.build import Build
from prebake.build.context.ignorefile.proposal import proposal
from prebake.files import Kind, Snapshot, join
from prebake.project.ignore.rules import IgnoreRules
from prebake.project.measuring.scan import Size
from prebake.records import NamedTuple
from prebake.syntax.glob import WILDCARDS, clean
from prebake.syntax.ignorefile import ESCAPE, example, literal

if TYPE_CHECKING:
    from prebake.project.measuring.attribution import Attribution


class Typed(NamedTuple):
    """The beginning of a pattern up to the caret, without ``!``: the folder that it names so far, relative to the
    context root, and the part of a name behind that. ``folder`` is ``None`` where no one folder is meant.
    """

    text: str
    folder: str | None
    name: str


class PathEntry(NamedTuple):
    """A file or folder of the context. ``line`` is its name as it is written in a pattern, a folder's with ``/``;
    ``size`` is how much the entry would change, ``None`` where that is not measured.
    """

    name: str
    line: str
    is_folder: bool
    size: Size | None


class ToolEntry(NamedTuple):
    """A pattern and the exceptions that go with it, line by line, and the title of the group that it belongs to."""

    lines: tuple[str, ...]
    title: str


def typed(text: str) -> Typed:
    """Take the beginning of a pattern apart."""
    above, _, name = text.rpartition("/")
    if (WILDCARDS - {"\\"}) & set(ESCAPE.sub("", above)):
        return Typed(text, None, name)
    folder = clean(ESCAPE.sub(r"\1", above)).lstrip("/")
    if folder == ".." or folder.startswith("../"):
        return Typed(text, None, name)
    return Typed(text, "" if folder == "." else folder, name)


def measured_paths(found: Attribution, folder: str, *, negated: bool) -> list[PathEntry]:
    """What in a folder is still sent, or for an exception what is left out; largest first."""
    entries: list[PathEntry] = []
    for entry in found.children(folder):
        size = entry.left_out if negated else entry.sent
        if size.files and _can_be_written(entry.name):
            entries.append(_entry(entry.name, entry.is_folder, size))
    return sorted(entries, key=lambda entry: (-(entry.size or Size()).bytes, entry.name))


def listed_paths(
    snapshot: Snapshot, root: str, rules: IgnoreRules, folder: str, *, negated: bool
) -> Iterator[PathEntry]:
    """The same without sizes, for a context that is not measured: by name. What an ignored folder's parents hold is
    not looked for.
    """
    for entry in snapshot.list(join(root, folder) if folder else root):
        path = posixpath.join(folder, entry.name)
        is_folder = entry.kind is Kind.DIRECTORY
        sent = rules.sends_something_below(path) if is_folder else rules.sends(path)
        left_out = not rules.sends(path, is_folder)
        if entry.kind is not Kind.OTHER and (left_out if negated else sent) and _can_be_written(entry.name):
            yield _entry(entry.name, is_folder, None)


def tool_entries(build: Build, rules: IgnoreRules) -> Iterator[ToolEntry]:
    """The entries of the ignore file that the context should have which other rules do not cover."""
    made = proposal(build)
    for group in made.groups if made is not None else ():
        yield from (ToolEntry(lines, group.title) for lines in group.entries if not covers(rules, lines[0]))


def covers(rules: IgnoreRules, line: str) -> bool:
    """Whether rules leave out already what a pattern would match, as far as examples of it tell."""
    places = ("", "x/", "x/y/") if line.startswith("**/") else ("",)
    return all(not rules.sends(place + example(line)) for place in places)


def _entry(name: str, is_folder: bool, size: Size | None) -> PathEntry:
    return PathEntry(name, literal(name) + "/" * is_folder, is_folder, size)


def _can_be_written(name: str) -> bool:
    """Whether a pattern can hold a name: no line feeds, no blanks at its ends, nothing that is not text."""
    return name.isprintable() and name == name.strip()
