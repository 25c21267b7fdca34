"""What has to be fetched so that the code finds a model, and where the code looks for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prebake.build.build import Build
from prebake.build.copies import copies
from prebake.build.models.baking.command import OLD_CACHE, HubDownload, download_commands
from prebake.build.models.baking.token import Secret, with_token
from prebake.build.models.hub.cache import HUB_VARIABLES
from prebake.build.models.hub.client import HubClient, held_below
from prebake.build.models.loads.starts import StartLoad, start_loads
from prebake.build.models.safetext import Unsafe, is_folder
from prebake.build.paths import inside
from prebake.build.startup import final_state
from prebake.build.state import State
from prebake.project.models.load import Load
from prebake.project.python.values import Value
from prebake.records import NamedTuple

_HOMES = ("/opt/hf", "/opt/huggingface", "/srv/hf")


class Cache(NamedTuple):
    """The folder that the hub's client keeps its files in: the variable that names it, and the folder. ``set_later``
    says that the variable is not set there yet.
    """

    variable: str
    folder: str
    set_later: bool

    @property
    def line(self) -> str:
        """The instruction that sets it."""
        return f"ENV {self.variable}={self.folder}"


class Wanted:
    """One model, and all the loads of it that one finding is about."""

    def __init__(self, build: Build, loads: Sequence[StartLoad]) -> None:
        """Asks for at least one load.

        Raises:
            Unsafe: no download serves all of the loads, or it cannot be told.
        """
        self.build = build
        self.loads = tuple(item.load for item in loads)
        self.start = loads[0].start
        other = next((load for load in self.loads if not load.entry.in_hub_cache), None)
        if other is not None:
            raise Unsafe(other.entry.no_fix or f"{other.library} does not read what the hub's command downloads")
        if len({item.start.directory for item in loads}) > 1:
            raise Unsafe("the code runs in several working directories")
        check_variable(build, self.loads)
        self._check_release()
        self.running = self._running()

    @property
    def model(self) -> str:
        """The id of the repository."""
        return self.loads[0].model or ""

    @property
    def weights(self) -> bool:
        """Whether any code needs the weights: that of another library finds them in the same cache."""
        return any(
            item.load.model == self.loads[0].model and item.load.kind in ("weights", "dataset")
            for item in start_loads(self.build)
        )

    @property
    def costs(self) -> str:
        """What an image pays that has it: a clause."""
        what = "model" if self.weights else "tokenizer or configuration"
        return f"the image grows by the {what}, and holds the version of the day it is built"

    def commands(
        self, tool: str, client: HubClient, state: State, folder: str | None = None
    ) -> tuple[HubDownload, ...]:
        """The commands that fetch it in a RUN with this state: to where the code looks for it, or to a ``folder`` from
        which it is to be loaded.

        Raises:
            Unsafe: as for :func:`download_commands`.
        """
        loads, running = self.loads, self.running
        if folder is not None:
            loads, running = tuple(load._replace(target=Value(folder), cache=None) for load in loads), {}
        return download_commands(
            tool,
            loads,
            self.start.directory,
            state,
            running,
            repeats_patterns=client.repeats_patterns is not False,
            weights=self.weights,
        )

    def token(self, commands: Iterable[HubDownload], user: str | None) -> Secret:
        """The commands with the token that the hub wants for it.

        Raises:
            Unsafe: as for :func:`with_token`.
        """
        return with_token(self.build, self.loads, self.start, [item.text for item in commands], user)

    def cache(self, state: State, home: str | None = None) -> Cache:
        """The cache of the hub's client, which a RUN with this state fills; ``home`` where nothing names one yet.

        Raises:
            Unsafe: the variable that names it for the container has no value that could be used.
        """
        running, image = self.start.environment, final_state(self.build).env
        for name in (*HUB_VARIABLES, "HF_HOME"):
            if name not in running:
                continue
            value = running[name]
            if value is None or not is_folder(value):
                raise Unsafe(f"{name} is set for the container, and its value is not known or no plain path")
            if name in image and image[name] != value:
                raise Unsafe(f"compose sets {name} to another folder than the Dockerfile does")
            return Cache(name, value, state.env.get(name) != value)
        return Cache("HF_HOME", home or self.free(_HOMES), True)

    def own_folder(self, cache: str) -> str:
        """The folder of this model in a cache: to change what else is there would put it into a layer once more."""
        load = self.loads[0]
        return f"{cache}/{load.repository}s--{self.model.replace('/', '--')}"

    def free(self, folders: Sequence[str]) -> str:
        """The first of some folders that nothing is copied to or mounted at; else the last one."""
        return next((path for path in folders if not self._taken(path)), folders[-1])

    def _taken(self, path: str) -> bool:
        if any(copy.destination == path for copy in copies(self.build).values()):
            return True
        if any(f"target={path}" in instruction.raw for instruction in self.build.tree.instructions):
            return True
        service = self.start.service
        return service is not None and any(inside(path, volume.target) is not None for volume in service.volumes)

    def _running(self) -> dict[str, str | None]:
        """The variables that the code finds, without those that its release no longer reads."""
        running = dict(self.start.environment)
        stage = self.build.final_stage
        if running.get(OLD_CACHE) and (stage is None or held_below(self.build, stage, "transformers", "5") is None):
            del running[OLD_CACHE]
        if running.get(OLD_CACHE) and any(load.library == "sentence-transformers" for load in self.loads):
            raise Unsafe(f"transformers before 5 looks into {OLD_CACHE}, and sentence-transformers into HF_HOME, too")
        return running

    def _check_release(self) -> None:
        """Whether the library looks into the cache that the hub's command fills."""
        stage = self.build.final_stage
        for load in self.loads:
            entry = load.entry
            if stage is None or entry.distribution is None or entry.since is None:
                continue
            old = held_below(self.build, stage, entry.distribution, entry.since)
            if old is not None:
                raise Unsafe(
                    f"{old.name}{old.specifier} ({old.place}) keeps its own cache: from {entry.since} on it looks into "
                    "that of the hub, which a download at build time fills"
                )


def check_variable(build: Build, loads: Iterable[Load]) -> None:
    """Whether the image has the variable that names a model for the container.

    Raises:
        Unsafe: compose sets another one.
    """
    image = final_state(build).env
    for load in loads:
        name = load.variable
        if name is None or not load.from_environment or name not in image:
            continue
        if image[name] != load.written:
            raise Unsafe(f"compose sets {name} to another model than the Dockerfile does")
