"""Model downloads in a RUN below code that they do not need, so that each edit of that code downloads again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from prebake.build.build import Build, fact
from prebake.build.commands.inproject import command_effects
from prebake.build.commands.projectscripts import followed
from prebake.build.copies import Copy
from prebake.build.image import mounts_of
from prebake.build.installs.manifests import readings
from prebake.build.installs.misplaced import Extra, beyond, misplaced, runs_below_code, used_above
from prebake.build.models.runs.fetches import Fetch, fetches_at
from prebake.build.paths import inside
from prebake.build.state import states
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction


class Download(NamedTuple):
    """A RUN that downloads models. ``reads`` are the files of the image that it reads, ``opaque`` why these are not all
    known (a clause without a full stop), ``None`` when they are.
    """

    instruction: Instruction
    fetches: tuple[Fetch, ...]
    reads: frozenset[str]
    opaque: str | None


class Refetched(NamedTuple):
    """Downloads of one stage, and the COPY instructions above all of them that bring more than they read."""

    downloads: tuple[Download, ...]
    copies: tuple[tuple[Copy, Extra], ...]

    @property
    def reads(self) -> frozenset[str]:
        """The files of the image that they read."""
        return frozenset().union(*(item.reads for item in self.downloads))


@fact
def refetched(build: Build) -> tuple[Refetched, ...]:
    """The downloads that are made again when code is edited, in order."""
    found: dict[tuple[int, ...], Refetched] = {}
    for download, copies in _found(build):
        key = (download.instruction.stage or 0, *(copy.instruction.index for copy, _ in copies))
        known = found.get(key)
        found[key] = Refetched((*known.downloads, download) if known else (download,), copies)
    return tuple(found.values())


def _found(build: Build) -> Iterator[tuple[Download, tuple[tuple[Copy, Extra], ...]]]:
    for instruction, above in runs_below_code(build):
        fetches = fetches_at(build, instruction)
        if not fetches or _is_kept(build, instruction) or _is_install(build, instruction):
            continue
        reads, opaque = _reads(build, instruction)
        extra = tuple(
            (copy, found)
            for copy in above
            if (found := beyond(copy, reads.__contains__)) not in _SELDOM
            and (opaque is None or _is_apart(copy, found, fetches))
            and not (found is Extra.FILE and used_above(build, copy, instruction))
        )
        if extra:
            yield Download(instruction, fetches, reads, opaque), extra


def _is_install(build: Build, instruction: Instruction) -> bool:
    """Whether a RUN that downloads also installs, and is known to stand below code for that reason."""
    return any(
        reading.install.instruction.index == instruction.index
        for item in misplaced(build)
        for reading, _ in item.installs
    )


def _is_apart(copy: Copy, extra: Extra, fetches: tuple[Fetch, ...]) -> bool:
    """Whether a COPY surely brings more than a RUN needs of which it is not known what it reads."""
    if extra is Extra.CONTEXT:
        return True
    if extra is not Extra.SOURCES:
        return False
    return all(fetch.files and not any(map(copy.provider, fetch.files)) for fetch in fetches)


_SELDOM = (Extra.NOTHING, Extra.QUIET, Extra.FOLDER)
"""What no edit of code changes."""


def _is_kept(build: Build, instruction: Instruction) -> bool:
    """Whether a cache mount keeps what is downloaded, or the context is mounted, so that no COPY counts."""
    if "--mount" not in instruction.raw:
        return False
    mounts = mounts_of(instruction, states(build)[instruction.index])
    if any(mount.kind == "bind" and mount.source is not None for mount in mounts):
        return True
    return any(
        mount.kind == "cache" and ("huggingface" in mount.target or any(map(partial(_holds, mount.target), _CACHES)))
        for mount in mounts
    )


_CACHES = ("/root/.cache/huggingface", "/root/.cache/torch", "/home/user/.cache")


def _holds(folder: str, place: str) -> bool:
    return inside(place, folder) is not None


def _reads(build: Build, instruction: Instruction) -> tuple[frozenset[str], str | None]:
    """The files of the image that a RUN reads, and why they are not all known."""
    reading = readings(build).get(instruction.index)
    if reading is not None:
        reads = frozenset(item.image for item in reading.manifests)
        return reads, reading.problems[0] if reading.problems else None
    ran = followed(build, instruction)
    reads = frozenset(ran.files)
    opaque = "make may read anything" if ran.by_make is not None else ran.problem
    for step in ran.steps.steps:
        effects = command_effects(build, instruction, step)
        reads |= frozenset(effects.reads)
        if effects.opaque is not None:
            opaque = opaque or f"`{step.program}` {effects.opaque}"
    return reads, opaque
