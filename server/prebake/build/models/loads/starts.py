"""The model downloads of the containers of an image."""

from __future__ import annotations

from prebake.build.build import Build, fact
from prebake.build.copies import copies
from prebake.build.models.loads.entries import beside_context
from prebake.build.models.loads.programs import command_loads, program_loads
from prebake.build.paths import inside
from prebake.build.startup import final_chain, image_file, image_layout, image_names, starts
from prebake.build.written import written_text
from prebake.files import join
from prebake.project.command import Place, programs_of_words
from prebake.project.load import Load
from prebake.project.start import Start
from prebake.records import NamedTuple
from prebake.text import Text


class StartLoad(NamedTuple):
    """A download that happens when a container starts, or when it is first needed."""

    load: Load
    start: Start

    @property
    def homes(self) -> tuple[str, ...]:
        """The home folders that its user may have: ``sudo`` and the like leave that of root in place."""
        return tuple(dict.fromkeys((self.start.home, "/root")))


@fact
def start_loads(build: Build) -> tuple[StartLoad, ...]:
    """The downloads of the programs that the finished image starts, each once, in the order of files and lines."""
    found: dict[Load, StartLoad] = {}
    for start in starts(build):
        place = Place(
            start.directory,
            start.environment,
            lambda path: _read(build, path, image_file(build, path)),
            names=lambda path: image_names(build, path),
        )
        for program in programs_of_words(start.words, place):
            layout = image_layout(build)
            loads = program_loads(
                build, program, lambda path: image_file(build, path), layout=layout, directory=start.directory
            )
            for load in (*loads, *command_loads(build, program, lambda path: image_file(build, path))):
                if load.written is None or not _is_local(build, start.directory, load.written):
                    found.setdefault(load, StartLoad(load, start))
    return tuple(sorted(found.values(), key=lambda item: (item.load.path, item.load.span.start)))


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
