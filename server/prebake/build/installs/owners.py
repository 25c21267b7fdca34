"""Whom the folders of an image belong to.

A folder belongs to whoever makes it first: WORKDIR makes it for the USER in force, COPY for its ``--chown`` or root. A
COPY of a folder's content gives its subfolders a new owner, but not the destination itself. So an instruction that is
moved may change the owner of a folder although it copies the same files.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from prebake.build.bases import is_plain_base
from prebake.build.build import Build
from prebake.build.commands.effects import effects_of
from prebake.build.copies import SYSTEM_FOLDERS, Copy, copies
from prebake.build.paths import inside
from prebake.build.state import State, state_after, states
from prebake.build.steps import steps_at
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction

_ROOT = frozenset(("root", "0", "root:root", "0:0", "root:0", "0:root"))


class Maker(NamedTuple):
    """What makes folders: ``folders`` (and those they lie in) where they are missing, for ``owner``. With ``copy``, the
    subfolders that it copies come to belong to ``owner`` in any case.
    """

    folders: tuple[str, ...]
    owner: str
    copy: Copy | None = None


def maker_of(build: Build, instruction: Instruction) -> Maker | None:
    """What an instruction makes; ``None`` when it makes no folders that are known."""
    state = states(build)[instruction.index]
    if instruction.keyword == "WORKDIR":
        place = state_after(build, instruction).directory
        return None if place is None else Maker((place,), _user(state))
    copy = copies(build).get(instruction.index)
    if copy is not None:
        return Maker(tuple(dict.fromkeys(_destinations(copy))), owner_of(copy), copy)
    if instruction.keyword == "RUN" and ("mkdir" in instruction.raw or "venv" in instruction.raw):
        found = [effects_of(step) for step in steps_at(build, instruction).steps]
        folders = [path for effects in found for path in (*effects.folders, *effects.environments)]
        return Maker(tuple(folders), _user(state))
    return None


def owner_of(copy: Copy) -> str:
    """Whom the files and folders of a COPY belong to."""
    owner = copy.instruction.flag("chown")
    return "root" if owner is None or owner in _ROOT else owner


def names_owner(instruction: Instruction) -> bool:
    """Whether a COPY gives its owner by a name, which the image's list of users has to know."""
    owner = instruction.flag("chown") or ""
    return any(part and not part.isdecimal() for part in owner.split(":"))


def _user(state: State) -> str:
    if state.user is None:
        return "root" if is_plain_base(state.base) else "the user of the base image"
    return "root" if state.user in _ROOT else state.user


def _destinations(copy: Copy) -> Iterator[str]:
    for item in copy.mappings:
        yield item.image if item.folder else posixpath.dirname(item.image) or "."
    if not copy.mappings and copy.destination is not None:
        yield copy.destination if copy.into else posixpath.dirname(copy.destination) or "."


def folder_that_changes(before: Iterable[Maker], after: Iterable[Maker]) -> str | None:
    """A folder that belongs to somebody else when the makers come in another order; ``None`` when there is none."""
    first, second = list(before), list(after)
    places = {
        place for maker in (*first, *second) for folder in maker.folders for place in _and_above(folder)
    } - SYSTEM_FOLDERS
    for place in sorted(places):
        if _owner(place, first) != _owner(place, second):
            return place
    return None


def _and_above(folder: str) -> Iterator[str]:
    while folder not in ("/", ".", ""):
        yield folder
        folder = posixpath.dirname(folder)


def _owner(place: str, makers: list[Maker]) -> str | None:
    owner: str | None = None
    for maker in makers:
        copies_it = maker.copy is not None and _copies_folder(maker.copy, place)
        if copies_it or (owner is None and any(inside(folder, place) is not None for folder in maker.folders)):
            owner = maker.owner
    return owner


def _copies_folder(copy: Copy, place: str) -> bool:
    """Whether a folder of the image is a subfolder of something that is copied."""
    for item in copy.mappings:
        below = inside(place, item.image) if item.folder else None
        if below and copy.files.is_folder(posixpath.join(item.context, below)):
            return True
    return False
