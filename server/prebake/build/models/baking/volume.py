"""The plan of "keep the model in a volume": the first container on each host downloads it, the others find it."""

from __future__ import annotations

from collections.abc import Sequence

from prebake.build.build import Build
from prebake.build.copies import SYSTEM_FOLDERS
from prebake.build.models.baking.plan import BakePlan
from prebake.build.models.baking.wanted import Wanted
from prebake.build.models.hub.cache import HUB_VARIABLES
from prebake.build.models.loads.starts import StartLoad
from prebake.build.models.safetext import Unsafe
from prebake.build.rewriting.insertions import cased, edited, insert_above
from prebake.build.startup import compose_services, final_state
from prebake.build.state import states
from prebake.edits import FileEdit, TextEdit
from prebake.files import join
from prebake.project.compose.edits import Addition, add_volume, volume_name
from prebake.project.compose.services import Service
from prebake.project.starting.users import is_root
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction

_NAME = "hf_cache"
_TARGET = regex(r"/[A-Za-z0-9_.-]{1,80}(/[A-Za-z0-9_.-]{1,80}){0,12}\Z")


def plan_volume(build: Build, loads: Sequence[StartLoad]) -> BakePlan:
    """Plan to mount a named volume over the folder that a model is downloaded to, in each compose service that runs
    the image.

    Raises:
        Unsafe, NotPlain: it cannot be done, or not surely.
    """
    return _Plan(build, loads).make()


def docker_run(build: Build, loads: Sequence[StartLoad]) -> str:
    """How ``docker run`` mounts such a volume; empty where the folder is not known."""
    try:
        target, variables = _target(build, loads)
    except Unsafe:
        return ""
    environment = "".join(f" -e {name}={value}" for name, value in variables)
    name = _NAME if loads[0].load.entry.in_hub_cache else "models"
    return f"docker run -v {name}:{target}{environment}"


class _Plan:
    def __init__(self, build: Build, loads: Sequence[StartLoad]) -> None:
        self._build = build
        self._loads = loads

    def make(self) -> BakePlan:
        services = compose_services(self._build)
        target, variables = _target(self._build, self._loads)
        if not services:
            shown = docker_run(self._build, self._loads)
            raise Unsafe(f"no compose file of the project runs this image: `{shown} ...` mounts a volume for the model")
        user = final_state(self._build).user
        edits = [self._compose(path, services, target, variables) for path in dict.fromkeys(s.path for s in services)]
        note = (
            "the image stays small, and the first container on each host still downloads; the volume outlives the "
            "containers, and a new version of the model gets into it on its own"
        )
        if not is_root(user):
            folder = self._folder(target)
            edits += [edited(self._build, folder)] if folder is not None else []
            note += f"; the folder is made open to all, since a new volume takes its owner from it: user {user} writes"
        return BakePlan(tuple(edits), note)

    def _compose(
        self, path: str, services: Sequence[Service], target: str, variables: tuple[tuple[str, str], ...]
    ) -> FileEdit:
        text = self._build.snapshot.text(path)
        if text is None:
            raise Unsafe("the compose file cannot be read")
        hub = self._loads[0].load.entry.in_hub_cache
        name = volume_name(text, _NAME if hub else "models")
        wanted = [item for item in services if item.path == path]
        additions = tuple(
            Addition(item.name, name, target, tuple(pair for pair in variables if pair[0] not in item.environment))
            for item in wanted
            if not any(volume.target == target for volume in item.volumes)
        )
        if not additions:
            raise Unsafe(f"compose mounts {target} already")
        return FileEdit(path, text, add_volume(text, additions))

    def _folder(self, target: str) -> TextEdit | None:
        """The RUN that makes the folder, for a container that does not run as root; ``None`` where one does already."""
        stage = self._build.final_stage
        if stage is None:
            raise Unsafe("the Dockerfile has no FROM")
        if any(target in item.raw for item in stage.instructions if item.keyword in ("RUN", "COPY")):
            return None
        users = [item for item in stage.instructions if item.keyword == "USER"]
        if not users or not is_root(states(self._build)[self._first(users).index].user):
            raise Unsafe("a new volume belongs to root, and nothing shows where its folder can be made for the user")
        first = self._first(users)
        return insert_above(self._build, first, cased(first, [f"RUN mkdir -p -m 777 {target}"]))

    @staticmethod
    def _first(users: Sequence[Instruction]) -> Instruction:
        """The USER from which on no other one makes the RUN root's again."""
        last = len(users) - 1
        while last and users[last - 1].words and not is_root(users[last - 1].words[0].value):
            last -= 1
        return users[last]


def _target(build: Build, loads: Sequence[StartLoad]) -> tuple[str, tuple[tuple[str, str], ...]]:
    """The folder that is mounted, and the variables that have to name it.

    Raises:
        Unsafe: it is not known, or no plain path.
    """
    own = all(not item.load.entry.in_hub_cache for item in loads)
    folder, variables = _own_folder(build, loads) if own else _hub_folder(build, loads)
    if folder is None or not _TARGET.match(folder) or ".." in folder or folder in SYSTEM_FOLDERS:
        raise Unsafe("the folder that the code downloads to is not known, or no plain path")
    return folder, variables


def _own_folder(build: Build, loads: Sequence[StartLoad]) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    """The folder of a library that does not use the hub's cache."""
    entry = loads[0].load.entry
    start = loads[0].start
    passed = any(item.load.cache is not None or item.load.target is not None for item in loads)
    if not passed and entry.sets is not None and start.environment.get(entry.sets[0], "") == "":
        return entry.sets[1], (entry.sets,)
    if not passed and not any(template.startswith("$") for template in entry.folders) and not is_root(start.user):
        raise Unsafe(f"{entry.library} keeps it in the home folder of its user, which a new volume would not belong to")
    places = {item.load.folder(item.start.environment, item.start.home, item.start.directory) for item in loads}
    if len(places) != 1 or start.directory in places or any(item.load.target is not None for item in loads):
        raise Unsafe("the code downloads it to a folder that holds other things as well, or to several")
    return places.pop(), ()


def _hub_folder(build: Build, loads: Sequence[StartLoad]) -> tuple[str | None, tuple[tuple[str, str], ...]]:
    wanted = Wanted(build, loads)
    start = wanted.start
    places = {
        join(start.directory, value.text) if value.text is not None and not value.text.startswith("~") else None
        for load in wanted.loads
        if (value := load.target or load.cache) is not None
    }
    named = [name for name in (*HUB_VARIABLES, "HF_HOME") if name in start.environment]
    own = [name for load in wanted.loads for name in load.entry.variables if wanted.running.get(name, "") != ""]
    if len(places) > 1 or (places and any(load.target is None and load.cache is None for load in wanted.loads)):
        raise Unsafe("the code downloads the model to several folders")
    if places:
        return next(iter(places)), ()
    if own or named:
        return start.environment[own[0] if own else named[0]], ()
    cache = wanted.cache(final_state(build))
    return cache.folder, ((cache.variable, cache.folder),)
