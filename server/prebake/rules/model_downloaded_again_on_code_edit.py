"""PB306: a model download below code that it does not need."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import ClassVar

from prebake.build.build import Build
from prebake.build.builders import builder_of
from prebake.build.copies import Copy, SourceKind
from prebake.build.installs.wording import title
from prebake.build.models.runs.refetched import Refetched, refetched
from prebake.findings import Finding, Fix, Related, Severity
from prebake.rules.base import Rule
from prebake.syntax.dockerfile import Instruction

_MOST_NAMED = 4


class ModelDownloadedAgainOnCodeEdit(Rule):
    """A RUN downloads a model below code that the download does not need, so that each edit of it downloads again.

    ## What it does

    Looks for downloads of models in RUN: `hf download`, `python -m spacy download`, `nltk.downloader`, `wget` and
    `curl` of weights, `python -c`, and scripts of the project, in Python or shell, that reach such a call. Reports one
    where a `COPY` or `ADD` above it brings source files that it does not read. What a script reads is followed through
    its own imports and commands, and includes the files that it names by literal paths. The finding stands at the RUN,
    the first one where several stand below the same code; the `COPY` instructions are related.

    Nothing is reported where a cache mount keeps the download, where the context is mounted instead of copied, and
    where the copied code is what the download reads.

    ## Why it is slow

    Builders reuse the result of an instruction only while everything above it is unchanged. With the code above it, a
    change to any file of the code makes BuildKit download the weights again on a warm rebuild, write them into a new
    layer, and push and pull that layer: gigabytes for a one-line edit.

    On a machine without a cache from an earlier build (a fresh CI runner without `cache-from`) the order makes no
    difference to the download; registries and hosts still get a new layer.

    ## Example

    ```dockerfile
    COPY download_weights.py handler.py /
    RUN python /download_weights.py
    CMD ["python", "-u", "/handler.py"]
    ```

    ## Use instead

    ```dockerfile
    COPY download_weights.py /
    RUN python /download_weights.py
    COPY handler.py /
    CMD ["python", "-u", "/handler.py"]
    ```

    ## Fix safety

    The fix copies what the download reads first, and moves the rest of the `COPY` below. It is *safe* where the image
    is proved to stay the same, modification times apart: all commands on the way are known, none of them reads or
    changes what is moved, every import of the script is followed, and no path is worked out when it runs. This takes
    for granted that libraries read no file of the project whose path is not written out in the code.

    It is *suggested* where that holds for the files that are there today only; see PB201, which moves a `COPY` in the
    same way. There is no fix, and the finding says why, where the script reaches the application's own code in a way
    that is not followed, or where an install in between needs what would be moved.

    ## References

    - [Docker: Optimize cache usage in builds](https://docs.docker.com/build/cache/optimize/)
    - [Docker: Build cache invalidation](https://docs.docker.com/build/cache/invalidation/)
    """

    code: ClassVar[str] = "PB306"
    name: ClassVar[str] = "model-downloaded-again-on-code-edit"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for all downloads of a stage below the same code."""
        for item in refetched(build):
            first = item.downloads[0].instruction
            yield self.finding(
                build.location(first),
                _message(build, item),
                key=build.key(first, first.raw),
                repair=partial(_repair, build, item),
                related=tuple(_related(build, item)),
            )


def _related(build: Build, item: Refetched) -> Iterator[Related]:
    for copy, _ in item.copies:
        yield Related(build.location(copy.instruction), "an edit of what this brings downloads it again")
    for download in item.downloads[1:]:
        yield Related(build.location(download.instruction), f"this downloads {download.fetches[0].named} again as well")


def _repair(build: Build, item: Refetched) -> tuple[Fix, ...] | str:
    """Move the code below as many of the downloads as it can be moved below."""
    from prebake.build.installs.sink import SinkPlan, plan_below

    first = item.copies[0][0].instruction
    reason = ""
    for count in range(len(item.downloads), 0, -1):
        above = item.downloads[:count]
        opaque = next((download for download in above if download.opaque is not None), None)
        if opaque is not None:
            reason = f"it is not known which files line {opaque.instruction.line + 1} reads: {opaque.opaque}"
            continue
        plan = plan_below(build, first, above[-1].instruction, item.reads)
        if isinstance(plan, SinkPlan):
            return (Fix(_title(first, plan.manifests, count), plan.applicability, plan.edits(), plan.explanation),)
        reason = plan.reason
    return reason


def _title(first: Instruction, copied: tuple[str, ...], count: int) -> str:
    moved = f"move `{title(first)}` below the download{'s' if count > 1 else ''}"
    if not copied:
        return moved[0].upper() + moved[1:]
    return f"Copy {', '.join(copied[:3])}{' ...' if len(copied) > 3 else ''} first, and {moved}"


def _message(build: Build, item: Refetched) -> str:
    fetches = [fetch for download in item.downloads for fetch in download.fetches]
    fetch, copy = fetches[0], item.copies[0][0]
    more = len(fetches) > 1
    what = f"{fetch.first} and others" if more else fetch.named
    known = all(download.opaque is None for download in item.downloads)
    brings = f" and brings more than {'they read' if more else 'it reads'}" if known else ""
    below = "downloads" if len(item.downloads) > 1 else "download"
    return (
        f"{_edit(item)} makes {builder_of(build).name} download {what} again ({fetch.subject}) on a warm "
        f"rebuild: `{title(copy.instruction)}` stands above the {below}{brings}"
    )


def _edit(item: Refetched) -> str:
    """What has to be edited for that, by the names of files where those are few."""
    read = {context for copy, _ in item.copies for context in _read(item, copy)}
    sources = [source for copy, _ in item.copies for source in copy.sources]
    names = [source.path or "" for source in sources if source.path not in read]
    if any(source.kind is SourceKind.ROOT for source in sources) or not all(names) or not 0 < len(names) <= _MOST_NAMED:
        return "an edit of the code"
    return f"an edit of {', '.join(names[:-1])} or {names[-1]}" if len(names) > 1 else f"an edit of {names[0]}"


def _read(item: Refetched, copy: Copy) -> frozenset[str]:
    return frozenset(mapping.context for mapping in copy.mappings if not mapping.folder and mapping.image in item.reads)
