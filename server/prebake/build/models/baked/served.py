"""What the hub's cache in the image surely has: less than what a download may bring.

Code that a program of a RUN reaches need not run there: a function that loads a model when the first request comes is
reached as well.
"""

from __future__ import annotations

from collections.abc import Iterator

from prebake.build.build import Build, fact
from prebake.build.models.runs.fetches import Fetch, fetches_at, has_option, option_of
from prebake.build.models.runs.places import HUB, stored_by
from prebake.build.paths import inside
from prebake.build.startup import final_chain
from prebake.build.state import chain
from prebake.build.steps import Step
from prebake.project.models.loads import Load
from prebake.syntax.dockerfile import Instruction

_PARTIAL = ("--include", "--exclude", "--local-dir", "--cache-dir")


@fact
def hub_fetches(build: Build) -> tuple[Fetch, ...]:
    """The downloads into the hub's cache of the final image, in its own stages or in those whose cache it copies."""
    found: list[Fetch] = []
    for stage in final_chain(build):
        for instruction in stage.instructions:
            if instruction.keyword == "RUN":
                found += (fetch for fetch, _ in _into_cache(build, instruction))
            origin = instruction.flag("from") if instruction.keyword == "COPY" else None
            source = build.stage_named(origin, stage.index) if origin else None
            for each in chain(build, source) if source is not None else ():
                for item in each.instructions:
                    found += (fetch for fetch, folder in _into_cache(build, item) if _copies(instruction, folder))
    return tuple(found)


def _into_cache(build: Build, instruction: Instruction) -> Iterator[tuple[Fetch, str]]:
    """The downloads of a RUN into the hub's cache, with its folder."""
    for fetch in fetches_at(build, instruction):
        if not all(map(_surely_runs, (fetch.step, *(within.starter for within in fetch.ran.within)))):
            continue
        stored = stored_by(fetch)
        if stored is not None and stored.family is HUB and stored.option is None:
            yield fetch, stored.folder


def _surely_runs(step: Step) -> bool:
    """Whether a command runs whatever the others come to."""
    return step.command.before != "||" and set(step.command.context) <= {"(", "{"}


def _copies(copy: Instruction, folder: str) -> bool:
    """Whether a COPY from another stage brings a folder, or one above it, to the same place."""
    words = [word.value.rstrip("/") for word in copy.words]
    return any(word == words[-1] and inside(folder, word) is not None for word in words[:-1])


def is_served(build: Build, load: Load) -> bool:
    """Whether a RUN of the final image surely brings all that a load asks the hub for."""
    return any(_serves(fetch, load) for fetch in hub_fetches(build))


def _serves(fetch: Fetch, load: Load) -> bool:
    """Whether a download brings all that a load asks for: the whole repository, or what the same call asks for."""
    if load.model is None or load.cache is not None or load.target is not None:
        return False
    if fetch.code is not None:
        return any(
            other.model == load.model
            and other.name == load.name
            and (other.revision, other.files, other.include, other.exclude)
            == (load.revision, load.files, load.include, load.exclude)
            for other in fetch.sure
        )
    if fetch.models != (load.model,) or has_option(fetch, *_PARTIAL) or _names_files(fetch):
        return False
    wanted = "main" if load.revision is None else load.revision.text
    return (option_of(fetch, "--revision") or "main") == wanted and load.repository == (
        option_of(fetch, "--repo-type") or "model"
    )


def _names_files(fetch: Fetch) -> bool:
    """Whether the command names files of the repository, so that the others are left out."""
    words = [argument.text or "" for argument in fetch.step.arguments]
    behind = words[words.index(fetch.models[0]) + 1 :] if fetch.models[0] in words else [""]
    return any(
        not word.startswith("-") and not (number and behind[number - 1].startswith("--"))
        for number, word in enumerate(behind)
    )
