"""PB109: a pattern that does nothing, or not what it says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from prebake.build.build import Build
from prebake.build.context.patterns.misread import Misread, misread
from prebake.edits import FileEdit, TextEdit, with_lines, without_lines
from prebake.findings import Applicability, Finding, Fix, Location, Related, Severity
from prebake.project.ignore.ineffective import Ineffective, ineffective
from prebake.rules.base import Rule
from prebake.sizes import human
from prebake.text import Position, Span, Text, shortened

if TYPE_CHECKING:
    from prebake.build.context.patterns.emptied import Emptied


class IneffectiveIgnorePattern(Rule):
    """A pattern of the ignore file has no effect, or not the one it seems to have.

    ## What it does

    Reports a pattern that could be left out without any change, whatever lies in the context: one that stands there
    twice, one that matches only what another pattern matches anyway (`src/__pycache__` beside `**/__pycache__`), one
    that can match nothing (`.`, `/`, `../data`), an exception with nothing above it to except from. What merely matches
    nothing today is not reported.

    It also reports patterns that Docker reads otherwise: `src\\data`, where a backslash takes the next character
    literally or, before a letter or digit, means a class of characters; `data # big files`, where only a `#` in the
    first column begins a comment; `[!a]`, where only `^` negates; `*.{js,ts}`, since Docker knows no braces. Where what
    is meant lies in the context and is sent, that is a warning.

    So is a pattern that takes away the content of files and leaves their names: after `data` and `!data/labels.csv`,
    another `data` does not hide `labels.csv` from BuildKit, which delivers it empty. The legacy builder delivers it
    whole.

    ## Why it is bad

    Who reads the file believes that the line does something. An exception above the pattern that it is meant for is
    the usual case: of all patterns that match, the last one decides, so the file is left out.

    An exception is compared with what is ignored at that moment, and with nothing else. After `**/*.pyc`, the line
    `!src` brings nothing back: `src` itself was never ignored.

    ## Example

    ```text
    !data/labels.csv
    data
    **/__pycache__
    src/__pycache__
    ```

    ## Use instead

    ```text
    data
    !data/labels.csv
    **/__pycache__
    ```

    ## Fix safety

    Removing a line is safe: it is proved, by comparing the patterns and not the files of today, that the same is sent
    without it. Comments stay. An exception that stands too early is moved below the pattern that undoes it, which
    changes what is sent and is a suggestion, as is every other change of a pattern.

    ## References

    - [Docker: .dockerignore, negating matches](https://docs.docker.com/build/concepts/context/#negating-matches)
    """

    code = "PB109"
    name = "ineffective-ignore-pattern"
    severity = Severity.HINT

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding at most for each pattern."""
        path, file = build.ignore.path, build.ignore.file
        if path is None or file is None:
            return
        others = misread(build)
        told = {found.pattern for found in others}
        if build.ignore.may_empty:
            from prebake.build.context.patterns.emptied import emptied

            for loss in emptied(build):
                yield self._loss(path, file.text, loss)
        excepts_only = all(pattern.negated for pattern in file.patterns)
        for item in ineffective(file.text, build.settings.builder):
            if item.pattern not in told:
                yield self.finding(
                    Location(path, item.pattern.span),
                    _why(item),
                    key=item.pattern.raw,
                    related=_doer(path, item),
                    repair=partial(_removal, path, file.text, item, excepts_only=excepts_only),
                )
        for found in others:
            yield self.finding(
                Location(path, found.pattern.span),
                _meaning(found),
                key=found.pattern.raw,
                severity=Severity.WARNING if found.lies else Severity.HINT,
                repair=partial(_correction, path, file.text, found),
            )

    def _loss(self, path: str, text: Text, loss: Emptied) -> Finding:
        return self.finding(
            Location(path, loss.again[0].span),
            _missing(loss),
            key=" ".join(pattern.raw for pattern in loss.again),
            severity=Severity.WARNING,
            related=tuple(Related(Location(path, item.span), "lets in what is emptied") for item in loss.exceptions),
            repair=partial(_restoration, path, text, loss),
        )


def _why(item: Ineffective) -> str:
    raw = f"`{shortened(item.pattern.raw)}`"
    by = f"`{shortened(item.by.raw)}` in line {item.by.line + 1}" if item.by is not None else ""
    match item.reason:
        case "duplicate":
            return f"{raw} says what {by} says. Without it the same is left out."
        case "covered":
            does = "brings back" if item.pattern.negated else "leaves out"
            return f"{raw} does nothing: {by} {does} all that it matches."
        case "never":
            return f"{raw} matches nothing: the top of the context is always sent, and what lies above it never is."
    if item.by is not None:
        return f"{raw} brings nothing back: {by} leaves it out afterwards, and the last pattern that matches decides."
    return f"{raw} brings nothing back: no pattern above it leaves out what it matches, or a folder that holds that."


def _doer(path: str, item: Ineffective) -> tuple[Related, ...]:
    """The pattern that does the work."""
    if item.by is None:
        return ()
    says = "leaves it out afterwards" if item.reason == "nothing-to-except" else "matches all of it"
    return (Related(Location(path, item.by.span), says),)


def _removal(path: str, text: Text, item: Ineffective, *, excepts_only: bool) -> tuple[Fix, ...] | str:
    if excepts_only and item.reason == "nothing-to-except":
        return "the file holds exceptions only: a pattern such as `*` above them seems to be missing"
    raw = shortened(item.pattern.raw)
    remove = Fix(
        f"Remove `{raw}`",
        Applicability.SAFE,
        (FileEdit(path, text, without_lines(text, (item.pattern.line,))),),
        "Whatever lies in the context, the same is sent without this line.",
    )
    if item.reason != "nothing-to-except" or item.by is None or item.by.pattern == item.pattern.pattern:
        return (remove,)
    below = with_lines(text, item.by.line, (text.line(item.pattern.line),))
    edits = (*without_lines(text, (item.pattern.line,)), below)
    move = Fix(
        f"Move `{raw}` below line {item.by.line + 1}",
        Applicability.SUGGESTED,
        (FileEdit(path, text, edits),),
        "What it matches is then sent, and copied where an instruction takes it.",
    )
    return (move, remove)


def _missing(loss: Emptied) -> str:
    more = len(loss.files) - 1
    others = f" and {more:,} more {'files' if more > 1 else 'file'}" if more else ""
    them, exception = "them" if more else "it", loss.exceptions[0]
    return (
        f"BuildKit delivers {loss.files[0]}{others} empty, without the {human(loss.bytes)} in {them}: "
        f"`{shortened(exception.raw)}` in line {exception.line + 1} lets {them} in, and "
        f"`{shortened(loss.again[0].raw)}` behind it ignores a folder above {them} again."
    )


def _restoration(path: str, text: Text, loss: Emptied) -> tuple[Fix, ...] | str:
    from prebake.build.context.patterns.emptied import exceptions_behind, without_the_later

    fixes = []
    removal, move = without_the_later(text, loss), exceptions_behind(text, loss)
    if removal is not None:
        title = f"Remove the second `{shortened(loss.again[0].raw)}`"
        why = "The content arrives. What is left out stays so, by the same pattern further up."
        fixes.append(Fix(title, Applicability.SUGGESTED, (FileEdit(path, text, removal),), why))
    if move is not None:
        names = ", ".join(f"`{shortened(pattern.raw)}`" for pattern in loss.exceptions)
        title = f"Move {names} below line {loss.again[-1].line + 1}"
        why = "What the exceptions match is then sent with its content."
        fixes.append(Fix(title, Applicability.SUGGESTED, (FileEdit(path, text, move),), why))
    return tuple(fixes) or "no single line brings the content back: put the exceptions below all that they are for"


def _meaning(found: Misread) -> str:
    raw, meant = f"`{shortened(found.pattern.raw)}`", f"`{shortened(found.meant)}`"
    lies = ""
    if found.lies:
        lies = f", which {'stays left out' if found.pattern.negated else 'is sent'}"
    match found.kind:
        case "separator":
            return f"{raw} does not mean {meant}{lies}: outside of Windows a backslash escapes what follows it."
        case "comment":
            return f"{raw} does not mean {meant}{lies}: only a `#` in the first column begins a comment."
        case "braces":
            parts = ", ".join(f"`{line}`" for line in found.meant.split("\n")[:3])
            some = (
                f", of which something {'stays left out' if found.pattern.negated else 'is sent'}" if found.lies else ""
            )
            return f"{raw} does not mean {shortened(parts)}{some}: Docker knows no braces."
    return f"In {raw}, `[!` stands for an exclamation mark among others: only `[^` negates."


def _correction(path: str, text: Text, found: Misread) -> tuple[Fix, ...]:
    pattern = found.pattern
    new, span, title = found.meant, pattern.span, f"Write `{shortened(found.meant)}`"
    if found.kind == "braces":
        new, title = found.meant.replace("\n", text.newline), "Write a line for each of the choices"
    elif found.kind == "comment":
        line = text.line(pattern.line)
        comment = pattern.raw[len(found.meant) :].lstrip()
        new = f"{comment}{text.newline}{line[: pattern.start]}{found.meant}"
        span = Span(Position(pattern.line, 0), pattern.span.end)
        title = "Put the comment on a line of its own"
    explanation = "It changes what is sent to what the pattern seems to say."
    return (Fix(title, Applicability.SUGGESTED, (FileEdit(path, text, (TextEdit(span, new),)),), explanation),)
