"""What a container of an image starts: ENTRYPOINT and CMD of the stages it is made of, or what compose puts there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from prebake.files import Snapshot
from prebake.project.starting.program import UNKNOWN
from prebake.project.starting.users import home_of
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction, Stage
from prebake.syntax.fragment import Fragment
from prebake.syntax.shell import split

if TYPE_CHECKING:
    from prebake.project.compose.services import Command, Service


class ImageCommand(NamedTuple):
    """The ENTRYPOINT and the CMD in force; ``None`` for the one that is not set, or was reset."""

    entrypoint: Instruction | None = None
    cmd: Instruction | None = None
    entrypoint_words: tuple[str, ...] = ()
    cmd_words: tuple[str, ...] = ()

    @property
    def instruction(self) -> Instruction | None:
        """The instruction to show: CMD where it counts, else ENTRYPOINT."""
        return self.cmd or self.entrypoint


class Start(NamedTuple):
    """One way in which containers are started.

    ``words`` is the whole command line, a word that is not known being ``"\\0"``. ``service`` is the compose service
    that starts it, ``None`` for the image on its own. ``environment`` holds the variables that are set then, ``None``
    for an unknown value. ``user`` is ``None`` where it is the base image's.
    """

    words: tuple[str, ...]
    instruction: Instruction | None
    service: Service | None
    directory: str
    environment: Mapping[str, str | None] = MappingProxyType({})
    user: str | None = None

    @property
    def home(self) -> str:
        """The home folder that its user has in most images."""
        return home_of(self.user)


def image_command(
    stages: Iterable[tuple[Stage, Sequence[tuple[str, ...]]]], base: ImageCommand | None = None
) -> ImageCommand:
    """The command of an image; ``base`` is that of the image that the lowest stage is built on, where it is known.

    ``stages`` are those it is made of, lowest first, each with the SHELL in force before each of its instructions. The
    last ENTRYPOINT and CMD count. An ENTRYPOINT resets a CMD that the stage has inherited; in shell form it makes CMD
    mere arguments of ``sh -c``, which ignores them.
    """
    entrypoint: Instruction | None = None
    cmd: Instruction | None = None
    entrypoint_words: tuple[str, ...] = () if base is None else base.entrypoint_words
    cmd_words: tuple[str, ...] = () if base is None else base.cmd_words
    for stage, shells in stages:
        own_cmd = False
        for instruction, shell in zip(stage.instructions, shells, strict=True):
            if instruction.keyword == "CMD":
                cmd, cmd_words, own_cmd = instruction, _words(instruction, shell), True
            elif instruction.keyword == "ENTRYPOINT":
                entrypoint, entrypoint_words = instruction, _words(instruction, shell)
                if not own_cmd:
                    cmd, cmd_words = None, ()
    return ImageCommand(
        entrypoint if entrypoint_words else None, cmd if cmd_words else None, entrypoint_words, cmd_words
    )


def _words(instruction: Instruction, shell: tuple[str, ...]) -> tuple[str, ...]:
    if instruction.json is not None:
        return tuple(word.value for word in instruction.json)
    text = instruction.body.text.strip()
    return (*shell, text) if text else ()


def service_words(command: ImageCommand, service: Service) -> tuple[str, ...]:
    """The command line of a compose service: its ``entrypoint`` replaces ENTRYPOINT and CMD, its ``command`` CMD."""
    entrypoint, cmd = command.entrypoint_words, command.cmd_words
    if service.entrypoint is not None:
        entrypoint, cmd = _given(service.entrypoint), ()
    if service.command is not None:
        cmd = _given(service.command)
    return (*entrypoint, *cmd)


def _given(command: Command) -> tuple[str, ...]:
    if command.is_list:
        return tuple(UNKNOWN if word.text is None else word.text for word in command.words)
    text = (command.words[0].text if command.words else None) or ""
    found = [item for part in split(Fragment.whole(text)).commands for item in part.words]
    return tuple(word.pattern if word.value is None and word.pattern else word.value or word.raw for word in found)


def service_environment(snapshot: Snapshot, service: Service) -> dict[str, str | None]:
    """The variables that a compose service sets: ``environment`` wins over ``env_file``."""
    found: dict[str, str | None] = {}
    for path in service.env_files:
        text = snapshot.text(path)
        if text is not None:
            found.update(read_env_file(text.content))
    found.update((name, value.text) for name, value in service.environment.items())
    return found


def read_env_file(content: str) -> dict[str, str | None]:
    """The variables that an ``env_file`` or ``.env`` sets, ``None`` for a value that refers to others."""
    found: dict[str, str | None] = {}
    for line in content.split("\n"):
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        name, value = name.strip(), value.strip()
        if not equals or not name.isidentifier():
            continue
        quote = value[:1]
        if quote in ("'", '"') and value.find(quote, 1) > 0:
            value = value[1 : value.find(quote, 1)]
        else:
            value = value.partition(" #")[0].rstrip()
        found[name] = None if "$" in value and quote != "'" else value
    return found
