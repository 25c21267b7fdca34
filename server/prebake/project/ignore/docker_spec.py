"""Docker's answer for a path looked at alone, as a ``pathspec`` gives it.

Apart from what the walk needs, since importing ``pathspec`` takes longer than reading most projects.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pathspec import PathSpec
from pathspec.pattern import Pattern

from prebake.project.ignore.docker_pattern import DockerPattern


class SpecPattern(Pattern):
    """A pattern of an ignore file for a ``PathSpec``, in which the last pattern that takes a path in decides."""

    __slots__ = ("_pattern",)

    def __init__(self, pattern: DockerPattern) -> None:
        super().__init__(not pattern.source.negated)
        self._pattern = pattern

    def match_file(self, file: str) -> Any:
        """True when the pattern matches the path or a folder it is in, else ``None``, as ``pathspec`` wants it."""
        return True if self._pattern.takes_in(file) else None


def spec_of(patterns: Iterable[DockerPattern]) -> PathSpec[SpecPattern]:
    """What the patterns of an ignore file leave out, each path looked at alone."""
    return PathSpec([SpecPattern(pattern) for pattern in patterns])
