"""Files that BuildKit delivers empty: let in by an exception, in a folder that a later pattern ignores again."""

from __future__ import annotations

from collections.abc import Sequence

from prebake.build.build import Build, fact
from prebake.build.context.transfer import transfer
from prebake.edits import TextEdit, apply, with_lines, without_lines
from prebake.project.ignore.rules import IgnoreRules, rules_of
from prebake.records import NamedTuple
from prebake.syntax.ignorefile import Pattern
from prebake.text import Text

_MOST_TRIED = 100
"""Bound on the files for which a change of the ignore file is tried."""


class Emptied(NamedTuple):
    """Files that arrive empty for the same reason: one of the ``exceptions`` lets each in, and the patterns ``again``
    behind those match a folder that it is in. ``bytes`` are missing of them.
    """

    exceptions: tuple[Pattern, ...]
    again: tuple[Pattern, ...]
    files: tuple[str, ...]
    bytes: int


@fact
def emptied(build: Build) -> tuple[Emptied, ...]:
    """The files that arrive empty of which this build takes any, by the patterns that match their folders again.

    What is said of each holds for all builds that share the context and its ignore file.
    """
    scan = build.scan if build.ignore.may_empty else None
    if scan is None or build.ignore.problem is not None:
        return ()
    found: dict[tuple[Pattern, ...], list[str]] = {}
    for path in sorted(scan.emptied):
        found.setdefault(_again(build.ignore, path), []).append(path)
    selection = transfer(build).selection if found else None
    return tuple(
        Emptied(_letting_in(build.ignore, files), again, tuple(files), sum(scan.size_of(path).bytes for path in files))
        for again, files in found.items()
        if again and (selection is None or not all(map(selection.sends, files)))
    )


def _again(rules: IgnoreRules, path: str) -> tuple[Pattern, ...]:
    """The patterns behind all exceptions for a file that match it or a folder it is in."""
    matching = rules.patterns_matching(path)
    last = max((number for number, pattern in enumerate(matching) if pattern.negated), default=-1)
    return matching[last + 1 :]


def _letting_in(rules: IgnoreRules, files: Sequence[str]) -> tuple[Pattern, ...]:
    """The exceptions that let in some files, in the order of the file."""
    found = {rules.decided_by(path) for path in files}
    return tuple(pattern for pattern in rules.patterns if pattern in found)


def without_the_later(text: Text, found: Emptied) -> tuple[TextEdit, ...] | None:
    """The ignore file without the later pattern, where that says what one above the exceptions says, so that nothing
    but the content of the files depends on it; ``None`` where that is not so.
    """
    first = found.exceptions[0].line
    above = {item.pattern for item in rules_of(text, "").patterns if item.line < first and not item.negated}
    if len(found.again) > 1 or found.again[0].pattern not in above:
        return None
    edits = without_lines(text, (found.again[0].line,))
    return edits if _helps(text, edits, found) else None


def exceptions_behind(text: Text, found: Emptied) -> tuple[TextEdit, ...] | None:
    """The ignore file with the exceptions behind the later patterns; ``None`` where that does not help."""
    numbers = [pattern.line for pattern in found.exceptions]
    moved = with_lines(text, found.again[-1].line, map(text.line, numbers))
    edits = (*without_lines(text, numbers), moved)
    return edits if _helps(text, edits, found) else None


def _helps(text: Text, edits: Sequence[TextEdit], found: Emptied) -> bool:
    """Whether the files arrive whole once the edits are made."""
    rules = rules_of(apply(text, edits), "")
    return all(rules.sends(path) and not rules.arrives_empty(path) for path in found.files[:_MOST_TRIED])
