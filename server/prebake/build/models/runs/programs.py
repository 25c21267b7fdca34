"""The Python programs that a command of a RUN starts."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.build.build import Build
from prebake.build.models.loads.entries import console_names
from prebake.build.steps import Step
from prebake.project.command import Place, Program, programs_of_words
from prebake.regex import regex

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
