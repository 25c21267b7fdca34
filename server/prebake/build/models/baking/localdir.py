"""The plan of "download to a folder": plain files, and code that loads from there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prebake.build.build import Build
from prebake.build.models.baking.command import HubDownload
from prebake.build.models.baking.place import Place, anchor_for, find_place, put, run_line
from prebake.build.models.baking.plan import BakePlan
from prebake.build.models.baking.wanted import Wanted
from prebake.build.models.loads.starts import StartLoad, start_loads
from prebake.build.models.safetext import Unsafe
from prebake.build.rewriting.insertions import cased
from prebake.build.startup import final_state
from prebake.build.state import state_after
from prebake.edits import FileEdit
from prebake.project.python.parse import call_at
from prebake.project.python.retarget import Site, retarget
from prebake.project.python.values import MISSING, argument
from prebake.project.starting.users import is_root


def plan_local_dir(build: Build, loads: Sequence[StartLoad]) -> BakePlan:
    """Plan to download one model to a folder at build time, and to load it from there wherever the code names it.

    Raises:
        Unsafe, Unclear: it cannot be done, or not surely.
    """
    return _Plan(build, loads).make()


class _Plan:
    def __init__(self, build: Build, loads: Sequence[StartLoad]) -> None:
        self._build = build
        model = loads[0].load.model
        self._loads = [item for item in start_loads(build) if item.load.model == model]
        self._wanted = Wanted(build, self._loads)

    def make(self) -> BakePlan:
        self._check()
        place = find_place(self._build)
        folder = self._folder()
        install = place.instruction
        state = state_after(self._build, install)
        if not is_root(state.user):
            raise Unsafe(f"the install runs as user {state.user}, who may not make {folder}")
        commands = self._wanted.commands(place.tool, place.client, state, folder)
        if len(commands) > 1:
            raise Unsafe("the code loads several revisions, which one folder cannot hold")
        code = tuple(self._code(folder))
        return BakePlan((*self._dockerfile(place, commands, folder), *code), self._note(folder))

    def _check(self) -> None:
        """Whether all of the code takes a folder for an id."""
        for load in self._wanted.loads:
            if not load.entry.from_folder:
                raise Unsafe(f"{load.call} takes an id only, no folder")
            if load.from_environment:
                raise Unsafe(f"{load.variable} names the model, in the code's stead")
            if not load.certain or not load.in_file or load.written is None:
                raise Unsafe("the code chooses the model at run time")
            text = self._build.snapshot.text(load.path)
            call = None if text is None else call_at(text, load.span)
            if load.name.endswith(".pipeline") and call is not None and argument(call, "task", 0) is MISSING:
                raise Unsafe("pipeline asks the hub for its task, and a folder does not tell it")

    def _folder(self) -> str:
        owner, _, name = self._wanted.model.rpartition("/")
        folders = [f"/opt/models/{name}"] if f"/{name}" not in self._build.text.content else []
        return self._wanted.free([*folders, f"/opt/models/{owner or 'hub'}--{name}"])

    def _dockerfile(self, place: Place, commands: Sequence[HubDownload], folder: str) -> tuple[FileEdit, ...]:
        install = place.instruction
        secret = self._wanted.token(commands, None)
        steps = [*secret.commands]
        if not is_root(final_state(self._build).user):
            steps.append(f"chmod -R a+rX {folder}")
        lines = cased(install, [run_line(install, " && ".join(steps), secret.flag)])
        return put(self._build, place.sink, anchor_for(self._build, install, commands[0].text), lines)

    def _code(self, folder: str) -> Iterator[FileEdit]:
        for path in dict.fromkeys(load.path for load in self._wanted.loads):
            text = self._build.snapshot.text(path)
            if text is None:
                raise Unsafe("the code cannot be read")
            sites = [
                Site(load.span, load.entry.model, load.written or "", load.variable is not None)
                for load in self._wanted.loads
                if load.path == path
            ]
            yield FileEdit(path, text, retarget(text, sites, folder))

    def _note(self, folder: str) -> str:
        note = (
            f"{self._wanted.costs}; the code then runs only where {folder} is: outside of the image, too, it needs the "
            "files there"
        )
        secret = self._wanted.token((), None)
        return f"{note}; {secret.note}" if secret.note else note
