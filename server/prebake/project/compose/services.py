"""Compose files: which services build which Dockerfile, and how they run it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from prebake.files import Snapshot, join, parent
from prebake.project.contexts.namedcontexts import NamedContext, named_context
from prebake.project.starting.program import UNKNOWN
from prebake.project.yamltree import Node, load
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.text import Span, Text

_REMOTE = regex(r"(https?|git|ssh|oci|docker-image)://|git@|github\.com/|[^/]*\.git(#|$)")
_HERE = regex(r"\$(?:PWD\b|\{PWD\})")
_VARIABLE = regex(r"\$(?:(\$)|\{(\w+)(?:(:?[-+?])([^${}]*))?\}|(\w+))")


class Extension(NamedTuple):
    """The service that a service extends, in the compose file ``path``."""

    service: str
    path: str


class Value(NamedTuple):
    """A text in a compose file, ``${...}`` resolved by its default; ``None`` where only the environment knows it."""

    text: str | None
    span: Span


class ComposeVolume(NamedTuple):
    """A mount of a service. ``source`` is an absolute path for a ``bind``, a name for a ``volume``; ``None`` where only
    the environment knows it, for an anonymous volume and for ``tmpfs``. ``target`` is the path in the container.
    """

    kind: str
    source: str | None
    target: str
    read_only: bool
    span: Span


class BuildSpec(NamedTuple):
    """How a service's image is built.

    ``context`` is absolute, ``None`` when it is remote or not known; ``dockerfile`` is absolute, ``None`` when it is
    not a file of the project (``dockerfile_inline``, a remote context). ``args`` without a known value are left out.
    ``contexts`` are the named ones (``additional_contexts``).
    """

    context: str | None
    dockerfile: str | None
    target: str | None
    args: Mapping[str, str]
    remote: bool
    span: Span
    contexts: Mapping[str, NamedContext] = MappingProxyType({})


class Service(NamedTuple):
    """A service of a compose file.

    Everything is ``None`` or empty where it is not given. ``env_files`` are absolute paths. The values of
    ``environment`` have no text where they come from the environment that compose runs in.
    """

    name: str
    path: str
    span: Span
    build: BuildSpec | None = None
    image: Value | None = None
    command: Command | None = None
    entrypoint: Command | None = None
    environment: Mapping[str, Value] = MappingProxyType({})
    env_files: tuple[str, ...] = ()
    volumes: tuple[ComposeVolume, ...] = ()
    working_dir: Value | None = None
    profiles: tuple[str, ...] = ()
    extends: Extension | None = None

    @property
    def line(self) -> int:
        """The 0-based line of the service's name."""
        return self.span.start.line


class Command(NamedTuple):
    """A ``command`` or ``entrypoint``: list form, or one string, which compose splits as a shell would (it starts no
    shell). ``"\\0"`` stands in ``words`` for what only the environment knows.
    """

    words: tuple[Value, ...]
    is_list: bool
    span: Span


def services(snapshot: Snapshot, path: str) -> tuple[Service, ...]:
    """The services of a compose file, in order; empty for a file that is missing, broken or no compose file.

    ``extends`` is followed inside the project's files; ``include`` and overriding files are not merged.
    """
    text = snapshot.text(path)
    if text is None:
        return ()
    return tuple(_extended(snapshot, service, 0) for service in _read(text, path))


_MAX_EXTENDS = 8


def _extended(snapshot: Snapshot, service: Service, depth: int) -> Service:
    """A service with what it leaves out taken from the one it extends."""
    if service.extends is None or depth > _MAX_EXTENDS:
        return service
    text = snapshot.text(service.extends.path)
    bases = _read(text, service.extends.path) if text is not None else ()
    found = next((other for other in bases if other.name == service.extends.service), None)
    if found is None:
        return service
    base = _extended(snapshot, found, depth + 1)
    return service._replace(
        build=service.build or base.build,
        image=service.image or base.image,
        command=service.command or base.command,
        entrypoint=service.entrypoint or base.entrypoint,
        environment={**base.environment, **service.environment},
        env_files=base.env_files + service.env_files,
        volumes=base.volumes + service.volumes,
        working_dir=service.working_dir or base.working_dir,
    )


@lru_cache(maxsize=32)
def _read(text: Text, path: str) -> tuple[Service, ...]:
    if "services" not in text.content:
        return ()
    root = load(text)
    table = root.get("services") if root is not None else None
    if table is None:
        return ()
    return tuple(_service(key, value, path) for key, value in table.pairs() if value.kind == "mapping")


def _service(key: Node, node: Node, path: str) -> Service:
    folder = parent(path)
    environment = _table(node.get("environment"))
    return Service(
        name=key.text,
        path=path,
        span=key.span,
        build=_build(node.get("build"), folder),
        image=_value(node.get("image")),
        command=_command(node.get("command")),
        entrypoint=_command(node.get("entrypoint")),
        environment=environment,
        env_files=_env_files(node.get("env_file"), folder),
        volumes=_volumes(node, folder),
        working_dir=_value(node.get("working_dir")),
        profiles=_strings(node.get("profiles")),
        extends=_extension(node.get("extends"), path),
    )


def interpolate(text: str, unknown: str | None = None) -> str | None:
    """A text with ``${NAME:-default}`` and its like resolved as compose does where nothing is set.

    ``unknown`` stands for variables that have no default; where it is ``None``, so is the whole text then.
    """
    pieces: list[str] = []
    done = 0
    for found in _VARIABLE.finditer(text):
        escaped, name, operator, default, plain = found.groups()
        pieces.append(text[done : found.start()])
        done = found.end()
        if escaped:
            pieces.append("$")
        elif operator in ("-", ":-"):
            pieces.append(default)
        elif operator not in ("+", ":+") and (name or plain):
            if unknown is None:
                return None
            pieces.append(unknown)
    return "".join((*pieces, text[done:]))


