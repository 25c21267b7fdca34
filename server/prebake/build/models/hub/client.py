"""Which version of huggingface_hub the image has at some point of the build, and so which command downloads a model."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from prebake.build.build import Build
from prebake.build.installs.installers import Install, InstallCommand, installs
from prebake.build.installs.pythonpackages import Listed, listed
from prebake.build.installs.releases import allows_only_older, is_older, newest
from prebake.build.state import chain, states
from prebake.data import load_table
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Stage

_OLD_PYTHON = regex(r"(?:^|/)python:3\.[678](?:[.\-]|$)")


class HubClient(NamedTuple):
    """The hub's client in an image.

    ``installed``: ``None`` when it cannot be told. ``version`` is the newest that the requirements allow, which is what
    an installer takes; ``None`` when it is not installed or its version is not known. ``install`` is the RUN that
    brings it, ``command`` the command of it that does, ``because`` what decides the version, in words. ``constraints``
    are the specifiers that the packages of the image hold it to.
    """

    installed: bool | None
    version: str | None = None
    install: Install | None = None
    command: InstallCommand | None = None
    because: str = ""
    constraints: tuple[str, ...] = ()

    @property
    def has_hf(self) -> bool | None:
        """Whether there is a command ``hf``; ``None`` when that is not known."""
        older = self.is_before("0.34")
        return None if older is None else not older

    @property
    def has_huggingface_cli(self) -> bool | None:
        """Whether there is a command ``huggingface-cli``; ``None`` when that is not known."""
        return self.is_before("1.0")

    @property
    def repeats_patterns(self) -> bool | None:
        """Whether ``hf`` wants each pattern of files behind an option of its own: before 1.0 one option takes them all,
        and the last one replaces the others; ``None`` when that is not known.
        """
        older = self.is_before("1.0")
        return None if older is None else not older

    def is_before(self, version: str) -> bool | None:
        """Whether the image gets a release before this one; ``None`` when that is not known."""
        return None if self.version is None else is_older(self.version, version)


def hub_client(build: Build, stage: Stage, before: int) -> HubClient:
    """The client that instruction number ``before`` of a stage finds, that instruction's own commands included."""
    stages = chain(build, stage)
    numbers = {below.index for below in stages}
    found = [
        item
        for item in listed(build)
        if item.install.instruction.index <= before and item.install.instruction.stage in numbers
    ]
    bringing = [item for item in found if item.name in _bringing()]
    image = states(build)[stages[0].instructions[-1].index].base or stages[0].base
    based = any(name in image for name in _data()["images"])
    if based and not any(item.name == "huggingface-hub" and "==" in item.specifier for item in bringing):
        # What is there already satisfies most requirements, and then no installer changes it.
        return HubClient(True, because=f"it comes with {image}")
    if not bringing:
        opaque = any(
            install.instruction.index <= before and install.instruction.stage in numbers and is_opaque(install)
            for install in installs(build).values()
        )
        return HubClient(None if opaque else False)
    reasons = _reasons(found)
    version, because = _newest(reasons, image)
    first = next((item for item in bringing if item.name == "huggingface-hub"), bringing[0])
    return HubClient(True, version, first.install, first.command, because, tuple(reasons))


def is_opaque(install: Install) -> bool:
    """Whether an install brings packages that no manifest lists."""
    return any(
        command.projects or command.archives or command.unknown or (command.installer.needs and not command.packages)
        for command in install.commands
    )


def downloads_unseen(build: Build, stage: Stage) -> bool:
    """Whether a stage's image has packages that may ask the hub for something which the catalogue of calls does not
    know, or may have some.
    """
    numbers = {below.index for below in chain(build, stage)}
    image = states(build)[chain(build, stage)[0].instructions[-1].index].base or ""
    if any(name in image for name in _data()["images"]):
        return True
    seen = frozenset(_data()["seen"])
    return any(
        item.name in _bringing() and item.name not in seen
        for item in listed(build)
        if item.install.instruction.stage in numbers
    )


def is_seen(library: str) -> bool:
    """Whether the catalogue of calls knows all that one of its libraries asks the hub for."""
    return library.lower().replace("_", "-") in _data()["seen"]


@lru_cache(maxsize=1)
def _data() -> dict[str, Any]:
    return load_table("hub")


@lru_cache(maxsize=1)
def _bringing() -> frozenset[str]:
    return frozenset((*_data()["bring"], *(bound["package"] for bound in _data()["bound"])))


def _reasons(found: list[Listed]) -> dict[str, str]:
    """What the packages of an image hold the client to: specifiers, and who asks for them, in words."""
    reasons: dict[str, str] = {}
    for item in found:
        if item.name == "huggingface-hub" and item.specifier:
            reasons.setdefault(item.specifier, f"{item.place} asks for huggingface_hub{item.specifier}")
        for bound in _data()["bound"]:
            if bound["package"] == item.name and _is_below(item, bound.get("below")):
                wanted = f"{item.name}{item.specifier}"
                reasons.setdefault(bound["hub"], f"{wanted} ({item.place}) wants huggingface_hub{bound['hub']}")
    return reasons


def _newest(reasons: dict[str, str], image: str) -> tuple[str | None, str]:
    """The newest version that everything allows, and what keeps it from being newer."""
    if is_old_python(image):
        reasons = {**reasons, "<1.0": reasons.get("<1.0", f"{image} is too old for huggingface_hub 1.0")}
    if not reasons:
        return _data()["versions"][-1], ""
    version, deciding = newest(_data()["versions"], reasons)
    return version, reasons[deciding] if deciding is not None else ""


def is_old_python(image: str) -> bool:
    """Whether a base image has a Python that huggingface_hub 1.0 does not support any more."""
    return _OLD_PYTHON.search(image) is not None


def held_below(build: Build, stage: Stage, distribution: str, version: str) -> Listed | None:
    """The requirement that keeps a package of a stage's image in releases before a version; ``None`` when none does."""
    numbers = {below.index for below in chain(build, stage)}
    return next(
        (
            item
            for item in listed(build)
            if item.name == distribution and item.install.instruction.stage in numbers and _is_below(item, version)
        ),
        None,
    )


def _is_below(item: Listed, below: str | None) -> bool:
    """Whether a requirement keeps a package in releases before ``below``; ``None`` means that any release will do."""
    return below is None or allows_only_older(item.specifier, below)
