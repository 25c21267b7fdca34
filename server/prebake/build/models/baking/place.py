"""Where in the final image's Dockerfile a download can stand: below what brings its tool, and above the code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prebake.build.build import Build
from prebake.build.copies import copies
from prebake.build.installs.manifests import Reading, readings
from prebake.build.installs.misplaced import Extra, extra_for
from prebake.build.installs.sink import Refusal, SinkPlan, plan_sink
from prebake.build.models.hub.client import HubClient, hub_client
from prebake.build.models.hub.tool import tool
from prebake.build.models.safetext import Unsafe
from prebake.build.paths import inside
from prebake.build.rewriting.insertions import edited, insert_below
from prebake.build.startup import final_chain, final_state
from prebake.build.state import state_after
from prebake.edits import FileEdit
from prebake.files import join
from prebake.project.models.catalogue import entries
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction, Stage
from prebake.syntax.run import SHELLS

_HUB_VARIABLE = "HF_HOME"


class Place(NamedTuple):
    """The instruction that brings the hub's client, the words that start it, and what its install reads. ``sink`` is
    the plan that brings the code below it, ``None`` where it stands there already.
    """

    client: HubClient
    instruction: Instruction
    tool: str
    reading: Reading
    sink: SinkPlan | None = None


def check_shell(build: Build) -> None:
    """Whether the commands of a RUN in the final stage go to a POSIX shell.

    Raises:
        Unsafe: they do not.
    """
    if final_state(build).shell[0].rpartition("/")[2] not in SHELLS:
        raise Unsafe("the SHELL in force is no POSIX shell")


def find_place(build: Build) -> Place:
    """Where a download with the hub's own command can stand.

    Raises:
        Unsafe: nowhere, or it cannot be told.
    """
    stage = build.final_stage
    if stage is None:
        raise Unsafe("the Dockerfile has no FROM")
    check_shell(build)
    place = _source(build, stage)
    return place._replace(sink=sink_for(build, place.instruction, place.reading))


def anchor_for(build: Build, install: Instruction, run: str, variable: str | None = _HUB_VARIABLE) -> Instruction:
    """The last instruction of the block that a new RUN goes below: the install, what sets the ``variable`` of its
    folder, and downloads that sort before it, so that the order does not depend on which fix is taken first.
    """
    anchor, passed = install, False
    for instruction in _downloads_below(build, install):
        if instruction.keyword == "ENV":
            if any(pair.name == variable for pair in instruction.pairs):
                anchor, passed = instruction, False
        elif not passed and _order(instruction.body.text) <= _order(run):
            anchor = instruction
        else:
            passed = True
    return anchor


def _downloads_below(build: Build, install: Instruction) -> Iterator[Instruction]:
    """The downloads directly below an install, and the variables of their folders."""
    known = {_HUB_VARIABLE, *(entry.sets[0] for entry in entries() if entry.sets is not None)}
    for instruction in build.tree.instructions[install.index + 1 :]:
        text = instruction.body.text
        variables = instruction.keyword == "ENV" and all(pair.name in known for pair in instruction.pairs)
        if not variables and not (instruction.keyword == "RUN" and (" -c " in text or " download " in text)):
            break
        yield instruction


def _order(command: str) -> tuple[int, str]:
    """By what downloads are sorted: those with the hub's command, those of the author, those in Python."""
    repository = downloaded(command)
    if repository:
        return 0, repository
    return (2, command.strip().removeprefix("RUN ").removeprefix("run ")) if " -c " in command else (1, "")


def downloaded(command: str) -> str:
    """The repository that the text of a RUN downloads with the hub's command, in lower case; empty for any other."""
    words = [*command.split(), ""]
    for at, word in enumerate(words[:-2]):
        if word.rpartition("/")[2] in ("hf", "huggingface-cli") and words[at + 1] == "download":
            return words[at + 2].strip("\"'").lower()
    return ""


def run_line(like: Instruction | None, command: str, flags: str = "") -> str:
    """A RUN with the network of another one; ``flags`` have a trailing space."""
    network = None if like is None else like.flag("network")
    return f"RUN {f'--network={network} ' if network else ''}{flags}{command}"


