"""The plan of "download at build time" for libraries with caches of their own: `python3 -c` with the statements that
the catalogue knows, between the dependencies and the code.

The folder is one that the build and the container agree on: by the variable that the library reads, or because both run
as the same user in the same working directory.
"""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from prebake.build.build import Build
from prebake.build.installs.manifests import readings
from prebake.build.installs.pythonpackages import Listed, listed
from prebake.build.models.baking.place import anchor_for, check_shell, put, run_line, sink_for
from prebake.build.models.baking.plan import BakePlan
from prebake.build.models.baking.wanted import check_variable
from prebake.build.models.hub.tool import called
from prebake.build.models.loads.starts import StartLoad
from prebake.build.models.safetext import Unsafe, is_folder
from prebake.build.rewriting.insertions import cased
from prebake.build.startup import final_chain, final_state
from prebake.build.state import State, state_after
from prebake.project.starting.users import is_root, name_of

_SHARED = ("XDG_CACHE_HOME",)
"""Variables that other programs read, too: set only where nothing else brings the two together."""


def plan_own(build: Build, loads: Sequence[StartLoad]) -> BakePlan:
    """Plan to download one model at build time with the library's own code, for all the loads of it.

    Raises:
        Unsafe: it cannot be done, or not surely.
    """
    try:
        return _Plan(build, loads).make()
    except Unsafe as error:
        raise Unsafe(f"{error}{_by_hand(loads)}") from None


def _by_hand(loads: Sequence[StartLoad]) -> str:
    """The command for those who know better, as the rest of a sentence."""
    load = loads[0].load
    folder = load.entry.sets[1] if load.entry.places is not None and load.entry.sets is not None else None
    text = load.statements(folder)
    return "" if text is None or not _is_plain(text) else f'; what downloads it is `python -c "{text}"`'


def _is_plain(statements: str) -> bool:
    return not any(character in statements for character in '"`$\\\n')


class _Plan:
    def __init__(self, build: Build, loads: Sequence[StartLoad]) -> None:
        self._build = build
        self._loads = [item.load for item in loads]
        self._starts = [item.start for item in loads]
        self._entry = loads[0].load.entry
        self._state = final_state(build)

    def make(self) -> BakePlan:
        build = self._build
        check_shell(build)
        if any(load.token for load in self._loads):
            raise Unsafe(f"the code passes a token to {self._entry.library}, which a download at build time needs, too")
        check_variable(build, self._loads)
        brought = self._brought()
        install = brought.install.instruction
        state = state_after(build, install)
        python = called(build, brought.command, state, _python(brought))
        if python is None:
            raise Unsafe(f"it cannot be told which Python the install in line {install.line + 1} is for")
        sink = sink_for(build, install, readings(build)[install.index])
        variable = None if self._entry.sets is None else self._entry.sets[0]
        known = anchor_for(build, install, "", variable)
        line, folder = self._folder(state_after(build, known))
        command, note = self._run(f'{python} -c "{self._statements(folder)}"', state, folder)
        lines = cased(install, [*([line] if line else []), run_line(install, command)])
        return BakePlan(put(build, sink, anchor_for(build, install, lines[-1], variable), lines), note)

    def _brought(self) -> Listed:
        """The requirement that brings the library into the final image."""
        numbers = {stage.index for stage in final_chain(self._build)}
        name = self._entry.distribution
        found = next(
            (item for item in listed(self._build) if item.name == name and item.install.instruction.stage in numbers),
            None,
        )
        if found is None:
            raise Unsafe(f"no install of the final image names {name or self._entry.library}, which the download needs")
        return found

    def _statements(self, folder: str | None) -> str:
        found = dict.fromkeys(load.statements(folder) for load in self._loads)
        if len(found) != 1:
            raise Unsafe("the calls ask for it in different ways")
        text = next(iter(found))
        if text is None:
            raise Unsafe("an argument of the call that decides what is downloaded has no known value")
        if not _is_plain(text):
            raise Unsafe("what the call is given is not plain enough to be put into a command")
        return text

    def _folder(self, state: State) -> tuple[str | None, str | None]:
        """The ENV that names the folder, where one is needed, and the folder, where it is not the user's own.

        Raises:
            Unsafe: the build and the container would use two folders.
        """
        places = {
            load.folder(start.environment, start.home, start.directory)
            for load, start in zip(self._loads, self._starts, strict=True)
        }
        if any(load.target is not None or load.cache is not None for load in self._loads):
            return None, self._given(state)
        if any(text.startswith(".") for text in self._entry.folders):
            if any(start.directory != state.directory for start in self._starts):
                raise Unsafe("the library writes to the working directory, and that of the container is another one")
            return None, None
        names = list(self._entry.folder_variables)
        if self._entry.sets is not None and self._entry.sets[0] not in names:
            names.append(self._entry.sets[0])
        for name in names:
            values = {start.environment[name] for start in self._starts if name in start.environment}
            if not values:
                continue
            value = values.pop() if len(values) == 1 else None
            if value is None or not is_folder(value) or state.env.get(name, value) != value:
                raise Unsafe(f"{name} is set for the container, and its value is not known or no plain path")
            if name in state.env:
                return None, value
            if name in self._state.env:
                return f"ENV {name}={value}", value
            raise Unsafe(f"compose sets {name}, and the Dockerfile does not")
        same = name_of(state.user) == name_of(self._state.user)
        if self._entry.sets is None or (same and (not is_root(state.user) or self._entry.sets[0] in _SHARED)):
            if not same:
                raise Unsafe(
                    f"{self._entry.library} looks into the home folder of its user, the install runs as another user "
                    "than the container, and no variable moves the folder"
                )
            return None, next(iter(places)) if len(places) == 1 else None
        if not is_root(state.user):
            raise Unsafe(f"the install runs as user {state.user}, the container as another one")
        name, value = self._entry.sets
        return f"ENV {name}={value}", value

    def _given(self, state: State) -> str | None:
        """The folder that the code passes, which the statements repeat."""
        for load in self._loads:
            value = load.target or load.cache
            text = None if value is None else value.text
            if text is None:
                raise Unsafe("the code passes a folder for its downloads whose value is not known")
            if not text.startswith("/") and any(start.directory != state.directory for start in self._starts):
                raise Unsafe("the folder that the code passes depends on the working directory")
            if not any(name in dict(load.passed) for name in (*self._entry.target, *self._entry.cache)):
                raise Unsafe("the code passes a folder for its downloads")
        return None

    def _run(self, command: str, state: State, folder: str | None) -> tuple[str, str]:
        note = "the image grows by what is downloaded, and holds the version of the day it is built"
        if self._entry.note is not None:
            note += f"; {self._entry.note}"
        if is_root(self._state.user) or not is_root(state.user):
            return command, note
        if folder is None:
            raise Unsafe("nothing shows that the container's user may read what root downloads")
        if self._entry.writable or self._entry.online:
            note += f"; umask 0 lets user {self._state.user} write there, which {self._entry.library} wants"
            return f"umask 0 && {command} && chmod -R a+rX {folder}", note
        return f"{command} && chmod -R a+rX {folder}", note


def _python(brought: Listed) -> str:
    """The name of the Python that an install is for: that of its own path, as far as it says."""
    base = posixpath.basename(brought.command.step.path)
    version = base.removeprefix("python").removeprefix("pip")
    return f"python{version}" if version != base and version.startswith("3.") else "python3"
