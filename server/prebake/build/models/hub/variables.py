"""ENV variables of the Hugging Face libraries that the releases which the image gets no longer read.

Source: transformers 4.57.6 reads ``TRANSFORMERS_CACHE`` and its two older names, 5.0.0 to 5.23.0 do not;
huggingface_hub 1.0 and newer ignores ``HF_HUB_ENABLE_HF_TRANSFER``.
"""

from __future__ import annotations

from collections.abc import Iterator

from prebake.build.build import Build, fact
from prebake.build.installs.installers import installs
from prebake.build.installs.pythonpackages import listed
from prebake.build.models.hub.cache import HUB_VARIABLES
from prebake.build.models.hub.client import held_below, hub_client, is_opaque
from prebake.build.startup import compose_services, final_chain, final_state
from prebake.edits import TextEdit
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.tokens import Pair

CACHES = ("TRANSFORMERS_CACHE", "PYTORCH_TRANSFORMERS_CACHE", "PYTORCH_PRETRAINED_BERT_CACHE")
TRANSFER = "HF_HUB_ENABLE_HF_TRANSFER"
FASTER = "HF_XET_HIGH_PERFORMANCE"
_BRINGING = frozenset(
    ("transformers", "sentence-transformers", "vllm", "peft", "trl", "langchain-huggingface", "flagembedding")
)
"""Packages with which transformers comes."""


class Dead(NamedTuple):
    """A variable that nothing reads, with the one that took its place and the value that means the same."""

    instruction: Instruction
    pair: Pair
    instead: str
    value: str


@fact
def dead_variables(build: Build) -> tuple[Dead, ...]:
    """They, in order; none where the releases are not known, or where the new variable is set as well."""
    stage = build.final_stage
    found = [
        (instruction, pair)
        for below in final_chain(build)
        for instruction in below.instructions
        if instruction.keyword == "ENV"
        for pair in instruction.pairs
        if pair.name in (*CACHES, TRANSFER)
    ]
    if stage is None or not found:
        return ()
    client = hub_client(build, stage, stage.instructions[-1].index)
    numbers = {below.index for below in final_chain(build)}
    if any(item.instruction.stage in numbers and is_opaque(item) for item in installs(build).values()):
        return ()  # what they bring may keep the libraries old
    if client.version is None or client.is_before("1.0") is not False:
        return ()
    return tuple(_dead(build, found))


def _dead(build: Build, found: list[tuple[Instruction, Pair]]) -> Iterator[Dead]:
    environment, stage = final_state(build).env, build.final_stage
    names = {item.name for item in listed(build)}
    is_new = stage is not None and held_below(build, stage, "transformers", "5") is None
    for instruction, pair in found:
        value = pair.value or ""
        if pair.name == TRANSFER:
            if value.strip("\"'") in ("1", "true", "True", "ON", "YES") and FASTER not in environment:
                yield Dead(instruction, pair, FASTER, "1")
        elif (
            value
            and is_new
            and names & _BRINGING
            and not any(name in environment for name in (*HUB_VARIABLES, "HF_HOME", "SENTENCE_TRANSFORMERS_HOME"))
        ):
            bare = value.rstrip("/")
            if bare.endswith("/hub"):
                yield Dead(instruction, pair, "HF_HOME", bare[: -len("/hub")])
            else:
                yield Dead(
                    instruction, pair, "HF_HUB_CACHE" if _is_filled(build, instruction, bare) else "HF_HOME", value
                )


def _is_filled(build: Build, instruction: Instruction, folder: str) -> bool:
    """Whether something else puts models into exactly this folder: a COPY, a volume."""
    if any(volume.target.rstrip("/") == folder for service in compose_services(build) for volume in service.volumes):
        return True
    others = (item for item in build.tree.instructions if item.keyword in ("COPY", "ADD", "VOLUME"))
    return any(folder in other.raw for other in others if other is not instruction)


def renamed(build: Build, item: Dead) -> tuple[TextEdit, ...]:
    """The edits that put the new variable in the place of the old one."""
    start = item.instruction.start
    name = build.text.span(start + item.pair.start, start + item.pair.start + len(item.pair.name))
    edits = [TextEdit(name, item.instead)]
    if item.value != (item.pair.value or "").rstrip("/") and item.value != item.pair.value:
        value = build.text.span(start + item.pair.value_start, start + item.pair.value_end)
        edits.append(TextEdit(value, item.value))
    return tuple(edits)
