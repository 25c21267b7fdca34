"""Hover: what a finding is about, and why it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp import uris
from prebake.lsp.diagnostics import View

if TYPE_CHECKING:
    from prebake.engine import Engine
    from prebake.findings import Finding
    from prebake.lsp.language_server import Server
    from prebake.rules.base import Rule

_SECTIONS = 3
"""How many parts of a rule's page are shown: its summary, what it does, why it matters."""


def explanation(rule: type[Rule], finding: Finding) -> str:
    """The start of a rule's page, what the finding's preferred fix does, and where to read on, in Markdown."""
    parts = rule.page().split("\n## ")[:_SECTIONS]
    body = "\n\n".join([parts[0].strip(), *("### " + part.strip() for part in parts[1:])])
    lines = [f"## {rule.code} {rule.name}", body]
    for fix in finding.fixes[:1]:
        lines.append(f"**{fix.title}.** {fix.explanation}".strip())
    if finding.no_fix is not None:
        lines.append(f"**No quick fix:** {finding.no_fix}")
    lines.append(f"[More on {rule.code}]({rule.url()})")
    return "\n\n".join(lines)


def register(server: Server) -> None:
    """Answer hovers on findings."""

    def work(engine: Engine, path: str, position: types.Position) -> types.Hover | None:
        from prebake.rules import by_code

        view = View(server, engine)
        coordinates = view.coordinates(path)
        place = coordinates.from_client(position)
        standing = [item for item in view.standing(path) if item.place.span.contains(place)]
        pages = [
            explanation(rule, item.finding) for item in standing if (rule := by_code(item.finding.code)) is not None
        ]
        if not pages:
            return None
        kind = types.MarkupKind.Markdown if server.client.markdown else types.MarkupKind.PlainText
        text = "\n\n---\n\n".join(dict.fromkeys(pages))
        return types.Hover(types.MarkupContent(kind, text), coordinates.range(standing[0].place.span))

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(params: types.HoverParams) -> types.Hover | None:
        path = uris.to_path(params.text_document.uri)
        if path is None:
            return None
        return await server.analysis.run(f"hover {path}", lambda engine: work(engine, path, params.position), None)
