"""Hover: what a finding costs and what its fix will do, what a source sends, what makes a RUN run again, what a name of
a Dockerfile stands for, and what a pattern of an ignore file does.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp import uris
from prebake.lsp.diagnostics import View
from prebake.paths import relative
from prebake.records import NamedTuple
from prebake.text import Position, Span

if TYPE_CHECKING:
    from prebake.build.build import Build
    from prebake.engine import Engine
    from prebake.lsp.language_server import Server
    from prebake.project.measuring.scan import Size


class Page(NamedTuple):
    """A part of a hover: what it is about, which context it is about where there are several, and its text, for which
    all files of the context may have to be looked at; that gives ``None`` where there is nothing to say.
    """

    span: Span
    context: str | None
    text: Callable[[], str | None]


class _Found(NamedTuple):
    """What is to be told about a place of a document: of its context, then of its findings."""

    pages: list[Page]
    explanations: list[str]
    range: types.Range


class Hovers:
    """Answers requests for hovers."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def shown(self, params: types.HoverParams) -> types.Hover | None:
        """What there is to say about a place of a document."""
        path = uris.to_path(params.text_document.uri)
        if path is None:
            return None
        from prebake.lsp.markup import code, plain

        found = await self._server.analysis.run(
            f"hover {path}", lambda engine: self._find(engine, path, params.position), None, alike=False
        )
        if found is None:
            return None
        pages = []
        for page in found.pages:
            text = await self._server.attributions.ask(page.text)
            if text is not None:
                pages.append(text if page.context is None else f"In the build context {code(page.context)}:\n\n{text}")
        pages += found.explanations
        if not pages:
            return None
        text = "\n\n---\n\n".join(dict.fromkeys(pages))
        content = (
            types.MarkupContent(types.MarkupKind.Markdown, text)
            if self._server.client.markdown
            else types.MarkupContent(types.MarkupKind.PlainText, plain(text))
        )
        return types.Hover(content, found.range)

    def _find(self, engine: Engine, path: str, position: types.Position) -> _Found | None:
        """What is to be told. Does work on the engine."""
        from prebake.discovery import is_ignore_file
        from prebake.lsp.finding_pages import finding_page
        from prebake.rules import by_code

        view = View(self._server, engine)
        coordinates = view.coordinates(path)
        place = coordinates.from_client(position)
        standing = [item for item in view.standing(path) if item.place.span.contains(place)]
        explanations = [
            finding_page(rule, item.finding, item.report.root)
            for item in standing
            if (rule := by_code(item.finding.code)) is not None
        ]
        pages = list(self._silenced(view, path, place))
        if is_ignore_file(posixpath.basename(path)):
            pages += self._patterns(view, path, place)
        else:
            pages += self._dockerfile(view, path, place)
        spans = [*(page.span for page in pages), *(item.place.span for item in standing)]
        return _Found(pages, explanations, coordinates.range(spans[0])) if spans else None

    def _silenced(self, view: View, path: str, place: Position) -> Iterator[Page]:
        """The rule that a comment silences."""
        from prebake.lsp.finding_pages import rule_page
        from prebake.rules import by_code
        from prebake.silence import silenced_rules

        text = view.engine.snapshot.text(path)
        for span, name in silenced_rules(text) if text is not None else ():
            rule = by_code(name) if span.contains(place) else None
            if rule is not None:
                yield Page(span, None, partial(rule_page, rule))

    def _dockerfile(self, view: View, path: str, place: Position) -> Iterator[Page]:
        """What the name at a place stands for, else what the instruction there does."""
        from prebake.lsp.rerun_pages import rerun_page

        builds = view.builds(path)
        if not builds:
            return
        name = self._name(builds[0], place) if self._server.features.common else None
        if name is not None:
            yield name
            return
        yield from self._sources(view, builds, place)
        instruction = builds[0].tree.instruction_at(place)
        if instruction is not None and instruction.keyword == "RUN" and instruction.stage is not None:
            page = rerun_page(builds[0], instruction)
            yield Page(instruction.span, None, lambda: page)

    def _name(self, build: Build, place: Position) -> Page | None:
        from prebake.build.names import occurrence_at
        from prebake.lsp.name_pages import name_page

        name = occurrence_at(build, place)
        page = None if name is None else name_page(build, name)
        return None if name is None or page is None else Page(name.span, None, lambda: page)

    def _patterns(self, view: View, path: str, place: Position) -> Iterator[Page]:
        """What the pattern at a place does in each context."""
        from prebake.lsp.context_pages import pattern_page
        from prebake.syntax.ignorefile import parse_ignore

        engine = view.engine
        text = engine.snapshot.text(path)
        patterns = parse_ignore(text).patterns if text is not None else ()
        pattern = next((pattern for pattern in patterns if pattern.span.contains(place)), None)
        if pattern is None:
            return
        if pattern.problem is not None:
            yield Page(pattern.span, None, partial(pattern_page, pattern, None))
            return
        for build, name in _distinct(engine.builds_under(path)):
            found = self._server.attributions.of(engine.snapshot, build.context.root or "/", build.ignore)
            yield Page(pattern.span, name, partial(pattern_page, pattern, found))

    def _sources(self, view: View, builds: tuple[Build, ...], place: Position) -> Iterator[Page]:
        """What the instruction at a place, or the one source of it that the place is in, sends from each context."""
        from prebake.build.context.arriving.taken import taken
        from prebake.lsp.context_pages import sources_page

        snapshot = view.engine.snapshot
        for build, name in _distinct(builds):
            instruction = build.tree.instruction_at(place)
            if instruction is None or instruction.keyword not in ("COPY", "ADD", "RUN"):
                return
            all_taken = taken(build, instruction)
            meant = [item for item in all_taken if instruction.span_of(item.token).contains(place)]
            span = instruction.span_of(meant[0].token) if meant else instruction.span
            if not meant and instruction.keyword != "RUN":
                meant = list(all_taken)
            paths = list(dict.fromkeys(path for item in meant for path in item.paths))
            root = build.context.root
            if root is None or not paths:
                continue
            found = self._server.attributions.of(snapshot, root, build.ignore)
            sent = None if found is not None else self._sent(view.engine, build, paths)
            ignore = build.relative(build.ignore.path) if build.ignore.path is not None else None
            excludes = bool(instruction.flag_values("exclude"))
            yield Page(span, name, partial(sources_page, paths, found, sent, ignore, excludes))

    def _sent(self, engine: Engine, build: Build, paths: list[str]) -> Size | None:
        """What is sent of some paths, if as much as that is known."""
        from prebake.project.measuring.scan import sum_of

        scan = self._server.scans.scanner(engine.snapshot, build.context.root or "/", build.ignore)
        return None if scan is None else sum_of(scan.size_of(path) for path in paths)


def _distinct(builds: tuple[Build, ...]) -> list[tuple[Build, str | None]]:
    """One build for each context that is sent from here, with the context's name where there are several."""
    found: dict[object, Build] = {}
    for build in builds:
        if build.context.root is not None and not build.context.remote:
            found.setdefault((build.context.root, build.ignore.path), build)
    if len(found) == 1:
        return [(build, None) for build in found.values()]
    return [(build, relative(build.context.root or "/", build.root)) for build in found.values()]


def register(server: Server) -> None:
    """Answer hovers."""
    hovers = Hovers(server)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        return await hovers.shown(params)
