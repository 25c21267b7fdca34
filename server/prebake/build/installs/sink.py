"""The rewrite that sinks a misplaced COPY below the install, or any other RUN, which does not need it.

``COPY . /app`` above ``RUN pip install -r requirements.txt`` becomes ``COPY requirements.txt /app/``, the install, and
then ``COPY . /app``: the install keeps the same environment, working directory and files, and the moved COPY writes the
same files at last. :func:`plan_sink` proves that, or says which fact stands in the way; :func:`plan_below` does for a
RUN of the caller's choice.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from prebake.build.bases import is_plain_base
from prebake.build.build import Build
from prebake.build.copies import Copy, SourceKind, copies
from prebake.build.installs.crossing import Crossing, crossing
from prebake.build.installs.manifests import readings
from prebake.build.installs.misplaced import Extra, extra_for, misplaced
from prebake.build.installs.notes import Manifest
from prebake.build.installs.owners import Maker, folder_that_changes, maker_of, owner_of
from prebake.build.installs.pieces import Pieces
from prebake.build.paths import inside
from prebake.build.rewriting.copytext import Piece, Unwritable, copies_of, with_destination, without_sources
from prebake.build.rewriting.sinking import Rewrite
from prebake.build.route import only_way, route
from prebake.build.state import chain, instructions_above, state_after
from prebake.edits import FileEdit, TextEdit
from prebake.findings import Applicability
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction


class Refusal(NamedTuple):
    """Why a COPY is not moved: a sentence without its full stop."""

    reason: str


class SinkPlan(NamedTuple):
    """A rewrite that can be made: ``moved`` go below ``below``, and COPY instructions for ``manifests`` (paths of the
    context) are put above the installs that read them.

    ``early`` are the manifests as files to be copied, each with the index of the install that needs it first.
    ``doubts`` say why it is not proved; there are none where it is ``SAFE``. ``facts`` are what the proof rests on.
    """

    build: Build
    moved: tuple[Instruction, ...]
    below: Instruction
    manifests: tuple[str, ...]
    doubts: tuple[str, ...]
    facts: tuple[str, ...]
    unignored: tuple[str, ...]
    rewrite: Rewrite
    early: tuple[tuple[int, Piece], ...] = ()

    @property
    def applicability(self) -> Applicability:
        """``SAFE`` where the image is proved to stay the same, else ``SUGGESTED``."""
        return Applicability.SUGGESTED if self.doubts else Applicability.SAFE

    @property
    def explanation(self) -> str:
        """The proof, or what keeps the rewrite from being proved."""
        return "; ".join(self.doubts or self.facts)

    def edits(self, extra: str = "") -> tuple[FileEdit, ...]:
        """The edits of the Dockerfile, and of the ignore file where it has to keep more out of the context.

        ``extra`` is the text of further instructions, without a last line end, to be put below the install and above
        what is moved: the place for a model download, which then depends on the dependencies and not on the code.
        """
        found = [FileEdit(self.build.path, self.build.text, self.rewrite.edits(extra))]
        path = self.build.ignore.path
        text = self.build.snapshot.text(path) if path is not None else None
        if self.unignored and path is not None and text is not None:
            end = text.position(len(text.content))
            before = "" if not text.content or text.content.endswith("\n") else text.newline
            lines = before + "".join(item + text.newline for item in self.unignored)
            found.append(FileEdit(path, text, (TextEdit.insert(end, lines),)))
        return tuple(found)


def plan_sink(build: Build, instruction: Instruction) -> SinkPlan | Refusal:
    """Plan to move a misplaced COPY or ADD, and those around it that have to go along, below the last install for which
    that is possible.

    All misplaced COPY instructions of one stage that can be moved below the same install share one plan, so that their
    order is kept.
    """
    found = {item.copy.instruction.index: item for item in misplaced(build)}
    mine = found.get(instruction.index)
    if mine is None:
        return Refusal("it does not stand above an install that could do without it")
    if build.context.root is None:
        return Refusal("the build context is not on this machine, so that its files are not known")
    refusal = Refusal("")
    for reading, _ in reversed(mine.installs):
        target = reading.install.instruction
        outcome = plan_onto(build, instruction, target)
        if isinstance(outcome, SinkPlan):
            return outcome
        refusal = outcome
    return refusal


def plan_below(
    build: Build, instruction: Instruction, target: Instruction, reads: frozenset[str] | None = None
) -> SinkPlan | Refusal:
    """Plan to move a COPY or ADD below a RUN that follows it in the same chain of stages, whether or not that is an
    install; those below it that have to go along go along, and manifests that installs on the way read are copied
    first. So are the files that the RUN reads, where they are given (``reads``, paths of the image).

    Taken one after the other in any order, the plans of several COPY instructions for one RUN keep their order.
    """
    copy = copies(build).get(instruction.index)
    if copy is None or not copy.from_context:
        return Refusal("it takes nothing from the build context")
    if build.context.root is None:
        return Refusal("the build context is not on this machine, so that its files are not known")
    way = route(build, instruction, target)
    if target not in way:
        return Refusal(f"it does not stand above line {target.line + 1}")
    for item in way:
        reading = readings(build).get(item.index)
        if reading is not None and copy.mappings and extra_for(copy, reading) is Extra.NOTHING:
            return Refusal(f"the install in line {item.line + 1} reads all that it brings")
    return _plan(build, copy, target, "RUN", {instruction.index: copy}, reads)


def plan_onto(build: Build, instruction: Instruction, target: Instruction) -> SinkPlan | Refusal:
    """Plan to move a COPY or ADD, whether or not it is misplaced, and those that go along with it, below an install."""
    along = _misplaced_along(build, instruction, target)
    copy = copies(build)[instruction.index]
    return _plan(build, copy, target, "install", {instruction.index: copy, **along})


def _plan(
    build: Build,
    copy: Copy,
    target: Instruction,
    called: str,
    early: dict[int, Copy],
    reads: frozenset[str] | None = None,
) -> SinkPlan | Refusal:
    shared = only_way(build, copy.instruction, target)
    if shared is not None:
        return Refusal(f"the {called} (line {target.line + 1}) stands in another stage, and {shared}")
    return _Plan(build, copy, target, early, reads).make()


def _misplaced_along(build: Build, instruction: Instruction, target: Instruction) -> dict[int, Copy]:
    """The misplaced COPY instructions on the way to an install that an install on that way could do without."""
    way = {item.index for item in route(build, build.stage_of(instruction).instruction, target)}
    return {
        item.copy.instruction.index: item.copy
        for item in misplaced(build)
        if item.copy.instruction.index in way
        and any(reading.install.instruction.index in way for reading, _ in item.installs)
    }


def brings_only(copy: Copy, reads: frozenset[str]) -> bool:
    """Whether all that a COPY brings are single files that are among those read."""
    return bool(copy.mappings) and all(not item.folder and item.image in reads for item in copy.mappings)


class _Plan:
    def __init__(
        self,
        build: Build,
        copy: Copy,
        target: Instruction,
        early: dict[int, Copy],
        reads: frozenset[str] | None = None,
    ) -> None:
        self._build = build
        self._reads = reads
        self._copy = copy
        self._target = target
        self._early = early
        self._doubts: list[str] = []

    def make(self) -> SinkPlan | Refusal:
        reading = readings(self._build).get(self._target.index)
        if reading is not None and reading.problems:
            return Refusal(reading.problems[0])
        moving, crossings = self._moving()
        obstacle = crossings[self._copy.instruction.index].obstacle
        if obstacle is not None:
            return Refusal(obstacle)
        try:
            early = Pieces(self._build, self._target, moving, crossings)
            pieces = early.find()
            if self._brings_only(pieces):
                return Refusal(f"line {self._target.line + 1} itself reads all that it brings")
            self._doubts += early.doubts
            self._folders(moving, crossings, pieces)
            for found in crossings.values():
                self._doubts += found.doubts
            self._doubts += self._owners(moving, crossings, pieces)
            added, moved = self._texts(moving, crossings, pieces)
        except Unwritable as error:
            return Refusal(str(error))
        rewrite = Rewrite(self._build.tree, moved, self._target, added)
        unignored = [path for found in crossings.values() for path in found.unignored]
        return SinkPlan(
            self._build,
            tuple(instruction for instruction, _ in moved),
            self._target,
            tuple(dict.fromkeys(piece.context for items in pieces.values() for piece in items)),
            tuple(dict.fromkeys(self._doubts)),
            tuple(self._facts(pieces)),
            tuple(dict.fromkeys(unignored)),
            rewrite,
            tuple((install, piece) for (_, install), items in pieces.items() for piece in items),
        )

    def _brings_only(self, pieces: dict[tuple[int, int], list[Piece]]) -> bool:
        """Whether the COPY brings nothing but what has to be copied early, so that nothing is gained."""
        own = self._copy.instruction.index
        early = {piece.image for (index, _), items in pieces.items() if index == own for piece in items}
        return bool(early) and all(not item.folder and item.image in early for item in self._copy.mappings)

    def _moving(self) -> tuple[dict[int, Copy], dict[int, Crossing]]:
        """The COPY instructions that go below the target together, and what each of them crosses."""
        moving = self._candidates()
        while True:
            together = frozenset(moving)
            early = self._reads is not None
            crossings = {
                index: crossing(self._build, copy, self._target, together, early=early)
                for index, copy in moving.items()
            }
            own = self._copy.instruction.index
            blocked = [index for index, found in crossings.items() if found.obstacle is not None and index != own]
            if crossings[own].obstacle is not None or not blocked:
                return moving, crossings
            for index in blocked:
                del moving[index]

    def _candidates(self) -> dict[int, Copy]:
        early = dict(self._early)
        first = min(early)
        way = {item.index for item in route(self._build, early[first].instruction, self._target)}
        for index, copy in copies(self._build).items():
            if index not in way or index in early or not copy.from_context or not copy.exact:
                continue
            if self._reads is not None and brings_only(copy, self._reads):
                continue
            below = [reading for at, reading in readings(self._build).items() if at in way and at > index]
            if not any(self._supplies(copy, reading.manifests) for reading in below) and all(
                extra_for(copy, reading) > Extra.NOTHING for reading in below
            ):
                early[index] = copy
        return dict(sorted(early.items()))

    @staticmethod
    def _supplies(copy: Copy, manifests: tuple[Manifest, ...]) -> bool:
        return any(item.provided.copy is copy for item in manifests)

    def _folders(
        self,
        moving: dict[int, Copy],
        crossings: dict[int, Crossing],
        pieces: dict[tuple[int, int], list[Piece]],
    ) -> None:
        """Whether folders that are entered on the way are still there.

        Raises:
            Unwritable: only a moved COPY makes such a folder.
        """
        early = [
            (index if crossings[index].pinned else install, posixpath.dirname(piece.image) or ".")
            for (index, install), items in pieces.items()
            for piece in items
        ]
        for found in crossings.values():
            for path, at, command in found.folders:
                places = [place for index, place in early if index <= at]
                if not any(inside(place, path) is not None for place in (*places, *self._made_before(at, moving))):
                    raise Unwritable(f"{command} needs a folder that only the moved COPY makes")

    def _made_before(self, index: int, moving: dict[int, Copy]) -> Iterator[str]:
        """The folders that are surely there before an instruction, whatever is moved."""
        for item in instructions_above(self._build, self._build.tree.instructions[index], self._target):
            place = state_after(self._build, item).directory if item.keyword == "WORKDIR" else None
            if place is not None:
                yield place
            other = copies(self._build).get(item.index)
            if other is not None and item.index not in moving:
                yield from (m.image if m.folder else posixpath.dirname(m.image) for m in other.mappings)

    def _owners(
        self,
        moving: dict[int, Copy],
        crossings: dict[int, Crossing],
        pieces: dict[tuple[int, int], list[Piece]],
    ) -> Iterator[str]:
        """The doubt that a folder may belong to somebody else, where another instruction comes to make it."""
        early: dict[int, list[Maker]] = {}
        for (index, install), items in pieces.items():
            folders = tuple(piece.image if piece.folder else posixpath.dirname(piece.image) or "." for piece in items)
            place = index if crossings[index].pinned else install
            early.setdefault(place, []).append(Maker(folders, owner_of(moving[index])))
        before: list[Maker] = []
        after: list[Maker] = []
        lowest = chain(self._build, self._build.stage_of(self._target))[0]
        for item in route(self._build, lowest.instruction, self._target):
            maker = maker_of(self._build, item)
            before += [maker] if maker is not None else []
            after += early.get(item.index, [])
            after += [maker] if maker is not None and item.index not in moving else []
        after += [found for copy in moving.values() if (found := maker_of(self._build, copy.instruction)) is not None]
        place_changed = folder_that_changes(before, after)
        if place_changed is not None:
            yield f"{place_changed} is then made by another instruction and may belong to another user"

    def _texts(
        self,
        moving: dict[int, Copy],
        crossings: dict[int, Crossing],
        pieces: dict[tuple[int, int], list[Piece]],
    ) -> tuple[list[tuple[Instruction, list[str]]], list[tuple[Instruction, str]]]:
        """The lines to be added, with where, and the moved instructions with their new text."""
        together: dict[tuple[int, int], list[Piece]] = {}
        for (index, install), items in pieces.items():
            place = index if crossings[index].pinned else install
            together.setdefault((index, place), []).extend(items)
        added = [
            (self._build.tree.instructions[place], copies_of(moving[index], items))
            for (index, place), items in together.items()
        ]
        moved = []
        for index, copy in moving.items():
            early = {piece.image for (at, _), items in pieces.items() if at == index for piece in items}
            raw = without_sources(copy, self._supplied(copy, early, moving))
            if crossings[index].absolute and copy.destination is not None:
                raw = with_destination(copy, raw, copy.destination)
            moved.append((copy.instruction, raw))
        return added, moved

    @staticmethod
    def _supplied(copy: Copy, early: set[str], moving: dict[int, Copy]) -> list[int]:
        """The named files of a COPY that are brought early, so that they need not be copied again: not those that
        something else which is moved writes as well.
        """
        numbers = []
        for number, source in enumerate(copy.sources):
            images = {item.image for item in copy.mappings if item.source == number}
            others = [item for item in copy.mappings if item.source != number]
            again = any(item.image == image for item in others for image in images) or any(
                copy.files.exists(posixpath.join(item.context, below))
                for item in others
                for image in images
                if item.folder and (below := inside(image, item.image))
            )
            elsewhere = any(other.touches(image) for other in moving.values() if other is not copy for image in images)
            if source.kind is SourceKind.FILE and images <= early and not again and not elsewhere:
                numbers.append(number)
        return numbers if len(numbers) < len(copy.sources) else []

    def _facts(self, pieces: dict[tuple[int, int], list[Piece]]) -> Iterator[str]:
        names = list(dict.fromkeys(piece.context for items in pieces.values() for piece in items))
        shown = ", ".join(names[:4]) + (" ..." if len(names) > 4 else "")
        who = "the install" if self._target.index in readings(self._build) else f"line {self._target.line + 1}"
        if names:
            yield f"of what is moved, the installs on the way read only {shown}"
        else:
            yield f"{who} reads nothing that is moved"
        yield "nothing on the way reads or writes what is moved"
        if not is_plain_base(self._copy.state.base):
            yield f"the base image {self._copy.state.base or ''} is taken to have no ONBUILD triggers"
