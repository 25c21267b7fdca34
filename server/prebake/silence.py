"""Comments with which a user silences findings: ``# prebake: ignore[PB201] why`` and ``# prebake: ignore-file[PB201]``.

In a Dockerfile or an ignore file the first stands on a line of its own in the comment block above an instruction or
pattern, in Python at the end of the line. The second silences a rule in its whole file.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from prebake.discovery import is_dockerfile
from prebake.files import Snapshot
from prebake.findings import Finding
from prebake.regex import regex
from prebake.syntax.dockerfile import parse
from prebake.text import Position, Span, Text

_COMMENT = regex(r"#\s*prebake:\s*(ignore(?:-file)?)\s*(?:\[([^\]]*)\])?", re.IGNORECASE)


def silenced(snapshot: Snapshot, finding: Finding) -> Finding | None:
    """``None`` when the user silenced the finding, where it stands or is shown as well; else the finding, without those
    related places that are silenced.

    A finding that names call sites in Python falls with the last of them.
    """
    for place in (finding.location, *finding.elsewhere):
        text = snapshot.text(place.path)
        if text is not None and _covers(text, finding, place.path, place.span.start.line):
            return None
    sites = [related for related in finding.related if related.location.path.endswith(".py")]
    if not sites:
        return finding
    kept = []
    for related in finding.related:
        source = snapshot.text(related.location.path)
        line = related.location.span.start.line
        if related not in sites or source is None or not _covers(source, finding, related.location.path, line):
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
    if "prebake" not in text.content:
        return
    for match in _COMMENT.finditer(text.content):
        start = match.start(2)
        for item in (match[2] or "").split(","):
            name = item.strip()
            at = start + len(item) - len(item.lstrip())
            if name:
                yield text.span(at, at + len(name)), name
            start += len(item) + 1


def _covers(text: Text, finding: Finding, path: str, line: int) -> bool:
    if "prebake" not in text.content:
        return False
    if any(_names(text.line(number), finding, "ignore-file") for number in range(text.line_count)):
        return True
    if posixpath.splitext(path)[1] == ".py":
        return _names(text.line(line), finding, "ignore")
    above = _first_line(text, path, line) - 1
    while above >= 0 and text.line(above).lstrip().startswith("#"):
        if _names(text.line(above), finding, "ignore"):
            return True
        above -= 1
    return False


def _first_line(text: Text, path: str, line: int) -> int:
    """Where the instruction begins that a line belongs to; the line itself outside of Dockerfiles."""
    if not is_dockerfile(posixpath.basename(path)):
        return line
    instruction = parse(text).instruction_at(Position(line, 0))
    return line if instruction is None else instruction.line


def _names(line: str, finding: Finding, kind: str) -> bool:
    for match in _COMMENT.finditer(line):
        codes = [item.strip().lower() for item in (match[2] or "").split(",")]
        if match[1].lower() == kind and (match[2] is None or finding.code.lower() in codes or finding.rule in codes):
            return True
    return False
