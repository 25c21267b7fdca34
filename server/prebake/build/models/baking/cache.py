"""The plan of "download into the cache at build time": a RUN between the dependencies and the code.

Measured behaviour of the hub's client that it rests on: a cache filled by ``hf download REPO`` serves every loader that
asks for ``REPO`` with the same revision, as long as both use the same folder; readers need no write access until the
repository changes, then the client writes. That is why the folder is one absolute path, and open to the user that the
container runs as.
"""

from __future__ import annotations

from collections.abc import Sequence

from prebake.build.build import Build
from prebake.build.models.baked.offline import OFFLINE, client_writes, last_fetch, leaves_nothing, said_of_offline
from prebake.build.models.baking.command import HubDownload
from prebake.build.models.baking.place import Place, anchor_for, find_place, put, run_line
from prebake.build.models.baking.plan import BakePlan
from prebake.build.models.baking.wanted import Wanted
from prebake.build.models.loads.starts import StartLoad
from prebake.build.models.safetext import Unsafe
from prebake.build.rewriting.insertions import cased
from prebake.build.startup import final_state
from prebake.build.state import State, state_after
from prebake.project.starting.users import home_of, is_root, name_of
from prebake.syntax.dockerfile import Instruction


def plan_cache(build: Build, loads: Sequence[StartLoad]) -> BakePlan:
    """Plan to download one model into the cache at build time, for all the loads of it.

    Raises:
        Unsafe: it cannot be done, or not surely.
    """
    return _Plan(build, loads).make()


class _Plan:
    def __init__(self, build: Build, loads: Sequence[StartLoad]) -> None:
        self._build = build
        self._all = loads
        self._wanted = Wanted(build, loads)
        self._state = final_state(build)

    def make(self) -> BakePlan:
        build = self._build
        place = find_place(build)
        install = place.instruction
        commands = self._wanted.commands(place.tool, place.client, state_after(build, install))
        anchor = install if place.sink is not None else anchor_for(build, install, commands[0].text)
        lines, note = self._lines(install, commands, state_after(build, anchor))
        offline = self._offline(place)
        note += said_of_offline(build, self._all, offline=offline)
        if not offline:
            return BakePlan(put(build, place.sink, anchor, lines), note)
        said = cased(install, [OFFLINE])
        return BakePlan(put(build, place.sink, anchor, lines, said, last_fetch(build, anchor)), note)

    def _offline(self, place: Place) -> bool:
        """Whether the hub can be switched off, once the model is there."""
        if not leaves_nothing(self._build, self._all):
            return False
        return place.sink is None or last_fetch(self._build, place.instruction) is place.instruction

    def _lines(self, install: Instruction, commands: Sequence[HubDownload], state: State) -> tuple[list[str], str]:
        """The lines to be inserted, and the explanation."""
        lines: list[str] = []
        places: dict[str, None] = {}
        for command in commands:
            place = command.folder
            if not place:
                cache = self._wanted.cache(state, self._home(state))
                lines = [cache.line] if cache.set_later else []
                place = f'"${cache.variable}"' + ("/hub" if cache.variable == "HF_HOME" else "")
            places[place if command.whole else self._wanted.own_folder(place)] = None
        self._check_user(state)
        text, flags, note = self._run(commands, state, " ".join(places))
        return cased(install, [*lines, run_line(install, text, flags)]), note

    @staticmethod
    def _home(state: State) -> str | None:
        return None if is_root(state.user) else f"{home_of(state.user)}/.cache/huggingface"

    def _check_user(self, state: State) -> None:
        """Whether the user of the RUN can make the cache folder.

        Raises:
            Unsafe: nothing shows it.
        """
        if is_root(state.user) or "HF_HOME" in state.env:
            return
        content, name = self._build.text.content, name_of(state.user)
        made = any(word in content for word in (home_of(name), "useradd -m", "--create-home", "adduser"))
        plain = name.isascii() and name.replace("-", "").replace("_", "").isalnum()
        if not made or not plain or name.isdigit():
            raise Unsafe(
                f"the install runs as user {state.user}, and nothing shows which folder that user may write to"
            )
        if self._state.user != state.user:
            raise Unsafe(f"the install runs as user {state.user}, the container as another one")

    def _run(self, commands: Sequence[HubDownload], state: State, place: str) -> tuple[str, str, str]:
        """The text of the RUN, its flags, and what there is to say of it."""
        note = self._wanted.costs
        secret = self._wanted.token(commands, state.user)
        if secret.note:
            note += f"; {secret.note}"
        steps = [*secret.commands]
        if not is_root(self._state.user) and is_root(state.user):
            steps, said = for_user(steps, place, self._state.user, writes=client_writes(self._build, self._all))
            note += said
        return " && ".join(steps), secret.flag, note


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
