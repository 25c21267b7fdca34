"""Code lens: on top of an ignore file, what is sent to the builder with it, and whose ignore file it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp import uris
from prebake.lsp.documents import IGNORE_FILES
from prebake.paths import parent, relative

if TYPE_CHECKING:
    from prebake.build.build import Build
    from prebake.engine import Engine
    from prebake.lsp.language_server import Server
    from prebake.project.attribution import Attribution

METHOD = types.TEXT_DOCUMENT_CODE_LENS

_TOP = types.Range(types.Position(0, 0), types.Position(0, 0))


def options(*, common: bool) -> types.CodeLensRegistrationOptions:
    """For which documents the client is to ask."""
    return types.CodeLensRegistrationOptions(document_selector=IGNORE_FILES)


class CodeLenses:
    """Answers requests for code lenses, and tells the client to ask again. For the event loop's thread."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._is_asking = False
        self._amounts: dict[tuple[str, str], str] = {}
        """How much was said last to be let in, for each ignore file and context."""

    def changed(self) -> None:
        """Sizes, files or settings may have changed: let the client ask again, once for all that has by then."""
        server = self._server
        if server.client.refreshes_lenses and not server.documents.is_empty and not self._is_asking:
            self._is_asking = True
            server.loop.call_soon(self._ask)

    def _ask(self) -> None:
        self._is_asking = False
        self._server.spawn(self._server.workspace_code_lens_refresh_async(None))

    async def shown(self, uri: str) -> list[types.CodeLens]:
        """The lenses of a document: one for each context that it is the ignore file of."""
        path = uris.ignore_file(uri)
        if path is None:
            return []
        none: list[str] = []
        titles = await self._server.analysis.run(f"lens {path}", lambda engine: self._titles(engine, path), none)
        # A lens must have a command to be shown. The empty one is a label: nothing happens on a click.
        return [types.CodeLens(_TOP, types.Command(title, "")) for title in titles]

    def _titles(self, engine: Engine, path: str) -> list[str]:
        contexts: dict[str, list[Build]] = {}
        for build in engine.builds_under(path):
            contexts.setdefault(build.context.root or "", []).append(build)
        return [
            self._title(engine, path, builds, root if len(contexts) > 1 else None) for root, builds in contexts.items()
        ]

    def _title(self, engine: Engine, path: str, builds: list[Build], name: str | None) -> str:
        """What happens to a context, and the Dockerfiles that are built from it; the context is named if asked for."""
        from prebake.build.context.transfer import transfer

        rules, root, folder = builds[0].ignore, builds[0].context.root or "/", parent(path)
        readers = ", ".join(dict.fromkeys(relative(build.path, folder) for build in builds))
        if rules.problem is not None:
            return f"stops the build at line {rules.problem.line + 1}; {readers}"
        where = "" if name is None else f"{relative(name, folder)}: "
        attribution = self._server.attributions.of(engine.snapshot, root, rules)
        if attribution is not None:
            self._amounts[path, root] = _amount(attribution)
        elif not self._server.client.refreshes_lenses:
            self._amounts.pop((path, root), None)
        # While it is worked out what an edit does, the last answer stands: the lens would flicker at every keystroke.
        amount = self._amounts.get((path, root))
        if amount is None:
            return f"{where}measuring the build context; {readers}"
        if any(transfer(build).whole for build in builds):
            return f"{where}sends {amount}; {readers}"
        return f"{where}lets in {amount}, of which only what is named is sent; {readers}"


def _amount(attribution: Attribution) -> str:
    from prebake.sizes import amount, human

    sent, total = attribution.sent, attribution.sent.plus(attribution.left_out)
    complete = attribution.scan.complete
    known = amount(sent, complete=complete)
    if not attribution.left_out.files:
        return f"all {known}"
    return f"{known} of {'' if complete else 'at least '}{human(total.bytes)}"


def register(server: Server) -> None:
    """Answer requests for an ignore file's code lenses."""

    @server.feature(METHOD)
    async def code_lens(params: types.CodeLensParams) -> list[types.CodeLens]:
        return await server.lenses.shown(params.text_document.uri)
