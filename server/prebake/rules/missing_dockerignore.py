"""PB101: the build context has no ignore file."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from prebake.build.build import Build
from prebake.build.context.patterns.strays import cloud_build_list, stray
from prebake.build.context.use import ContextUse, context_use
from prebake.files import Kind, join, parent, relative
from prebake.findings import Applicability, Cost, Finding, Fix, Location, Related, Severity
from prebake.project.ignore.rules import NAME
from prebake.project.measuring.scan import ContextScan
from prebake.rules.base import Rule
from prebake.sizes import amount, human
from prebake.syntax.dockerfile import Instruction
from prebake.text import Position, Span

if TYPE_CHECKING:
    from prebake.build.context.ignorefile.proposal import Proposal

_NAMED = 3
_MAX_SHOWN = 60
_NOT_IN_FORCE = ("PB108", "ignore-file-not-in-force")
_FAMILIAR = (".git", ".venv", "venv", "node_modules", "data", "models", "wandb", "mlruns")


class MissingDockerignore(Rule):
    """A build context has no ignore file, so everything in it goes to the builder.

    ## What it does

    Reports a Dockerfile that reads its build context where no ignore file is in force: neither
    `<Dockerfile>.dockerignore` beside the Dockerfile nor `.dockerignore` at the top of the context, or only one without
    a pattern. It is a warning where `COPY .`, `ADD .` or a bind mount takes the whole context, and information where
    only certain paths are named. A Dockerfile that takes nothing from the context is not reported, nor one
    whose ignore file is there but not in force (PB108).

    ## Why it is slow

    `COPY . /app` sends the whole folder: the history in `.git`, virtual environments, datasets, experiment logs. It all
    ends up in the image, and any change in it (a commit, a test run that writes `__pycache__`) makes BuildKit build
    this layer and all that follow it again, even in a warm rebuild. A `.env` in the context becomes part of the image.

    Where only certain paths are copied, BuildKit sends just these; the legacy builder and Kaniko take everything.

    ## Example

    ```dockerfile
    FROM python:3.12-slim
    WORKDIR /app
    COPY . /app
    ```

    ## Use instead

    Keep the Dockerfile and put a `.dockerignore` at the top of the context:

    ```text
    # Version control
    .git

    # Python caches and build leftovers
    **/__pycache__
    **/*.py[cod]

    # Virtual environments
    **/.venv
    ```

    ## Fix safety

    The fix writes the file from what lies in the context and from what the project's tools will make there. It never
    leaves out a path that an instruction of any Dockerfile on this context copies or mounts: where that lies inside of
    what can go, it becomes an exception. Data, weights, archives and logs go only if nothing that the image runs names
    them; `.git` only if no tool takes the version from it; `.env` only if no command and no Node build reads it, and no
    code loads one that is in git. Entries of `.gitignore` are taken over where what they are about is there and is
    large, a secret or a log, in Docker's terms (`foo` becomes `**/foo`), if Docker leaves out no file by them that git
    does not ignore. With `COPY .` the image changes by what is left
    out, so the fix is a suggestion. It is safe where only named paths are copied and none of their files is left out.

    ## References

    - [Dockerfile reference: .dockerignore](https://docs.docker.com/build/concepts/context/#dockerignore-files)
    """

    code = "PB101"
    name = "missing-dockerignore"
    severity = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding at most for each context."""
        root = build.context.root
        if root is None or not build.ignore.is_empty or not build.tree.stages:
            return
        use = context_use(build)
        if not use.is_any:
            return
        if build.context.remote and build.snapshot.exists(join(root, NAME)):
            return
        unread = stray(build)
        if unread is not None and build.ignore.path in (None, unread.path) and build.settings.wants(*_NOT_IN_FORCE):
            return  # there is one, which PB108 speaks of
        scan = build.scan
        at = use.broad[0] if use.broad else build.tree.stages[0].instruction
        yield self.finding(
            build.location(at),
            _message(build, use, scan),
            key=relative(root, build.root),
            severity=Severity.WARNING if use.is_broad and not build.context.remote else Severity.INFORMATION,
            cost=Cost(scan.sent.bytes, scan.sent.files) if scan is not None else None,
            related=tuple(_related(build, use, at)),
            repair=partial(_repair, build, use, scan),
        )


def _related(build: Build, use: ContextUse, at: Instruction) -> Iterator[Related]:
    """Where else the whole context is taken, and what says that this is the context."""
    for instruction in (*use.broad, *use.mounts):
        if instruction is not at:
            yield Related(build.location(instruction), "takes the whole context, too")
    evidence = build.context.evidence
    if evidence.path is not None and evidence.line is not None:
        text = build.snapshot.text(evidence.path)
        if text is not None:
            yield Related(Location(evidence.path, text.line_span(evidence.line)), "names the build context")
    uploads = cloud_build_list(build)
    if uploads is not None:
        top = Span(Position(0, 0), Position(0, 0))
        yield Related(Location(uploads, top), "Cloud Build uploads by it; docker build does not read it")


def _message(build: Build, use: ContextUse, scan: ContextScan | None) -> str:
    root = build.context.root or "/"
    evidence = build.context.evidence.source(build.root)
    where = f"the build context {relative(root, build.root)} ({evidence})"
    if build.ignore.path is not None:
        lack = f"{relative(build.ignore.path, build.root)} has no pattern for {where}"
    elif root == parent(build.path) != build.root and not build.context.remote:
        lack = f"there is no {NAME} beside this Dockerfile"  # its path is in view
    else:
        lack = f"there is no {NAME} in {where}"
    reader = next((_shown(instruction) for instruction in (*use.broad, *use.mounts)), None)
    if build.context.remote:
        then = f"makes {reader} send all of it" if reader else "with the legacy builder or Kaniko sends all of it"
        return (
            f"{lack[0].upper()}{lack[1:]}. The builder fetches this context from git, which sends nothing "
            f"from here; but a build from a folder {then}."
        )
    if reader is None:
        taken = (
            f" all {amount(scan.sent, complete=scan.complete)}{_largest(scan)}"
            if scan is not None
            else " everything in it"
        )
        return (
            f"{lack[0].upper()}{lack[1:]}. BuildKit sends only the paths that this Dockerfile names; the "
            f"legacy builder and Kaniko take{taken}."
        )
    sends = (
        f"sends {amount(scan.sent, complete=scan.complete)}"
        if scan is not None
        else f"sends everything{_familiar(build)}"
    )
    to = "to the builder and into the image" if use.broad else "to the builder"
    return (
        f"{reader} {sends} {to}{_largest(scan)}: {lack}. Any change in them makes BuildKit run this "
        "instruction and all after it again."
    )


def _largest(scan: ContextScan | None) -> str:
    if scan is None:
        return ""
    shown = [
        f"{name}{'/' if entry.kind is Kind.DIRECTORY else ''} {human(entry.sent_bytes)}"
        for name, entry in scan.largest(_NAMED)
    ]
    return f" ({', '.join(shown)})" if shown else ""


def _familiar(build: Build) -> str:
    """Well-known heavy entries that are there, for a message without numbers."""
    names = {entry.name for entry in build.snapshot.list(build.context.root or "/")}
    found = [name for name in _FAMILIAR if name in names]
    return f", {', '.join(found)} included," if found else ""


def _shown(instruction: Instruction) -> str:
    text = " ".join(instruction.raw.split())
    return f"`{text}`" if len(text) <= _MAX_SHOWN else f"`{text[:_MAX_SHOWN]}...`"


def _repair(build: Build, use: ContextUse, scan: ContextScan | None) -> tuple[Fix, ...] | str:
    """The fix, or why there is none."""
    from prebake.build.context.ignorefile.edit import written
    from prebake.build.context.ignorefile.proposal import proposal

    made = proposal(build)
    if made is None:
        return "nothing in the context is known to be safe to leave out"
    edit = written(build, made)
    if isinstance(edit, str):
        return edit
    verb = "Create" if edit.creates else "Fill"
    safe = made.proved and not use.is_broad
    return (
        Fix(
            f"{verb} {relative(edit.path, build.root)}{_saves(made, use, scan)}",
            Applicability.SAFE if safe else Applicability.SUGGESTED,
            (edit,),
            _explanation(made, safe),
        ),
    )


def _saves(made: Proposal, use: ContextUse, scan: ContextScan | None) -> str:
    if made.sent is None or scan is None:
        return ""
    after, before = human(made.sent.bytes), human(scan.sent.bytes)
    what = "sends" if use.is_broad else "a context of"
    return f" ({what} {after} instead of {before})" if after != before else ""


def _explanation(made: Proposal, safe: bool) -> str:
    proof = (
        "Nothing that an instruction copies is left out, so the image stays the same."
        if safe
        else "The image will lack what the file lists; no instruction names any of it."
    )
    return " ".join((proof, *(f"{reason}." for reason in made.kept)))
