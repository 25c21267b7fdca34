"""PB106: an instruction copies what is not in the build context."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING

from prebake.build.build import Build
from prebake.build.builders import builder_of
from prebake.build.context.arriving.pointers import Pointers, fetcher, pointers
from prebake.build.context.arriving.sources import may_lack_sources
from prebake.files import relative
from prebake.findings import Finding, Location, Related, Severity
from prebake.rules.base import Rule
from prebake.sizes import human

if TYPE_CHECKING:
    from prebake.build.context.arriving.absent import Absent
    from prebake.build.context.arriving.namedsources import LostNamed

_NAMED = 3


class CopySourceMissing(Rule):
    """COPY, ADD or a bind mount names a path that is not in the build context.

    ## What it does

    Reports a source of COPY, of ADD or of `RUN --mount=type=bind` that does not exist in the build context, and names
    what is there under nearly the same name. A name that differs in case alone is found on the file system of macOS
    and Windows and nowhere else.

    It is information where something brings the file before the build: git ignores it, DVC or a git submodule has it,
    or a Makefile, workflow, script or manifest of the project names it or makes such files.

    A named context (`--build-context`, `additional_contexts`) that is a folder is looked at as well.

    Git LFS pointers are reported, too: a file of weights that git LFS has not fetched is a text of about 130 bytes, and
    COPY takes that into the image without a word.

    Nothing is said where the path depends on a variable without a value or on a wildcard that may select nothing
    (`poetry.lock*`), in stages that are not built, in templates, and where the context itself is in doubt.

    ## Why it is bad

    The build stops at that instruction, perhaps after minutes of downloads; or the image is built with a pointer in
    place of the model, and the container fails when it loads it.

    ## Example

    ```dockerfile
    FROM python:3.12-slim
    COPY Requirements.txt /app/
    ```

    ## Use instead

    ```dockerfile
    FROM python:3.12-slim
    COPY requirements.txt /app/
    ```

    For LFS: `git lfs pull` before the build, or `lfs: true` at `actions/checkout`.

    ## Fix safety

    There is no fix: what was meant is the author's to say.

    ## References

    - [Dockerfile reference: COPY](https://docs.docker.com/reference/dockerfile/#copy)
    - [Git LFS specification: the pointer](https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md)
    """

    code = "PB106"
    name = "copy-source-missing"
    severity = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for each source."""
        if may_lack_sources(build):
            from prebake.build.context.arriving.absent import absent_sources

            for absent in absent_sources(build):
                yield self._missing(build, absent)
        if build.context.named:
            from prebake.build.context.arriving.namedsources import lost_named

            for named in lost_named(build):
                if named.ignore_file is None:
                    yield self._missing_elsewhere(build, named)
        for found in pointers(build):
            yield self._pointing(build, found)

    def _missing(self, build: Build, absent: Absent) -> Finding:
        site = absent.lost.site
        maker = absent.maker
        related = []
        if maker is not None and maker.path is not None and maker.line is not None:
            text = build.snapshot.text(maker.path)
            if text is not None:
                place = Location(maker.path, text.line_span(maker.line))
                related.append(Related(place, f"may bring {site.path}"))
        brought = maker is not None or absent.ignored
        return self.finding(
            build.location(site.instruction, site.token),
            _message(build, absent),
            key=build.key(site.instruction, f"{site.instruction.keyword} {site.path}"),
            severity=Severity.INFORMATION if brought else Severity.WARNING,
            related=tuple(related),
            repair=lambda: _advice(absent),
        )

    def _missing_elsewhere(self, build: Build, lost: LostNamed) -> Finding:
        from prebake.build.context.arriving.makers import is_git_ignored, maker_of

        maker = maker_of(build, lost.path, lost.folder)
        ignored = maker is None and is_git_ignored(build, lost.path, lost.folder)
        folder = relative(lost.folder, build.root)
        why = f": {maker.what}" if maker is not None else ", and git ignores it" if ignored else ""
        end = f"{builder_of(build).name} stops the build here"
        return self.finding(
            build.location(lost.instruction, lost.token),
            f"{lost.path} is not in the named context {lost.name}, which is {folder} "
            f"({build.context.evidence.source(build.root)}){why}{'. Without it ' if why else ': '}{end}.",
            key=build.key(lost.instruction, f"{lost.name} {lost.path}"),
            severity=Severity.INFORMATION if why else Severity.WARNING,
            repair=lambda: f"correct the path, or bring {lost.path} into {folder} before the build",
        )

    def _pointing(self, build: Build, found: Pointers) -> Finding:
        source = found.copy.sources[found.source]
        instruction = found.copy.instruction
        shown = ", ".join(found.paths[:_NAMED])
        count = len(found.paths)
        more = f" and {count - _NAMED} more" if count > _NAMED else ""
        are = "is a git LFS pointer" if count == 1 else "are git LFS pointers"
        stand = "it stands" if count == 1 else "they stand"
        brought = fetcher(build)
        by = f" {relative(brought.path, build.root)}:{brought.line + 1} fetches it." if brought is not None else ""
        return self.finding(
            build.location(instruction, source.word),
            f"{shown}{more} {are} of about 130 bytes: the image gets this text and not the {human(found.bytes)} that "
            f"{stand} for.{by}",
            key=build.key(instruction, f"LFS {source.path}"),
            severity=Severity.INFORMATION if brought is not None else Severity.WARNING,
            repair=lambda: "`git lfs pull` fetches the files; on CI, checkout needs `lfs: true`",
        )


def _message(build: Build, absent: Absent) -> str:
    site = absent.lost.site
    context = f"the build context {relative(build.context.root or '/', build.root)}"
    context += f" ({build.context.evidence.source(build.root)})"
    end = _end(build, absent)
    text = f"{site.path} {'selects nothing' if site.is_glob else 'is not'} in {context}"
    if absent.empty and absent.maker is not None:
        return f"{site.path} is empty in {context}: {absent.maker.what}. The image gets an empty folder."
    if absent.link is not None and absent.link.startswith("/"):
        return f"{site.path} is a link to {absent.link}. Builders look for that path inside of {context}: {end}."
    if absent.link is not None:
        return f"{site.path} is a link to {absent.link}, outside of {context}: {end}."
    if absent.case:
        return (
            f"{text}, but {absent.near[0]} is: the names differ in case, which macOS and Windows overlook and Linux "
            f"does not. {end[0].upper()}{end[1:]}."
        )
    if absent.maker is not None:
        return f"{text}: {absent.maker.what}. Without it {end}."
    if absent.ignored:
        return f"{text}, and git ignores it, so a fresh clone never has it. Without it {end}."
    near = f" Did you mean {' or '.join(absent.near[:2])}?" if absent.near else ""
    written = site.instruction.raw[site.token.start : site.token.end].strip("\"'")
    upwards = " `..` does not lead out of a build context." if written.startswith("../") else ""
    return f"{text}: {end}.{upwards}{near}"


def _end(build: Build, absent: Absent) -> str:
    if absent.lost.stops:
        return f"{builder_of(build).name} stops the build here"
    return "BuildKit copies nothing and does not say so; the legacy builder stops"


def _advice(absent: Absent) -> str:
    path = absent.lost.site.path
    if absent.maker is not None:
        return f"{path} has to be brought before the image is built; {absent.maker.what}"
    if absent.near:
        return f"only you can say whether {absent.near[0]} is meant"
    return f"nothing in the project is called {posixpath.basename(path)}: add it, or drop this source"
