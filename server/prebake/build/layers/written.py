"""What the layers below an instruction hold at a place of the image: what COPY brought, and what RUN put there."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from operator import itemgetter
from typing import Any

from prebake.build.build import Build, fact, fact_at
from prebake.build.commands.effects import Effects, effects_of
from prebake.build.copies import Copy, Mapping, copies
from prebake.build.installs.installers import install_at
from prebake.build.installs.manifests import readings
from prebake.build.paths import inside, related
from prebake.build.state import base_stage, states
from prebake.build.steps import Step, steps_at
from prebake.project.measuring.scan import Size
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction

FETCHING = frozenset(("curl", "wget", "git", "hf", "huggingface-cli", "tar", "bsdtar", "unzip"))
"""Programs that download or unpack what weighs."""

_COPYING = frozenset(("cp", "rsync"))

_MOST_WRITERS = 50

_FOLDERS_OF_INSTALLERS = {"npm": "node_modules", "yarn": "node_modules", "pnpm": "node_modules", "uv": ".venv"}
"""The folder in the working directory that an installer fills, where nothing else is said."""


class Written(NamedTuple):
    """Something that an instruction wrote at ``path`` of the image, or below it.

    ``command`` is what did, ``None`` for COPY and ADD. ``contexts`` are the paths of the context that it brought there,
    ``None`` where they are not known.
    """

    instruction: Instruction
    path: str
    command: Step | None = None
    contexts: tuple[str, ...] | None = None


class Output(NamedTuple):
    """A path of the image at or below which a command of a RUN writes what weighs."""

    path: str
    step: Step


def below(build: Build, place: str, instruction: Instruction) -> tuple[Written, ...]:
    """What the instructions above one, in its stage and those it is built on, wrote at a place and below it: the first
    of them, at most a fixed number.
    """
    found: list[Written] = []
    for item in layers_above(build, instruction):
        copy = copies(build).get(item.index)
        if copy is not None:
            found += [Written(item, place, contexts=taken)] if (taken := brought(copy, place)) != () else []
        elif _may_write(build, item, place):
            outputs = outputs_at(build, item)
            found += [Written(item, out.path, out.step) for out in outputs if inside(out.path, place) is not None][:1]
        if len(found) == _MOST_WRITERS:
            break
    return tuple(found)


def _may_write(build: Build, instruction: Instruction, place: str) -> bool:
    """Whether a RUN can write to a place that is named: by its words, its working directory or its search path."""
    if place in instruction.raw:
        return True
    state = states(build)[instruction.index]
    known = (state.directory or "/", *state.path)
    return any(related(path, place) for path in known if path != "/")


def size_of(build: Build, written: Iterable[Written]) -> Size | None:
    """How much several instructions brought from the context, what two of them bring counted once; ``None`` where
    nothing of it can be measured.
    """
    contexts = {path for item in written for path in item.contexts or ()}
    if build.scan is None or not contexts:
        return None
    total = Size()
    for path in contexts:
        if not any(path != other and inside(f"/{path}", f"/{other}") is not None for other in contexts):
            total = total.plus(build.scan.size_of(path))
    return total


def layers_above(build: Build, instruction: Instruction) -> tuple[Instruction, ...]:
    """The COPY, ADD and RUN instructions above one, in its stage and those it is built on."""
    if instruction.stage is None:
        return ()
    found = _layers(build)[instruction.stage]
    return found[: bisect_left(found, instruction.index, key=lambda item: item.index)]


@fact
def _layers(build: Build) -> dict[int, tuple[Instruction, ...]]:
    found: dict[int, tuple[Instruction, ...]] = {}
    for stage in build.tree.stages:
        base = base_stage(build, stage)
        own = tuple(item for item in stage.instructions if item.keyword in ("COPY", "ADD", "RUN"))
        found[stage.index] = (*found[base.index], *own) if base is not None else own
    return found


class Brought:
    """What instructions write, by the first folder of where they do, so that few of them are looked at for a place."""

    def __init__(self) -> None:
        self._by_top: dict[str, list[tuple[int, Any]]] = {}
        self._anywhere: list[tuple[int, Any]] = []

    def add(self, index: int, path: str | None, item: Any) -> None:
        """Note that the instruction of that index writes something at a path; ``None`` for an unknown one."""
        top = _top(path) if path is not None else None
        (self._anywhere if top is None else self._by_top.setdefault(top, [])).append((index, item))

    def near(self, place: str, before: int) -> list[Any]:
        """What may lie at a place or below it, of instructions with a lower index, in their order."""
        top = _top(place)
        if top is None:
            near = [pair for pairs in self._by_top.values() for pair in pairs]
        else:
            near = self._by_top.get(top, [])
        return [item for index, item in sorted((*near, *self._anywhere), key=itemgetter(0)) if index < before]


def _top(path: str) -> str | None:
    """The first folder of a path; ``None`` for the root itself, and for what is relative to an unknown folder."""
    return path.split("/", 2)[1] or None if path.startswith("/") else None


def brought(copy: Copy, place: str) -> tuple[str, ...] | None:
    """The paths of the context that a COPY takes to a place and below it: none where it writes nothing there, ``None``
    where it writes something, and it is not known what.
    """
    if any(inside(item.image, place) is not None for item in copy.foreign):
        return None
    parts = tuple(item.context for item in _parts(copy, place) if _holds(copy, item))
    return None if parts and copy.instruction.flag_values("exclude") else parts


def _holds(copy: Copy, part: Mapping) -> bool:
    return not part.folder or next(iter(copy.files.children(part.context)), None) is not None


def _parts(copy: Copy, place: str) -> Iterator[Mapping]:
    """What of a COPY goes to a place, with ``context`` that which goes there."""
    for item in copy.mappings:
        if inside(item.image, place) is not None:
            yield item
            continue
        rest = inside(place, item.image) if item.folder else None
        if rest and copy.files.exists(path := posixpath.join(item.context, rest)):
            yield Mapping(path, place, copy.files.is_folder(path), item.source)


@fact_at
def outputs_at(build: Build, instruction: Instruction) -> tuple[Output, ...]:
    """What the commands of a RUN write that weighs."""
    return tuple(_outputs(build, instruction))


def commands_of(build: Build, instruction: Instruction) -> tuple[tuple[Step, Effects], ...]:
    """The commands of a RUN with what they touch."""
    if install_at(build, instruction) is not None:
        return readings(build)[instruction.index].effects
    steps = steps_at(build, instruction).steps
    return tuple((step, effects_of(step)) for step in steps)


def _outputs(build: Build, instruction: Instruction) -> Iterator[Output]:
    install = install_at(build, instruction)
    installing = {id(command.step) for command in install.commands} if install is not None else set()
    for step, effects in commands_of(build, instruction):
        if id(step) in installing:
            folder = step.absolute(_FOLDERS_OF_INSTALLERS.get(step.program, "."))
            places = [*effects.writes, *effects.roots, *effects.environments]
            if step.program in _FOLDERS_OF_INSTALLERS and not places and not step.sets("UV_PROJECT_ENVIRONMENT"):
                places += [folder] if folder is not None else []
            yield from (Output(path, step) for path in places)
        elif step.program in FETCHING or step.program in _COPYING:
            yield from (Output(path, step) for path in (*effects.writes, *_named(step, effects.roots)))
        elif effects.environments:
            yield from (Output(path, step) for path in effects.environments)


def _named(step: Step, roots: tuple[str, ...]) -> Iterator[str]:
    """The files that a download leaves in a folder under the names that their addresses end in, else the folder."""
    names = []
    if step.program in ("curl", "wget"):
        addresses = (argument.text or "" for argument in step.arguments)
        names = [url.partition("?")[0].rpartition("/")[2] for url in addresses if "://" in url]
    for root in roots:
        yield from (posixpath.normpath(posixpath.join(root, name)) for name in names if name) if any(names) else (root,)
