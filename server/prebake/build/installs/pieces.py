"""The manifests that have to be copied above an install, where the COPY that brings them goes below it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from prebake.build.build import Build
from prebake.build.copies import Copy, copies
from prebake.build.installs.crossing import Crossing
from prebake.build.installs.manifests import Reading, readings
from prebake.build.installs.notes import Manifest
from prebake.build.paths import inside
from prebake.build.rewriting.copytext import Piece, Unwritable
from prebake.build.route import route
from prebake.build.state import chain
from prebake.syntax.dockerfile import Instruction

_MOST_FOLDER = 200
"""Bound on the files of a folder of archives that are asked for in git."""

_IGNORED = "git ignores {name}: a fresh clone does not have it, so that a COPY of it would fail"


class Pieces:
    """The files to be copied early when the COPY instructions ``moving`` go below ``target``, past what ``crossings``
    say. ``doubts`` are what keeps that from being proved.
    """

    def __init__(
        self, build: Build, target: Instruction, moving: dict[int, Copy], crossings: dict[int, Crossing]
    ) -> None:
        self._build = build
        self._target = target
        self._moving = moving
        self._crossings = crossings
        self.doubts: list[str] = []

    def find(self) -> dict[tuple[int, int], list[Piece]]:
        """They, by the COPY they come from and the install that needs them first: both by their indexes.

        Raises:
            Unwritable: a file cannot be named in an instruction of its own.
        """
        moving, crossings = self._moving, self._crossings
        pieces: dict[tuple[int, int], list[Piece]] = {}
        there: set[str] = set()
        way = {item.index for item in route(self._build, moving[min(moving)].instruction, self._target)}
        for index, reading in readings(self._build).items():
            if index not in way:
                continue
            wanted = [
                (item.provided.copy, Piece(item.provided.context, item.image, item.folder, self._is_wild(item)))
                for item in reading.manifests
            ]
            for found in crossings.values():
                wanted += [self._needed(path, moving) for path, at in found.needs if at == index]
            for copy, piece in wanted:
                if copy is None or copy.instruction.index not in moving or piece.image in there:
                    continue
                if self._stays(piece, index, moving):
                    continue
                self._check(copy, piece)
                there.add(piece.image)
                pieces.setdefault((copy.instruction.index, index), []).append(piece)
            self._absent(reading, moving, pieces)
        if self._target.index not in readings(self._build):
            needs = [path for found in crossings.values() for path, at in found.needs if at == self._target.index]
            for path in needs:
                copy, piece = self._needed(path, moving)
                if copy is None or path in there or self._stays(piece, self._target.index, moving):
                    continue
                self._check(copy, piece)
                there.add(path)
                pieces.setdefault((copy.instruction.index, self._target.index), []).append(piece)
        for items in pieces.values():
            self._check_wild(items)
        return pieces

    def _absent(self, reading: Reading, moving: dict[int, Copy], pieces: dict[tuple[int, int], list[Piece]]) -> None:
        """Add the lock files that git ignores and that are not here: elsewhere they may be, and count there."""
        for path in reading.absent:
            for copy in moving.values():
                mine = pieces.get((copy.instruction.index, reading.install.instruction.index), [])
                if any(posixpath.dirname(piece.image) == posixpath.dirname(path) for piece in mine):
                    mine += [Piece(context, path, False, wild=True) for context in _ignored_at(copy, path)]

    def _check_wild(self, items: list[Piece]) -> None:
        """Whether beside each file that need not be there one is copied that surely is.

        Raises:
            Unwritable: a COPY of it alone could fail.
        """
        sure = {posixpath.dirname(piece.image) for piece in items if not piece.wild and not piece.folder}
        for piece in items:
            if piece.wild and posixpath.dirname(piece.image) not in sure:
                raise Unwritable(_IGNORED.format(name=piece.context))
            if piece.wild:
                self.doubts.append(f"git ignores {piece.context}: it is copied by a wildcard, where it is there")

    def _stays(self, piece: Piece, index: int, moving: dict[int, Copy]) -> bool:
        """Whether a COPY that is not moved brings the same file to the same place above an install."""
        first = self._build.stage_of(self._target)
        numbers = {stage.index for stage in chain(self._build, first)}
        for at, other in copies(self._build).items():
            if at < index and at not in moving and other.instruction.stage in numbers and not piece.folder:
                found = other.provider(piece.image)
                if found is not None and found.context == piece.context:
                    return True
        return False

    def _needed(self, path: str, moving: dict[int, Copy]) -> tuple[Copy | None, Piece]:
        for copy in reversed(moving.values()):
            if (mapping := copy.provider(path)) is not None:
                return copy, Piece(mapping.context, path, False)
        return None, Piece("", path, False)

    @staticmethod
    def _check(copy: Copy, piece: Piece) -> None:
        """Whether a file may be named in an instruction of its own.

        Raises:
            Unwritable: it is a link, or a fresh clone does not have it.
        """
        context = copy.files
        if piece.wild:
            return
        if context.is_link(piece.context):
            raise Unwritable(f"{piece.context} is a symbolic link, which COPY would follow when it is named")
        names = [piece.context]
        if piece.folder:
            names += [path for path, _ in context.children(piece.context)][:_MOST_FOLDER]
        ignored = context.snapshot.git_ignored([context.absolute(name) for name in names])
        for name in names:
            if context.absolute(name) in ignored:
                raise Unwritable(_IGNORED.format(name=name))

    @staticmethod
    def _is_wild(item: Manifest) -> bool:
        """Whether a manifest is to be named by a wildcard: git ignores it, and the install does without it."""
        copy = item.provided.copy
        if not item.optional or item.folder or copy is None:
            return False
        files = copy.files
        ignored = files.snapshot.is_git_ignored(files.absolute(item.provided.context))
        return ignored and not _like(copy, item.provided.context)


def _ignored_at(copy: Copy, image: str) -> Iterator[str]:
    """The paths of the context that a COPY would take to a place of the image, and that git ignores."""
    files = copy.files
    for item in copy.mappings:
        below = inside(image, item.image) if item.folder else None
        context = posixpath.join(item.context, below) if below else None
        if context is None or not files.ignore.sends(context) or _like(copy, context):
            continue
        if files.snapshot.is_git_ignored(files.absolute(context)):
            yield context


def _like(copy: Copy, context: str) -> bool:
    """Whether a wildcard for a file of the context would match others, too."""
    found = (path for path, _ in copy.files.children(posixpath.dirname(context)))
    return any(path.startswith(context) and path != context for path in found)
