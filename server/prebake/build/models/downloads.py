"""The model downloads that running code of this build makes: when a container starts, or in a RUN."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

from prebake.build.build import Build, fact
from prebake.build.copies import copies
from prebake.build.models.entries import beside_context, context_roots, entries_of, module_folders
from prebake.build.paths import inside
from prebake.build.startup import final_chain, image_file, starts
from prebake.build.written import written_text
from prebake.files import Snapshot, join
from prebake.project.command import Place, Program, programs_of_words
from prebake.project.loads import Load, find_loads
from prebake.project.python.modules import Modules
from prebake.project.python.reach import reach
from prebake.project.start import Start
from prebake.records import NamedTuple
from prebake.text import Text

_REMEMBERED = 64


class StartLoad(NamedTuple):
    """A download that happens when a container starts, or when it is first needed."""

    load: Load
    start: Start


@fact
def start_loads(build: Build) -> tuple[StartLoad, ...]:
    """The downloads of the programs that the finished image starts, each once, in the order of files and lines."""
    found: dict[Load, StartLoad] = {}
    for start in starts(build):
        place = Place(start.directory, start.environment, lambda path: _read(build, path, image_file(build, path)))
        for program in programs_of_words(start.words, place):
            for load in program_loads(build, program, lambda path: image_file(build, path)):
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


def program_loads(build: Build, program: Program, files: Callable[[str], str | None]) -> tuple[Load, ...]:
    """The downloads of a Python program; ``files`` gives the project file at a path of the image it runs in.

    What a program does is remembered, as long as none of the files that were looked at changes.
    """
    roots = context_roots(build)
    key = (program, tuple(sorted(program.environment.items())), roots, build.root)
    known = _memory.get(key)
    for remembered in known or ():
        if remembered.holds(build.snapshot, files):
            _memory.move_to_end(key)
            return remembered.loads
    recorder = _Recorder(build.snapshot, files)
    loads = tuple(_find(build, program, recorder, roots))
    _memory[key] = (
        _Remembered(tuple(recorder.looked.items()), tuple(recorder.read.items()), loads),
        *(known or ())[:1],
    )
    _memory.move_to_end(key)
    while len(_memory) > _REMEMBERED:
        _memory.popitem(last=False)
    return loads


def _find(build: Build, program: Program, recorder: _Recorder, roots: tuple[str, ...]) -> Iterable[Load]:
    modules = Modules(recorder, recorder.file, module_folders(program), roots)
    entries = tuple(entries_of(build, program, modules, recorder))
    if not entries:
        return ()
    return find_loads(reach(modules, entries, program.environment, program.arguments))


class _Remembered(NamedTuple):
    looked: tuple[tuple[str, str | None], ...]
    read: tuple[tuple[str, Text | None], ...]
    loads: tuple[Load, ...]

    def holds(self, snapshot: Snapshot, files: Callable[[str], str | None]) -> bool:
        """Whether everything that was looked at is as it was."""
        for path, text in self.read:
            now = snapshot.text(path)
            if now is not text and now != text:
                return False
        return all(files(image) == path for image, path in self.looked)


_memory: OrderedDict[object, tuple[_Remembered, ...]] = OrderedDict()


class _Recorder:
    """The files that an analysis looks at."""

    def __init__(self, snapshot: Snapshot, files: Callable[[str], str | None]) -> None:
        self._snapshot = snapshot
        self._files = files
        self.looked: dict[str, str | None] = {}
        self.read: dict[str, Text | None] = {}

    def file(self, image: str) -> str | None:
        if image not in self.looked:
            self.looked[image] = self._files(image)
        return self.looked[image]

    def text(self, path: str) -> Text | None:
        if path not in self.read:
            self.read[path] = self._snapshot.text(path)
        return self.read[path]

    def is_file(self, path: str) -> bool:
        return self.text(path) is not None