def _value(node: Node | None) -> Value | None:
    if node is None or node.scalar is None:
        return None
    return Value(interpolate(node.text), node.span)


def _known(node: Node | None) -> str | None:
    value = _value(node)
    return value.text if value is not None else None


def _strings(node: Node | None) -> tuple[str, ...]:
    return node.strings() if node is not None else ()


def _table(node: Node | None) -> dict[str, Value]:
    """A mapping, or a list of ``NAME=value``."""
    if node is None:
        return {}
    if node.kind == "mapping":
        return {key.text: _value(value) or Value(None, key.span) for key, value in node.pairs()}
    found: dict[str, Value] = {}
    for item in node.sequence():
        name, equals, value = item.text.partition("=")
        if name:
            found[name] = Value(interpolate(value) if equals else None, item.span)
    return found


def _build(node: Node | None, folder: str) -> BuildSpec | None:
    if node is None or node.is_null:
        return None
    context_node: Node | None = node
    inline, name, target = None, "Dockerfile", None
    args: dict[str, str] = {}
    if node.kind == "mapping":
        context_node, inline = node.get("context"), node.get("dockerfile_inline")
        name_node = node.get("dockerfile")
        given = _known(name_node)
        if name_node is not None and given is None:
            return BuildSpec(None, None, None, {}, False, node.span)
        name = given or "Dockerfile"
        target = _known(node.get("target"))
        args = {key: value.text for key, value in _table(node.get("args")).items() if value.text is not None}
    written = "." if context_node is None else _known(context_node)
    if not written:
        return BuildSpec(None, None, target, args, False, node.span)
    if _REMOTE.match(written):
        return BuildSpec(None, None, target, args, True, node.span)
    context = join(folder, posixpath.expanduser(written) if written.startswith("~") else written)
    span = node.span if context_node is None else context_node.span
    dockerfile = None if inline is not None else join(context, name)
    named = _table(node.get("additional_contexts"))
    contexts = {key: named_context(value.text, folder) for key, value in named.items()}
    return BuildSpec(context, dockerfile, target, args, False, span, contexts)


def _command(node: Node | None) -> Command | None:
    if node is None or node.is_null:
        return None
    if node.kind == "sequence":
        parts = [item for item in node.items if item.kind == "scalar"]
    elif node.kind == "scalar":
        parts = [node]
    else:
        return None
    words = tuple(Value(interpolate(part.text, UNKNOWN), part.span) for part in parts)
    return Command(words, node.kind == "sequence", node.span)


def _env_files(node: Node | None, folder: str) -> tuple[str, ...]:
    """The absolute paths of ``env_file``: a path, a list of paths, or a list of mappings with a ``path``."""
    if node is None:
        return ()
    named = [item.get("path") if item.kind == "mapping" else item for item in node.sequence() or (node,)]
    return tuple(join(folder, text) for text in map(_known, named) if text)


def _volumes(node: Node, folder: str) -> tuple[ComposeVolume, ...]:
    found: list[ComposeVolume] = []
    for item in (node.get("volumes") or node).sequence():
        volume = _long_volume(item, folder) if item.kind == "mapping" else _short_volume(item, folder)
        if volume is not None:
            found.append(volume)
    for text in _strings(node.get("tmpfs")):
        found.append(ComposeVolume("tmpfs", None, text.partition(":")[0], False, node.span))
    return tuple(found)


def _long_volume(node: Node, folder: str) -> ComposeVolume | None:
    kind, source, target = _known(node.get("type")) or "volume", _known(node.get("source")), _known(node.get("target"))
    if target is None:
        return None
    if kind == "bind":
        source = _host_path(source, folder) if source else None
    return ComposeVolume(kind, source, target, _known(node.get("read_only")) == "true", node.span)


def _short_volume(node: Node, folder: str) -> ComposeVolume | None:
    # What only the environment knows stands for itself: mostly it is the folder of the host, and not the mount's place.
    text = interpolate(_HERE.sub(lambda found: folder, node.text), UNKNOWN)
    if not text:
        return None
    # A drive letter's colon is none.
    head = text[:2] if re.match(r"[A-Za-z]:[\\/]", text) else ""
    parts = text[len(head) :].split(":")
    parts[0] = head + parts[0]
    options = parts[2].split(",") if len(parts) > 2 else []
    if UNKNOWN in (parts[0] if len(parts) == 1 else parts[1]):
        return None
    if len(parts) == 1:
        return ComposeVolume("volume", None, parts[0], False, node.span)
    source, target = parts[0], parts[1]
    if UNKNOWN in source:
        kind = "bind" if "/" in source else "volume"  # the name of a volume has no slash
        return ComposeVolume(kind, None, target, "ro" in options, node.span)
    bind = source.startswith((".", "/", "~")) or bool(head)
    where = _host_path(source, folder) if bind else source
    return ComposeVolume("bind" if bind else "volume", where, target, "ro" in options, node.span)


def _host_path(source: str, folder: str) -> str:
    return source if source.startswith("~") else join(folder, source.replace("\\", "/"))


def _extension(node: Node | None, path: str) -> Extension | None:
    if node is None:
        return None
    if node.kind == "scalar":
        return Extension(node.text, path)
    name, file = _known(node.get("service")), _known(node.get("file"))
    return Extension(name, join(parent(path), file) if file else path) if name else None
