"""The words of a Dockerfile that name a file of the project: sources, what a RUN reads, what a container starts."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property

from prebake.build.build import Build, fact
from prebake.build.copies import SourceKind, copies
from prebake.build.image import ImageFiles, image_before
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
_PYTHON = regex(r"(python|pypy)[\d.]*$")
_SOURCE = regex(r"(?<=[=,\"'])(?:source|src)=([^,\"'\s]+)")
_MOST_WORDS = 500
"""Of one RUN: longer ones are no text that somebody reads."""
_MOST_LOOKS = 20_000
"""At the COPYs above a RUN, for all words of a file."""

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
    looks = _MOST_LOOKS
    for instruction in build.tree.instructions:
        if instruction.stage is None:
            continue
        links: Iterable[FileLink] = ()
        if instruction.keyword in ("COPY", "ADD"):
            links = _sources(build, instruction)
        elif instruction.keyword == "RUN" and looks > 0:
            run = _Run(build, instruction)
            links = tuple(run.links())
            looks -= run.looks
        elif instruction.keyword in ("CMD", "ENTRYPOINT"):
            links = _started(build, instruction)
        for link in links:
            if build.snapshot.is_file(link.path):
                found.setdefault((instruction.index, link.start), link)
    return tuple(found[place] for place in sorted(found))


def _sources(build: Build, instruction: Instruction) -> Iterator[FileLink]:
    copy, root = copies(build).get(instruction.index), build.context.root
    for source in copy.sources if copy is not None and root is not None else ():
        word = source.word
        if source.kind is SourceKind.FILE and source.path is not None:
            yield FileLink(instruction, word.start, word.end, join(root or "/", source.path))
        elif source.kind is SourceKind.ROOT and build.ignore.path is not None:
            yield FileLink(instruction, word.start, word.end, build.ignore.path, is_ignore_file=True)


class _Run:
    """The files that the words of a RUN name. ``looks`` is how many COPYs were looked at."""

    def __init__(self, build: Build, instruction: Instruction) -> None:
        self._build = build
        self._instruction = instruction
        self.looks = 0

    @cached_property
    def _files(self) -> ImageFiles:
        return image_before(self._build, self._instruction)

    def links(self) -> Iterator[FileLink]:
        """The links of the mounts, then those of the commands."""
        build, instruction = self._build, self._instruction
        if build.context.root is None:
            return
        for flag in instruction.flags:
            yield from _mounted(build, instruction, flag)
        for step in steps_at(build, instruction).steps[:_MOST_WORDS]:
            for word, text in _words(step)[:_MOST_WORDS]:
                path = None
                if step.module and text == step.program:
                    path = _module(text, [step.directory or "."], self._find)
                elif "." in text or "/" in text:  # others hardly ever name a file, and there are many
                    path = _file(text, step.absolute, self._find)
                yield from _link(instruction, word, text, path)

    def _find(self, path: str) -> str | None:
        self.looks += len(self._files.copies)
        provided = self._files.provider(path)
        return None if provided is None else join(self._build.context.root or "/", provided.context)


def _words(step: Step) -> list[tuple[ShellWord, str]]:
    """What a command is, and what it is given."""
    found: list[tuple[ShellWord | None, str | None]] = [
        (word, word.value) for word in step.command.words if word.value in (step.path, step.program)
    ]
    found += [(argument.word, argument.text) for argument in step.arguments if not argument.glob]
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
    before, program = "", ""
    for word in words[:_MOST_WORDS]:
        text = word.value or ""
        path = _file(text, state.absolute, find)
        if path is None and (":" in text or (before == "-m" and _PYTHON.match(posixpath.basename(program)))):
            path = _module(text, _module_folders(state), find)
        yield from _link(instruction, word, text, path)
        before, program = text, program if text.startswith("-") else text


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
