"""PB103: a pattern for generated files that holds at the context's top only."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from functools import partial

from prebake.build.build import Build
from prebake.build.context.patterns.rootonly import RootOnly, root_only
from prebake.edits import FileEdit, TextEdit
from prebake.findings import Applicability, Cost, Finding, Fix, Location, Related, Severity
from prebake.rules.base import Rule
from prebake.sizes import amount
from prebake.syntax.ignorefile import Pattern
from prebake.text import Text

_ANYWHERE = "**/"


class IgnorePatternMatchesRootOnly(Rule):
    """A pattern for generated files matches at the top of the context only, so those in sub-folders are sent.

    ## What it does

    Reports a pattern of the ignore file such as `__pycache__/`, `*.pyc`, `*.log`, `.DS_Store`, `.ipynb_checkpoints` or
    `node_modules` when the like is sent from a sub-folder, or when a tool is bound to make it there: Python beside its
    modules, npm beside a nested `package.json`, Jupyter beside notebooks. Where it is only possible (a log file, a
    `.DS_Store`) the finding is a hint. Patterns that could be about a project's own files (`data`, `models`, `src`) are
    not reported, nor `/name`, which says that the top is meant, nor what no instruction takes.

    ## Why it is bad

    `.dockerignore` looks like `.gitignore`, but a pattern without a slash is not looked for in every folder: it is
    compared with the whole path from the top of the context. `__pycache__/` leaves `src/__pycache__` in. Caches change
    with every run of the tests, and each change makes BuildKit run the `COPY` and all that follows again, even in a
    warm rebuild.

    ## Example

    ```text
    __pycache__/
    *.pyc
    ```

    ## Use instead

    ```text
    **/__pycache__/
    **/*.pyc
    ```

    ## Fix safety

    The fix puts `**/` before the pattern and changes nothing else of the line. `**/` matches at the top, too. It is a
    suggestion, since the image changes by what is left out.

    ## References

    - [Docker: .dockerignore, matching](https://docs.docker.com/build/concepts/context/#matching)
    """

    code = "PB103"
    name = "ignore-pattern-matches-root-only"
    severity = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding at most for each pattern."""
        path, file = build.ignore.path, build.ignore.file
        if path is None or file is None:
            return
        for found in root_only(build):
            yield self.finding(
                Location(path, found.pattern.span),
                _message(found, complete=build.scan is None or build.scan.complete),
                key=found.pattern.raw,
                severity=Severity.WARNING if found.sure else Severity.HINT,
                related=tuple(Related(Location(path, other.span), "does so, too") for other in found.along),
                cost=Cost(found.deeper.bytes, found.deeper.files) if found.first is not None else None,
                repair=partial(_repair, path, file.text, found),
            )


def _message(found: RootOnly, *, complete: bool) -> str:
    raw = found.pattern.raw
    top = f"`{raw}` matches at the top of the build context only"
    if found.first is not None:
        lies = "lies deeper is" if found.deeper.files == 1 else "lie deeper are"
        deeper = f"{amount(found.deeper, complete=complete)} that {lies} not left out ({found.first})"
        return f"{top}: {deeper}. `{_ANYWHERE}{raw}` matches at any depth."
    place = found.place or ""
    folder = posixpath.dirname(place)
    then = f"{place} will be sent as soon as a tool makes it" if found.sure else f"one in {folder} would be sent"
    return f"{top}: {then}. `{_ANYWHERE}{raw}` matches at any depth."


def _repair(path: str, text: Text, found: RootOnly) -> tuple[Fix, ...]:
    mended = (found.pattern, *found.along)
    inserted = tuple(TextEdit.insert(pattern.span.start, _ANYWHERE) for pattern in sorted(mended, key=_line))
    names = " and ".join(f"`{_ANYWHERE}{pattern.raw}`" for pattern in mended)
    explanation = "The image will lack what the pattern then leaves out; what is at the top is left out as before."
    edit = FileEdit(path, text, inserted)
    return (Fix(f"Match at any depth: {names}", Applicability.SUGGESTED, (edit,), explanation),)


def _line(pattern: Pattern) -> int:
    return pattern.line
