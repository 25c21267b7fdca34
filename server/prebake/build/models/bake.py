"""The plan of "download into the cache at build time": a RUN between the dependencies and the code.

Measured behaviour of the hub's client that it rests on: a cache filled by ``hf download REPO`` serves every loader that
asks for ``REPO`` with the same revision, as long as both use the same folder; readers need no write access until the
repository changes, then the client writes. That is why the folder is one absolute path, and open to the user that the
container runs as.
"""

from __future__ import annotations

from collections.abc import Sequence

from prebake.build.build import Build
from prebake.build.copies import copies
from prebake.build.installs.manifests import Reading, readings
from prebake.build.installs.misplaced import Extra, extra_for
from prebake.build.installs.sink import Refusal, SinkPlan, plan_sink
from prebake.build.models.downloads import StartLoad, start_loads
from prebake.build.models.hubcache import HUB_VARIABLES
from prebake.build.models.hubclient import HubClient, held_below, hub_client
from prebake.build.models.hubdownload import OLD_CACHE, download_commands
from prebake.build.models.hubtool import ROOT, tool
from prebake.build.models.safetext import Unsafe
from prebake.build.paths import inside
from prebake.build.startup import final_chain, final_state
from prebake.build.state import State, states
from prebake.edits import FileEdit, TextEdit
from prebake.files import join
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction, Stage
from prebake.syntax.run import SHELLS

_HOMES = ("/opt/hf", "/opt/huggingface", "/srv/hf")
SECRET = "hf_token"


class BakePlan(NamedTuple):
    """The fix: its edits, and what there is to say of it."""

    edits: tuple[FileEdit, ...]
    explanation: str


def plan_bake(build: Build, loads: Sequence[StartLoad]) -> BakePlan | Refusal:
    """Plan to download one model at build time, for all the loads of it."""
    try:
        return _Plan(build, loads).make()
    except Unsafe as error:
        return Refusal(str(error))


class _Source(NamedTuple):
    """The instruction that brings the hub's client, the words that start it, and what its install reads."""

    client: HubClient
    instruction: Instruction
    tool: str
    reading: Reading


