"""Commands that delete what a layer below holds: it is gone from sight, and its bytes stay in the image."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Literal

from prebake.build.build import Build, fact
from prebake.build.copies import Copy, SourceKind, copies
from prebake.build.image import mounts_of
from prebake.build.layers.apt import LISTS, apt_runs
from prebake.build.layers.packagecaches import CacheUse, cache_uses
from prebake.build.layers.written import FETCHING, Brought, Written, brought, outputs_at, size_of
from prebake.build.paths import inside, related
from prebake.build.shipping import ships
from prebake.build.state import states
from prebake.build.steps import Argument, Step, steps_at
from prebake.project.measuring.scan import Size
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction

_MARKS = regex(r"\b(rm|unlink|clean|purge)\b")
_FETCHES = regex(r"\b(" + "|".join(sorted(FETCHING)) + r")\b")
_MOST_INSTRUCTIONS = 200
"""Longer Dockerfiles, which nobody writes by hand, are not looked at: a hint is not worth waiting for."""

_LEAST = 1_000_000
"""Files of the context of fewer bytes are not worth a word."""

_SMALL = regex(
    r"(keyring[^/]*\.deb|none-any\.whl|\.(gpg|asc|key|pub|pem|crt|sh|py|txt|list|json|ya?ml|toml|cfg|conf|ini|md|lock))$"
)
"""Names of files that hardly ever weigh much."""

Kind = Literal["lists", "cache", "files", "copied"]


class Target(NamedTuple):
    """A place that a command deletes. ``pattern`` is a wildcard for the names in it of what goes; ``word`` stands for
    the place in the command, ``None`` where the command has no word for it.
    """

    place: str
    pattern: str | None = None
    word: Argument | None = None

    def takes(self, path: str) -> bool:
        """Whether a file or folder of the image is deleted with all that is in it."""
        rest = inside(path, self.place)
        if rest is None or self.pattern is None:
            return rest is not None
        if not rest:
            return self.pattern == "*"
        return _matches(rest.partition("/")[0], self.pattern)


class Left(NamedTuple):
    """What stays in the image although a command deletes it: what wrote it, and the command with its target.

    ``kind`` tells apt's lists, the cache of an installer (then ``use`` is its use), files that a RUN fetched and files
    of a COPY or ADD.
    """

    kind: Kind
    written: Written
    step: Step
    target: Target
    use: CacheUse | None = None


class Cleanup(NamedTuple):
    """A RUN that deletes what layers below hold. ``size`` is what of it comes from the context."""

    instruction: Instruction
    left: tuple[Left, ...]
    size: Size | None


@fact
def cleanups(build: Build) -> tuple[Cleanup, ...]:
    """The RUN instructions in layers that ship which delete what layers below hold, and not only what they wrote."""
    if len(build.tree.instructions) > _MOST_INSTRUCTIONS:
        return ()
    found = []
    gone: set[tuple[int, str]] = set()
    for instruction in build.tree.instructions:
        if instruction.keyword != "RUN" or _MARKS.search(instruction.raw) is None or not ships(build, instruction):
            continue
        steps = [step for step in steps_at(build, instruction).steps if _deleting(step)]
        left = tuple(_worth(build, _left(build, instruction, steps), gone))
        if left:
            found.append(Cleanup(instruction, left, size_of(build, [item.written for item in left])))
    return tuple(found)


def _deleting(step: Step) -> bool:
    """Whether a command that runs in any case may delete something."""
    surely = step.command.before != "||" and all(kind in ("(", "{") for kind in step.command.context)
    return surely and not step.piped and (step.program in ("rm", "unlink") or _purges(step))


def _purges(step: Step) -> bool:
    return any((argument.text or "") in ("clean", "purge", "cache", "prune", "--clear") for argument in step.arguments)


def _left(build: Build, instruction: Instruction, steps: list[Step]) -> Iterator[Left]:
    for step in steps:
        for target in targets_of(step):
            yield from _lists(build, instruction, step, target)
            yield from _caches(build, instruction, step, target)
            yield from _files(build, instruction, step, target)
        if step.program not in ("rm", "unlink"):
            yield from _purged(build, instruction, step)


def _worth(build: Build, found: Iterator[Left], gone: set[tuple[int, str]]) -> Iterator[Left]:
    """Without what an earlier command deletes already, and without small files of the context."""
    for item in found:
        about = (item.written.instruction.index, f"{item.kind} {item.written.path}")
        if about in gone:
            continue
        gone.add(about)
        if item.kind == "copied" and item.written.contexts is not None:
            size = size_of(build, [item.written])
            if size is None or size.bytes < _LEAST:
                continue
        yield item


def targets_of(step: Step) -> Iterator[Target]:
    """What ``rm`` and its like are told to delete, as far as it is known."""
    if step.program not in ("rm", "unlink"):
        return
    ended = False
    for argument in step.arguments:
        text = argument.text
        if text == "--":
            ended = True
        elif text and (ended or not text.startswith("-")):
            target = _target(step, argument, text)
            if target is not None:
                yield target


def _target(step: Step, argument: Argument, text: str) -> Target | None:
    if not argument.glob:
        place = step.absolute(text)
        return None if place is None or place == "/" else Target(place, None, argument)
    folder, _, pattern = text.rstrip("/").rpartition("/")
    if set(folder) & set("*?[") or not pattern:
        return None
    place = step.absolute(folder or ("/" if text.startswith("/") else "."))
    return None if place is None else Target(place, pattern, argument)


def _matches(name: str, pattern: str) -> bool:
    """As the shell does it: names with a leading dot are matched by a pattern with one only."""
    return fnmatchcase(name, pattern) and (pattern.startswith(".") or not name.startswith("."))


def _lists(build: Build, instruction: Instruction, step: Step, target: Target) -> Iterator[Left]:
    """The package lists that earlier layers have fetched."""
    whole = target.pattern in (None, "*") and inside(LISTS, target.place) is not None
    own = apt_runs(build).get(instruction.index)
    if not whole or (own is not None and own.updates) or _mounted(build, instruction, LISTS):
        return
    for item in _keepers(build):
        if item.index < instruction.index:
            yield Left("lists", Written(item, LISTS, apt_runs(build)[item.index].commands[0].step), step, target)


@fact
def _keepers(build: Build) -> tuple[Instruction, ...]:
    """The instructions whose layers ship with package lists."""
    runs = apt_runs(build).values()
    return tuple(run.instruction for run in runs if run.keeps_lists and ships(build, run.instruction))


def _caches(build: Build, instruction: Instruction, step: Step, target: Target) -> Iterator[Left]:
    """The caches that installers in earlier layers have filled, in the place that is deleted."""
    for use in _filled(build, instruction):
        conda = use.cache.name == "conda" and posixpath.basename(target.place) == "pkgs"
        if conda or (use.folder is not None and target.takes(use.folder)):
            yield _cache(use, step, target)


def _purged(build: Build, instruction: Instruction, step: Step) -> Iterator[Left]:
    """The caches that a command of the installer empties."""
    words = " ".join((step.program, *(argument.text or "" for argument in step.arguments)))
    if words.startswith("pip cache ") and not words.startswith("pip cache purge"):
        return
    for use in _filled(build, instruction):
        if any(words.startswith(purge) for purge in use.cache.purges):
            yield _cache(use, step, Target(use.folder or use.cache.name))


def _cache(use: CacheUse, step: Step, target: Target) -> Left:
    command = use.install.commands[0].step
    return Left("cache", Written(use.install.instruction, use.cache.name, command), step, target, use)


def _filled(build: Build, instruction: Instruction) -> Iterator[CacheUse]:
    """The uses of caches above an instruction whose layers keep them, and which it does not use itself."""
    own = {use.cache.name for use in cache_uses(build) if use.install.instruction.index == instruction.index}
    for use in _kept_caches(build):
        if use.install.instruction.index < instruction.index and use.cache.name not in own:
            yield use


@fact
def _kept_caches(build: Build) -> tuple[CacheUse, ...]:
    """The uses of caches that stay in layers which ship; a later instruction may empty them."""
    return tuple(
        use
        for use in cache_uses(build)
        if use.mount is None
        and use.purge is None
        and not use.all_off
        and not (use.folder is not None and _mounted(build, use.install.instruction, use.folder))
    )


def _mounted(build: Build, instruction: Instruction, path: str) -> bool:
    mounts = mounts_of(instruction, states(build)[instruction.index])
    return any(related(path, mount.target) for mount in mounts)


def _files(build: Build, instruction: Instruction, step: Step, target: Target) -> Iterator[Left]:
    """The files that earlier layers hold in the place that is deleted."""
    if _mounted(build, instruction, target.place):
        return
    for copy, output in _files_by_place(build).near(target.place, instruction.index):
        if copy is not None:
            yield from _copied(copy, step, target)
        elif target.takes(output.path):
            item = output.instruction
            if not _deletes(build, item, output.path) and not _mounted(build, item, output.path):
                yield Left("files", Written(item, output.path, output.step), step, target)


class _Fetched(NamedTuple):
    instruction: Instruction
    path: str
    step: Step


@fact
def _files_by_place(build: Build) -> Brought:
    """The COPY instructions and what RUN fetches, of layers that ship, each as a pair of which one is ``None``."""
    found = Brought()
    for item in build.tree.instructions:
        if item.keyword not in ("COPY", "ADD", "RUN") or not ships(build, item):
            continue
        copy = copies(build).get(item.index)
        if copy is not None:
            places = [mapping.image for mapping in copy.mappings]
            places += [other.image for other in copy.foreign] if _weighs(copy) else []
            for top in {place if place.count("/") < 2 else "/".join(place.split("/", 2)[:2]) for place in places}:
                found.add(item.index, top, (copy, None))
        elif _FETCHES.search(item.raw) is not None:
            for output in outputs_at(build, item):
                if output.step.program in FETCHING and not _SMALL.search(output.path):
                    found.add(item.index, output.path, (None, _Fetched(item, output.path, output.step)))
    return found


def _deletes(build: Build, instruction: Instruction, path: str) -> bool:
    """Whether a RUN deletes a place, or part of it, itself."""
    return any(
        related(target.place, path) for step in steps_at(build, instruction).steps for target in targets_of(step)
    )


def _copied(copy: Copy, step: Step, target: Target) -> Iterator[Left]:
    places = [target.place] if target.pattern in (None, "*") else list(_in_folder(copy, target))
    for item in copy.foreign if _weighs(copy) else ():
        if target.takes(item.image) and (item.folder or not _SMALL.search(item.image)):
            yield Left("copied", Written(copy.instruction, item.image), step, target)
            return
    contexts = tuple(path for place in places for path in brought(copy, place) or ())
    if contexts and copy.origin is None:
        yield Left("copied", Written(copy.instruction, target.place, contexts=contexts), step, target)


def _weighs(copy: Copy) -> bool:
    """Whether what a COPY brings from elsewhere may be large: here-documents are not, and a source that is not there
    says nothing.
    """
    kinds = {source.kind for source in copy.sources}
    return not kinds & {SourceKind.MISSING, SourceKind.UNKNOWN, SourceKind.HEREDOC}


def _in_folder(copy: Copy, target: Target) -> Iterator[str]:
    """The paths of the image that a COPY writes directly in a folder and that a pattern selects."""
    for item in copy.mappings:
        if not item.folder:
            if target.takes(item.image) and posixpath.dirname(item.image) == target.place:
                yield item.image
            continue
        rest = inside(target.place, item.image)
        if rest is None:
            continue
        for path, _ in copy.files.children(posixpath.join(item.context, rest).rstrip("/")):
            image = posixpath.join(target.place, posixpath.basename(path))
            if target.takes(image):
                yield image
