"""PB102: an ignore file is in force and leaves junk in the context."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from prebake.build.build import Build
from prebake.build.context.use import ContextUse, context_use
from prebake.files import is_below, relative
from prebake.findings import Applicability, Cost, Finding, Fix, Location, Related, Severity
from prebake.project.ignore.rules import rules_of
from prebake.rules.base import Rule
from prebake.sizes import amount, human
from prebake.text import Span, Text

if TYPE_CHECKING:
    from prebake.build.context.ignorefile.junk import Junk, Leftover

_NAMED = 3


class JunkInContext(Rule):
    """The ignore file leaves version control, environments, caches or unread data in the build context.

    ## What it does

    Reports a Dockerfile whose ignore file is in force but leaves in the context what nothing in the image reads:
    version control, virtual environments, caches, notebook checkpoints, experiment logs, Node packages, build output,
    and large data, weights and archives. They are known by what they are (a `pyvenv.cfg` inside, event files of
    TensorBoard, a large file of weights that nothing names), not by their name alone. There is one finding for each
    ignore file and context, with the measured total; it is a warning where `COPY .`, `ADD .` or a bind mount takes the
    whole context, and information where only certain paths are named.

    What is not there yet is information at most, and only if it will be large: a virtual environment or Node packages,
    where the ignore file has thought of neither. An entry that the author has commented out, or lets in by an
    exception of its own such as `!.git`, is not reported. Secrets are a rule of their own.

    ## Why it is slow

    All of it goes to the builder and, with `COPY . /app`, into the image. `.git` changes with each commit, caches and
    logs with each run on the developer's machine: each change makes BuildKit build this layer and all that follow it
    again, even in a warm rebuild. Where only certain paths are copied, BuildKit sends just these; the legacy builder
    and Kaniko take everything.

    ## Example

    ```text
    __pycache__
    .vscode
    ```

    ## Use instead

    ```text
    __pycache__
    .vscode
    .git
    .venv
    ```

    ## Fix safety

    The preferred fix adds all entries, those for what the project's tools will make included; the others add one each.
    An entry stands in the section that holds the same kind of thing, else at the end, and is written as the author
    writes: with a slash at the end, with `**/`. Behind an exception that would let the thing in again there is no doubt
    which one wins. Nothing is added that an instruction of any Dockerfile on this context copies or mounts; data,
    weights and logs only if nothing that the image runs names them; `.git` only if no tool takes the version from it.
    With `COPY .` the image changes by what is left out, so the fix is a suggestion. It is safe where only named paths
    are copied and none of their files is left out.

    ## References

    - [Dockerfile reference: .dockerignore](https://docs.docker.com/build/concepts/context/#dockerignore-files)
    """

    code = "PB102"
    name = "junk-in-context"
    severity = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding at most for each context and its ignore file."""
        root, rules = build.context.root, build.ignore
        if root is None or rules.path is None or rules.file is None or rules.is_empty or not build.tree.stages:
            return
        from prebake.build.context.ignorefile.junk import junk  # most projects that are slow have no ignore file at all

        found = junk(build)
        if found is None:
            return
        use = context_use(build)
        at = use.broad[0] if use.broad else build.tree.stages[0].instruction
        others = (instruction for instruction in (*use.broad, *use.mounts) if instruction is not at)
        yield self.finding(
            build.location(at),
            _message(build, rules.path, found, use),
            key=relative(rules.path, build.root),
            severity=Severity.WARNING if found.present and use.is_broad else Severity.INFORMATION,
            cost=Cost(found.size.bytes, found.size.files) if found.present else None,
            related=tuple(Related(build.location(other), "takes the whole context, too") for other in others),
            elsewhere=(Location(rules.path, _first_line(rules.file.text)),),
            repair=partial(_repair, build, found, use),
        )


def _first_line(text: Text) -> Span:
    """The first line that holds anything."""
    number = next((number for number in range(text.line_count) if text.line(number).strip()), 0)
    return text.line_span(number)


def _message(build: Build, path: str, found: Junk, use: ContextUse) -> str:
    file = relative(path, build.root)
    if not found.present:
        names = [f"{leftover.pattern.removeprefix('**/')}/" for leftover in found.expected if leftover.is_large_later]
        return (
            f"{file} does not leave out {_listed(names)}. Nothing of the kind is there now, but the project's tools "
            "make it, and this Dockerfile takes the whole context."
        )
    kinds = _listed(list(dict.fromkeys(kind for leftover in found.present for kind in leftover.kinds)))
    left = amount(found.size, complete=build.scan is None or build.scan.complete)
    what = f"{file} leaves {left} of {kinds} in the build context ({_largest(found)})"
    if not use.is_broad:
        return (
            f"{what}. BuildKit sends only the paths that this Dockerfile names; the legacy builder and Kaniko take all "
            "of it."
        )
    to = "to the builder and into the image" if use.broad else "to the builder"
    return (
        f"{what}: it goes {to}, and any change in it makes BuildKit run the instruction that takes the whole context "
        "and those after it again."
    )


def _largest(found: Junk) -> str:
    """The largest entries with their sizes."""
    shown = [f"{_shown(leftover)} {human(leftover.size.bytes)}" for leftover in found.present[:_NAMED]]
    more = len(found.present) - _NAMED
    return ", ".join([*shown, f"{more} more"] if more > 0 else shown)


def _shown(leftover: Leftover) -> str:
    """A path where there is one, else the pattern."""
    slash = "/" if leftover.addition.folder else ""
    one = len(leftover.paths) == 1
    return f"{leftover.paths[0]}{slash}" if one else f"{leftover.pattern}{slash}"


def _listed(items: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(items[:-1]), items[-1])))


def _repair(build: Build, found: Junk, use: ContextUse) -> tuple[Fix, ...] | str:
    """One fix that adds everything, then one for each entry; or why there is none."""
    from prebake.build.context.ignorefile.placement import added
    from prebake.build.context.ignorefile.proposal import leaves_in_what_is_named

    path, file, scan = build.ignore.path, build.ignore.file, build.scan
    if path is None or file is None or scan is None:
        return "the context is still being measured"
    shown = relative(path, build.root)
    if not is_below(path, build.root):
        return f"{shown} lies outside of the project, so it is not changed"
    every = (*found.present, *found.expected)
    choices = [every] if len(every) == 1 else [every, *((leftover,) for leftover in found.present)]
    fixes = []
    for chosen in choices:
        edit = added(file, path, {leftover.addition: leftover.paths for leftover in chosen})
        if edit is None:
            continue
        left = scan.sent.bytes - sum(leftover.size.bytes for leftover in chosen)
        before, after = human(scan.sent.bytes), human(max(left, 0))
        what = "sends" if use.is_broad else "a context of"
        saves = f" ({what} {after} instead of {before})" if before != after else ""
        entries = f"`{chosen[0].pattern}`" if len(chosen) == 1 else f"{len(chosen)} entries"
        safe = not use.is_broad and leaves_in_what_is_named(build, rules_of(edit.apply(), path))
        proof = (
            "Nothing that an instruction copies is left out, so the image stays the same."
            if safe
            else "The image will lack what is left out; no instruction names any of it."
        )
        fixes.append(
            Fix(
                f"Add {entries} to {shown}{saves}",
                Applicability.SAFE if safe else Applicability.SUGGESTED,
                (edit,),
                " ".join((proof, *(f"{reason}." for reason in found.kept))),
            )
        )
    return tuple(fixes) or f"an exception in {shown} lets it in again wherever an entry stands"
