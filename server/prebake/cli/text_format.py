"""Findings as text, for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from prebake.cli.known import Known
from prebake.cli.output import Output, printable
from prebake.cli.results import Result, by_cause
from prebake.cli.snippet import snippet
from prebake.engine import Report
from prebake.files import Snapshot, relative
from prebake.findings import Applicability, Finding, Location, Severity

_MOST_CONTEXTS = 10
"""Dockerfiles whose contexts are named in the summary."""
_MOST_PLACES = 5
"""Other Dockerfiles that are named for one cause."""


class TextFormat:
    """Prints findings to a stream, with paths seen from a folder."""

    def __init__(self, output: Output, snapshot: Snapshot, folder: str) -> None:
        """``snapshot`` gives the source lines."""
        self._output = output
        self._snapshot = snapshot
        self._folder = folder

    def findings(self, results: Sequence[Result]) -> None:
        """Print each finding with its source line, related places and fixes; what Dockerfiles share is there once."""
        for first, *others in by_cause(results):
            for line in self._finding(first.finding, [other.finding for other in others]):
                self._output.line(line)
            self._output.line()

    def summary(
        self,
        reports: Sequence[Report],
        shown: Sequence[Result],
        hidden: int,
        given_context: bool = False,
        known: Known | None = None,
    ) -> None:
        """Print how much was found, what can be fixed, and which contexts were used and why. ``hidden`` findings are
        hints, ``known`` ones were left out.
        """
        for line in totals(self._output, len(reports), shown, hidden, known):
            self._output.line(line)
        for line in self._contexts(reports, shown, given_context):
            self._output.line(line)

    def _finding(self, finding: Finding, others: Sequence[Finding]) -> Iterator[str]:
        paint = self._output.paint
        severity = str(finding.severity)
        head, *more = map(printable, finding.message.split("\n"))
        place = paint(self._place(finding.location), "bold")
        yield f"{place}: {paint(f'{severity} {finding.code}', severity)} {head}"
        for line in more:
            yield f"    {line}"
        yield from self._source(finding.location, severity)
        if others:
            yield self._note(f"the same in {self._places(others)}")
        for related in finding.related:
            yield self._note(f"{self._place(related.location)}: {printable(related.message)}")
        for number, fix in enumerate(finding.fixes):
            yield self._note(f"{'or' if number else 'fix'} [{fix.applicability.value}]: {printable(fix.title)}")
            if fix.explanation:
                yield f"          {self._output.paint(printable(fix.explanation), 'dim')}"
        if finding.no_fix is not None and not finding.fixes:
            yield self._note(f"no fix: {printable(finding.no_fix)}")

    def _source(self, location: Location, severity: str) -> Iterator[str]:
        text = self._snapshot.text(location.path)
        if text is None:
            return
        paint = self._output.paint
        number, line, carets = snippet(text, location.span)
        if line:
            yield f"{paint(f'{number:>5} |', 'dim')} {line}"
            yield f"{paint('      |', 'dim')} {_paint_carets(self._output, carets, severity)}"

    def _note(self, text: str) -> str:
        return f"{self._output.paint('      =', 'dim')} {text}"

    def _place(self, location: Location) -> str:
        line, column = location.span.start
        return f"{self._name(location.path)}:{line + 1}:{column + 1}"

    def _places(self, findings: Sequence[Finding]) -> str:
        named = [self._place(finding.location) for finding in findings[:_MOST_PLACES]]
        more = len(findings) - len(named)
        last = [f"{more} more"] if more else [named.pop()]
        return " and ".join([*([", ".join(named)] if named else []), *last])

    def _name(self, path: str) -> str:
        return printable(relative(path, self._folder))

    def _contexts(self, reports: Sequence[Report], shown: Sequence[Result], given_context: bool) -> Iterator[str]:
        with_findings = {result.finding.location.path for result in shown}
        named = [
            report for report in reports if report.contexts and (len(reports) == 1 or report.path in with_findings)
        ]
        for report in named[:_MOST_CONTEXTS]:
            context = report.contexts[0]
            source = "--context" if given_context else printable(context.evidence.source(self._folder))
            where = "fetched by the builder" if context.root is None else self._name(context.root)
            others = f", and {len(report.contexts) - 1} more" if len(report.contexts) > 1 else ""
            ignore = "no ignore file" if report.ignore_file is None else f"ignore file {self._name(report.ignore_file)}"
            yield f"{self._name(report.path)}: build context {where} (from {source}){others}; {ignore}."
        if len(named) > _MOST_CONTEXTS:
            yield f"{len(named) - _MOST_CONTEXTS} more Dockerfiles: their contexts are in --format json."


def totals(
    output: Output, dockerfiles: int, shown: Sequence[Result], hidden: int, known: Known | None
) -> Iterator[str]:
    """The lines that say how much was found and what can be fixed; as for :meth:`TextFormat.summary`."""
    causes = [first.finding for first, *_ in by_cause(shown)]
    where = f" in {_count(dockerfiles, 'Dockerfile')}"
    if not shown:
        yield output.paint("No findings" if known is None else "No new findings", "good") + f"{where}."
    else:
        kinds = ", ".join(
            _count(sum(finding.severity == severity for finding in causes), str(severity))
            for severity in sorted(Severity, reverse=True)
            if any(finding.severity == severity for finding in causes)
        )
        found = _count(len(causes), "finding" if known is None else "new finding")
        yield output.paint(found, "bold") + f"{where}: {kinds}."
        yield _fixable(causes)
    if hidden:
        yield f"{_count(hidden, 'hint')} not shown: add --all."
    if known is not None and known.number:
        yield f"{_count(known.number, 'known finding')} not shown: from {known.source}."


def _paint_carets(output: Output, carets: str, severity: str) -> str:
    run = carets.lstrip()
    return carets[: len(carets) - len(run)] + output.paint(run, severity)


def _fixable(findings: Sequence[Finding]) -> str:
    preferred = [finding.fixes[0].applicability for finding in findings if finding.fixes]
    safe = preferred.count(Applicability.SAFE)
    suggested = preferred.count(Applicability.SUGGESTED)
    if not preferred:
        return "None can be fixed automatically."
    if not suggested:
        return f"{safe} fixable with --fix."
    if not safe:
        return f"{suggested} fixable with --fix --suggested."
    return f"{safe} fixable with --fix, {suggested} more with --fix --suggested."


def _count(number: int, noun: str) -> str:
    plural = noun if number == 1 or noun == "information" else f"{noun}s"
    return f"{number} {plural}"
