"""``docker build`` and its like in shell text: which Dockerfile they build, from which context."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from prebake.files import join
from prebake.project.contexts.namedcontexts import REMOTE, NamedContext, named_context
from prebake.project.starting.shellplaces import Places
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.fragment import Fragment
from prebake.syntax.shell import Command, ShellWord, split

_SUBCOMMANDS = {
    ("docker", "build"), ("docker", "buildx", "build"), ("docker", "buildx", "b"), ("docker", "image", "build"),
    ("docker", "builder", "build"), ("podman", "build"), ("podman", "buildx", "build"), ("podman", "image", "build"),
    ("buildah", "bud"), ("buildah", "build"), ("nerdctl", "build"), ("nerdctl", "image", "build"),
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
_KANIKO_VALUED = frozenset(
    {
        *("context", "context-sub-path", "dockerfile", "destination", "build-arg", "target", "cache-repo", "cache-dir"),
        *("label", "ignore-path", "snapshot-mode", "snapshotMode", "digest-file", "image-name-with-digest-file"),
        *("verbosity", "tar-path", "tarPath", "oci-layout-path", "registry-mirror", "registry-certificate"),
        *("custom-platform", "customPlatform", "cache-ttl", "image-fs-extract-retry", "push-retry", "git", "secret"),
    }
)
_GIVEN_WORDS = ("sudo", "time", "exec", "env", "command", "nohup")
_OPTIONS_ONLY = regex(r"[\"']?(?:\$\w+|\$[@*]|\$\{[^{}$`]*\})[\"']?")
"""A word that is one variable: mostly further options."""
_TOOL = regex(r"\b(?:docker|podman|buildah|nerdctl|kaniko/executor)\b")
_VERB = regex(r"\b(?:build|bud|b|executor)\b")
_COPIED = regex(r"\bcp\s[^\n]*Dockerfile")


def asks_for_build(text: str) -> bool:
    """Whether a text may hold a build command: a test that costs little."""
    at = 0
    while (tool := _TOOL.search(text, at)) is not None:
        end = text.find("\n", tool.end())
        at = end if end >= 0 else len(text)
        if _VERB.search(text, tool.start(), at) is not None:
            return True
    return _COPIED.search(text) is not None


class DockerBuild(NamedTuple):
    """A build command.

    ``context`` and ``dockerfile`` are absolute, ``context`` is ``None`` for a remote one (``remote``). ``args`` without
    a known value are left out. ``start`` is the command's offset in the text, ``tool`` the command in short, such as
    ``docker build``; ``cp`` stands for a Dockerfile that is copied to another folder, where something builds it.
    """

    context: str | None
    dockerfile: str | None
    target: str | None
    args: Mapping[str, str]
    remote: bool
    start: int
    named: Mapping[str, NamedContext] = MappingProxyType({})
    tool: str = "docker build"


def docker_builds(
    text: str,
    folder: str | None,
    workspace: str,
    script: str | None = None,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[DockerBuild]:
    """The build commands of a shell text whose Dockerfile and context can be told.

    ``folder`` is the absolute working directory the text starts in (``None``: not known), ``workspace`` that of the
    checked-out repository, ``script`` the path of the script itself, ``variables`` what is set for it. ``cd`` is
    followed; in a subshell it counts up to its end.
    """
    if not asks_for_build(text):
        return
    copied: dict[str, list[tuple[str, int]]] = {}
    for command, words, places in commands_in(text, folder, workspace, script, variables):
        if words and words[0].value == "cp" and len(words) >= 3:
            source, target = places.path(words[-2]), places.path(words[-1])
            if source is not None and target is not None and posixpath.basename(target) == "Dockerfile":
                copied.setdefault(target, []).append((source, command.start))
            continue
        for built in _built(command, words, places):
            originals = copied.pop(built.dockerfile, []) if built.dockerfile is not None else []
            yield from (built._replace(dockerfile=source) for source, _ in originals)
            if not originals:
                yield built
    for target, originals in copied.items():
        for source, start in originals:
            yield DockerBuild(posixpath.dirname(target), source, None, {}, False, start, tool="cp")


def commands_in(
    text: str,
    folder: str | None,
    workspace: str,
    script: str | None = None,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[tuple[Command, list[ShellWord], Places]]:
    """The commands of a shell text that do something besides moving about, each with its words and where it runs; what
    is given is as for :func:`docker_builds`.
    """
    places = Places(folder, workspace, script, variables)
    for command in split(Fragment.whole(text)).commands:
        if not places.follow(command):
            yield command, _plain(command), places


def _plain(command: Command) -> list[ShellWord]:
    """The words of a command without those that only say how to run it."""
    words = list(command.words)
    while words and words[0].value in _GIVEN_WORDS:
        words.pop(0)
    return words


def _built(command: Command, words: list[ShellWord], places: Places) -> Iterator[DockerBuild]:
    """The builds of one command: none, one, or for kaniko one for each place that its Dockerfile may be in."""
    names = tuple(places.value(word) or "" for word in words[:3])
    names = (names[0].rpartition("/")[2], *names[1:]) if names else names
    if names and names[0] == "executor" and "kaniko" in words[0].raw:
        yield from _kaniko(command, words[1:], places)
        return
    known = next((known for known in _SUBCOMMANDS if names[: len(known)] == known), None)
    built = _docker_build(command, words[len(known) :], places) if known is not None else None
    if known is not None and built is not None:
        yield built._replace(tool=f"{known[0]} build")


def _docker_build(command: Command, words: list[ShellWord], places: Places) -> DockerBuild | None:
    options, positional = options_of(words, _VALUED, _VALUED_SHORT, {"f": "file"})
    file = options.get("file", [None])[-1]
    if len(positional) > 1 and file is not None:
        # What a variable holds is mostly options; with a Dockerfile named beside them they change nothing here.
        positional = [
            word for word in positional if _OPTIONS_ONLY.fullmatch(word.raw) is None or places.value(word) is not None
        ]
    if len(positional) != 1:
        return None
    shared = _shared(options, places)
    if shared is None:
        return None
    stage, args = shared
    named = {
        name: named_context(value, places.folder or places.workspace)
        for name, value in (_pair(word, places) for word in options.get("build-context", []))
        if name
    }
    if REMOTE.match(positional[0].raw.strip("\"'")):
        return DockerBuild(None, None, stage, args, True, command.start, named)
    context = places.path(positional[0])
    if context is None or positional[0].value == "-":
        return None
    dockerfile = join(context, "Dockerfile") if file is None else places.path(file)
    if dockerfile is None or (file is not None and file.value == "-"):
        return None
    return DockerBuild(context, dockerfile, stage, args, False, command.start, named)


def _kaniko(command: Command, words: list[ShellWord], places: Places) -> Iterator[DockerBuild]:
    """A call of kaniko's executor, which looks for the Dockerfile in the working directory, then in the context."""
    options, _ = options_of(words, _KANIKO_VALUED, frozenset("cfd"), {"c": "context", "f": "dockerfile"})
    given, file = options.get("context", [None])[-1], options.get("dockerfile", [None])[-1]
    shared = _shared(options, places)
    if shared is None:
        return
    if given is not None:
        raw = given.raw.lstrip("\"'")
        if raw.startswith("dir://"):
            given = given._replace(
                raw=given.raw.replace("dir://", "", 1), value=given.value and given.value.removeprefix("dir://")
            )
        elif "://" in raw:
            return
    context = places.workspace if given is None else places.path(given)
    below = options.get("context-sub-path", [None])[-1]
    if below is not None:
        inner = places.value(below)
        context = join(context, inner) if context is not None and inner is not None else None
    if context is None:
        return
    written = "Dockerfile" if file is None else places.value(file)
    found = [places.path(file)] if file is not None else []
    found += [join(context, written)] if written is not None and not written.startswith("/") else []
    for dockerfile in dict.fromkeys(path for path in found if path is not None):
        yield DockerBuild(context, dockerfile, shared[0], shared[1], False, command.start, tool="kaniko")


