"""Diagnostics: findings in the form and place in which an editor shows them."""

from __future__ import annotations

import logging
import posixpath
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp.convert import Coordinates
from prebake.records import NamedTuple
from prebake.text import Text

if TYPE_CHECKING:
    from prebake.build.build import Build
    from prebake.engine import Engine, Report
    from prebake.findings import Finding, Location
    from prebake.lsp.language_server import Server

_log = logging.getLogger(__name__)

SOURCE = "prebake"
_LEAST_SEVERE = types.DiagnosticSeverity.Hint.value

ByPath = dict[str, list[types.Diagnostic]]


class Standing(NamedTuple):
    """A finding at one of its places."""

    report: Report
    finding: Finding
    place: Location


class View:
    """The engine's findings as a client sees them. For use inside of work on the engine, and for one piece of work."""

    def __init__(self, server: Server, engine: Engine) -> None:
        self.engine = engine
        self._documents = server.analysis.documents
        self._client = server.client
        self._encoding = server.documents.encoding
        self._unopened_uri = server.documents.unopened_uri
        self._coordinates: dict[str, Coordinates] = {}

    def coordinates(self, path: str) -> Coordinates:
        """The client's coordinates of a file as it is now, open or not."""
        document = self._documents.get(path)
        if document is not None:
            return document.coordinates
        if path not in self._coordinates:
            text = self.engine.snapshot.text(path)
            self._coordinates[path] = Coordinates(text or Text(""), self._encoding)
        return self._coordinates[path]

    def uri(self, path: str) -> str:
        """How the client spells a file's URI, as far as that is known."""
        document = self._documents.get(path)
        return self._unopened_uri(path) if document is None else document.uri

    def version(self, path: str) -> int | None:
        """The version of the open document that the engine knows; ``None`` for a file that is not open."""
        document = self._documents.get(path)
        return None if document is None else document.version

    def dockerfiles(self, path: str) -> tuple[str, ...]:
        """The Dockerfiles that a file concerns.

        Raises:
            ConfigError: a configuration file is wrong.
        """
        document = self._documents.get(path)
        if document is not None and document.is_declared_dockerfile:
            return (path,)
        return self.engine.dockerfiles_for(path)

    def builds(self, path: str) -> tuple[Build, ...]:
        """The builds of a Dockerfile, the most trusted first; none of another file.

        Raises:
            ConfigError: a configuration file is wrong.
        """
        from prebake.discovery import is_dockerfile

        document = self._documents.get(path)
        is_one = is_dockerfile(posixpath.basename(path)) if document is None else document.is_dockerfile
        return self.engine.builds_of(path) if is_one else ()

    def by_path(self, dockerfile: str) -> ByPath:
        """The diagnostics of a Dockerfile, by the file that they stand in.

        Raises:
            ConfigError: a configuration file is wrong.
        """
        report = self.engine.check(dockerfile)
        for failure in report.failures:
            _log_once(f"{dockerfile}: {failure}")
        found: ByPath = {}
        for finding in report.findings:
            for place in self._shown(finding):
                found.setdefault(place.path, []).append(self.diagnostic(report, finding, place))
        return found

    def standing(self, path: str) -> list[Standing]:
        """The findings that a file shows. What several Dockerfiles find at one place of it is one, in its worst form.

        Raises:
            ConfigError: a configuration file is wrong.
        """
        found: dict[object, Standing] = {}
        for dockerfile in self.dockerfiles(path):
            report = self.engine.check(dockerfile)
            for finding in report.findings:
                for place in self._shown(finding):
                    identity = finding.code, finding.key, place.span
                    known = found.get(identity)
                    if place.path == path and (known is None or known.finding.severity < finding.severity):
                        found[identity] = Standing(report, finding, place)
        return list(found.values())

    def _shown(self, finding: Finding) -> Iterator[Location]:
        """Where a finding is shown: in code only where that is open."""
        yield from (finding.location, *finding.elsewhere)
        yield from (place for place in finding.sites if place.path in self._documents)

    def diagnostic(self, report: Report, finding: Finding, place: Location) -> types.Diagnostic:
        """A finding as the diagnostic at one of its places."""
        from prebake.engine import fingerprint
        from prebake.findings import Severity
        from prebake.rules import by_code

        rule = by_code(finding.code)
        severity = Severity.HINT if place in finding.sites else finding.severity
        return types.Diagnostic(
            range=self.coordinates(place.path).range(place.span),
            severity=types.DiagnosticSeverity(_LEAST_SEVERE - severity),
            code=finding.code,
            code_description=types.CodeDescription(rule.url())
            if rule is not None and self._client.describes_codes
            else None,
            source=SOURCE,
            message=finding.message,
            related_information=self._related(finding, place) or None,
            data={"rule": finding.rule, "fingerprint": fingerprint(finding._replace(location=place), report.root)}
            if self._client.keeps_diagnostic_data
            else None,
        )

    def _related(self, finding: Finding, place: Location) -> list[types.DiagnosticRelatedInformation]:
        if not self._client.has_related_information:
            return []
        from prebake.findings import Related

        cause = [] if place == finding.location else [Related(finding.location, "the instruction that this is about")]
        return [
            types.DiagnosticRelatedInformation(
                types.Location(
                    self.uri(related.location.path),
                    self.coordinates(related.location.path).range(related.location.span),
                ),
                related.message,
            )
            for related in (*cause, *finding.related)
            if related.location != place
        ]


@lru_cache(maxsize=256)
def _log_once(failure: str) -> None:
    """Log a failure that would come again with every keystroke."""
    _log.error(failure)


def add(found: ByPath, path: str, diagnostics: Iterable[types.Diagnostic]) -> None:
    """Add diagnostics of a file; what two Dockerfiles both find there is shown once, in its worst form."""
    there = found.setdefault(path, [])
    known = {_identity(diagnostic): number for number, diagnostic in enumerate(there)}
    for diagnostic in diagnostics:
        number = known.setdefault(_identity(diagnostic), len(there))
        if number == len(there):
            there.append(diagnostic)
        elif (diagnostic.severity or _LEAST_SEVERE) < (there[number].severity or _LEAST_SEVERE):
            there[number] = diagnostic


def _identity(diagnostic: types.Diagnostic) -> tuple[object, ...]:
    start, end = diagnostic.range.start, diagnostic.range.end
    known = diagnostic.data["fingerprint"] if diagnostic.data else (diagnostic.code, diagnostic.message)
    return known, start.line, start.character, end.line, end.character
