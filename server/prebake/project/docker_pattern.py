"""A ``pathspec`` pattern that matches as Docker does.

Imported only where a path is looked at alone, since importing ``pathspec`` takes longer than reading most projects.
"""

from __future__ import annotations

from typing import Any

from pathspec.pattern import Pattern

from prebake.project.matcher import Matcher


class DockerPattern(Pattern):
    """One pattern of an ignore file. It matches a path or anything below it; the last pattern that matches decides."""

    __slots__ = ("_matcher",)

    def __init__(self, matcher: Matcher) -> None:
        super().__init__(not matcher.source.negated)
        self._matcher = matcher

    def match_file(self, file: str) -> Any:
        """Whether the pattern matches a path relative to the context root; ``None`` when not."""
        return True if self._matcher.matches_from_above(file) else None
