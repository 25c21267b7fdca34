"""The model downloads that a program of this build makes: when a container starts, or in a RUN."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping

from prebake.build.build import Build
from prebake.build.models.loads.entries import beside_context, context_roots, entries_of, module_folders
from prebake.files import Snapshot
from prebake.garbage import objects_that_stay
from prebake.project.models.load import Load
from prebake.project.models.loads import find_loads
from prebake.project.models.shellloads import shell_loads
from prebake.project.python.index import index
from prebake.project.python.modules import Modules
from prebake.project.python.reach import reach
from prebake.project.python.traces import Traces
from prebake.project.starting.command import Program
from prebake.records import NamedTuple
from prebake.text import Text

_REMEMBERED = 64
_MAX_EDITED = 3


def command_loads(build: Build, program: Program, files: Callable[[str], str | None]) -> Iterator[Load]:
    """The downloads that a program makes by itself, as its command line says: ``hf download``, ``ollama pull``."""
    name = program.console or program.module
    if name is None or (program.module is not None and not program.main):
        return
    words = (name, *program.arguments)
    if program.site is None:
        yield from shell_loads(words, program.environment)
        return
    path = files(program.site.path) or beside_context(build, program.site.path)
    text = build.snapshot.text(path) if path is not None else None
    if path is None or text is None:
        yield from shell_loads(words, program.environment)
    else:
        span = text.span(program.site.start, program.site.end)
        yield from shell_loads(words, program.environment, path, span)


def program_loads(
    build: Build,
    program: Program,
    files: Callable[[str], str | None],
    *,
    layout: object = None,
    directory: str | None = None,
) -> tuple[Load, ...]:
    """The downloads of a Python program; ``files`` gives the project file at a path of the image it runs in,
    ``directory`` is the folder that it is started in.

    ``layout`` is equal for builds in which ``files`` gives the same answers, ``None`` where that is not known.

    What a program does is remembered, as long as none of the files that were looked at changes.
    """
    roots = context_roots(build)
    key = (program, tuple(sorted(program.environment.items())), roots, build.root, directory)
    known = _memory.get(key, ())
    made = None
    for remembered in known:
        changed = remembered.changes(build.snapshot, files, layout)
        if changed == frozenset():
            _memory.move_to_end(key)
            return remembered.loads
        if made is None and changed is not None:
            made = _edited(build, program, files, remembered, changed)
    made = made or _analysis(build, program, _Recorder(build.snapshot, files), roots, directory)
    _memory[key] = (made._replace(layout=layout), *known[:1])
    _memory.move_to_end(key)
    while len(_memory) > _REMEMBERED:
        _memory.popitem(last=False)
    return made.loads


def _analysis(
    build: Build, program: Program, recorder: _Recorder, roots: tuple[str, ...], directory: str | None
) -> _Remembered:
    modules = Modules(recorder, recorder.file, module_folders(program), roots, directory)
    with objects_that_stay():
        return _followed(build, program, recorder, modules, None)


def _followed(
    build: Build, program: Program, recorder: _Recorder, modules: Modules, traces: Traces | None
) -> _Remembered:
    entries = tuple(entries_of(build, program, modules, recorder))
    if not entries:
        return _Remembered(recorder.looked, recorder.read, (), modules, frozenset(), None)
    reached = reach(modules, entries, program.environment, program.arguments, traces)
    paths = frozenset(module.path for module in reached.modules)
    return _Remembered(recorder.looked, recorder.read, find_loads(reached), modules, paths, reached.traces)


def _edited(
    build: Build,
    program: Program,
    files: Callable[[str], str | None],
    known: _Remembered,
    changed: frozenset[str],
) -> _Remembered | None:
    """The analysis anew after an edit of few of its modules; ``None`` where everything has to be looked at again."""
    if known.traces is None or len(changed) > _MAX_EDITED:
        return None
    old = {module.path: module for module in known.modules.known}
    for path in changed:
        text = build.snapshot.text(path)
        if path not in old or text is None or index(text).shared() != old[path].index.shared():
            return None
    recorder = _Recorder(build.snapshot, files)
    recorder.looked = dict(known.looked)
    recorder.read = {path: text for path, text in known.read.items() if path not in changed}
    modules = known.modules.again(recorder, recorder.file, changed)
    made = _followed(build, program, recorder, modules, known.traces.without(changed))
    # What is reached no more may still have had a say.
    return made if known.paths <= made.paths else None


class _Remembered(NamedTuple):
    """An analysis: what was looked at, what was found, and what serves to do it again."""

    looked: Mapping[str, str | None]
    read: Mapping[str, Text | None]
    loads: tuple[Load, ...]
    modules: Modules
    paths: frozenset[str]
    traces: Traces | None
    layout: object = None

    def changes(self, snapshot: Snapshot, files: Callable[[str], str | None], layout: object) -> frozenset[str] | None:
        """The files that have changed since; ``None`` where the image has files in other places."""
        found = set()
        for path, text in self.read.items():
            now = snapshot.text(path)
            if now is not text and now != text:
                found.add(path)
        same = layout is not None and layout == self.layout
        if not same and any(files(image) != path for image, path in self.looked.items()):
            return None
        return frozenset(found)


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
