"""The model downloads of the containers of an image."""

from __future__ import annotations

from collections.abc import Mapping

from prebake.build.build import Build, fact
from prebake.build.copies import copies
from prebake.build.models.loads.entries import beside_context
from prebake.build.models.loads.programs import command_loads, program_loads
from prebake.build.paths import inside
from prebake.build.startup import final_chain, image_file, image_layout, image_names, starts
from prebake.build.written import written_text
from prebake.files import join
from prebake.project.models.load import Load
from prebake.project.starting.command import Place, programs_of_words
from prebake.project.starting.start import Start
from prebake.records import NamedTuple
from prebake.text import Text

_ON_FILES = frozenset(("cp", "ln", "mkdir", "mv", "rm", "rsync", "tar", "unzip"))
"""Commands of start scripts that are given files and folders."""


class StartLoad(NamedTuple):
    """A download that happens when a container starts, or when it is first needed; ``others`` are further ways to start
    one that comes to it.
    """

    load: Load
    start: Start
    others: tuple[Start, ...] = ()

    @property
    def each(self) -> tuple[StartLoad, ...]:
        """The same download in each of the ways to start a container."""
        return tuple(StartLoad(self.load, start) for start in (self.start, *self.others))

    @property
    def homes(self) -> tuple[str, ...]:
        """The home folders that its user may have: ``sudo`` and the like leave that of root in place."""
        return tuple(dict.fromkeys((self.start.home, "/root")))


@fact
def start_loads(build: Build) -> tuple[StartLoad, ...]:
    """The downloads of the programs that the finished image starts, each once, in the order of files and lines."""
    found: dict[Load, dict[int, Start]] = {}
    for start in starts(build):
        place = Place(
            start.directory,
            start.environment,
            lambda path: _read(build, path, image_file(build, path)),
            names=lambda path: image_names(build, path),
        )
        programs = tuple(programs_of_words(start.words, place))
        files = {word for item in programs if item.console in _ON_FILES for word in item.arguments}
        for program in programs:
            layout = image_layout(build)
            loads = program_loads(
                build, program, lambda path: image_file(build, path), layout=layout, directory=start.directory
            )
            for load in (*loads, *command_loads(build, program, lambda path: image_file(build, path))):
                written = load.written
                if written is None or not (written in files or _is_local(build, start.directory, written)):
                    seen = load._replace(certain=False) if program.optional else load
                    found.setdefault(seen, {})[id(start)] = start
    every = [StartLoad(load, *_first(items)) for load, items in found.items()]
    sure = [item for item in every if item.load.certain or item.load._replace(certain=True) not in found]
    return tuple(sorted(sure, key=lambda item: (item.load.path, item.load.span.start)))


def _first(items: Mapping[int, Start]) -> tuple[Start, tuple[Start, ...]]:
    first, *others = items.values()
    return first, tuple(others)


def _read(build: Build, image: str, source: str | None) -> Text | None:
    if source is not None:
        return build.snapshot.text(source)
    return written_text(build, image) or build.snapshot.text(beside_context(build, image) or "")


def _is_local(build: Build, directory: str, text: str) -> bool:
    """Whether an id is the name of a folder where the program runs: the library then takes that."""
    path = join(directory, text)
    if build.context.root is not None and build.snapshot.exists(join(build.context.root, text)):
        return True
    for start in starts(build):
        for volume in start.service.volumes if start.service is not None else ():
            if inside(path, volume.target) is not None:
                return True
    for stage in final_chain(build):
        for instruction in stage.instructions:
            copy = copies(build).get(instruction.index)
            if copy is not None and (copy.provides_folder(path) or copy.destination == path):
                return True
    return False
