"""What every rule is: metadata, a docstring that is its documentation, and a check."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar

from prebake.findings import Cost, Finding, Fix, Location, Related, Repair, Severity
from prebake.text import printable

if TYPE_CHECKING:
    from prebake.build.build import Build


class Rule(ABC):
    """One mistake and its repair.

    A subclass sets ``code`` (never reused), ``name`` (kebab case, reads after "ignore") and ``severity`` (its usual
    one), and has a docstring: a summary line, then the Markdown sections ``## What it does``, ``## Why it is bad`` (or
    ``slow``), ``## Example``, ``## Use instead``, ``## Fix safety`` and ``## References``. That docstring *is* the
    documentation.
    """

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]

    @abstractmethod
    def check(self, build: Build) -> Iterator[Finding]:
        """The findings of this rule for one Dockerfile. Asks ``build`` for facts, computes none that another rule could
        need.
        """

    @classmethod
    def page(cls) -> str:
        """The rule's documentation in Markdown, without its title."""
        from inspect import cleandoc  # too slow an import for every run

        return cleandoc(cls.__doc__ or "")

    @classmethod
    def summary(cls) -> str:
        """The first line of the documentation."""
        return cls.page().partition("\n")[0]

    @classmethod
    def url(cls) -> str:
        """Where the rule's page is published."""
        return f"https://github.com/prebake/prebake/blob/main/docs/rules/{cls.code}.md"

    @classmethod
    def finding(
        cls,
        at: Location,
        message: str,
        *,
        key: str,
        repair: Callable[[], tuple[Fix, ...] | str],
        severity: Severity | None = None,
        cost: Cost | None = None,
        related: tuple[Related, ...] = (),
        elsewhere: tuple[Location, ...] = (),
        sites: tuple[Location, ...] = (),
    ) -> Finding:
        """A finding of this rule.

        ``key`` tells it from the rule's other findings in the same file (see :class:`Finding`); ``repair`` gives its
        fixes, or the fact that stands in the way, when they are asked for (see :class:`Repair`).
        """
        level = cls.severity if severity is None else severity
        said = printable(message)
        related = tuple(item._replace(message=printable(item.message)) for item in related)
        return Finding(cls.code, cls.name, level, at, said, key, Repair(repair), cost, related, elsewhere, sites)
