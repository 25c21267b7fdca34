"""The plan of "download at build time" for libraries with caches of their own: `python3 -c` with the statements that
the catalogue knows, between the dependencies and the code.

The folder is one that the build and the container agree on: by the variable that the library reads, or because both run
as the same user in the same working directory.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from prebake.build.build import Build
from prebake.build.copies import copies
from prebake.build.installs.manifests import readings
from prebake.build.installs.misplaced import Extra, extra_for
from prebake.build.installs.pythonpackages import Listed, listed
from prebake.build.installs.sink import Refusal, SinkPlan, plan_sink
from prebake.build.models.baking.cache import BakePlan
from prebake.build.models.hub.tool import called
from prebake.build.models.loads.starts import StartLoad
from prebake.build.models.safetext import Unsafe
from prebake.build.startup import final_chain, final_state
from prebake.build.state import State, states
from prebake.edits import FileEdit, TextEdit
from prebake.project.catalogue import entries
from prebake.project.users import is_root, name_of
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.run import SHELLS

_FOLDER = regex(r"/[\w.@/-]{1,300}\Z")
_SHARED = ("XDG_CACHE_HOME",)
"""Variables that other programs read, too: set only where nothing else brings the two together."""


def plan_own(build: Build, loads: Sequence[StartLoad]) -> BakePlan | Refusal:
    """Plan to download one model at build time with the library's own code, for all the loads of it."""
    try:
        return _Plan(build, loads).make()
    except Unsafe as error:
        return Refusal(f"{error}{_by_hand(loads)}")


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
        if self._state.shell[0].rpartition("/")[2] not in SHELLS:
            raise Unsafe("the SHELL in force is no POSIX shell")
        if any(load.token for load in self._loads):
            raise Unsafe(f"the code passes a token to {self._entry.library}, which a download at build time needs, too")
        self._check_variable()
        brought = self._brought()
        install = brought.install.instruction
        state = self._behind(install)
        python = called(self._build, brought.command, state, _python(brought))
        if python is None:
            raise Unsafe(f"it cannot be told which Python the install in line {install.line + 1} is for")
        sink = self._sink(install)
        set_there = next((item for item in self._block(install) if self._is_own(item)), None)
        line, folder = self._folder(state if set_there is None else self._behind(set_there))
        statements = self._statements(folder)
        command, note = self._run(f'{python} -c "{statements}"', state, folder)
        network = install.flag("network")
        lines = [*([line] if line else []), f"RUN --network={network} {command}" if network else f"RUN {command}"]
        if self._build.text.content[install.start : install.end].lstrip()[:3].islower():
            lines = [text[:3].lower() + text[3:] for text in lines]
        if sink is not None:
            return BakePlan(sink.edits(self._build.text.newline.join(lines)), note)
        return BakePlan(self._inserted(self._anchor(install, lines[-1], line), lines), note)

    def _check_variable(self) -> None:
        for load in self._loads:
            name = load.variable
            if name is None or not load.from_environment or name not in self._state.env:
                continue
            if self._state.env[name] != load.written:
                raise Unsafe(f"compose sets {name} to another model than the Dockerfile does")

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
            if value is None or not _FOLDER.match(value) or state.env.get(name, value) != value:
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

    def _sink(self, install: Instruction) -> SinkPlan | None:
        """The plan that brings the code below the install; ``None`` when it is there already."""
        numbers = {stage.index for stage in final_chain(self._build)}
        reading = readings(self._build)[install.index]
        above = [
            copy.instruction
            for index, copy in sorted(copies(self._build).items())
            if index < install.index
            and copy.instruction.stage in numbers
            and copy.from_context
            and extra_for(copy, reading) > Extra.QUIET
        ]
        if not above:
            return None
        plan = plan_sink(self._build, above[0])
        if isinstance(plan, Refusal):
            raise Unsafe(_too_high(above[0], plan.reason))
        left = [item for item in above if item not in plan.moved]
        if left:
            raise Unsafe(_too_high(left[0], "it cannot be moved along with the others"))
        if plan.below.index < install.index:
            raise Unsafe(_too_high(above[0], "it cannot be moved below all installs"))
        return plan

    def _behind(self, instruction: Instruction) -> State:
        following = instruction.index + 1
        own = following < len(self._build.tree.instructions)
        if own and self._build.tree.instructions[following].keyword != "FROM":
            return states(self._build)[following]
        return states(self._build)[instruction.index]

    def _anchor(self, install: Instruction, run: str, line: str | None) -> Instruction:
        """The last instruction of the block that the new lines go below: the install, variables of caches, and
        downloads that sort before it, so that the order does not depend on which fix is taken first.
        """
        anchor = install
        ours = run.partition(" ")[2]
        for instruction in self._block(install):
            if instruction.keyword == "ENV":
                if line is None and self._is_own(instruction):
                    anchor = instruction
                continue
            text = instruction.body.text.strip()
            if " -c " in text and text > ours:
                break
            anchor = instruction
        return anchor

    def _block(self, install: Instruction) -> Iterator[Instruction]:
        """The downloads below an install, and the variables of their folders."""
        known = {"HF_HOME", *(entry.sets[0] for entry in entries() if entry.sets is not None)}
        for instruction in self._build.tree.instructions[install.index + 1 :]:
            text = instruction.body.text
            variables = instruction.keyword == "ENV" and all(pair.name in known for pair in instruction.pairs)
            if not variables and not (instruction.keyword == "RUN" and (" -c " in text or " download " in text)):
                break
            yield instruction

    def _is_own(self, instruction: Instruction) -> bool:
        """Whether it sets the variable of this library's folder."""
        name = None if self._entry.sets is None else self._entry.sets[0]
        return instruction.keyword == "ENV" and any(pair.name == name for pair in instruction.pairs)

    def _inserted(self, anchor: Instruction, lines: list[str]) -> tuple[FileEdit, ...]:
        text = self._build.text
        at = text.line_start(anchor.end_line + 1)
        block = text.newline.join(lines)
        if at >= len(text.content) and not text.content.endswith("\n"):
            edit = TextEdit(text.span(at, at), text.newline + block)
        else:
            edit = TextEdit(text.span(at, at), block + text.newline)
        return (FileEdit(self._build.path, text, (edit,)),)


def _python(brought: Listed) -> str:
    """The name of the Python that an install is for: that of its own path, as far as it says."""
    base = posixpath.basename(brought.command.step.path)
    version = base.removeprefix("python").removeprefix("pip")
    return f"python{version}" if version != base and version.startswith("3.") else "python3"


def _too_high(copy: Instruction, reason: str) -> str:
    return (
        f"the download has to stand above the code, or each edit repeats it, but the {copy.keyword} in line "
        f"{copy.line + 1} stands above the install: {reason}"
    )
