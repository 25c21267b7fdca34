"""PB104: a pattern at which the build stops."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from prebake.build.build import Build
from prebake.build.context.patterns.misread import Malformed, Unsendable, is_too_long, malformed, unsendable
from prebake.edits import FileEdit, TextEdit, without_lines
from prebake.findings import Applicability, Finding, Fix, Location, Severity
from prebake.rules.base import Rule
from prebake.text import Position, Span, Text, shortened


class InvalidIgnorePattern(Rule):
    """A pattern of the ignore file is malformed, and the build stops at it.

    ## What it does

    Reports patterns that Docker refuses: a bracket that is not closed (`[a-`), `]` or `-` in brackets without a
    backslash (`[]a]`, `[a-]`), a backslash at the end (`data\\`), an escape that does not exist (`src\\models`), `!`
    with nothing behind it, an empty range (`[z-a]`), a line of more than 64 KiB; and a tab or another control character
    within a pattern, such as in front of a comment on the same line (`data<TAB># big files`).

    ## Why it is bad

    The build ends before its first step, with `syntax error in pattern` or `illegal exclusion pattern` and without the
    line. Git accepts most of these patterns, so that a list copied from `.gitignore` can break the build. An empty
    range or an unknown escape is noticed only when a path is compared with it. Kaniko does not stop: it logs an error
    for each file and leaves nothing out at all.

    A control character stops BuildKit alone, when it asks for the context, with `header key "exclude-patterns" contains
    value with non-printable ASCII characters`. It does not where any pattern of the file has a letter outside of ASCII,
    since all patterns are then encoded.

    On Windows a backslash separates folders, so that the same file works there and stops the build elsewhere.

    ## Example

    ```text
    src\\models
    data\\
    [a-
    ```

    ## Use instead

    ```text
    src/models
    data/
    \\[a-
    ```

    ## Fix safety

    A suggestion, and only where the meaning is clear: `/` in place of a backslash between folders; a backslash before
    what brackets want escaped; an escaped bracket where a file of that name lies in the context; no line where it says
    nothing; a line for each of the patterns, or for the comment, that a control character separates.

    ## References

    - [Docker: .dockerignore, syntax](https://docs.docker.com/build/concepts/context/#syntax)
    - [Go: filepath.Match, which says what a pattern is](https://pkg.go.dev/path/filepath#Match)
    """

    code = "PB104"
    name = "invalid-ignore-pattern"
    severity = Severity.ERROR

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for each such pattern."""
        path, file = build.ignore.path, build.ignore.file
        if path is None or file is None:
            return
        stops = build.settings.builder != "kaniko"
        for found in malformed(build):
            yield self.finding(
                Location(path, found.pattern.span),
                _message(found, stops=stops),
                key=found.pattern.raw,
                severity=Severity.ERROR if stops and found.compared else Severity.WARNING,
                repair=partial(_repair, path, file.text, found),
            )
        for item in unsendable(build):
            yield self.finding(
                Location(path, item.pattern.span),
                _not_printable(item),
                key=item.pattern.raw,
                repair=partial(_separate, path, file.text, item),
            )


def _message(found: Malformed, *, stops: bool) -> str:
    pattern = found.pattern
    shown = f"`{shortened(pattern.raw)}`"
    if not stops:
        return (
            f"{shown} is malformed: {pattern.problem}. Kaniko leaves nothing out while the file holds such a pattern."
        )
    if is_too_long(pattern):
        says = "token too long"
    elif pattern.negated and pattern.pattern in ("", "/"):
        says = 'illegal exclusion pattern: "!"'
    else:
        says = "syntax error in pattern"
    when = "The build stops at" if found.compared else "The build stops as soon as a path is compared with"
    if "\\" in pattern.raw:
        when = f"Outside of Windows, {when[0].lower()}{when[1:]}"
    return f"{when} {shown}: {pattern.problem}. Docker says `{says}` and not where."


def _repair(path: str, text: Text, found: Malformed) -> tuple[Fix, ...] | str:
    pattern, mended = found.pattern, found.mended
    if mended is None:
        return f"what the pattern should match is not known: {pattern.problem}"
    if mended:
        edits: tuple[TextEdit, ...] = (TextEdit(pattern.span, mended),)
        title = f"Write `{shortened(mended)}`"
    else:
        edits = without_lines(text, (pattern.line,))
        title = f"Remove `{pattern.raw}`, which names no path"
    explanation = "Today the build stops; with the line mended it leaves out what the pattern matches."
    return (Fix(title, Applicability.SUGGESTED, (FileEdit(path, text, edits),), explanation),)


def _not_printable(found: Unsendable) -> str:
    names = {"\t": "a tab", "\r": "a carriage return"}
    name = names.get(found.control, f"the control character U+{ord(found.control):04X}")
    shown = shortened("".join(char if char.isprintable() else " " for char in found.pattern.raw))
    return (
        f"BuildKit stops the build at `{shown}`, which has {name} in it. Docker says `header key "
        '"exclude-patterns" contains value with non-printable ASCII characters` and not where.'
    )


def _separate(path: str, text: Text, found: Unsendable) -> tuple[Fix, ...] | str:
    pattern, mended = found.pattern, found.mended
    if mended is None:
        return "what the pattern should match is not known: the control character has to go"
    lines = mended.split("\n")
    is_comment = lines[0].startswith("#")
    start = Position(pattern.line, 0) if is_comment else pattern.span.start  # `#` counts in the first column only
    edit = TextEdit(Span(start, pattern.span.end), text.newline.join(lines))
    title = "Put the comment on a line of its own" if is_comment else "Write each pattern on a line of its own"
    explanation = "Today the build stops; with the line mended it leaves out what the patterns match."
    return (Fix(title, Applicability.SUGGESTED, (FileEdit(path, text, (edit,)),), explanation),)
