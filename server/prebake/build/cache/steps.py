"""The steps of a build: what a builder looks up in its cache, in the order in which it does."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from prebake.build.build import Build
from prebake.build.cache.inputs import Inputs, Selector
from prebake.build.cache.stages import Known, known_content
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction

Part = tuple[str, object]
"""One thing that a key is made of, and its name for messages."""


FILES = "the files"
"""The name of the part that the files of the context are."""


class Foreign(NamedTuple):
    """What a step takes from a stage or an image: ``known`` is what that certainly is, ``None`` where only the builder
    can tell. ``by_content`` says that the builder compares its bytes, not what made it.
    """

    stage: int | None
    image: str | None
    paths: tuple[str, ...]
    known: Known | None = None
    by_content: bool = True


class Step(NamedTuple):
    """One step: an instruction with what is in its key besides the step before it.

    ``parts`` are what it is made of, ``files`` what it takes from the context, by path, and ``context`` how it says so;
    ``foreign`` is what it takes from elsewhere. ``apart`` says, in words, when it is taken from the cache although the
    step before it is another one; ``linked`` that it is laid over that step, not worked out on it. ``fresh`` says why
    the builder works it out anew at each build, ``doubt`` why it cannot be known whether it does. A ``silent`` step is
    no work, but counts in the keys below it.
    """

    instruction: Instruction
    parts: tuple[Part, ...]
    files: Mapping[str, str] = MappingProxyType({})
    foreign: tuple[Foreign, ...] = ()
    apart: str | None = None
    linked: bool = False
    fresh: str | None = None
    doubt: str | None = None
    silent: bool = False
    context: tuple[Selector, ...] = ()

    @property
    def text(self) -> tuple[Part, ...]:
        """Its parts without the files."""
        return tuple(part for part in self.parts if part[0] != FILES)


def foreign_of(build: Build, known: Inputs) -> tuple[Foreign, ...]:
    """What an instruction takes from other stages and images, the paths of one together."""
    by_origin: dict[tuple[int | None, str | None], list[str]] = {}
    for item in known.stages:
        by_origin.setdefault((item.stage, item.image), []).append(item.path or "")
    return tuple(_foreign(build, *origin, tuple(sorted(paths))) for origin, paths in by_origin.items())


def _foreign(build: Build, stage: int | None, image: str | None, paths: tuple[str, ...]) -> Foreign:
    known = None
    if stage is not None and len(paths) == 1 and not set(paths[0]) & set("*?["):
        known = known_content(build, build.tree.stages[stage], paths[0])
    elif stage is None and image is not None and "\0" not in image:
        known = Known(None, f"{image} {paths}")
    return Foreign(stage, image, paths, known)
