"""``--baseline`` and ``--since`` in one run of the command: which findings are known, and what is said about that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from prebake.cli.baseline import Baseline, Entry
from prebake.cli.known import separate
from prebake.cli.output import printable
from prebake.cli.results import Result, results
from prebake.cli.targets import Targets
from prebake.engine import Engine, Report, fingerprint
from prebake.files import is_below, join
from prebake.findings import Finding
from prebake.rules import REGISTRY

if TYPE_CHECKING:
    from prebake.build.build import Scanner
    from prebake.cli.since import Since

_MOST_GONE = 10
"""Entries of a baseline that are named when they no longer occur."""


class Adoption:
    """What was known before the run."""

    def __init__(self, engine: Engine, baseline: Baseline | None, since: Since | None) -> None:
        """At least one of the two is given."""
        self._engine = engine
        self._baseline = baseline
        self._since = since
        self._then: Counter[str] = Counter()
        self._written = False
        self._gone: list[Entry] = []
        self._roots: frozenset[str] = frozenset()
        self._new_at_first: frozenset[str] = frozenset()

    @property
    def known(self) -> Counter[str]:
        """How often each fingerprint is known."""
        return self._then if self._baseline is None else self._then | self._baseline.known

    @property
    def source(self) -> str:
        """From where findings are known, in words."""
        sources = [] if self._baseline is None else [printable(self._baseline.path)]
        if self._since is not None:
            sources.append(f"before {printable(self._since.revision)} ({self._since.commit[:12]})")
        return " or ".join(sources)

    def look(
        self, reports: Sequence[Report], scanner: Scanner, overrides: Mapping[str, Any], workspaces: Iterable[str]
    ) -> None:
        """Note what there is before anything is fixed, and what there was before the change; see :class:`Since`."""
        if self._since is not None:
            self._then = self._since.known(reports, scanner, overrides, workspaces)
        self._roots = frozenset(report.root for report in reports)
        new = separate(results(reports), self.known).new
        self._new_at_first = frozenset(result.fingerprint for result in new)

    def may_be_fixed(self, finding: Finding) -> bool:
        """Whether a finding is reported, so that it may be fixed: it is not known, or which one of several is new
        cannot be told.
        """
        names = {fingerprint(finding, root) for root in self._roots}
        return all(name in self._new_at_first or not self.known[name] for name in names)

    def conclude(self, found: Sequence[Result], reports: Iterable[Report], targets: Targets) -> None:
        """Write the baseline with what was found if there is none yet, else see what has gone.

        Raises:
            CannotCompareError: it cannot be written.
        """
        if self._baseline is None:
            return
        if self._baseline.is_missing:
            self._baseline.write(found)
            self._written = True
        else:
            looked = _Looked(self._engine, reports, targets)
            self._gone = list(self._baseline.gone(found, looked.for_entry))

    def notes(self) -> Iterator[str]:
        """What is worth telling, line by line."""
        if self._baseline is None:
            return
        path = printable(self._baseline.path)
        if self._written:
            total = self._baseline.known.total()
            yield f"wrote {path} with {_count(total)}: from now on, only other ones are reported. Commit it."
        if self._gone:
            yield (
                f"{_count(len(self._gone))} of {path} no longer {'occurs' if len(self._gone) == 1 else 'occur'}. "
                "If that is so for everybody, delete the lines; or delete the file and run this again, which takes "
                "what is found then for known:"
            )
            for entry in self._gone[:_MOST_GONE]:
                yield f"  {printable(entry.path)}: {entry.code} {printable(entry.message)} ({entry.fingerprint})"
            if len(self._gone) > _MOST_GONE:
                yield f"  and {len(self._gone) - _MOST_GONE} more"

    def document(self, known: int) -> dict[str, Any]:
        """What the JSON says of it; ``known`` findings are left out there."""
        found: dict[str, Any] = {"known": known}
        if self._baseline is not None:
            gone = [entry._asdict() for entry in self._gone]
            found["baseline"] = {"path": self._baseline.path, "written": self._written, "gone": gone}
        if self._since is not None:
            found["since"] = {"revision": self._since.revision, "commit": self._since.commit}
        return found


class _Looked:
    """What a run has looked for: it may have been about some Dockerfiles and some rules only."""

    def __init__(self, engine: Engine, reports: Iterable[Report], targets: Targets) -> None:
        self._engine = engine
        self._files = {path for report in reports for path in (report.path, report.ignore_file)}
        self._folders = targets.folders
        self._roots = {report.root for report in reports} | {engine.project_root(join(f, "x")) for f in self._folders}
        self._names = {entry.code: entry.name for entry in REGISTRY}

    def for_entry(self, entry: Entry) -> bool:
        """Whether a finding like this would have been found."""
        return any(self._at(join(root, entry.path), entry.code) for root in self._roots)

    def _at(self, path: str, code: str) -> bool:
        if path not in self._files and not any(is_below(path, folder) for folder in self._folders):
            return False
        name = self._names.get(code)
        return name is None or self._engine.settings(path).wants(code, name)


def _count(number: int) -> str:
    return f"{number:,} finding" if number == 1 else f"{number:,} findings"
