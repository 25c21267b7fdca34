"""``docker build`` and its like in shell text: which Dockerfile they build, from which context."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from prebake.files import join
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.fragment import Fragment
from prebake.syntax.shell import Command, ShellWord, split

_SUBCOMMANDS = {
    ("docker", "build"), ("docker", "buildx", "build"), ("docker", "buildx", "b"), ("docker", "image", "build"),
    ("docker", "builder", "build"), ("podman", "build"), ("podman", "buildx", "build"), ("podman", "image", "build"),
    ("buildah", "bud"), ("buildah", "build"), ("nerdctl", "build"),
}  # fmt: skip
_VALUED = frozenset(
    {
        *("add-host", "allow", "annotation", "attest", "authfile", "build-arg", "build-arg-file", "build-context"),
        *("builder", "cache-from", "cache-to", "cgroup-parent", "cpu-period", "cpu-quota", "cpu-shares", "cpuset-cpus"),
        *("cpuset-mems", "env", "file", "format", "iidfile", "ignorefile", "isolation", "jobs", "label", "memory"),
        *("memory-swap", "metadata-file", "network", "no-cache-filter", "output", "platform", "progress", "provenance"),
        *("sbom", "secret", "security-opt", "shm-size", "ssh", "tag", "target", "ulimit", "volume"),
    }
)
"""Long options that take a value in the next word."""
_VALUED_SHORT = frozenset("ftocm")
_HERE = regex(r"(?:\$PWD|\$\{PWD\}|\$\(pwd\)|`pwd`)(/[^$`\"']*)?")
_WORKSPACE = regex(r"(?:\$GITHUB_WORKSPACE|\$\{GITHUB_WORKSPACE\}|\$CI_PROJECT_DIR|\$\{CI_PROJECT_DIR\})(/[^$`\"']*)?")
_REMOTE = regex(r"(https?|git|ssh)://|git@")
_ASKS_FOR_BUILD = regex(r"\b(docker|podman|buildah|nerdctl)\b[^\n]*\b(build|bud|b)\b")


class DockerBuild(NamedTuple):
    """A build command.

    ``context`` and ``dockerfile`` are absolute, ``context`` is ``None`` for a remote one (``remote``). ``args`` without
    a known value are left out. ``start`` is the command's offset in the text.
    """

    context: str | None
    dockerfile: str | None
    target: str | None
    args: Mapping[str, str]
    remote: bool
    start: int


def docker_builds(text: str, folder: str | None, workspace: str) -> Iterator[DockerBuild]:
    """The build commands of a shell text whose Dockerfile and context can be told.

    ``folder`` is the absolute working directory the text starts in (``None``: not known), ``workspace`` that of the
    checked-out repository. ``cd`` is followed; in a subshell it counts up to its end.
    """
    if not _ASKS_FOR_BUILD.search(text):
        return
    places: list[tuple[tuple[str, ...], str | None]] = [((), folder)]
    for command in split(Fragment.whole(text)).commands:
        subshell = tuple(name for name in command.context if name in ("(", "$("))
        while len(places) > 1 and places[-1][0] != subshell[: len(places[-1][0])]:
            places.pop()
        here = places[-1][1]
        if command.name in ("cd", "pushd"):
            target = command.words[1] if len(command.words) > 1 else None
            moved = _path(target, here, workspace) if target is not None else None
            if places[-1][0] == subshell:
                places.pop()
            places.append((subshell, moved))
        elif command.name == "popd":
            places[-1] = (places[-1][0], places[0][1])
        else:
            built = _docker_build(command, here, workspace)
            if built is not None:
                yield built


def _path(word: ShellWord, folder: str | None, workspace: str) -> str | None:
    """A word as an absolute path."""
    if word.value is not None:
        if word.value.startswith("/"):
            return join(word.value)
        return None if folder is None else join(folder, word.value)
    raw = word.raw.strip("\"'")
    here, top = _HERE.fullmatch(raw), _WORKSPACE.fullmatch(raw)
    if here is not None and folder is not None:
        return join(folder, "." + (here[1] or ""))
    return join(workspace, "." + (top[1] or "")) if top is not None else None


def _docker_build(command: Command, folder: str | None, workspace: str) -> DockerBuild | None:
    words = list(command.words)
    while words and words[0].value in ("sudo", "time", "exec", "env"):
        words.pop(0)
    names = tuple(word.value or "" for word in words[:3])
    names = (names[0].rpartition("/")[2], *names[1:]) if names else names
    size = next((len(known) for known in _SUBCOMMANDS if names[: len(known)] == known), 0)
    if not size:
        return None
    options, positional = _options(words[size:])
    if len(positional) != 1:
        return None
    file = options.get("file", [None])[-1]
    target = options.get("target", [None])[-1]
    args = dict(pair for word in options.get("build-arg", []) if (pair := _argument(word)) is not None)
    stage = target.value if target is not None else None
    if target is not None and stage is None:
        return None
    if _REMOTE.match(positional[0].raw.strip("\"'")):
        return DockerBuild(None, None, stage, args, True, command.start)
    context = _path(positional[0], folder, workspace)
    if context is None or positional[0].value == "-":
        return None
    dockerfile = join(context, "Dockerfile") if file is None else _path(file, folder, workspace)
    if dockerfile is None or (file is not None and file.value == "-"):
        return None
    return DockerBuild(context, dockerfile, stage, args, False, command.start)


def _options(words: list[ShellWord]) -> tuple[dict[str, list[ShellWord]], list[ShellWord]]:
    """The values of options by long name, and the other words."""
    options: dict[str, list[ShellWord]] = {}
    positional: list[ShellWord] = []
    short = {"f": "file"}
    at = 0
    while at < len(words):
        word, at = words[at], at + 1
        raw = word.raw.lstrip("\"'")
        if not raw.startswith("-") or raw == "-":
            positional.append(word)
            continue
        if raw.startswith("--"):
            name, equals, _ = raw[2:].partition("=")
            skip = len(name) + 3
        else:
            name = next((char for char in raw[1:] if char in _VALUED_SHORT), "")
            equals = "" if raw.endswith(name) else "="
            skip = raw.find(name) + 1 if name else 0
        takes = name in _VALUED or name in _VALUED_SHORT
        name = short.get(name, name)
        if equals and takes:
            options.setdefault(name, []).append(_rest(word, skip))
        elif takes and at < len(words):
            options.setdefault(name, []).append(words[at])
            at += 1
    return options, positional


def _rest(word: ShellWord, skip: int) -> ShellWord:
    """The value part of ``--name=value`` or ``-fvalue``."""
    value = word.value[skip:].removeprefix("=") if word.value is not None and len(word.value) >= skip else None
    raw = word.raw.lstrip("\"'")[skip:].removeprefix("=")
    return word._replace(raw=raw, value=value)


def _argument(word: ShellWord) -> tuple[str, str] | None:
    name, equals, value = (word.value or "").partition("=")
    return (name, value) if name and equals else None