def put(
    build: Build,
    sink: SinkPlan | None,
    anchor: Instruction,
    lines: Sequence[str],
    last: Sequence[str] = (),
    below: Instruction | None = None,
) -> tuple[FileEdit, ...]:
    """The edits that put lines where they belong: between the install and the code that is moved below it, or below an
    anchor. ``last`` are lines that go below a later instruction (``below``), where there is one.
    """
    if sink is not None:
        return sink.edits(build.text.newline.join([*lines, *last]))
    if below is None or below is anchor or not last:
        return (edited(build, insert_below(build, anchor, [*lines, *last])),)
    return (edited(build, insert_below(build, anchor, lines), insert_below(build, below, last)),)


def _source(build: Build, stage: Stage) -> Place:
    """What brings the hub's client into the final image, and how it is called there."""
    client = hub_client(build, stage, stage.instructions[-1].index)
    if client.install is not None:
        if client.version is None:
            raise Unsafe("the requirements do not agree on a release of huggingface_hub")
        if client.has_hf is False and client.is_before("0.17"):
            raise Unsafe("the release of huggingface_hub that the image gets has no command that downloads")
        install = client.install.instruction
        program = tool(build, client, state_after(build, install))
        if program is None:
            raise Unsafe(f"it cannot be told where the install in line {install.line + 1} puts the hub's commands")
        return Place(client, install, program, readings(build)[install.index])
    copied = _copied(build)
    if copied is not None:
        return copied
    if client.installed is False:
        raise Unsafe("no install in the Dockerfile brings huggingface_hub, which the download needs")
    because = f" ({client.because})" if client.because else ""
    raise Unsafe(f"it cannot be seen which instruction brings the hub's client{because}")


def _copied(build: Build) -> Place | None:
    """An environment that another stage has made, copied to the same place."""
    for stage in final_chain(build):
        for instruction in stage.instructions:
            copy = copies(build).get(instruction.index)
            origin = build.stage_named(copy.origin, stage.index) if copy and copy.origin else None
            if copy is None or origin is None or copy.destination is None:
                continue
            client = hub_client(build, origin, origin.instructions[-1].index)
            same = any(join("/", source.word.value) == copy.destination for source in copy.sources)
            if client.install is None or not same:
                continue
            last = _variables_behind(build, instruction)
            entries = state_after(build, last).path
            if copy.destination != "/usr/local" and all(inside(e, copy.destination) is None for e in entries):
                raise Unsafe(f"{copy.destination}, which has the hub's commands, is not on the PATH set there")
            name = "huggingface-cli" if client.has_hf is False else "hf"
            return Place(client, last, name, readings(build)[client.install.instruction.index])
    return None


def _variables_behind(build: Build, instruction: Instruction) -> Instruction:
    """The last of the ENV instructions that follow an instruction directly, except that of the cache."""
    for following in build.tree.instructions[instruction.index + 1 :]:
        if following.keyword != "ENV" or any(pair.name == _HUB_VARIABLE for pair in following.pairs):
            break
        instruction = following
    return instruction


def sink_for(build: Build, install: Instruction, reading: Reading) -> SinkPlan | None:
    """The plan that brings the code below an install, which reads some of it; ``None`` when it is there already.

    Raises:
        Unsafe: it cannot be moved there.
    """
    above = _code_above(build, install, reading)
    if not above:
        return None
    plan = plan_sink(build, above[0])
    if isinstance(plan, Refusal):
        raise Unsafe(_too_high(above[0], plan.reason))
    left = [item for item in above if item not in plan.moved]
    if left:
        raise Unsafe(_too_high(left[0], "it cannot be moved along with the others"))
    if plan.below.index < install.index:
        raise Unsafe(_too_high(above[0], "it cannot be moved below all installs"))
    return plan


def _too_high(copy: Instruction, reason: str) -> str:
    return (
        f"the download has to stand above the code, or each edit repeats it, but the {copy.keyword} in line "
        f"{copy.line + 1} stands above the install: {reason}"
    )


def _code_above(build: Build, install: Instruction, reading: Reading) -> list[Instruction]:
    numbers = {stage.index for stage in final_chain(build)}
    return [
        copy.instruction
        for index, copy in sorted(copies(build).items())
        if index < install.index
        and copy.instruction.stage in numbers
        and copy.from_context
        and extra_for(copy, reading) > Extra.QUIET
    ]
