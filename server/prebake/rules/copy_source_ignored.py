"""PB105: the ignore file leaves out what an instruction copies."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from prebake.build.build import Build
from prebake.build.builders import builder_of
from prebake.build.context.arriving.sources import Lost, lost_sources
from prebake.edits import FileEdit
from prebake.files import relative
from prebake.findings import Applicability, Finding, Fix, Location, Related, Severity
from prebake.rules.base import Rule
from prebake.text import Text, shortened

if TYPE_CHECKING:
    from prebake.build.context.arriving.namedsources import LostNamed


class CopySourceIgnored(Rule):
    """The ignore file leaves out a path that COPY, ADD or a bind mount names.

    ## What it does

    Reports a source of COPY, of ADD or of `RUN --mount=type=bind` that lies in the build context but is not sent to
    the builder, because the ignore file in force leaves it out: by its own name, by a folder it is in, or by a
    wildcard. A folder of which exceptions (`!`) bring something back is sent, and so is a wildcard of which one match
    is left. Only stages that are built count. A source that does not exist at all is PB106's.

    It is an error, because the build stops. Where a wildcard selects nothing, BuildKit goes on without a word and the
    files are missing in the image; that is a warning.

    A named context (`--build-context`, `additional_contexts`) that is a folder has an ignore file of its own, the
    `.dockerignore` at its top, which leaves out what `COPY --from` names in the same way.

    The Dockerfile and the ignore file are no exceptions: BuildKit reads both however they are ignored, but COPY does
    not find them. The legacy builder excepts its Dockerfile where a pattern matches it or its folders from the top, and
    else does not find it: `Cannot locate specified Dockerfile` is what it says where `**/docker` leaves out
    `docker/Dockerfile`, or where `!**/Dockerfile` alone is to bring it back, for which it does not look into an ignored
    folder. That is not reported.

    ## Why it is bad

    The build fails with `failed to compute cache key: "/config.json": not found`, which does not tell that the file is
    there and that the ignore file hides it. BuildKit's own check of ignored sources says nothing where the ignore file
    has an exception.

    ## Example

    ```dockerfile
    FROM python:3.12-slim
    COPY vocab/bpe.txt /app/vocab/
    ```

    with this `.dockerignore`:

    ```text
    vocab
    ```

    ## Use instead

    ```text
    vocab
    !vocab/bpe.txt
    ```

    An exception works below an ignored folder; the folder itself need not be brought back.

    ## Fix safety

    Each fix is a suggestion: removing an entry, or adding an exception, also lets the path into what any other
    `COPY .` on this context takes. An entry for this very path is removed; from any other pattern the path is excepted,
    in the author's own list of exceptions where one follows the pattern. Nothing is offered for files that are likely
    to hold secrets.

    ## References

    - [Dockerfile reference: .dockerignore](https://docs.docker.com/build/concepts/context/#dockerignore-files)
    - [Build checks: CopyIgnoredFile](https://docs.docker.com/reference/build-checks/copy-ignored-file/)
    """

    code = "PB105"
    name = "copy-source-ignored"
    severity = Severity.ERROR

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for each source."""
        if build.context.named:
            from prebake.build.context.arriving.namedsources import lost_named

            for named in lost_named(build):
                if named.ignore_file is not None:
                    yield self._of_another(build, named, named.ignore_file)
        if build.ignore.is_empty:
            return
        for lost in lost_sources(build):
            if lost.left_out and (lost.stops or lost.site.alone):
                yield self._finding(build, lost)

    def _finding(self, build: Build, lost: Lost) -> Finding:
        from prebake.build.context.ignorefile.reincluded import deciding

        site = lost.site
        path = build.ignore.path or "/"
        pattern = deciding(build, lost.left_out[0])
        related = (Related(Location(path, pattern.span), f"leaves out {lost.left_out[0]}"),) if pattern else ()
        return self.finding(
            build.location(site.instruction, site.token),
            _message(build, lost),
            key=build.key(site.instruction, f"{site.instruction.keyword} {site.path}"),
            severity=Severity.ERROR if lost.stops else Severity.WARNING,
            related=related,
            repair=partial(_repair, build, lost),
        )

    def _of_another(self, build: Build, lost: LostNamed, ignore_file: str) -> Finding:
        pattern, shown = lost.pattern, relative(ignore_file, build.root)
        related = (Related(Location(ignore_file, pattern.span), f"leaves out {lost.path}"),) if pattern else ()
        by = f"{shown}:{pattern.line + 1} (`{shortened(pattern.raw)}`)" if pattern is not None else shown
        return self.finding(
            build.location(lost.instruction, lost.token),
            f"{by} leaves {lost.path} out of the named context {lost.name}, which has an ignore file of its own: "
            f"{_stop(build, lost.path)}",
            key=build.key(lost.instruction, f"{lost.name} {lost.path}"),
            related=related,
            repair=lambda: f"other images may be built from {lost.name}: change {shown}, or copy another path",
        )


def _message(build: Build, lost: Lost) -> str:
    from prebake.build.context.ignorefile.reincluded import deciding

    source = lost.left_out[0]
    pattern = deciding(build, source)
    shown = relative(build.ignore.path or "/", build.root)
    by = f"{shown}:{pattern.line + 1} (`{shortened(pattern.raw)}`)" if pattern is not None else shown
    if lost.site.is_glob:
        count = len(lost.left_out)
        what = f"all {count} paths that `{lost.site.path}` selects" if count > 1 else f"{source}, all that is selected,"
        end = "BuildKit copies nothing and does not say so; the legacy builder stops."
        return f"{by} leaves out {what}: {_stop(build, lost.site.folder or lost.site.path) if lost.stops else end}"
    leads = f" (`{lost.site.path}` leads there)" if source != lost.site.path else ""
    return f"{by} leaves {source}{leads} out of the build context: {_stop(build, source)}"


def _stop(build: Build, path: str) -> str:
    name = builder_of(build).name
    return f'{name[0].upper()}{name[1:]} stops the build here, since "/{path}" is not found.'


def _repair(build: Build, lost: Lost) -> tuple[Fix, ...] | str:
    """The fixes, or why there is none."""
    from prebake.build.context.ignorefile.reincluded import changes

    found = changes(build, lost)
    if isinstance(found, str):
        return found
    path = build.ignore.path or "/"
    base = build.snapshot.text(path) or Text("")
    shown = relative(path, build.root)
    fixes = []
    for change in found:
        names = ", ".join(dict.fromkeys(pattern.raw for pattern in change.removes))
        title = f"Add `{change.adds}` to {shown}" if change.adds is not None else f"Remove `{names}` from {shown}"
        edit = FileEdit(path, base, change.edits)
        fixes.append(Fix(title, Applicability.SUGGESTED, (edit,), _EXPLANATION))
    return tuple(fixes)


_EXPLANATION = "The build finds the path again. Whatever copies all of this context takes it, too."
