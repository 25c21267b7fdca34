"""The Python programs that a command of a RUN starts."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator
from typing import cast

from prebake.build.build import Build, fact_at
from prebake.build.image import image_before
from prebake.build.models.loads.entries import console_names
from prebake.build.startup import stage_file
from prebake.build.state import chain
from prebake.build.steps import Step
from prebake.project.starting.command import Place, Program, programs_of_words
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction

Files = Callable[[str], str | None]
"""The project's file at a path of an image, ``None`` where it has none."""

_PYTHON = regex(r"(python|pypy)(\d(\.\d+)?)?\Z")


def words_of(step: Step) -> tuple[str, ...]:
    """The arguments of a command; one that is not known is ``"\\0"``."""
    return tuple(argument.text or "\0" for argument in step.arguments)


def document_of(step: Step) -> str | None:
    """The here-document that Python is given as its program, by ``python <<EOF`` or ``python - <<EOF``."""
    documents = [item.body.raw for item in step.command.redirections if item.body is not None]
    if documents and _PYTHON.match(step.program) and all(word.startswith("-") for word in words_of(step)):
        return documents[0]
    return None


@fact_at
def image_file(build: Build, instruction: Instruction) -> Files:
    """What gives the project's file at a path of the image that a RUN finds: copied, mounted, or made of a file that
    another stage was given.
    """
    image = image_before(build, instruction)
    stages = chain(build, build.stage_of(instruction))

    def find(path: str) -> str | None:
        found = image.provider(path) if image.copies else None
        if found is not None:
            return image.copies[0].files.absolute(found.context)
        return stage_file(build, stages, path)

    return find


def place_of(build: Build, instruction: Instruction, step: Step) -> Place:
    """Where a command of a RUN runs."""
    files = image_file(build, instruction)
    # In layers: a long Dockerfile has many variables, and most commands look at none.
    layers = (step.variables, step.state.env, step.state.args)
    environment = ChainMap(*(cast("dict[str, str | None]", each) for each in layers))
    return Place(step.directory or ".", environment, lambda path: build.snapshot.text(files(path) or ""))


def programs_of_step(build: Build, step: Step, place: Place) -> Iterator[Program]:
    """The Python programs that a command of a RUN runs; ``place`` is where it does."""
    words = words_of(step)
    document = document_of(step)
    if document is not None:
        yield Program((place.directory,), code=document, main=True, environment=place.environment)
    elif step.module:
        yield from programs_of_words(("python", "-m", step.program, *words), place)
    elif (
        _PYTHON.match(step.program)
        or step.program in console_names(build)
        or any(word.endswith((".py", ".sh")) or word == "-m" for word in (step.path, *words[:8]))
        or ("/" in step.path and not step.path.startswith(("/usr/bin/", "/bin/")))
    ):
        yield from programs_of_words((step.path, *words), place)
