"""Which models the build puts into the image already.

In doubt a model counts as baked: a finding on one that is there is worse than silence on one that is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from prebake.build.build import Build, fact
from prebake.build.copies import copies
from prebake.build.image import mounts_of
from prebake.build.models.hub.cache import cache_folders, overlaps
from prebake.build.models.loads.entries import console_names
from prebake.build.models.loads.programs import command_loads, program_loads
from prebake.build.models.runs.programs import image_file, place_of, programs_of_step, words_of
from prebake.build.paths import inside
from prebake.build.startup import final_chain, final_state
from prebake.build.state import State, chain, states
from prebake.build.steps import Step, steps_at
from prebake.project.models.catalogue import mentions_command
from prebake.project.models.loads import Load
from prebake.project.models.shellloads import shell_loads
from prebake.project.starting.command import Place
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction, Stage
from prebake.text import Position

_MAX_DEPTH = 8
# What a RUN that runs Python code, a script or the hub's command has in its text: the others are not read closely.
_WORTH_READING = regex(r"hugging|\bhf\b|\.py\b|\.sh\b|\bpython[\d.]*\s+-(?!-)|<<|\btransformers\b")
_ENDINGS = (".pt", ".zip", ".onnx", ".bin", ".tar.gz")
_FETCHES = regex(
    r"\b(hf|huggingface-cli|from_pretrained|snapshot_download|SentenceTransformer|pipeline|git|curl|wget|transformers)\b"
)


class Baked(NamedTuple):
    """What a build downloads or copies.

    ``texts`` are the RUN commands with their variables replaced, and the scripts they run, in lower case. ``models``
    are the ids, in lower case, and ``sites`` the calls that Python code run by the build reaches, ``libraries`` those
    that it downloads with: a model whose id is not known is probably one of these. ``everything``: a whole cache is
    copied into the image.
    """

    texts: tuple[str, ...]
    models: frozenset[str]
    sites: frozenset[tuple[str, Position]]
    libraries: frozenset[str]
    everything: bool

    def covers(self, load: Load) -> bool:
        """Whether the image has what a call downloads."""
        if self.everything or (load.path, load.span.start) in self.sites:
            return True
        if load.model is None:
            return load.library in self.libraries
        model = load.model.lower()
        if model in self.models or any(whole in self.models for whole in load.entry.whole):
            return True
        if load.entry.grammar == "hub":
            return any(_names(text, model) for text in self.texts)
        return any(_tells(text, model) for text in self.texts)


def _tells(text: str, model: str) -> bool:
    """Whether the text of a RUN tells of a file or package by its name, which has to be more than a common word."""
    name = model.rpartition("/")[2].partition("?")[0]
    if any(f"/{name}{ending}" in text for ending in _ENDINGS):
        return True
    telling = any(character in "-_.0123456789" for character in name)
    return telling and re.search(rf"(?<![a-z0-9_-]){re.escape(name)}(?![a-z0-9_])", text) is not None


def _names(text: str, model: str) -> bool:
    folder = f"models--{model.replace('/', '--')}"
    if folder in text:
        return True
    if model not in text:
        return False
    if "/" not in model and not _FETCHES.search(text):
        return False
    return re.search(rf"(?<![a-z0-9_-]){re.escape(model)}(?![a-z0-9_-]|\.[a-z0-9])", text) is not None


@fact
def baked(build: Build) -> Baked:
    """What the build of the final image puts there: the stages it is made of, and those it copies from."""
    texts: list[str] = []
    loads: list[Load] = []
    own_commands = console_names(build)
    for stage in _contributing(build):
        for instruction in stage.instructions:
            if instruction.keyword == "RUN":
                raw = instruction.raw
                hidden = "--mount" in raw and _hidden(instruction, states(build)[instruction.index])
                if not hidden and "/" in raw:
                    # Uncut: the values of a loop, what `wget` and `git clone` are given.
                    texts.append(raw.lower())
                if _WORTH_READING.search(raw) or mentions_command(raw) or any(name in raw for name in own_commands):
                    for text, found in _run(build, instruction, hidden):
                        texts.append(text)
                        loads += found
            elif instruction.keyword in ("COPY", "ADD"):
                worth = "models--" in instruction.raw or instruction.keyword == "ADD"
                texts.append(instruction.raw.lower() if worth else "")
    return Baked(
        tuple(text for text in texts if text),
        frozenset(load.model.lower() for load in loads if load.model is not None),
        frozenset((load.path, load.span.start) for load in loads),
        frozenset(load.library for load in loads),
        _copies_cache(build),
    )


def _contributing(build: Build) -> Iterator[Stage]:
    """The stages whose files may get into the final image."""
    pending = list(final_chain(build))
    seen: set[int] = set()
    while pending:
        stage = pending.pop(0)
        if stage.index in seen:
            continue
        seen.add(stage.index)
        yield stage
        for instruction in stage.instructions:
            origin = instruction.flag("from") if instruction.keyword == "COPY" else None
            source = build.stage_named(origin, stage.index) if origin else None
            if source is not None:
                pending += chain(build, source)


def _copies_cache(build: Build) -> bool:
    folders = cache_folders(final_state(build).env)
    found = copies(build)
    for stage in final_chain(build):
        for instruction in stage.instructions:
            copy = found.get(instruction.index)
            if copy is None or copy.destination is None:
                continue
            from_stage = copy.origin is not None and build.stage_named(copy.origin, stage.index) is not None
            if from_stage:
                continue
            if copy.from_context and any(
                inside(copy.destination, folder) is not None or copy.provides_folder(folder) for folder in folders
            ):
                return True
            if not copy.from_context and any(overlaps(folder, copy.destination) for folder in folders):
                return True
    return False


def _run(build: Build, instruction: Instruction, hidden: bool) -> Iterator[tuple[str, tuple[Load, ...]]]:
    """The text of each command of a RUN, and the downloads of the Python program it is; where a cache mount hides the
    cache, only what goes elsewhere.
    """
    files = image_file(build, instruction)
    for step in steps_at(build, instruction).steps:
        place = place_of(build, instruction, step)
        words = words_of(step)
        if not hidden:
            yield (
                " ".join((step.program, *words)).lower(),
                tuple(shell_loads((step.program, *words), place.environment)),
            )
            for script in _scripts(step, place, words):
                yield script, ()
        for program in programs_of_step(build, step, place):
            loads = (*program_loads(build, program, files), *command_loads(build, program, files))
            yield "", tuple(load for load in loads if not hidden or load.cache is not None or load.target is not None)


def _scripts(step: Step, place: Place, words: tuple[str, ...]) -> Iterator[str]:
    """The texts of the project's shell scripts that a command runs."""
    for name in (step.path, *words[:1]):
        if "\0" in name or name.startswith("-") or not ("/" in name or name.endswith(".sh")):
            continue
        text = place.read(place.path(name))
        if text is not None and not name.endswith(".py"):
            yield text.content.lower()


def _hidden(instruction: Instruction, state: State) -> bool:
    """Whether a cache mount lies over the folder that models are downloaded to: nothing of it gets into the image."""
    if "--local-dir" in instruction.raw or "local_dir" in instruction.raw:
        return False
    folders = cache_folders({**state.args, **state.env})
    targets = [mount.target for mount in mounts_of(instruction, state) if mount.kind == "cache"]
    return any(overlaps(folder, target) for folder in folders for target in targets)
