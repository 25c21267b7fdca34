"""What a rule yields: findings and the fixes that answer them."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, IntEnum
from functools import cached_property

from prebake.edits import FileEdit
from prebake.records import NamedTuple
from prebake.text import Span, printable


class Severity(IntEnum):
    """How much a finding matters; a greater value is worse."""

    HINT = 0
    INFORMATION = 1
    WARNING = 2
    ERROR = 3

    def __str__(self) -> str:
        return self.name.lower()


class Applicability(Enum):
    """How far a fix can be trusted.

    ``SAFE``: proved to build the same image, comments kept. ``SUGGESTED``: right in the usual case, but it changes the
    image or cannot be proved.
    """

    SAFE = "safe"
    SUGGESTED = "suggested"


class Location(NamedTuple):
    """A span of a file; ``path`` is absolute and ``/``-separated."""

    path: str
    span: Span


class Related(NamedTuple):
    """Another place that belongs to a finding, and what it has to do with it."""

    location: Location
    message: str


class Cost(NamedTuple):
    """What the mistake moves on each build or start: bytes, and the number of files where that is known."""

    bytes: int
    files: int | None = None


class Fix(NamedTuple):
    """A complete repair. ``title`` is imperative, without a full stop. Several files may be edited at once.

    ``explanation`` is the proof or the warning that goes with it: which facts make it safe, or what it changes.
    """

    title: str
    applicability: Applicability
    edits: tuple[FileEdit, ...]
    explanation: str = ""


class Repair:
    """The fixes of a finding, or the reason why there is none. Worked out when first asked for: diagnostics on every
    keystroke do without.
    """

    def __init__(self, find: Callable[[], tuple[Fix, ...] | str]) -> None:
        """``find`` gives the fixes, the preferred one first, or the fact that stands in the way, in words."""
        self._find = find

    @cached_property
    def _found(self) -> tuple[Fix, ...] | str:
        try:
            found = self._find()
        except Exception as error:  # a mistake of ours: the finding still stands
            return f"internal error while the fix was worked out: {type(error).__name__}: {error}"
        if isinstance(found, str):
            return printable(found)
        return tuple(fix._replace(title=printable(fix.title), explanation=printable(fix.explanation)) for fix in found)

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """The fixes, the preferred one first."""
        return () if isinstance(self._found, str) else self._found

    @property
    def no_fix(self) -> str | None:
        """Why there is no fix; ``None`` where there is one."""
        return self._found if isinstance(self._found, str) else None


class Finding(NamedTuple):
    """One mistake, at one place, with one cause.

    ``key`` tells two findings of one rule in one file apart without line numbers or sizes (a model id, an instruction's
    text); the fingerprint is made of it. ``elsewhere`` are further places where an editor shows the same finding: the
    ignore file that it is about. ``sites`` are the places in code that it comes from: an editor shows it there as a
    hint, in files that are open.
    """

    code: str
    rule: str
    severity: Severity
    location: Location
    message: str
    key: str
    repair: Repair
    cost: Cost | None = None
    related: tuple[Related, ...] = ()
    elsewhere: tuple[Location, ...] = ()
    sites: tuple[Location, ...] = ()

    @property
    def places(self) -> tuple[Location, ...]:
        """Everywhere an editor shows the finding, its own place first."""
        return (self.location, *self.elsewhere, *self.sites)

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """The fixes. ``fixes[0]`` is the preferred one, the only one that ``--fix`` applies."""
        return self.repair.fixes

    @property
    def no_fix(self) -> str | None:
        """Which fact stands in the way of a fix; ``None`` where there is one."""
        return self.repair.no_fix
