"""PB901: a comment silences nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from prebake.edits import FileEdit, TextEdit, apply, without_lines
from prebake.findings import Applicability, Finding, Fix, Location, Severity
from prebake.rules.base import Rule
from prebake.syntax.dockerfile import parse
from prebake.syntax.silencing import Silencer
from prebake.text import Span, Text

if TYPE_CHECKING:
    from prebake.build.build import Build

_BY_MACHINE = frozenset(
    (*("PB101", "PB102", "PB103", "PB105", "PB106", "PB107", "PB108", "PB109"), *("PB203", "PB301", "PB303"))
)
"""Rules that look at files which may lie on one machine and not on another: git ignores them, or a tool makes them."""


class UnusedIgnoreComment(Rule):
    """A comment tells prebake to ignore something that it does not find.

    ## What it does

    Reports a `# prebake: ignore[...]` or `ignore-file[...]` in a Dockerfile that names a rule which finds nothing
    there, or no rule at all. A comment counts for the instruction right below it, without a blank line between, and not
    inside of an instruction.

    Nothing is said about rules that are switched off, and about those that look at files which another machine may not
    have: what they would find there is not known here (PB101 to PB103, PB105 to PB109, PB203, PB301, PB303). Comments
    in ignore files and in Python are not reported, since several Dockerfiles may share them.

    ## Why it is bad

    The comment claims a problem that is gone, and it will hide the next one of its kind.

    ## Example

    ```dockerfile
    # prebake: ignore[PB206] the cache is needed
    RUN pip install --no-cache-dir -r requirements.txt
    ```

    ## Use instead

    ```dockerfile
    RUN pip install --no-cache-dir -r requirements.txt
    ```

    ## Fix safety

    The fix takes out the name, or the comment where no name is left. It is *safe*: comments are no part of an image.
    There is no fix where a comment line below would become a parser directive, and where the line says something else
    in front of the comment.

    ## References

    - [prebake: Silence](https://github.com/prebake/prebake#rules)
    """

    code: ClassVar[str] = "PB901"
    name: ClassVar[str] = "unused-ignore-comment"
    severity: ClassVar[Severity] = Severity.HINT

    def check(self, build: Build) -> Iterator[Finding]:
        """Nothing: what silences nothing is known when every rule has spoken, and :meth:`of` is asked then."""
        return iter(())

    @classmethod
    def of(cls, build: Build, unused: Sequence[Silencer], known: dict[str, str]) -> Iterator[Finding]:
        """One finding for each comment of the Dockerfile with silencers that have silenced nothing. ``known`` has the
        code for each code and name, in lower case, of the rules that were asked.
        """
        from prebake.rules import REGISTRY

        every = {name for entry in REGISTRY for name in (entry.code.lower(), entry.name)}
        comments = {comment.line for comment in build.tree.comments}
        by_comment: dict[Span, list[Silencer]] = {}
        for silencer in unused:
            code = known.get(silencer.rule)
            is_judged = code is not None and code not in _BY_MACHINE and code != cls.code
            if silencer.line in comments and (is_judged or silencer.rule not in every) and silencer.rule:
                by_comment.setdefault(silencer.comment, []).append(silencer)
        for number, (comment, found) in enumerate(by_comment.items()):
            yield cls.finding(
                Location(build.path, Span(found[0].place.start, found[-1].place.end)),
                _message(build.text, found, every),
                key=f"{build.text.slice(comment)} {number}",
                repair=partial(_repair, build, found),
            )


def _message(text: Text, found: list[Silencer], every: set[str]) -> str:
    names = ", ".join(text.slice(item.place) for item in found)
    if all(item.rule not in every for item in found):
        return f"prebake has no rule {names}: this comment silences nothing"
    where = "in this file" if found[0].for_file else "in the instruction below this comment"
    return f"{names} finds nothing {where}: the comment silences nothing and would hide the next finding"


def _repair(build: Build, found: list[Silencer]) -> tuple[Fix, ...] | str:
    from prebake.syntax.silencing import names_of

    text, line = build.text, found[0].line
    names = names_of(text, line, for_file=found[0].for_file)
    if names is None:
        return "the names stand in a second comment of the line"
    span, written = names
    gone = {text.slice(item.place) for item in found}
    kept = [name.strip() for name in written.split(",") if name.strip() not in gone and name.strip()]
    if kept:
        comma = "," if "," in written and ", " not in written else ", "
        edits: tuple[TextEdit, ...] = (TextEdit(span, comma.join(kept)),)
    elif text.line(line)[: found[0].comment.start.column].strip():
        return "the line says something else in front of the comment"
    else:
        edits = without_lines(text, [line])
    after, before = parse(apply(text, edits)), parse(text)
    if (after.directives, after.syntax) != (before.directives, before.syntax):
        return "without the comment, one below it would be a parser directive"
    title = f"Remove {', '.join(sorted(gone))} from the comment" if kept else "Remove the comment that silences nothing"
    return (Fix(title, Applicability.SAFE, (FileEdit(build.path, text, edits),)),)
