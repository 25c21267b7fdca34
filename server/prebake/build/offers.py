"""What may be written at a place of a Dockerfile besides paths: keywords, flags, mounts, stages and variables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Literal

from prebake.build.builders import BUILDKIT, Builder
from prebake.build.origins import PLATFORM
from prebake.build.state import State
from prebake.data import load_table
from prebake.project.contexts.namedcontexts import NamedContext
from prebake.records import NamedTuple
from prebake.syntax.caret import Caret, Part
from prebake.syntax.dockerfile import Dockerfile
from prebake.syntax.forms import KEYWORDS
from prebake.text import shortened

Kind = Literal["keyword", "flag", "option", "value", "stage", "context", "variable", "folder"]

_FLAGS = {
    "FROM": {"platform": "the platform of the image, such as linux/amd64"},
    "COPY": {
        "from": "another stage, an image or a named context to copy from",
        "chown": "the owner in the image, user:group",
        "chmod": "the permissions in the image",
        "link": "a layer that does not depend on those below it",
        "exclude": "a pattern that is left out (docker/dockerfile 1.19)",
        "parents": "keep the parent folders of the sources (docker/dockerfile 1.20)",
    },
    "ADD": {
        "chown": "the owner in the image, user:group",
        "chmod": "the permissions in the image",
        "link": "a layer that does not depend on those below it",
        "checksum": "the digest of what is fetched, sha256:...",
        "keep-git-dir": "keep the .git of a repository that is fetched",
        "exclude": "a pattern that is left out (docker/dockerfile 1.19)",
        "unpack": "whether an archive is unpacked (docker/dockerfile 1.17)",
    },
    "RUN": {
        "mount": "a cache, secret or file that is there for this command only",
        "network": "default, none or host",
        "security": "sandbox or insecure",
    },
    "HEALTHCHECK": {
        "interval": "the time between two checks",
        "timeout": "how long a check may take",
        "start-period": "how long the container has to start",
        "start-interval": "the time between two checks while it starts",
        "retries": "how many failures in a row count",
    },
}
_WITHOUT_VALUE = frozenset(("link", "parents"))
_BUILDKIT_ONLY = frozenset(("exclude", "parents", "unpack", "checksum", "keep-git-dir", "security"))
_VALUES = {
    "network": ("default", "none", "host"),
    "security": ("sandbox", "insecure"),
    "keep-git-dir": ("true", "false"),
    "unpack": ("true", "false"),
}

_ANY = {"target": "where it is in the container"}
_OWNED = {"mode": "its permissions", "uid": "the user it belongs to", "gid": "the group it belongs to"}
_FROM = {"from": "another stage, an image or a named context", "source": "the path there"}
_MOUNTS: Mapping[str, Mapping[str, str]] = {
    "cache": {
        **_ANY,
        "sharing": "what builds at the same time do: shared, private or locked",
        "id": "its name; the target where none is given",
        **_FROM,
        "ro": "read only",
        **_OWNED,
    },
    "bind": {
        **_ANY,
        "source": "the path in the build context",
        "from": _FROM["from"],
        "rw": "writable; nothing is kept",
    },
    "secret": {
        "id": "the name that it is given to the build by",
        **_ANY,
        "env": "the variable that holds it (docker/dockerfile 1.10)",
        "required": "fail without it",
        **_OWNED,
    },
    "ssh": {"id": "the name of the agent or key", **_ANY, "required": "fail without it", **_OWNED},
    "tmpfs": {**_ANY, "size": "the most that it may hold, in bytes"},
}
_MOUNT_DETAILS = {
    "cache": "a folder that is kept from build to build and is in no layer",
    "bind": "files of the context or of a stage, without copying them",
    "secret": "a file that is in no layer and in no cache key",
    "ssh": "the SSH agent of who builds",
    "tmpfs": "a folder in memory",
}
_SHARING = {"shared": "all write at once", "private": "each has its own", "locked": "one after the other (apt)"}
_APT = ("/var/cache/apt", "/var/lib/apt/lists")
_HUB = ".cache/huggingface"


class Offer(NamedTuple):
    """Something that may be written, and what it is in a few words."""

    text: str
    kind: Kind
    detail: str = ""


class Scene(NamedTuple):
    """Where something is typed: the Dockerfile, what is set before the instruction, and what builds it."""

    tree: Dockerfile
    caret: Caret
    state: State
    named: Mapping[str, NamedContext] = MappingProxyType({})
    builder: Builder = BUILDKIT


def offers(scene: Scene) -> tuple[Offer, ...]:
    """What may be written there besides paths of the context, in the order in which it is shown."""
    return tuple(_BY_PART[scene.caret.part](scene))


def takes_source(caret: Caret) -> bool:
    """Whether a path of the context, or of what ``--from`` names, is being typed."""
    if caret.part is Part.OPTION_VALUE:
        return caret.name in ("source", "src") and dict(caret.options).get("type", "bind") == "bind"
    is_source = caret.number == 0 or caret.number < caret.arguments - 1
    return caret.part is Part.ARGUMENT and caret.keyword in ("COPY", "ADD") and is_source


def origin_of(caret: Caret) -> str | None:
    """What the path that is typed is relative to: a stage, image or named context; ``None`` for the build context."""
    return dict(caret.options).get("from") if caret.part is Part.OPTION_VALUE else caret.origin


def _keywords(scene: Scene) -> Iterator[Offer]:
    caret, tree = scene.caret, scene.tree
    if caret.within:
        known = KEYWORDS - {"FROM", "MAINTAINER", "ONBUILD"}
    elif any(item.keyword == "FROM" and item.index < caret.instruction_index for item in tree.instructions):
        known = KEYWORDS - {"MAINTAINER"}
    else:
        known = frozenset(("ARG", "FROM"))
    written = [tree.text.slice(item.keyword_span) for item in tree.instructions]
    small = caret.typed.islower() or (not caret.typed and bool(written) and all(word.islower() for word in written))
    for keyword in sorted(known):
        yield Offer(keyword.lower() if small else keyword, "keyword")


def _flags(scene: Scene) -> Iterator[Offer]:
    builder = scene.builder
    for name, detail in _FLAGS.get(scene.caret.keyword, {}).items():
        if (
            (name == "mount" and not builder.mounts)
            or (name == "link" and not builder.link)
            or (name == "chmod" and not builder.chmod)
            or (name == "network" and not builder.mounts)
            or (name in _BUILDKIT_ONLY and builder is not BUILDKIT)
        ):
            continue
        is_whole = name in _WITHOUT_VALUE
        yield Offer(f"--{name}" if is_whole else f"--{name}=", "flag", detail)


def _values(scene: Scene) -> Iterator[Offer]:
    name = scene.caret.name
    if name == "from":
        yield from _stages(scene)
    elif name == "platform":
        yield from (Offer(f"${variable}", "value") for variable in ("BUILDPLATFORM", "TARGETPLATFORM"))
    yield from (Offer(value, "value") for value in _VALUES.get(name, ()))


def _options(scene: Scene) -> Iterator[Offer]:
    given = dict(scene.caret.options)
    kind = given.get("type")
    if kind is None:
        for mount in ("cache", "bind", "secret", "ssh", "tmpfs"):
            if mount in scene.builder.mounts:
                yield Offer(f"type={mount}", "option", _MOUNT_DETAILS[mount])
    for name, detail in _MOUNTS.get(kind or "bind", {}).items():
        if name not in given:
            is_whole = name in ("ro", "rw", "required")
            yield Offer(name if is_whole else f"{name}=", "option", detail)


def _option_values(scene: Scene) -> Iterator[Offer]:
    caret = scene.caret
    kind = dict(caret.options).get("type", "bind")
    if caret.name == "type":
        for mount in ("cache", "bind", "secret", "ssh", "tmpfs"):
            if mount in scene.builder.mounts:
                yield Offer(mount, "value", _MOUNT_DETAILS[mount])
    elif caret.name == "sharing":
        yield from (Offer(value, "value", detail) for value, detail in _SHARING.items())
    elif caret.name == "from":
        yield from _stages(scene)
    elif caret.name in ("target", "dst", "destination") and kind == "cache":
        yield from _caches(scene.state)


def _caches(state: State) -> Iterator[Offer]:
    """Where tools keep what they download, for the user that the command runs as."""
    if state.user in (None, "root", "0"):
        for name, folder in _folders():
            yield Offer(f"/root/{folder}", "folder", f"what {name} downloads")
    yield from (Offer(folder, "folder", "what apt downloads, with sharing=locked") for folder in _APT)


@cache
def _folders() -> tuple[tuple[str, str], ...]:
    """The caches of installers and of the Hugging Face hub, below a home."""
    found: list[tuple[str, str]] = []
    for row in load_table("caches")["cache"]:
        folder = f".cache/{row['folder']}" if "folder" in row else row.get("home")
        if folder is not None:
            found.append((row["name"], folder))
    return (*found, ("the Hugging Face hub", _HUB))


def _stages(scene: Scene) -> Iterator[Offer]:
    """The stages above, the nearest first, and the named contexts."""
    caret, tree = scene.caret, scene.tree
    above = [stage for stage in tree.stages if stage.instruction.index < caret.instruction_index]
    is_from = caret.keyword == "FROM"
    if not is_from:
        above = above[:-1]
    for stage in reversed(above):
        base = shortened(stage.base, 40)
        if stage.name is not None:
            yield Offer(stage.name, "stage", f"stage {stage.index}, from {base}")
        elif not is_from:
            yield Offer(str(stage.index), "stage", f"the stage without a name that is from {base}")
    for name, context in scene.named.items():
        yield Offer(name, "context", f"named context: {shortened(context.value or context.kind, 60)}")


def _variables(scene: Scene) -> Iterator[Offer]:
    """The variables that are set, the Dockerfile's own ENVs first; in FROM those of the platform as well."""
    caret, state = scene.caret, scene.state
    for name in sorted(state.env):
        if name not in state.hidden:
            yield Offer(name, "variable", _value(state.env[name]) or "ENV")
    if caret.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
        return  # what a container runs sees no build arguments
    for name in sorted(state.args):
        if name not in state.env or name in state.hidden:
            yield Offer(name, "variable", _value(state.args[name]) or "build argument")
    if caret.keyword == "FROM":
        yield from (Offer(name, "variable", detail) for name, detail in PLATFORM.items() if name not in state.args)


def _value(value: str | None) -> str | None:
    return None if value is None else shortened(value, 60) or '""'


def _arguments(scene: Scene) -> Iterator[Offer]:
    caret, tree = scene.caret, scene.tree
    if caret.keyword == "FROM" and caret.number == 0:
        yield from _stages(scene)
    elif caret.keyword == "ARG" and any(
        item.keyword == "FROM" and item.index < caret.instruction_index for item in tree.instructions
    ):
        for instruction in tree.global_args:
            for pair in instruction.pairs:
                if pair.name not in scene.state.args:
                    yield Offer(
                        pair.name, "variable", f"{shortened(pair.value or '', 60)} above the first FROM".strip()
                    )
        yield from (
            Offer(name, "variable", detail) for name, detail in PLATFORM.items() if name not in scene.state.args
        )
    elif caret.keyword == "HEALTHCHECK" and caret.number == 0:
        yield from (Offer(word, "keyword") for word in ("CMD", "NONE"))


_BY_PART = {
    Part.KEYWORD: _keywords,
    Part.FLAG: _flags,
    Part.VALUE: _values,
    Part.OPTION: _options,
    Part.OPTION_VALUE: _option_values,
    Part.ARGUMENT: _arguments,
    Part.VARIABLE: _variables,
}
