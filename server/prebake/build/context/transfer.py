"""What BuildKit asks for of a build context: all of it, or only what instructions name.

BuildKit collects the sources of the stages that are built and has the client send nothing else. A source that is the
root makes that everything; so does a ``tmpfs`` mount, whose empty source counts as the root. The legacy builder and
Kaniko are given the whole context before they look at the Dockerfile.
"""

from __future__ import annotations

from functools import cached_property

from prebake.build.build import Build, fact
from prebake.build.builders import KANIKO, LEGACY, builder_of
from prebake.build.context.use import ContextUse, context_use, needed_stages
from prebake.files import Snapshot, join
from prebake.project.contexts.sources import mount_options
from prebake.project.ignore.rules import IgnoreRules
from prebake.project.links import led_to
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.glob import WILDCARDS, GlobError, problem, wildcard
from prebake.syntax.ignorefile import IgnoreFile, Pattern
from prebake.text import Text

_MOST_PATHS = 10_000


class _Transfer(NamedTuple):
    whole: bool
    reason: Instruction | None
    paths: tuple[str, ...]
    unknown: bool


class Transfer(_Transfer):
    """What the builder asks for. The ignore file takes its part from all of it.

    ``whole``: the whole context, because of the instruction ``reason`` (``None``: the builder always does so). Else
    ``paths`` are what instructions name, relative to the context root, wildcards as they are written, and ``unknown``
    says that others depend on a variable without a known value.
    """

    @property
    def is_any(self) -> bool:
        """Whether anything is asked for."""
        return self.whole or bool(self.paths) or self.unknown

    @cached_property
    def selection(self) -> IgnoreRules | None:
        """Rules that match just what is asked for; ``None`` for the whole context."""
        if self.whole:
            return None
        patterns = tuple(Pattern(path, path, False, 0, 0, 0, problem(path)) for path in self.paths)
        return IgnoreRules(IgnoreFile(Text(""), patterns, ()), None)


@fact
def transfer(build: Build) -> Transfer:
    """What the builder of the settings asks for to build this."""
    use = context_use(build)
    if builder_of(build) in (LEGACY, KANIKO):
        return Transfer(True, None, (), False)
    reason = _reason(build, use)
    if reason is not None:
        return Transfer(True, reason, (), False)
    return Transfer(False, None, _followed(build, use.paths), use.unknown)


def _reason(build: Build, use: ContextUse) -> Instruction | None:
    """The first instruction that makes BuildKit ask for the whole context."""
    found = [*use.broad, *use.mounts]
    if use.is_any:
        found += [
            instruction
            for stage in needed_stages(build)
            for instruction in stage.instructions
            if instruction.keyword == "RUN" and _mounts_memory(instruction)
        ]
    return min(found, key=lambda instruction: instruction.index, default=None)


def _mounts_memory(instruction: Instruction) -> bool:
    options = map(mount_options, instruction.flag_values("mount"))
    return any(option.get("type") == "tmpfs" and "from" not in option for option in options)


class _Links:
    """What BuildKit has the client send for the sources: these paths, and where links in them lead to."""

    def __init__(self, snapshot: Snapshot, root: str) -> None:
        self._snapshot = snapshot
        self._root = root
        self.found: dict[str, None] = {}

    def add(self, path: str) -> None:
        """Take in a source, cleaned, and what it leads to."""
        todo = [path]
        while todo and len(self.found) < _MOST_PATHS:
            parts = todo.pop().split("/")
            for end in range(1, len(parts) + 1):
                current = "/".join(parts[:end])
                targets = self._targets(current)
                if targets or end == len(parts):
                    # A wildcard that matches a link is sent with all that it matches, whatever follows it.
                    known = current in self.found
                    self.found[current] = None
                    todo += () if known else ("/".join((target, *parts[end:])) for target in targets)
                    break

    def _targets(self, path: str) -> list[str]:
        """Where the link at a path leads to, or those that a wildcard in its last part matches."""
        folder, _, name = path.rpartition("/")
        place = join(self._root, folder)
        try:
            expression = wildcard(name)
        except GlobError:
            return []
        if expression is None:
            names = [name]
        elif WILDCARDS & set(folder):
            return []
        else:
            names = [entry.name for entry in self._snapshot.list(place) if expression.match(entry.name)]
        targets = []
        for each in names:
            if self._snapshot.link(join(place, each)) is not None:
                target = led_to(self._snapshot, self._root, f"{folder}/{each}")
                targets += [target] if target and self._snapshot.exists(join(self._root, target)) else []
        return targets


def _followed(build: Build, paths: tuple[str, ...]) -> tuple[str, ...]:
    """The paths, and where links among them lead to in the context."""
    if build.context.root is None:
        return paths
    links = _Links(build.snapshot, build.context.root)
    for path in paths:
        links.add(path)
    return tuple(links.found)
