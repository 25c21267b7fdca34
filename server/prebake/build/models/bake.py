"""The plan of "download into the cache at build time": a RUN between the dependencies and the code.

Measured behaviour of the hub's client that it rests on: a cache filled by ``hf download REPO`` serves every loader that
asks for ``REPO`` with the same revision, as long as both use the same folder; readers need no write access until the
repository changes, then the client writes. That is why the folder is one absolute path, and open to the user that the
container runs as.
"""

from __future__ import annotations

from collections.abc import Sequence

from prebake.build.build import Build
from prebake.build.installs.sink import Refusal
from prebake.build.models.downloads import StartLoad
from prebake.build.models.hubtoken import with_token
from prebake.build.models.hubtool import ROOT
from prebake.build.models.offline import OFFLINE, client_writes, last_fetch, leaves_nothing, said_of_offline
from prebake.build.models.place import Place, anchor_for, cased, edited, find_place, insert_below
from prebake.build.models.safetext import Unsafe
from prebake.build.models.wanted import Wanted
from prebake.build.startup import final_state
from prebake.build.state import State, state_after
from prebake.edits import FileEdit
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction

HOLDS = "the image grows by the {}, and holds the version of the day it is built"


class BakePlan(NamedTuple):
    """A way to have a model without a download at start: its edits, and what there is to say of it."""

    edits: tuple[FileEdit, ...]
    explanation: str


def plan_bake(build: Build, loads: Sequence[StartLoad]) -> BakePlan | Refusal:
    """Plan to download one model into the cache at build time, for all the loads of it."""
    try:
        return _Plan(build, loads).make()
    except Unsafe as error:
        return Refusal(str(error))


class _Plan:
    def __init__(self, build: Build, loads: Sequence[StartLoad]) -> None:
        self._build = build
        self._all = loads
        self._wanted = Wanted(build, loads)
        self._state = final_state(build)

    def make(self) -> BakePlan:
        place = find_place(self._build)
        install = place.instruction
        commands = self._wanted.commands(
            place.tool, state_after(self._build, install), repeats_patterns=place.client.repeats_patterns is not False
        )
        anchor = install if place.sink is not None else anchor_for(self._build, install, commands[0])
        offline = self._offline(place)
        lines, note = self._lines(install, commands, state_after(self._build, anchor))
        said = cased(install, [OFFLINE]) if offline else []
        note += said_of_offline(self._build, self._all, offline=offline)
        if place.sink is not None:
            return BakePlan(place.sink.edits(self._build.text.newline.join([*lines, *said])), note)
        if not offline:
            return BakePlan((edited(self._build, insert_below(self._build, anchor, lines)),), note)
        last = last_fetch(self._build, anchor)
        if last is anchor:
            return BakePlan((edited(self._build, insert_below(self._build, anchor, [*lines, *said])),), note)
        edits = insert_below(self._build, anchor, lines), insert_below(self._build, last, said)
        return BakePlan((edited(self._build, *edits),), note)

    def _offline(self, place: Place) -> bool:
        """Whether the hub can be switched off, once the model is there."""
        if not leaves_nothing(self._build, self._all):
            return False
        return place.sink is None or last_fetch(self._build, place.instruction) is place.instruction

    def _lines(self, install: Instruction, commands: Sequence[str], state: State) -> tuple[list[str], str]:
        """The lines to be inserted, and the explanation."""
        lines: list[str] = []
        places: dict[str, None] = {}
        for command in commands:
            option, _, place = command.rpartition("-dir ")
            if not place or not option:
                cache = self._wanted.cache(state, self._home(state))
                lines = [cache.line] if cache.set_later else []
                place = f'"${cache.variable}"' + ("/hub" if cache.variable == "HF_HOME" else "")
            whole = option.endswith("--local") or f" {self._wanted.model}" not in command
            places[place if whole else self._wanted.own_folder(place)] = None
        self._check_user(state)
        text, note = self._run(commands, state, " ".join(places))
        network = install.flag("network")
        lines.append(f"RUN --network={network} {text}" if network else f"RUN {text}")
        return cased(install, lines), note

    @staticmethod
    def _home(state: State) -> str | None:
        return None if state.user in ROOT else f"/home/{state.user}/.cache/huggingface"

    def _check_user(self, state: State) -> None:
        """Whether the user of the RUN can make the cache folder.

        Raises:
            Unsafe: nothing shows it.
        """
        if state.user in ROOT or "HF_HOME" in state.env:
            return
        content = self._build.text.content
        made = any(f"{word}" in content for word in (f"/home/{state.user}", "useradd -m", "--create-home", "adduser"))
        if not made or not (state.user or "").replace("-", "").replace("_", "").isalnum() or state.user.isdigit():
            raise Unsafe(
                f"the install runs as user {state.user}, and nothing shows which folder that user may write to"
            )
        if self._state.user != state.user:
            raise Unsafe(f"the install runs as user {state.user}, the container as another one")

    def _run(self, commands: Sequence[str], state: State, place: str) -> tuple[str, str]:
        """The text behind RUN, and what there is to say of it."""
        note = HOLDS.format("model" if self._wanted.weights else "tokenizer or configuration")
        secret = with_token(self._build, self._wanted.loads, self._wanted.start, commands, state.user)
        if secret.note:
            note += f"; {secret.note}"
        steps = [*secret.commands]
        if self._state.user not in ROOT and state.user in ROOT:
            steps, said = for_user(steps, place, self._state.user, writes=client_writes(self._build, self._all))
            note += said
        return secret.flag + " && ".join(steps), note


def for_user(commands: Sequence[str], place: str, user: str | None, *, writes: bool) -> tuple[list[str], str]:
    """Commands of a RUN of root, and what makes a folder readable for the container's user; writable, too, where the
    hub's client ``writes`` to its cache; with what there is to say of that.
    """
    readable = [*commands, f"chmod -R a+rX {place}"]
    if not writes:
        return readable, ""
    return ["umask 0", *readable], (
        f"; umask 0 lets user {user} write to the cache, too: the hub's client does so when the repository has "
        "changed, and fails where it may not"
    )
