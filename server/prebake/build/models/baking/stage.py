"""The plan of "download in a stage of its own": neither an edit of the code nor of the requirements repeats it.

The stage stands on the base of the one that installs the hub's client, so that there is a pip, and reaches the package
index in the same way. Only the client is installed, held to the releases that the app's is, since the files of a cache
are read by the app's. ``HF_HUB_DISABLE_SHARED_BLOBS`` keeps each model's files below its own folder (huggingface_hub
1.32 and newer share them), so that caches of several stages can be copied over one another.
"""

from __future__ import annotations

import posixpath
import re
import shlex
from collections.abc import Iterator, Sequence

from prebake.build.bases import is_plain_base
from prebake.build.build import Build
from prebake.build.copies import copies
from prebake.build.models.baked.offline import OFFLINE, client_writes, last_fetch, leaves_nothing, said_of_offline
from prebake.build.models.baking.cache import for_user
from prebake.build.models.baking.command import HubDownload
from prebake.build.models.baking.indexsettings import index_options, setting_lines
from prebake.build.models.baking.place import put, run_line
from prebake.build.models.baking.plan import BakePlan
from prebake.build.models.baking.wanted import Cache, Wanted
from prebake.build.models.hub.client import HubClient, hub_client, is_old_python
from prebake.build.models.loads.starts import StartLoad
from prebake.build.models.safetext import Unsafe
from prebake.build.rewriting.insertions import cased, edited, insert_above
from prebake.build.startup import final_state
from prebake.build.state import State, chain, states
from prebake.project.starting.users import is_root
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction

_SPECIFIER = regex(r"(===?|[<>~!]=|[<>])[0-9][\w.*+-]{0,30}\Z", re.ASCII)
_NUMBER = regex(r"\d+\Z")
_MOUNT_FROM = regex(r"from=(\d+)(,|\Z)")
_PREFIX = "model-"
_LAST = "\N{REPLACEMENT CHARACTER}"
"""Comes after all names of stages."""


def plan_stage(build: Build, loads: Sequence[StartLoad]) -> BakePlan:
    """Plan to download one model in a stage of its own, for all the loads of it.

    Raises:
        Unsafe: it cannot be done, or not surely.
    """
    return _Plan(build, loads).make()


