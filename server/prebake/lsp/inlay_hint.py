"""Inlay hints: at the end of a COPY or ADD, how much it sends, where that is a lot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp import uris
from prebake.lsp.diagnostics import View
from prebake.lsp.documents import DOCKERFILES

if TYPE_CHECKING:
    from prebake.build.build import Build
    from prebake.engine import Engine
    from prebake.lsp.language_server import Server
    from prebake.project.measuring.scan import ContextScan, Size
    from prebake.syntax.dockerfile import Instruction
    from prebake.text import Span

METHOD = types.TEXT_DOCUMENT_INLAY_HINT

_LEAST = 1_000_000
"""Bytes that are worth a hint."""


def options(*, common: bool) -> types.InlayHintRegistrationOptions:
    """For which documents the client is to ask."""
    return types.InlayHintRegistrationOptions(document_selector=DOCKERFILES)


def _hints(view: View, path: str, part: Span) -> Iterator[types.InlayHint]:
    """The hints of a part of a Dockerfile; none while its context is measured, and for one with several contexts."""
    from prebake.sizes import amount, human

    builds = view.builds(path)
    roots = {build.context.root for build in builds if not build.context.remote}
    build = next(iter(builds), None)
    if build is None or len(roots) != 1 or build.scan is None:
        return
    for instruction in build.tree.instructions:
        end = instruction.span.end
        if instruction.keyword not in ("COPY", "ADD") or not part.contains(end):
            continue
        size = _sent(build, instruction, build.scan)
        if size is not None and size.bytes >= _LEAST:
            yield types.InlayHint(
                view.coordinates(path).position(end),
                human(size.bytes),
                tooltip=f"sends {amount(size, complete=build.scan.complete)} of the build context",
                padding_left=True,
            )


def _sent(build: Build, instruction: Instruction, scan: ContextScan) -> Size | None:
    """What an instruction sends; ``None`` where it leaves out some of it itself."""
    from prebake.build.context.arriving.taken import taken
    from prebake.project.measuring.scan import sum_of

    if instruction.stage is None or instruction.flag_values("exclude"):
        return None
    paths = dict.fromkeys(path for item in taken(build, instruction) for path in item.paths)
    return scan.sent if "" in paths else sum_of(scan.size_of(path) for path in paths)


def register(server: Server) -> None:
    """Answer requests for inlay hints."""

    def work(engine: Engine, path: str, part: types.Range) -> list[types.InlayHint]:
        view = View(server, engine)
        return list(_hints(view, path, view.coordinates(path).span(part)))

    @server.feature(METHOD)
    async def inlay_hint(params: types.InlayHintParams) -> list[types.InlayHint]:
        path = uris.to_path(params.text_document.uri)
        if path is None or server.documents.at(path) is None:
            return []
        return await server.analysis.run(f"hints {path}", lambda engine: work(engine, path, params.range), [])
