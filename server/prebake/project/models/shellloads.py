"""The model downloads among the commands that a shell runs: `hf download`, `wget` of weights, `ollama pull`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase

from prebake.project.models.catalogue import Entry, ShellCommand, command_for
from prebake.project.models.load import CODE, Load, is_path
from prebake.project.python.values import Value
from prebake.text import Position, Span

_UNKNOWN = "\0"
_NOWHERE = Span(Position(0, 0), Position(0, 0))
_WEIGHTS = (
    *("*.pt", "*.pth", "*.ckpt", "*.safetensors", "*.gguf", "*.ggml", "*.onnx", "*.h5", "*.keras", "*.tflite"),
    *("*.caffemodel", "*.engine", "*.joblib", "*.pkl", "*/resolve/*.bin", "*/resolve/*.model"),
    *("*model*.zip", "*model*.tar.gz", "*model*.tgz", "*weights*.zip", "*weights*.tar.gz", "*checkpoint*.tar.gz"),
    *("*model*.bin", "*weights*.bin", "*checkpoint*.zip"),
)


def shell_loads(
    words: tuple[str, ...],
    environment: Mapping[str, str | None],
    path: str = CODE,
    span: Span = _NOWHERE,
) -> Iterator[Load]:
    """The downloads of one command, given as its words; a word that is not known is or holds ``"\\0"``.

    ``path`` and ``span`` are the place of the command in a file of the project.
    """
    found = command_for(words)
    if found is None:
        return
    command, entry, rest = found
    ids, target = _read(command, rest)
    if command.when is not None and not any(word.startswith(command.when) for word in rest):
        return
    variable: str | None = None
    if not ids and command.variable is not None and command.variable in environment:
        variable = command.variable
        ids = [environment[command.variable] or _UNKNOWN]
    if not ids and command.default is not None:
        ids = [command.default]
    for text in ids:
        unknown = _UNKNOWN in text
        if command.suffixes and (unknown or not is_weights(text)):
            continue
        if not (unknown or command.suffixes or entry.known or command.default == text) and is_path(text, entry):
            continue
        if not unknown and text != command.default and not entry.knows(text):
            continue
        model = None if unknown else entry.repository_of(command.name, text)
        yield Load(
            entry,
            command.name,
            model,
            None if unknown else text,
            model is not None and (entry.allows(model) or text == command.default),
            path,
            span,
            kind="dataset" if _repository(rest) == "dataset" else entry.kind,
            variable=variable,
            from_environment=variable is not None,
            repository=_repository(rest),
            target=None if target is None else Value(target, known=_UNKNOWN not in target),
            files=_files(entry, ids, text, rest),
            words=words,
        )


def is_weights(url: str) -> bool:
    """Whether the name of a file that a URL (or a key of an object store) ends in is one of weights."""
    if "://" not in url:
        return False
    text = url.partition("?")[0].partition("#")[0].lower()
    return any(fnmatchcase(text, pattern) for pattern in _WEIGHTS)


def _read(command: ShellCommand, words: tuple[str, ...]) -> tuple[list[str], str | None]:
    """The ids among the words of a command, and the folder that it is given."""
    positionals: list[str] = []
    named: list[str] = []
    target: str | None = None
    at = 0
    while at < len(words):
        word = words[at]
        option, equals, value = word.partition("=")
        following = value if equals else words[at + 1] if at + 1 < len(words) else ""
        known = option in command.options or option in command.target or option in command.valued
        if not word.startswith("-") or word == "-":
            positionals.append(word)
            at += 1
            continue
        if option in command.options and following:
            named.append(following)
        elif option in command.target and following:
            target = following
        at += 2 if known and not equals else 1
    if -1 in command.positions:
        return [*named, *positionals], target
    return [*named, *(positionals[at] for at in command.positions if at < len(positionals))], target


def _repository(words: tuple[str, ...]) -> str:
    """The kind of repository that ``--repo-type`` names."""
    at = words.index("--repo-type") + 1 if "--repo-type" in words else len(words)
    return words[at] if at < len(words) and words[at] in ("dataset", "space") else "model"


def _files(entry: Entry, ids: list[str], text: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """The files that `hf download REPO FILE ...` names."""
    if entry.files is None or len(ids) != 1 or text not in words:
        return ()
    following: list[str] = []
    for word in words[words.index(text) + 1 :]:
        if word.startswith("-"):
            break
        following.append(word)
    return tuple(following) if _UNKNOWN not in "".join(following) else ()