class _Plan:
    def __init__(self, build: Build, loads: Sequence[StartLoad]) -> None:
        stage = build.final_stage
        if stage is None:
            raise Unsafe("the Dockerfile has no FROM")
        self._build = build
        self._all = loads
        self._final = stage
        self._wanted = Wanted(build, loads)
        self._state = final_state(build)
        self._client = self._find_client()
        install = self._client.install
        self._stages = chain(build, stage if install is None else build.stage_of(install.instruction))
        self._base = self._stages[0]

    def make(self) -> BakePlan:
        self._check_numbers()
        self._check_base()
        self._check_id()
        tool = "huggingface-cli" if self._client.has_hf is False else "hf"
        commands = self._wanted.commands(tool, self._client, State())
        name = self._name()
        offline = leaves_nothing(self._build, self._all)
        cache = self._wanted.cache(self._state)
        folders = tuple(dict.fromkeys(command.folder or cache.folder for command in commands))
        first = self._final.instruction
        stage = cased(first, list(self._stage_lines(name, commands, cache, folders)))
        copy = [f"COPY --from={name} {folder} {folder}" for folder in folders]
        if cache.set_later and cache.folder in folders:
            copy.append(cache.line)
        said = cased(first, [OFFLINE]) if offline else []
        last = last_fetch(self._build, self._anchor(_LAST))
        (below,) = put(self._build, None, self._anchor(name), cased(first, copy), said, last)
        above = insert_above(self._build, self._following(name), [*stage, *self._gap()])
        return BakePlan((edited(self._build, above, *below.edits),), self._note(offline))

    def _following(self, name: str) -> Instruction:
        """The FROM that the stage goes above: that of the final one, or of another such stage in the order of names."""
        following = self._final
        for stage in reversed(self._build.tree.stages[: self._final.index]):
            if not (stage.name or "").startswith(_PREFIX):
                break
            if (stage.name or "") > name:
                following = stage
        return following.instruction

    def _gap(self) -> list[str]:
        """The blank line between two stages, unless the author leaves none."""
        final = self._final.instruction
        comments = self._build.tree.comment_block(final)
        line = comments[0].line if comments else final.line
        return [] if self._final.index and line and self._build.text.line(line - 1).strip() else [""]

    def _find_client(self) -> HubClient:
        """The client of the app, wherever it is installed: the stage's is held to the same releases."""
        own = hub_client(self._build, self._final, self._final.instructions[-1].index)
        if own.install is not None:
            return own
        for stage in chain(self._build, self._final):
            for instruction in stage.instructions:
                copy = copies(self._build).get(instruction.index)
                origin = self._build.stage_named(copy.origin, stage.index) if copy and copy.origin else None
                if origin is not None:
                    client = hub_client(self._build, origin, origin.instructions[-1].index)
                    if client.install is not None:
                        return client
        return own

    def _check_numbers(self) -> None:
        """Whether nobody counts the stages, of which there will be one more."""
        numbers = [self._build.context.target or ""]
        for instruction in self._build.tree.instructions:
            numbers += instruction.flag_values("from")
            numbers += [found[1] for mount in instruction.flag_values("mount") if (found := _MOUNT_FROM.search(mount))]
        numbers += [stage.base for stage in self._build.tree.stages]
        if any(_NUMBER.match(number) for number in numbers):
            raise Unsafe("a stage is named by its number, which one more stage would change")

    def _check_base(self) -> None:
        """Whether pip is in the base image, and works there as root."""
        image = states(self._build)[self._base.instructions[-1].index].base or ""
        name = posixpath.basename(image.partition("@")[0]).partition(":")[0]
        if name != "python" and not (is_plain_base(image) and self._begins_with_pip()):
            raise Unsafe(f"nothing shows that {image or 'the base image'} has a pip for a stage of its own")
        if self._client.version is None and self._client.installed and self._client.install is not None:
            raise Unsafe("the requirements do not agree on a release of huggingface_hub")
        if is_old_python(image) and "3.8" not in image:
            raise Unsafe(f"{image} is too old for the hub's command")
        if self._client.has_hf is False and self._client.is_before("0.17"):
            raise Unsafe("the release of huggingface_hub that the image gets has no command that downloads")

    def _begins_with_pip(self) -> bool:
        install = self._client.install
        first = next((item for item in self._base.instructions if item.keyword == "RUN"), None)
        if install is None or first is not install.instruction or self._client.command is None:
            return False
        steps = install.steps.steps
        return bool(steps) and steps[0].program == "pip" and "/" not in steps[0].path

    def _check_id(self) -> None:
        image = self._state.env
        for load in self._wanted.loads:
            if load.from_environment and load.variable in image:
                raise Unsafe(f"{load.variable}, which names the model, is set in the final stage only")

    def _name(self) -> str:
        """A name for the stage that no other has."""
        name = _PREFIX + re.sub(r"[^a-z0-9]+", "-", self._wanted.model.lower()).strip("-")
        taken = {stage.name for stage in self._build.tree.stages}
        return next(each for each in (name, *(f"{name}-{number}" for number in range(2, 99))) if each not in taken)

    def _stage_lines(
        self, name: str, commands: Sequence[HubDownload], cache: Cache, folders: Sequence[str]
    ) -> Iterator[str]:
        platform = f"--platform={self._base.platform} " if self._base.platform else ""
        yield f"FROM {platform}{self._base.base} AS {name}"
        install = self._client.install
        limit = self._build.tree.instructions[-1] if install is None else install.instruction
        yield from setting_lines(self._build, self._stages, limit)
        variables = f"{cache.variable}={cache.folder} " if cache.folder in folders else ""
        yield f"ENV {variables}HF_HUB_DISABLE_SHARED_BLOBS=1"
        like = None if install is None else install.instruction
        mounts = "" if install is None else "".join(f"--mount={item} " for item in self._mounts(install.instruction))
        options = "" if self._client.command is None else index_options(self._build, self._client.command)
        yield run_line(like, f"pip install {options}{self._requirement()}", mounts)
        user = self._state.user
        secret = self._wanted.token(commands, None)
        steps: list[str] = [*secret.commands]
        if cache.variable == "HF_HOME" and cache.folder in folders:
            steps.append(f"rm -rf {cache.folder}/xet")
        if not is_root(user):
            steps, _ = for_user(steps, " ".join(folders), user, writes=client_writes(self._build, self._all))
        yield run_line(like, " && ".join(steps), secret.flag)

    def _mounts(self, install: Instruction) -> Iterator[str]:
        """The mounts of the install that the client's needs, too: no manifests."""
        for mount in install.flag_values("mount"):
            if "type=secret" in mount or "type=ssh" in mount or "type=cache" in mount:
                yield mount

    def _requirement(self) -> str:
        wanted = [part.strip() for text in self._client.constraints for part in text.split(",")]
        if not all(_SPECIFIER.match(part) for part in wanted):
            raise Unsafe("the app's requirement of huggingface_hub is not plain enough to be put into a command")
        return shlex.quote("huggingface_hub" + ",".join(dict.fromkeys(wanted)))

    def _anchor(self, name: str) -> Instruction:
        """What the COPY goes below: the FROM, and what other such stages have brought already, sorted by name."""
        anchor = self._final.instruction
        for instruction in self._final.instructions[1:]:
            variable = instruction.keyword == "ENV" and any(pair.name == "HF_HOME" for pair in instruction.pairs)
            origin = instruction.flag("from") or ""
            if not variable and not (instruction.keyword == "COPY" and origin.startswith(_PREFIX) and origin < name):
                break
            anchor = instruction
        return anchor

    def _note(self, offline: bool) -> str:
        note = (
            f"{self._wanted.costs}; the stage is built again only when the base image, the command or the release of "
            "the client changes"
        )
        secret = self._wanted.token((), None)
        if secret.note:
            note += f"; {secret.note}"
        return note + said_of_offline(self._build, self._all, offline=offline)
