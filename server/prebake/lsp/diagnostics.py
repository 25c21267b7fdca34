"""Diagnostics: findings in the form and place in which an editor shows them, pushed or pulled, never both."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp import uris
from prebake.lsp.convert import Coordinates
from prebake.records import NamedTuple
from prebake.text import Text

if TYPE_CHECKING:
    from prebake.build.build import Build
    from prebake.engine import Engine, Report
    from prebake.findings import Finding, Location
    from prebake.lsp.documents import Document
    from prebake.lsp.language_server import Server

_log = logging.getLogger(__name__)

SOURCE = "prebake"
_EVERYTHING = "*"  # the subject of work that is about all open documents

_LEAST_SEVERE = types.DiagnosticSeverity.Hint.value

ByPath = dict[str, list[types.Diagnostic]]
Reports = tuple[types.PublishDiagnosticsParams, ...]
Shown = tuple[int | None, list[types.Diagnostic]]
"""The version of a document and its diagnostics."""

_NOTHING: Reports = ()
_EMPTY: Shown = (None, [])
_UNKNOWN: Shown = (-1, [])
"""What a client shows for a document that it has closed: it may have kept what it had, or not."""


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
        """How the client spells a file's URI if it is open, else how we do."""
        document = self._documents.get(path)
        return uris.from_path(path) if document is None else document.uri

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
        return self.engine.builds_of(path) if path in self.dockerfiles(path) else ()

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


@dataclass
class _Published:
    """What is known and shown to a client that does not pull. Read and written by one refresh at a time."""

    concerned: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Open file to the Dockerfiles that it concerns."""
    found: dict[str, ByPath] = field(default_factory=dict)
    """Dockerfile to its diagnostics."""
    shown: dict[str, Shown] = field(default_factory=dict)


class Diagnostics:
    """Keeps what the client shows in step with what the engine finds. For the event loop's thread."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._published = _Published()
        self._dirty: set[str] = set()
        self._closed: set[str] = set()
        self._all_dirty = False
        self._scheduled = False
        self._refreshing = False

    def changed(self, path: str) -> None:
        """An open file's text changed, or it was saved."""
        self._dirty.add(path)
        self._schedule()

    def closed(self, document: Document) -> None:
        """A document was closed."""
        if document.path is not None:
            self._closed.add(document.path)
            self.changed(document.path)

    def all_changed(self) -> None:
        """Anything may have changed: settings, folders, files on disk, sizes."""
        self._all_dirty = True
        self._server.lens_refreshing.changed()
        self._server.hint_refreshing.changed()
        if self._server.client.pulls:
            self._server.ask_to_pull()
        else:
            self._schedule()

    def _schedule(self) -> None:
        """Refresh once after the messages that have come already, so that a burst of changes costs one refresh."""
        if not self._scheduled and not self._server.client.pulls and self._server.configuration.is_known:
            self._scheduled = True
            self._server.loop.call_soon(self._begin)

    def _begin(self) -> None:
        self._scheduled = False
        if self._refreshing or not (self._dirty or self._all_dirty):
            return
        paths = None if self._all_dirty else frozenset(self._dirty)
        subject = _EVERYTHING if paths is None or len(paths) > 1 else next(iter(paths))
        self._dirty.clear()
        self._all_dirty = False
        work = partial(self._refresh, paths=paths, closed=frozenset(self._closed))
        self._closed.clear()
        try:
            done = self._server.analysis.try_now(subject, work, _NOTHING)
        except Exception:
            _log.exception("the analysis failed")
            return
        if done is not None:
            self._push(done[0])
            return
        self._refreshing = True
        self._server.spawn(self._refresh_in_worker(subject, work))

    async def _refresh_in_worker(self, subject: str, work: Callable[[Engine], Reports]) -> None:
        try:
            self._push(await self._server.analysis.run(subject, work, _NOTHING))
        finally:
            self._refreshing = False
            if self._dirty or self._all_dirty:
                self._schedule()

    def _push(self, reports: Reports) -> None:
        for report in reports:
            self._server.text_document_publish_diagnostics(report)

    def _refresh(self, engine: Engine, paths: frozenset[str] | None, closed: frozenset[str]) -> Reports:
        """Check what the given files concern, all open ones when ``None``, and say what has to be shown anew.

        ``closed`` have been closed since the last time, and may be open again.
        """
        view, known = View(self._server, engine), self._published
        known.shown |= dict.fromkeys(closed, _UNKNOWN)
        open_paths = self._server.analysis.documents.keys()
        changed = {*open_paths} if paths is None else {path for path in paths if path in open_paths}
        stale: set[str] = set()
        for path in [path for path in known.concerned if path not in open_paths]:
            stale.update(known.concerned.pop(path))
        for path in changed:
            known.concerned[path] = view.dockerfiles(path)
            stale.update(known.concerned[path])
        tracked = {dockerfile for found in known.concerned.values() for dockerfile in found}
        known.found = {dockerfile: found for dockerfile, found in known.found.items() if dockerfile in tracked}
        for dockerfile in stale & tracked:
            known.found[dockerfile] = view.by_path(dockerfile)
        items: ByPath = {}
        for found in known.found.values():
            for path, diagnostics in found.items():
                add(items, path, diagnostics)
        shown = {path: (view.version(path), items.get(path, [])) for path in {*items, *known.concerned}}
        anew = [path for path in {*shown, *known.shown} if shown.get(path, _EMPTY) != known.shown.get(path, _EMPTY)]
        known.shown = shown
        versions = self._server.client.reads_versions
        return tuple(
            types.PublishDiagnosticsParams(
                view.uri(path), items.get(path, []), view.version(path) if versions else None
            )
            for path in sorted(anew)
        )


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
