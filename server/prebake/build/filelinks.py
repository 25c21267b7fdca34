"""The words of a Dockerfile that name a file of the project: sources, what a RUN reads, what a container starts."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator

from prebake.build.build import Build, fact
from prebake.build.copies import SourceKind, copies
from prebake.build.image import image_before
from prebake.build.startup import final_chain, image_file, stage_file
from prebake.build.state import State, chain, state_after, states
from prebake.build.steps import Step, steps_at
from prebake.files import join
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Flag, Instruction, Word
from prebake.syntax.run import scripts_of
from prebake.syntax.shell import ShellWord
from prebake.text import Span

_MODULE = regex(r"([^\W\d]\w*(?:\.[^\W\d]\w*)*)(:.*)?")
_SOURCE = regex(r"(?<=[=,\"'])(?:source|src)=([^,\"'\s]+)")
_MOST_WORDS = 500
"""Of one RUN: longer ones are no text that somebody reads."""

Find = Callable[[str], "str | None"]
"""The project's file at a path of the image."""


class FileLink(NamedTuple):
    """A word, or the part of one, that names a file. ``start`` and ``end`` are offsets relative to the instruction;
    ``path`` is absolute. ``is_ignore_file``: the word names the whole context, and this is what says how much of it.
    """

    instruction: Instruction
    start: int
    end: int
    path: str
    is_ignore_file: bool = False

    @property
    def span(self) -> Span:
        """Where the word stands."""
        return self.instruction.span_of(self)


@fact
def file_links(build: Build) -> tuple[FileLink, ...]:
    """The words that name files, in order, each once."""
    found: dict[tuple[int, int], FileLink] = {}
    for instruction in build.tree.instructions:
        if instruction.stage is None:
            continue
        for link in _of(build, instruction):
            if build.snapshot.is_file(link.path):
                found.setdefault((instruction.index, link.start), link)
    return tuple(found[place] for place in sorted(found))


def _of(build: Build, instruction: Instruction) -> Iterator[FileLink]:
    if instruction.keyword in ("COPY", "ADD"):
        return _sources(build, instruction)
    if instruction.keyword == "RUN":
        return _run(build, instruction)
    return _started(build, instruction) if instruction.keyword in ("CMD", "ENTRYPOINT") else iter(())


def _sources(build: Build, instruction: Instruction) -> Iterator[FileLink]:
    copy, root = copies(build).get(instruction.index), build.context.root
    for source in copy.sources if copy is not None and root is not None else ():
        word = source.word
        if source.kind is SourceKind.FILE and source.path is not None:
            yield FileLink(instruction, word.start, word.end, join(root or "/", source.path))
        elif source.kind is SourceKind.ROOT and build.ignore.path is not None:
            yield FileLink(instruction, word.start, word.end, build.ignore.path, is_ignore_file=True)


def _run(build: Build, instruction: Instruction) -> Iterator[FileLink]:
    root = build.context.root
    if root is None:
        return
    files = image_before(build, instruction)
    for flag in instruction.flags:
        yield from _mounted(build, instruction, flag)

    def find(path: str) -> str | None:
        provided = files.provider(path)
        return None if provided is None else join(root, provided.context)

    for step in steps_at(build, instruction).steps[:_MOST_WORDS]:
        for word, text in _words(step)[:_MOST_WORDS]:
            if step.module and text == step.program:
                path = _module(text, [step.directory or "."], find)
            else:
                path = _file(text, step.absolute, find)
            yield from _link(instruction, word, text, path)


def _words(step: Step) -> list[tuple[ShellWord, str]]:
    """What a command is, and what it is given."""
    found: list[tuple[ShellWord | None, str | None]] = [
        (word, word.value) for word in step.command.words if word.value in (step.path, step.program)
    ]
    found += [(argument.word, argument.text) for argument in step.arguments]
    return [(word, text) for word, text in found if word is not None and text is not None]


def _mounted(build: Build, instruction: Instruction, flag: Flag) -> Iterator[FileLink]:
    """The file that a bind mount shows."""
    text = instruction.raw[flag.start : flag.end]
    source = _SOURCE.search(text) if flag.name == "mount" and "from=" not in text else None
    if source is not None and build.context.root is not None:
        path = join(build.context.root, source[1].lstrip("/"))
        yield FileLink(instruction, flag.start + source.start(1), flag.start + source.end(1), path)


def _started(build: Build, instruction: Instruction) -> Iterator[FileLink]:
    """The scripts and modules that a container starts."""
    stage = build.stage_of(instruction)
    state = state_after(build, stage.instructions[-1])
    stages = chain(build, stage)
    is_final = stage in final_chain(build)

    def find(path: str) -> str | None:
        return image_file(build, path) if is_final else stage_file(build, stages, path)

    words: list[Word | ShellWord] = list(instruction.json or ())
    if instruction.json is None:
        scripts = scripts_of(instruction, states(build)[instruction.index].shell)[:1]
        words = [word for script in scripts for command in script.commands for word in command.words]
    before = None
    for word in words[:_MOST_WORDS]:
        text = word.value
        if text:
            path = _file(text, state.absolute, find)
            if path is None and (before == "-m" or ":" in text):
                path = _module(text, _module_folders(state), find)
            yield from _link(instruction, word, text, path)
        before = text


def _module_folders(state: State) -> list[str]:
    """Where a program finds modules, as far as WORKDIR and PYTHONPATH tell."""
    given = (state.lookup("PYTHONPATH") or "").split(":")
    return [state.directory or ".", *(path for entry in given if entry and (path := state.absolute(entry)) is not None)]


def _file(text: str, absolute: Callable[[str], str | None], find: Find) -> str | None:
    """The file that a word is, or the value of the option that it is."""
    for part in (text, text.partition("=")[2]):
        path = absolute(part) if part and not part.startswith("-") and "\0" not in part else None
        found = find(path) if path is not None else None
        if found is not None:
            return found
    return None


def _module(text: str, folders: Iterable[str], find: Find) -> str | None:
    """The file of a module, ``package.module`` or ``package.module:object``."""
    match = _MODULE.fullmatch(text)
    if match is None:
        return None
    inner = match[1].replace(".", "/")
    places = (join(folder, inner + end) for folder in folders for end in ("/__main__.py", "/__init__.py", ".py"))
    return next((found for place in places if (found := find(posixpath.normpath(place))) is not None), None)


def _link(instruction: Instruction, word: Word | ShellWord, text: str, path: str | None) -> Iterator[FileLink]:
    """The link, where the word stands in the Dockerfile as it is; without quotes and the option that it is given to."""
    written = instruction.raw[word.start : word.end]
    if path is None or written != word.raw:
        return
    start, end = word.start, word.end
    if written[:1] in "\"'" and written[-1:] == written[:1] and len(written) > 1:
        start, end = start + 1, end - 1
    if text.startswith("-") and "=" in written:
        start = word.start + written.index("=") + 1
    yield FileLink(instruction, start, end, path)
