"""A token for a RUN through a secret mount, which leaves nothing in the image."""

from __future__ import annotations

from prebake.build.build import Build
from prebake.build.builders import builder_of
from prebake.project.starting.users import is_root
from prebake.regex import regex

_FRONTEND = regex(
    r"(?:docker\.io/)?docker/dockerfile(?::(?:latest|1|1\.(?P<minor>\d{1,3})(?:\.\d+)?)(?:-labs)?)?(?:@.*)?\Z"
)
_UID = regex(r"(\d{1,10})(:\d{1,10})?\Z")

HUB_TOKENS = ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")
"""The variables that the hub's client reads a token from."""


def identity_of(variable: str) -> str:
    """What the secret is called that holds the value of a variable."""
    return "hf_token" if variable in HUB_TOKENS else variable.lower()


def has_secrets(build: Build) -> bool:
    """Whether the builder has secret mounts."""
    return "secret" in builder_of(build).mounts


def secret_mount(build: Build, identity: str, variable: str, user: str | None) -> tuple[str, str]:
    """The flag of RUN with its trailing space that mounts a secret, and the text that its shell gets the value from;
    the latter is empty where the mount sets the variable itself. ``user`` is the USER of the RUN.
    """
    if _has_env(build):
        return f"--mount=type=secret,id={identity},env={variable},required=true ", ""
    flag = f"--mount=type=secret,id={identity},required=true{_readable(user)} "
    return flag, f'"$(cat /run/secrets/{identity})"'


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
