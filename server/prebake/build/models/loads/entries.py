"""Where in the project's modules a program of the image starts."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Protocol

from prebake.build.build import Build, fact
from prebake.build.copies import copies
from prebake.build.paths import inside
from prebake.build.startup import final_chain, final_state
from prebake.files import join
from prebake.project.manifests.manifest import MANIFESTS, console_scripts
from prebake.project.models.loads import CODE
from prebake.project.python.index import index
from prebake.project.python.modules import Module, Modules
from prebake.project.python.reach import Entry
from prebake.project.starting.program import Program
from prebake.text import Text


class Sources(Protocol):
    """The files that an analysis looks at: ``file`` gives the project's file at a path of the image."""

    def file(self, image: str) -> str | None: ...

    def text(self, path: str) -> Text | None: ...


def context_roots(build: Build) -> tuple[str, ...]:
    """The folders of the context that hold modules of code that gets into the image in ways that no COPY shows."""
    root = build.context.root
    return () if root is None else (root, join(root, "src"))


def module_folders(program: Program) -> tuple[str, ...]:
    """The folders of the image that modules are looked for in: also ``src`` of each, which an install reads."""
    return (*program.directories, *(posixpath.join(folder, "src") for folder in program.directories))


def entries_of(build: Build, program: Program, modules: Modules, sources: Sources) -> Iterator[Entry]:
    """The modules and functions in which a program starts; none where the project does not have them."""
    if program.code is not None:
        text = Text(program.code)
        yield Entry(Module(CODE, "", False, text, index(text)), main=True)
    elif program.file is not None:
        path = sources.file(program.file) or beside_context(build, program.file)
        module = None if path is None else modules.read(path)
        if module is not None:
            yield Entry(module, program.main, program.name)
    elif program.module is not None:
        main = modules.find(f"{program.module}.__main__") if program.main else None
        module = main or modules.find(program.module)
        if module is not None:
            yield Entry(module, program.main, program.name)
    elif program.console is not None:
        for name, attribute in _console_scripts(build, program, sources):
            module = modules.find(name)
            if module is not None:
                yield Entry(module, name=attribute)


def beside_context(build: Build, image: str) -> str | None:
    """The file of the context that a path below the working directory is named after, for code that gets into the image
    in ways that no COPY shows.
    """
    root = build.context.root
    stages = final_chain(build)
    if root is None or not stages or copies_code(build):
        return None
    below = inside(image, final_state(build).directory or ".")
    return join(root, below) if below and build.snapshot.is_file(join(root, below)) else None


def copies_code(build: Build) -> bool:
    """Whether a COPY or ADD of the final image takes anything from the build context."""
    found = copies(build)
    return any(
        found[instruction.index].from_context
        for stage in final_chain(build)
        for instruction in stage.instructions
        if instruction.index in found
    )


@fact
def console_names(build: Build) -> frozenset[str]:
    """The commands that installing the project's own package makes."""
    root = build.context.root
    texts = [] if root is None else [(name, build.snapshot.text(join(root, name))) for name in MANIFESTS]
    return frozenset(found for name, text in texts if text is not None for found in console_scripts(text, name))


def _console_scripts(build: Build, program: Program, sources: Sources) -> Iterator[tuple[str, str]]:
    """The module and function behind a command that the project's own package installs."""
    root = build.context.root
    for name in MANIFESTS:
        places = [None if root is None else join(root, name)]
        places += [sources.file(posixpath.join(folder, name)) for folder in program.directories]
        for path in dict.fromkeys(place for place in places if place is not None):
            text = sources.text(path)
            target = None if text is None else console_scripts(text, name).get(program.console or "")
            if target is not None:
                module, _, attribute = target.partition(":")
                yield module.strip(), attribute.partition("[")[0].strip()
                return
