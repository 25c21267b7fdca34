"""The token of the hub that a download at build time needs, where the code has one or the hub asks for one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prebake.build.build import Build
from prebake.build.models.loads.starts import StartLoad
from prebake.build.models.safetext import Unsafe
from prebake.build.models.tokens.secretmount import HUB_TOKENS, has_secrets, identity_of, secret_mount
from prebake.data import load_table
from prebake.project.models.loads import Load
from prebake.project.starting.start import Start
from prebake.records import NamedTuple

_VARIABLE = HUB_TOKENS[0]


class Secret(NamedTuple):
    """The flag of RUN with its trailing space, the commands with the token given to them, and how to build, in words;
    all but the commands are empty where no token is needed.
    """

    flag: str
    commands: tuple[str, ...]
    note: str = ""


def with_token(build: Build, loads: Iterable[Load], start: Start, commands: Sequence[str], user: str | None) -> Secret:
    """Give commands the token that the code has when it loads, or that the hub asks for; ``user`` is the USER of the
    RUN.

    Raises:
        Unsafe: the builder has no secret mounts.
    """
    given = any(name in start.environment for name in HUB_TOKENS)
    if not given and not any(load.token or _is_listed(load) for load in loads):
        return Secret("", tuple(commands))
    if not has_secrets(build):
        raise Unsafe(
            "the model needs a token, and this builder has no secret mounts to give the download one without "
            "leaving it in the image"
        )
    identity = identity_of(_VARIABLE)
    flag, value = secret_mount(build, identity, _VARIABLE, user)
    with_value = tuple(f"{_VARIABLE}={value} {command}" if value else command for command in commands)
    return Secret(flag, with_value, f"build it with `docker build --secret id={identity},env={_VARIABLE}`")


def is_gated(loads: Iterable[StartLoad]) -> bool:
    """Whether a model may be had with a token only: its name says so, or the code passes one."""
    return any(item.load.token or _is_listed(item.load) for item in loads)


def _is_listed(load: Load) -> bool:
    return (load.model or "").lower().startswith(tuple(load_table("hub")["gated"]))