def _shared(options: Mapping[str, list[ShellWord]], places: Places) -> tuple[str | None, dict[str, str]] | None:
    """The target and the build arguments; ``None`` when the target is not known."""
    target = options.get("target", [None])[-1]
    stage = places.value(target) if target is not None else None
    if target is not None and stage is None:
        return None
    pairs = (_pair(word, places) for word in options.get("build-arg", []))
    return stage, {name: value for name, value in pairs if name and value is not None}


def options_of(
    words: list[ShellWord], valued: frozenset[str], valued_short: frozenset[str], long_names: Mapping[str, str]
) -> tuple[dict[str, list[ShellWord]], list[ShellWord]]:
    """The values of options by long name, and the other words."""
    options: dict[str, list[ShellWord]] = {}
    positional: list[ShellWord] = []
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
            name = next((char for char in raw[1:] if char in valued_short), "")
            equals = "" if raw.endswith(name) else "="
            skip = raw.find(name) + 1 if name else 0
        takes = name in valued or name in valued_short
        name = long_names.get(name, name)
        if equals and takes:
            options.setdefault(name, []).append(_rest(word, skip))
        elif takes and at < len(words):
            options.setdefault(name, []).append(words[at])
            at += 1
    return options, positional


def _rest(word: ShellWord, skip: int) -> ShellWord:
    """The value part of ``--name=value`` or ``-fvalue``."""
    value = word.value[skip:].removeprefix("=") if word.value is not None and len(word.value) >= skip else None
    quote = word.raw[: len(word.raw) - len(word.raw.lstrip("\"'"))]
    raw = quote + word.raw.lstrip("\"'")[skip:].removeprefix("=")
    return word._replace(raw=raw, value=value)


def _pair(word: ShellWord, places: Places) -> tuple[str, str | None]:
    """``NAME=value``: the value is ``None`` where it is not known, the name empty where that is not."""
    name, equals, value = (places.value(word) or "").partition("=")
    if name:
        return (name, value) if equals else ("", None)
    name, equals, _ = word.raw.strip("\"'").partition("=")
    return (name, None) if equals and "$" not in name else ("", None)
