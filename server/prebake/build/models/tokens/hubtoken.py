"""A token for a download at build time, through a secret mount that leaves nothing in the image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from prebake.build.build import Build
from prebake.build.models.loads.starts import StartLoad
from prebake.build.models.safetext import Unsafe
from prebake.data import load_table
from prebake.project.loads import Load
from prebake.project.start import Start
from prebake.project.users import is_root
from prebake.records import NamedTuple
from prebake.regex import regex

SECRET = "hf_token"
_NAMES = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
_FRONTEND = regex(
    r"(?:docker\.io/)?docker/dockerfile(?::(?:latest|1|1\.(?P<minor>\d{1,3})(?:\.\d+)?)(?:-labs)?)?(?:@.*)?\Z"
)
_UID = regex(r"(\d{1,10})(:\d{1,10})?\Z")


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
    passed = any(load.token or _is_listed(load) for load in loads) or any(name in start.environment for name in _NAMES)
    if not passed:
        return Secret("", tuple(commands))
    if build.settings.builder in ("legacy", "kaniko"):
        raise Unsafe(
            "the model needs a token, and this builder has no secret mounts to give the download one without "
            "leaving it in the image"
        )
    note = f"build it with `docker build --secret id={SECRET},env=HF_TOKEN`"
    if _has_env(build):
        return Secret(f"--mount=type=secret,id={SECRET},env=HF_TOKEN,required=true ", tuple(commands), note)
    flag = f"--mount=type=secret,id={SECRET},required=true{_readable(user)} "
    return Secret(flag, tuple(f'HF_TOKEN="$(cat /run/secrets/{SECRET})" {command}' for command in commands), note)


def _readable(user: str | None) -> str:
    """What lets the USER of the RUN read the file, which is root's otherwise."""
    if is_root(user):
        return ""
    number = _UID.match(user or "")
    return f",uid={number[1]}" if number is not None else ",mode=0444"


def _has_env(build: Build) -> bool:
    """Whether the frontend that the file names takes ``env=`` (1.10 and newer)."""
    found = _FRONTEND.match(build.tree.syntax or "")
    return found is not None and build.settings.builder == "buildkit" and int(found["minor"] or 10) >= 10


def is_gated(loads: Iterable[StartLoad]) -> bool:
    """Whether a model may be had with a token only: its name says so, or the code passes one."""
    return any(item.load.token or _is_listed(item.load) for item in loads)


def _is_listed(load: Load) -> bool:
    return (load.model or "").lower().startswith(tuple(load_table("hub")["gated"]))


def secret_mount(build: Build, identity: str, variable: str, user: str | None) -> tuple[str, str]:
    """The flag of RUN with its trailing space that mounts a secret, and the text that its shell gets the value from;
    the latter is empty where the mount sets the variable itself. ``user`` is the USER of the RUN.
    """
    if _has_env(build):
        return f"--mount=type=secret,id={identity},env={variable},required=true ", ""
    flag = f"--mount=type=secret,id={identity},required=true{_readable(user)} "
    return flag, f'"$(cat /run/secrets/{identity})"'
