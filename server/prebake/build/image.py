"""The files of an image that come from the build context, as a later instruction finds them."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from prebake.build.build import Build, fact_at
from prebake.build.copies import Copy, copies_by_stage
from prebake.build.paths import inside
from prebake.build.state import State, chain, states
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction
from prebake.text import Text


class Mount(NamedTuple):
    """A ``--mount`` of a RUN. ``source`` is a path of the context for a bind mount of it, ``None`` for anything else;
    ``target`` is a path of the image.
    """

    kind: str
    source: str | None
    target: str


class Provided(NamedTuple):
    """Where a file of the image comes from: ``context`` is its path in the context, ``copy`` the instruction that
    brings it, ``None`` for a mount.
    """

    context: str
    copy: Copy | None


class ImageFiles(NamedTuple):
    """Files brought by COPY and by mounts; what RUN does to them later is not followed. ``copies`` are in order."""

    copies: Sequence[Copy]
    mounts: Sequence[Mount] = ()

    def provider(self, path: str) -> Provided | None:
        """Where a file comes from; ``None`` when it is not from the context, or not a file."""
        mount = self._mount(path)
        if mount is not None:
            found = self._mounted(mount, path)
            return None if found is None or not self.copies[0].files.is_file(found) else Provided(found, None)
        for copy in reversed(self.copies):
            if any(path == place for place in _places(copy)):
                return None
            mapping = copy.provider(path) if copy.origin is None else None
            if mapping is not None:
                return Provided(mapping.context, copy)
        return None

    def folder(self, path: str) -> Provided | None:
        """The folder of the context that a folder of the image is a copy of."""
        for copy in reversed(self.copies):
            for item in reversed(copy.mappings):
                below = inside(path, item.image) if item.folder else None
                if below is not None and copy.files.is_folder(posixpath.join(item.context, below)):
                    return Provided(posixpath.join(item.context, below).rstrip("/"), copy)
        return None

    def text(self, path: str) -> Text | None:
        """The text of a file."""
        found = self.provider(path)
        if found is None:
            return None
        files = self.copies[0].files
        return files.snapshot.text(files.absolute(found.context))

    def is_file(self, path: str) -> bool:
        """Whether a file of the context is there."""
        return self.provider(path) is not None

    def is_dir(self, path: str) -> bool:
        """Whether a folder is made or filled from the context."""
        return any(copy.provides_folder(path) for copy in self.copies)

    def _mount(self, path: str) -> Mount | None:
        return next((mount for mount in reversed(self.mounts) if inside(path, mount.target) is not None), None)

    def _mounted(self, mount: Mount, path: str) -> str | None:
        if mount.source is None or not self.copies:
            return None
        below = inside(path, mount.target) or ""
        return posixpath.join(mount.source, below) if below else mount.source


@fact_at
def image_before(build: Build, instruction: Instruction) -> ImageFiles:
    """The files that a RUN finds, those that it mounts included."""
    stage = build.stage_of(instruction)
    before = [
        copy
        for below in chain(build, stage)
        for copy in copies_by_stage(build).get(below.index, ())
        if copy.instruction.index < instruction.index
    ]
    return ImageFiles(before, mounts_of(instruction, states(build)[instruction.index]))


def mounts_of(instruction: Instruction, state: State) -> tuple[Mount, ...]:
    """The mounts of a RUN whose place is known."""
    found = []
    for value in instruction.flag_values("mount"):
        fields = mount_fields(value)
        kind = fields.get("type", "bind")
        target = fields.get("target") or fields.get("dst") or fields.get("destination")
        source = fields.get("source") or fields.get("src") or ""
        path = state.absolute(state.expand(target) or target) if target else None
        if path is not None:
            context = posixpath.normpath("/" + source)[1:] if kind == "bind" and "from" not in fields else None
            found.append(Mount(kind, context, path))
    return tuple(found)


def mount_sources(instruction: Instruction) -> tuple[str, ...]:
    """The stages and images that the mounts of a RUN are taken from."""
    found = (mount_fields(value).get("from") for value in instruction.flag_values("mount"))
    return tuple(name for name in found if name is not None)


def mount_fields(value: str) -> dict[str, str]:
    """The options of a ``--mount`` by name; one without a value has the empty one."""
    import csv

    try:
        items = next(csv.reader([value]), [])
    except csv.Error:
        return {}
    return {name.lower(): text for name, _, text in (item.partition("=") for item in items)}


def _places(copy: Copy) -> list[str]:
    """The paths of files not of the context that a COPY certainly or probably writes."""
    named = [item.image for item in copy.foreign]
    if copy.origin is not None and copy.destination is not None:
        names = [posixpath.basename(source.word.value.rstrip("/")) for source in copy.sources]
        named += [posixpath.normpath(posixpath.join(copy.destination, name)) for name in names]
    return named