class _Plan:
    def __init__(self, build: Build, loads: Sequence[StartLoad]) -> None:
        self._build = build
        self._loads = [item.load for item in loads]
        self._start = loads[0].start
        self._directories = {item.start.directory for item in loads}
        self._state = final_state(build)

    def make(self) -> BakePlan:
        stage = self._build.final_stage
        if stage is None:
            raise Unsafe("the Dockerfile has no FROM")
        if self._state.shell[0].rpartition("/")[2] not in SHELLS:
            raise Unsafe("the SHELL in force is no POSIX shell")
        if len(self._directories) > 1:
            raise Unsafe("the code runs in several working directories")
        self._check_variable()
        self._check_release(stage)
        source = self._source(stage)
        sink = self._sink(source)
        installed = self._behind(source.instruction)
        commands = download_commands(
            source.tool,
            self._loads,
            self._start.directory,
            installed,
            repeats_patterns=source.client.has_hf is not False,
            weights=self._weights(),
            running=self._running(stage),
        )
        anchor = source.instruction if isinstance(sink, SinkPlan) else self._anchor(source.instruction, commands[0])
        lines, note = self._lines(source.instruction, commands, self._behind(anchor))
        if isinstance(sink, SinkPlan):
            return BakePlan(sink.edits(self._build.text.newline.join(lines)), note)
        return BakePlan(self._inserted(anchor, lines), note)

    def _running(self, stage: Stage) -> dict[str, str | None]:
        """The variables that the code finds, without those that its release no longer reads.

        Raises:
            Unsafe: the libraries would look into two caches.
        """
        running = dict(self._start.environment)
        if running.get(OLD_CACHE) and held_below(self._build, stage, "transformers", "5") is None:
            del running[OLD_CACHE]
        if running.get(OLD_CACHE) and any(load.library == "sentence-transformers" for load in self._loads):
            raise Unsafe(f"transformers before 5 looks into {OLD_CACHE}, and sentence-transformers into HF_HOME, too")
        return running

    def _weights(self) -> bool:
        """Whether any code needs the weights: that of another library finds them in the same cache."""
        model = self._loads[0].model
        return any(item.load.model == model and item.load.kind == "weights" for item in start_loads(self._build))

    def _behind(self, instruction: Instruction) -> State:
        following = instruction.index + 1
        own = following < len(self._build.tree.instructions)
        if own and self._build.tree.instructions[following].keyword != "FROM":
            return states(self._build)[following]
        return states(self._build)[instruction.index]

    def _check_variable(self) -> None:
        for load in self._loads:
            name = load.variable
            if name is None or not load.from_environment or name not in self._state.env:
                continue
            if self._state.env[name] != load.written:
                raise Unsafe(f"compose sets {name} to another model than the Dockerfile does")

    def _check_release(self, stage: Stage) -> None:
        """Whether the library looks into the cache that the hub's command fills.

        Raises:
            Unsafe: its release is too old for that.
        """
        for load in self._loads:
            entry = load.entry
            if entry.distribution is None or entry.since is None:
                continue
            old = held_below(self._build, stage, entry.distribution, entry.since)
            if old is not None:
                raise Unsafe(
                    f"{old.name}{old.specifier} ({old.place}) keeps its own cache: from {entry.since} on it looks into "
                    "that of the hub, which a download at build time fills"
                )

    def _source(self, stage: Stage) -> _Source:
        """What brings the hub's client into the final image, and how it is called there."""
        client = hub_client(self._build, stage, stage.instructions[-1].index)
        if client.install is not None:
            if client.version is None:
                raise Unsafe("the requirements do not agree on a release of huggingface_hub")
            if client.has_hf is False and client.is_before("0.17"):
                raise Unsafe("the release of huggingface_hub that the image gets has no command that downloads")
            install = client.install.instruction
            program = tool(self._build, client, self._behind(install))
            if program is None:
                raise Unsafe(f"it cannot be told where the install in line {install.line + 1} puts the hub's commands")
            return _Source(client, install, program, readings(self._build)[install.index])
        copied = self._copied()
        if copied is not None:
            return copied
        if client.installed is False:
            raise Unsafe("no install in the Dockerfile brings huggingface_hub, which the download needs")
        because = f" ({client.because})" if client.because else ""
        raise Unsafe(f"it cannot be seen which instruction brings the hub's client{because}")

    def _copied(self) -> _Source | None:
        """An environment that another stage has made, copied to the same place."""
        for stage in final_chain(self._build):
            for instruction in stage.instructions:
                copy = copies(self._build).get(instruction.index)
                origin = self._build.stage_named(copy.origin, stage.index) if copy and copy.origin else None
                if copy is None or origin is None or copy.destination is None:
                    continue
                client = hub_client(self._build, origin, origin.instructions[-1].index)
                same = any(join("/", source.word.value) == copy.destination for source in copy.sources)
                if client.install is None or not same:
                    continue
                last = self._variables_behind(instruction)
                entries = self._behind(last).path
                if copy.destination != "/usr/local" and all(inside(e, copy.destination) is None for e in entries):
                    raise Unsafe(f"{copy.destination}, which has the hub's commands, is not on the PATH set there")
                name = "huggingface-cli" if client.has_hf is False else "hf"
                return _Source(client, last, name, readings(self._build)[client.install.instruction.index])
        return None

    def _variables_behind(self, instruction: Instruction) -> Instruction:
        """The last of the ENV instructions that follow an instruction directly, except that of the cache."""
        for following in self._build.tree.instructions[instruction.index + 1 :]:
            if following.keyword != "ENV" or any(pair.name == "HF_HOME" for pair in following.pairs):
                break
            instruction = following
        return instruction

    def _sink(self, source: _Source) -> SinkPlan | None:
        """The plan that brings the code below the install; ``None`` when it is there already."""
        above = self._code_above(source)
        if not above:
            return None
        plan = plan_sink(self._build, above[0])
        if isinstance(plan, Refusal):
            raise Unsafe(self._too_high(above[0], plan.reason))
        left = [item for item in above if item not in plan.moved]
        if left:
            raise Unsafe(self._too_high(left[0], "it cannot be moved along with the others"))
        if plan.below.index < source.instruction.index:
            raise Unsafe(self._too_high(above[0], "it cannot be moved below all installs"))
        return plan

    @staticmethod
    def _too_high(copy: Instruction, reason: str) -> str:
        return (
            f"the download has to stand above the code, or each edit repeats it, but the {copy.keyword} in line "
            f"{copy.line + 1} stands above the install: {reason}"
        )

    def _code_above(self, source: _Source) -> list[Instruction]:
        numbers = {stage.index for stage in final_chain(self._build)}
        return [
            copy.instruction
            for index, copy in sorted(copies(self._build).items())
            if index < source.instruction.index
            and copy.instruction.stage in numbers
            and copy.from_context
            and extra_for(copy, source.reading) > Extra.QUIET
        ]

    def _anchor(self, install: Instruction, command: str) -> Instruction:
        """The last instruction of the block that the new RUN goes below: the install, ENV, and downloads that sort
        before it, so that the order does not depend on which fix is taken first.
        """
        mine = _downloaded(command)
        anchor = install
        for instruction in self._build.tree.instructions[install.index + 1 :]:
            if instruction.keyword == "ENV" and any(pair.name == "HF_HOME" for pair in instruction.pairs):
                anchor = instruction
                continue
            name = _downloaded(instruction.body.text) if instruction.keyword == "RUN" else ""
            if not name or name > mine:
                break
            anchor = instruction
        return anchor

    def _lines(self, install: Instruction, commands: Sequence[str], state: State) -> tuple[list[str], str]:
        """The lines to be inserted, and the explanation."""
        lines: list[str] = []
        places: dict[str, None] = {}
        for command in commands:
            option, _, place = command.rpartition("-dir ")
            if not place or not option:
                lines, cache = self._cache(state)
                place = f"{cache}/hub" if cache == '"$HF_HOME"' else cache
            places[place if option.endswith("--local") else self._own(place, command)] = None
        self._check_user(state)
        text, note = self._run(commands, state, " ".join(places))
        network = install.flag("network")
        lines.append(f"RUN --network={network} {text}" if network else f"RUN {text}")
        lower = self._build.text.content[install.start : install.end].lstrip()[:3].islower()
        return [line[:3].lower() + line[3:] if lower else line for line in lines], note

    def _own(self, cache: str, command: str) -> str:
        """The folder of the model in a cache: to change what else is there would put it into this layer once more."""
        load = self._loads[0]
        if load.model is None or f" {load.model}" not in command:
            return cache
        return f"{cache}/{load.repository}s--{load.model.replace('/', '--')}"

    def _cache(self, state: State) -> tuple[list[str], str]:
        """The ENV that names the cache, where one is needed, and the folder as the RUN writes it."""
        running = self._start.environment
        for name in (*HUB_VARIABLES, "HF_HOME"):
            if name not in running:
                continue
            value = running[name]
            if not value or not value.startswith("/") or any(char in value for char in " \"'$\\\n"):
                raise Unsafe(f"{name} is set for the container, and its value is not known or no plain path")
            if name in self._state.env and self._state.env[name] != value:
                raise Unsafe(f"compose sets {name} to another folder than the Dockerfile does")
            return ([] if state.env.get(name) == value else [f"ENV {name}={value}"]), f'"${name}"'
        home = next((path for path in _HOMES if not self._taken(path)), _HOMES[-1])
        if state.user not in ROOT:
            home = f"/home/{state.user}/.cache/huggingface"
        return [f"ENV HF_HOME={home}"], '"$HF_HOME"'

    def _taken(self, path: str) -> bool:
        """Whether something is copied or mounted there."""
        if any(copy.destination == path for copy in copies(self._build).values()):
            return True
        if any(f"target={path}" in instruction.raw for instruction in self._build.tree.instructions):
            return True
        service = self._start.service
        return service is not None and any(inside(path, volume.target) is not None for volume in service.volumes)

    def _check_user(self, state: State) -> None:
        """Whether the user of the RUN can make the cache folder.

        Raises:
            Unsafe: nothing shows it.
        """
        if state.user in ROOT:
            return
        if "HF_HOME" in state.env:
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
        what = "model" if self._weights() else "tokenizer or configuration"
        note = f"the image grows by the {what}, and holds the version of the day it is built"
        mount = ""
        if self._needs_token():
            if self._build.settings.builder in ("legacy", "kaniko"):
                raise Unsafe(
                    "the code passes a token, and this builder has no secret mounts to give the download one without "
                    "leaving it in the image"
                )
            readable = "" if state.user in ROOT else ",mode=0444"
            mount = f"--mount=type=secret,id={SECRET},required=true{readable} "
            commands = [f'HF_TOKEN="$(cat /run/secrets/{SECRET})" {command}' for command in commands]
            note += f"; build it with `docker build --secret id={SECRET},env=HF_TOKEN`"
        steps = list(commands)
        if self._state.user not in ROOT and state.user in ROOT:
            steps = ["umask 0", *steps, f"chmod -R a+rX {place}"]
            note += (
                f"; umask 0 lets user {self._state.user} write to the cache, too: the hub's client does so when the "
                "repository has changed, and fails where it may not"
            )
        return mount + " && ".join(steps), note

    def _needs_token(self) -> bool:
        names = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
        return any(load.token for load in self._loads) or any(name in self._start.environment for name in names)

    def _inserted(self, anchor: Instruction, lines: list[str]) -> tuple[FileEdit, ...]:
        text = self._build.text
        at = text.line_start(anchor.end_line + 1)
        block = text.newline.join(lines)
        if at >= len(text.content) and not text.content.endswith("\n"):
            edit = TextEdit(text.span(at, at), text.newline + block)
        else:
            edit = TextEdit(text.span(at, at), block + text.newline)
        return (FileEdit(self._build.path, text, (edit,)),)


def _downloaded(command: str) -> str:
    """The repository that the text of a RUN downloads with the hub's command, in lower case; empty for any other."""
    words = [*command.split(), ""]
    for at, word in enumerate(words[:-2]):
        if word.rpartition("/")[2] in ("hf", "huggingface-cli") and words[at + 1] == "download":
            return words[at + 2].strip("\"'").lower()
    return ""
