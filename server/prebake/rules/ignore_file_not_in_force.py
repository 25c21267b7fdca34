"""PB108: an ignore file that no builder reads."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from prebake.build.build import Build
from prebake.build.context.patterns.strays import Stray, left_unread, removes_what_is_named, stray
from prebake.build.context.use import ContextUse, context_use
from prebake.edits import FileEdit, TextEdit
from prebake.files import is_below, relative
from prebake.findings import Applicability, Cost, Finding, Fix, Location, Severity
from prebake.project.ignore.rules import IgnoreRules
from prebake.project.measuring.scan import ContextScan
from prebake.rules.base import Rule
from prebake.sizes import amount, human
from prebake.text import Position, shortened


class IgnoreFileNotInForce(Rule):
    """There is an ignore file, but the builder does not read it.

    ## What it does

    Reports an ignore file that is not in force for the Dockerfile that it seems to be for:

    - `dockerignore` without the dot, or another name that is nearly right, at the top of the context;
    - `.dockerignore` beside a Dockerfile whose build context is another folder, where no Dockerfile of the project has
      that folder as its context;
    - `X.dockerignore` where there is no Dockerfile `X` but one of nearly that name, or where that lies elsewhere;
    - `.containerignore`, which Podman and Buildah read, with another builder and no `.dockerignore` (a `Containerfile`
      is taken to be built by Podman);
    - `<Dockerfile>.dockerignore` with the legacy builder, which reads only the one at the top of the context;
    - `.dockerignore` that is a folder, a link that BuildKit does not follow, or cannot be read.

    It is a warning where an instruction takes the whole context and no other ignore file is in force, else information.
    PB101 is silent then: it is the same mistake. `.gcloudignore` is not reported: Cloud Build uploads by it.

    ## Why it is slow

    No builder says that it found no ignore file. Everything in the context is sent, and what `COPY .` takes of it
    changes with every commit and every run of the tests, so that BuildKit runs the `COPY` and all that follows again,
    even in a warm rebuild.

    ## Example

    ```text
    project/
        Dockerfile
        dockerignore
    ```

    ## Use instead

    ```text
    project/
        Dockerfile
        .dockerignore
    ```

    ## Fix safety

    The fix writes a file with the same patterns where the builder reads it; the old file stays, and can be deleted. It
    is a suggestion, since the image will lack what the patterns leave out. There is none where they would leave out a
    path that an instruction copies, or where the build would stop at one of them.

    ## References

    - [Docker: .dockerignore, filename and location](https://docs.docker.com/build/concepts/context/#filename-and-location)
    - [Podman: .containerignore](https://docs.podman.io/en/latest/markdown/podman-build.1.html#files)
    """

    code = "PB108"
    name = "ignore-file-not-in-force"
    severity = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding at most for each context."""
        found = stray(build)
        use = context_use(build) if found is not None and build.tree.stages else None
        if found is None or use is None or not use.is_any:
            return
        rules, scan = left_unread(build), build.scan
        alone = build.ignore.path is None or build.ignore.path == found.path
        at = use.broad[0] if use.broad else build.tree.stages[0].instruction
        sent = Cost(scan.sent.bytes, scan.sent.files) if scan is not None and alone else None
        yield self.finding(
            build.location(at),
            _message(build, found, use, rules, alone=alone),
            key=relative(found.path, build.root),
            severity=Severity.WARNING if use.is_broad and alone and not found.mild else Severity.INFORMATION,
            cost=sent,
            elsewhere=tuple(_first_line(build, found)),
            repair=partial(_repair, build, found, rules),
        )


def _first_line(build: Build, found: Stray) -> Iterator[Location]:
    text = build.snapshot.text(found.path)
    if text is not None:
        yield Location(found.path, text.line_span(0))


def _message(build: Build, found: Stray, use: ContextUse, rules: IgnoreRules | None, *, alone: bool) -> str:
    why = f"{found.why[0].upper()}{found.why[1:]}"
    if not alone and build.ignore.path is not None:
        return f"{why}. In force is {build.relative(build.ignore.path)}."
    reader = next((shortened(instruction.raw) for instruction in (*use.broad, *use.mounts)), None)
    scan = build.scan
    if reader is None:
        taken = f"all {amount(scan.sent, complete=scan.complete)}" if scan is not None else "everything"
        return (
            f"{why}: no ignore file is in force. BuildKit sends only the paths that this Dockerfile names; the "
            f"legacy builder and Kaniko take {taken}."
        )
    sent = amount(scan.sent, complete=scan.complete) if scan is not None else "everything"
    to = "to the builder and into the image" if use.broad else "to the builder"
    return f"`{reader}` sends {sent} {to}: no ignore file is in force. {why}.{_saves(scan, rules)}"


def _saves(scan: ContextScan | None, rules: IgnoreRules | None) -> str:
    """What the patterns would leave out of what is sent."""
    if scan is None or rules is None or not scan.complete or rules.problem is not None:
        return ""
    left = scan.sent.bytes - scan.sent_under(rules).bytes
    return f" Its patterns would leave out {human(left)} of that." if left else ""


def _repair(build: Build, found: Stray, rules: IgnoreRules | None) -> tuple[Fix, ...] | str:
    """A file with the same patterns where it is read, or why there is none."""
    place, text = found.place, build.snapshot.text(found.path)
    if place is None and build.ignore.path not in (None, found.path):
        known, old = build.relative(build.ignore.path or ""), build.relative(found.path)
        return f"{known} is in force: put there what it lacks of {old}, and delete {old}"
    if place is None or rules is None or text is None:
        return f"{found.why}: a file has to take its place"
    shown, old = build.relative(place), build.relative(found.path)
    if not is_below(place, build.root):
        return f"the context lies outside of the project, so {shown} is not written"
    if build.snapshot.stat(place) is not None:
        return f"{shown} exists: compare it with {old}, and delete {old}"
    if rules.is_empty:
        return f"{old} has no pattern"
    if rules.problem is not None:
        return f"the build would stop at `{shortened(rules.problem.raw)}`: {rules.problem.problem}"
    named = removes_what_is_named(build, rules)
    if named is not None:
        return f"its patterns would leave out {named}, which an instruction copies"
    if build.scan is not None and build.scan.complete and not build.scan.sent_under(rules).files:
        return "its patterns would leave out everything"
    edit = FileEdit(place, None, (TextEdit.insert(Position(0, 0), text.content),))
    explanation = (
        f"The image will lack what the patterns leave out. They count from the top of the build context. {old} can be "
        "deleted afterwards."
    )
    return (Fix(f"Write the patterns of {old} to {shown}", Applicability.SUGGESTED, (edit,), explanation),)
