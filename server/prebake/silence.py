"""Comments with which a user silences findings: ``# prebake: ignore[PB201] why`` and ``# prebake: ignore-file[PB201]``.

In a Dockerfile or an ignore file the first stands on a line of its own in the comment block above an instruction or
pattern, in Python at the end of the line. The second silences a rule in its whole file.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from prebake.edits import FileEdit, TextEdit, apply
from prebake.files import Snapshot
from prebake.findings import Finding, Location
from prebake.syntax.dockerfile import parse
from prebake.syntax.silencing import Silencer, names_of, silencers
from prebake.text import Position, Span, Text

Used = set[tuple[str, Span]]
"""The places of silencers that have silenced something, by file."""


def silenced(snapshot: Snapshot, finding: Finding, dockerfile: str, used: Used | None = None) -> Finding | None:
    """``None`` when the user silenced the finding, where it stands or is shown as well; else the finding, without those
    related places that are silenced. ``dockerfile`` is the path of the Dockerfile that it was found for. What silences
    it is added to ``used``.

    A finding that names call sites in Python falls with the last of them.
    """
    is_silenced = False
    for place in (finding.location, *finding.elsewhere):
        text = snapshot.text(place.path)
        for silencer in _covering(text, finding, place, dockerfile) if text is not None else ():
            is_silenced = True
            if used is not None:
                used.add((place.path, silencer.place))
    if is_silenced:
        return None
    sites = [related for related in finding.related if related.location.path.endswith(".py")]
    if not sites:
        return finding
    kept = []
    for related in finding.related:
        source = snapshot.text(related.location.path)
        if related not in sites or source is None or not _covering(source, finding, related.location, dockerfile):
            kept.append(related)
    if len(kept) == len(finding.related):
        return finding
    if not any(related in sites for related in kept):
        return None
    places = {related.location for related in kept}
    shown = tuple(place for place in finding.sites if place in places)
    return finding._replace(related=tuple(kept), sites=shown)


def silenced_rules(text: Text) -> Iterator[tuple[Span, str]]:
    """The codes and names in the comments of a file, each with its place."""
    return ((silencer.place, text.slice(silencer.place)) for silencer in silencers(text) if silencer.rule)


def silencing_edit(snapshot: Snapshot, finding: Finding, place: Location, dockerfile: str) -> FileEdit | None:
    """The edit that silences a finding at one of its places: it adds a comment, or the rule's code to one that is there
    already. What is shown in an ignore file as a whole is silenced in that whole file. ``None`` where no comment can
    stand, such as at the end of a line of Python that a backslash or a string continues.
    """
    text = snapshot.text(place.path)
    if text is None:
        return None
    if _is_python(place.path):
        edit = _at_the_end(text, place.span.start.line, finding.code)
    elif is_about_file(finding, place, dockerfile):
        edit = _for_the_file(text, finding.code)
    else:
        edit = _above(text, place, dockerfile, finding.code)
    return None if edit is None else FileEdit(place.path, text, (edit,))


def is_about_file(finding: Finding, place: Location, dockerfile: str) -> bool:
    """Whether a finding is shown at a place because it is about all of an ignore file."""
    return place != finding.location and place.path != dockerfile and not _is_python(place.path)


def _above(text: Text, place: Location, dockerfile: str, code: str) -> TextEdit | None:
    """A line of its own right above an instruction or pattern, or a code more in the comment block there."""
    line, block = _block_above(text, place, dockerfile)
    joined = _joined(text, block, code, for_file=False)
    if joined is not None:
        return joined
    content, indent = text.line(line), ""
    if place.path == dockerfile:
        if parse(text).instruction_at(Position(line, 0)) is None:
            return None
        indent = content[: len(content) - len(content.lstrip(" \t"))]
    return TextEdit.insert(Position(line, 0), f"{indent}# prebake: ignore[{code}]{text.newline}")


def _for_the_file(text: Text, code: str) -> TextEdit:
    """The first line of an ignore file, or a code more where the file says already what it wants to hear no more of."""
    joined = _joined(text, range(text.line_count), code, for_file=True)
    return joined or TextEdit.insert(Position(0, 0), f"# prebake: ignore-file[{code}]{text.newline}")


def _at_the_end(text: Text, line: int, code: str) -> TextEdit | None:
    """The end of a line of Python, where that does not change what the program is."""
    from ast import dump

    from prebake.project.python.parse import parse as parse_python

    edit = _joined(text, (line,), code, for_file=False)
    if edit is None:
        end = Position(line, len(text.line(line).rstrip()))
        edit = TextEdit.insert(end, f"  # prebake: ignore[{code}]")
    try:
        is_same = dump(parse_python(apply(text, (edit,)))) == dump(parse_python(text))
    except RecursionError:
        return None
    return edit if is_same else None


def _joined(text: Text, lines: Iterable[int], code: str, *, for_file: bool) -> TextEdit | None:
    """A code more in the first comment that names codes."""
    for line in lines:
        found = names_of(text, line, for_file=for_file)
        if found is not None:
            span, names = found
            named = names.rstrip()
            comma = "" if not named else "," if "," in named and ", " not in named else ", "
            at = Position(line, span.start.column + len(named))
            return TextEdit(Span(at, span.end), comma + code)
    return None


def _covering(text: Text, finding: Finding, place: Location, dockerfile: str) -> list[Silencer]:
    """What silences a finding at a place of a file."""
    meant = [item for item in silencers(text) if item.rule in ("", finding.code.lower(), finding.rule)]
    if not meant:
        return []
    if _is_python(place.path):
        lines = [place.span.start.line]
    else:
        lines = _block_above(text, place, dockerfile)[1]
    return [item for item in meant if item.for_file or item.line in lines]


def _is_python(path: str) -> bool:
    return posixpath.splitext(path)[1] == ".py"


def _block_above(text: Text, place: Location, dockerfile: str) -> tuple[int, list[int]]:
    """The line where the instruction or pattern begins that a place belongs to, and the comment lines above it, from
    the bottom.
    """
    line = place.span.start.line
    if place.path == dockerfile:
        tree = parse(text)
        instruction = tree.instruction_at(Position(line, 0))
        if instruction is not None:
            return instruction.line, [comment.line for comment in reversed(tree.comment_block(instruction))]
    above = line
    while above > 0 and text.line(above - 1).startswith("#"):
        above -= 1
    return line, list(range(line - 1, above - 1, -1))
