"""The command line that downloads what the code loads: ``hf download`` with its arguments, safely quoted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from prebake.build.models.safetext import (
    Unsafe,
    file_word,
    folder_word,
    model_word,
    pattern_word,
    revision_word,
    variable_word,
)
from prebake.build.state import State
from prebake.files import join
from prebake.project.models.loads import Load
from prebake.project.python.values import Value
from prebake.records import NamedTuple

# The formats of weights: what a tokenizer or a configuration does not need. Their own names are too many to list.
_WEIGHTS = ("*.safetensors", "*.bin", "*.h5", "*.msgpack", "*.onnx*", "*.pt*", "*.gguf")


OLD_CACHE = "TRANSFORMERS_CACHE"
"""The variable that transformers before 5 reads before ``HF_HOME``, and that later releases ignore."""


class HubDownload(NamedTuple):
    """One command: its text, and the option and the folder (as words of it) that say where it downloads to, empty for
    the cache that variables name. ``whole``: nothing else is in that folder, or its own part cannot be told.
    """

    text: str
    option: str = ""
    folder: str = ""
    whole: bool = False


def download_commands(
    tool: str,
    loads: Sequence[Load],
    directory: str,
    state: State,
    running: Mapping[str, str | None],
    *,
    repeats_patterns: bool,
    weights: bool,
) -> tuple[HubDownload, ...]:
    """The commands that download everything that several loads of one repository need.

    ``directory`` is the working directory of the code, to which its relative paths refer, ``running`` are the variables
    that it finds; ``state`` is that of the RUN. ``repeats_patterns`` is false for releases before 1.0, which want all
    patterns behind one option; ``weights`` where no code needs the weights, only a tokenizer or a configuration.

    Raises:
        Unsafe: something in it is not known, or is none of what the hub's own grammar allows.
    """
    model = model_word(loads[0].model)
    places = dict.fromkeys(_place(load, directory, state, running) for load in loads)
    commands: list[HubDownload] = []
    for revision in dict.fromkeys(_revision(load) for load in loads):
        own = [load for load in loads if _revision(load) == revision]
        for place in places:
            mine = [load for load in own if _place(load, directory, state, running) == place]
            if not mine:
                continue
            name = _id(mine, model, state)
            words = [tool, "download", name]
            words += _files(mine)
            if mine[0].repository not in ("model", "dataset", "space"):
                raise Unsafe("the code asks for a kind of repository that the Hugging Face Hub does not have")
            if mine[0].repository != "model":
                words += ["--repo-type", mine[0].repository]
            if revision is not None:
                words += ["--revision", revision]
            words += _filters(mine, repeats_patterns) if weights else _patterns("--exclude", _WEIGHTS, repeats_patterns)
            words += place or ()
            option, folder = place or ("", "")
            whole = option == "--local-dir" or name != model
            commands.append(HubDownload(" ".join(words), option, folder, whole))
    return tuple(commands)


def _id(loads: Sequence[Load], model: str, state: State) -> str:
    """The id, as the variable that holds it where the image sets one to just that, or an ARG of that name does."""
    names = {load.variable for load in loads}
    name = names.pop() if len(names) == 1 else None
    if name is not None and all(load.from_environment for load in loads):
        held = state.env[name] if name in state.env else state.args.get(name)
        if held == model:
            return variable_word(name)
    return model


def _revision(load: Load) -> str | None:
    if load.revision is None:
        return None
    text = load.revision.text
    if text is None:
        raise Unsafe("the code passes a revision whose value is not known")
    return revision_word(text)


def _files(loads: Iterable[Load]) -> list[str]:
    found: list[str] = []
    for load in loads:
        if not load.files:
            return []
        found += map(file_word, load.files)
    return list(dict.fromkeys(found))


def _filters(loads: Sequence[Load], repeats: bool) -> list[str]:
    """The code's own patterns, where all of it has the same: other filters would leave a snapshot incomplete."""
    filters = {(load.include, load.exclude) for load in loads}
    if len(filters) != 1 or not any(load.include or load.exclude for load in loads):
        return []
    words: list[str] = []
    for option, patterns in zip(("--include", "--exclude"), filters.pop(), strict=True):
        words += _patterns(option, patterns, repeats)
    return words


def _patterns(option: str, patterns: Iterable[str], repeats: bool) -> list[str]:
    words: list[str] = []
    for number, pattern in enumerate(patterns):
        words += ([option] if repeats or not number else []) + [pattern_word(pattern)]
    return words


def _place(load: Load, directory: str, state: State, running: Mapping[str, str | None]) -> tuple[str, str] | None:
    """The option that names where the code looks, and its value; ``None`` for the cache that variables name."""
    for option, value in (("--local-dir", load.target), ("--cache-dir", load.cache)):
        if value is not None:
            return option, _folder(value, directory)
    for name in load.entry.variables:
        if running.get(name, "") != "":
            same = state.env.get(name) == running[name] is not None
            return "--cache-dir", variable_word(name) if same else _folder(Value(running[name]), directory)
    return None


def _folder(value: Value, directory: str) -> str:
    if value.text is None:
        raise Unsafe("the code passes a folder for its downloads whose value is not known")
    return folder_word(join(directory, value.text))
