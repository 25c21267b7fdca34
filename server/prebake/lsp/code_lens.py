"""Code lens: over the FROM of the stage that is built, what is sent to the builder, now and with the fixes; on top of
an ignore file, what is sent with it, and whose ignore file it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp import uris
from prebake.lsp.diagnostics import View
from prebake.lsp.documents import DOCKERFILES, IGNORE_FILES
from prebake.paths import parent, relative
from prebake.records import NamedTuple

if TYPE_CHECKING:
    from prebake.build.build import Build
    from prebake.engine import Engine
    from prebake.lsp.language_server import Server
    from prebake.project.ignore.rules import IgnoreRules
    from prebake.project.measuring.attribution import Attribution
    from prebake.project.measuring.scan import ContextScan

METHOD = types.TEXT_DOCUMENT_CODE_LENS

_TOP = types.Range(types.Position(0, 0), types.Position(0, 0))
_ABOUT_SIZES = frozenset(("PB101", "PB102", "PB103", "PB107", "PB108"))
"""Rules whose fixes leave more out of the context."""


class _Over(NamedTuple):
    """A lens over a FROM: of which build of its Dockerfile it tells the sizes, and what the context is called there."""

    build: Build
    name: str | None


class _Sizes(NamedTuple):
    """What the title over a FROM is made of. ``key`` is the same as long as the title is; there is no ``scan`` while
    the context is measured, and there are no ``remedied`` rules where the title is known.
    """

    over: _Over
    key: object
    scan: ContextScan | None
    remedied: IgnoreRules | None


def options(*, common: bool) -> types.CodeLensRegistrationOptions:
    """For which documents the client is to ask."""
    return types.CodeLensRegistrationOptions(document_selector=IGNORE_FILES + DOCKERFILES, resolve_provider=True)


class CodeLenses:
    """Answers requests for code lenses. For the event loop's thread."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._amounts: dict[tuple[str, str], str] = {}
        """How much was said last to be let in, for each ignore file and context."""
        self._known: dict[tuple[str, int], tuple[object, str]] = {}
        """The last title over a FROM, for each Dockerfile and build, and what it was made of."""

    async def shown(self, uri: str) -> list[types.CodeLens]:
        """The lenses of a document: one for each context that it is the ignore file of, or that is sent to build it."""
        path = uris.ignore_file(uri)
        if path is None:
            return await self._over_stages(uri)
        none: list[str] = []
        titles = await self._server.analysis.run(f"lens {path}", lambda engine: self._titles(engine, path), none)
        # A lens must have a command to be shown. The empty one is a label: nothing happens on a click.
        return [types.CodeLens(_TOP, types.Command(title, "")) for title in titles]

    async def _over_stages(self, uri: str) -> list[types.CodeLens]:
        """The lenses of a Dockerfile, without their titles."""
        path = uris.to_path(uri)
        if path is None or self._server.documents.at(path) is None:
            return []

        def find(engine: Engine) -> list[types.CodeLens]:
            view = View(self._server, engine)
            return [
                types.CodeLens(
                    view.coordinates(path).range(stage.instruction.span), data={"path": path, "number": number}
                )
                for number, over in enumerate(_over(view.builds(path)))
                if (stage := over.build.final_stage) is not None
            ]

        return await self._server.analysis.run(f"lens {path}", find, [])

    async def resolved(self, lens: types.CodeLens) -> types.CodeLens:
        """A lens with its title."""
        data = lens.data if isinstance(lens.data, dict) else {}
        path, number = data.get("path"), data.get("number")
        if lens.command is None and isinstance(path, str) and isinstance(number, int):
            title = await self._stage_title(path, number)
            if title is not None:
                lens.command = types.Command(title, "")
        return lens

    async def _stage_title(self, path: str, number: int) -> str | None:
        """What is sent to build a stage; ``None`` for one that is not there any more."""
        sizes = await self._server.analysis.run(
            f"lens sizes {path}",
            lambda engine: self._sizes(View(self._server, engine), path, number),
            None,
            alike=False,  # fixes are worked out where something has changed
        )
        known = self._known.get((path, number))
        if sizes is None:
            return None
        if sizes.scan is not None and sizes.remedied is not None:
            scan, rules = sizes.scan, sizes.remedied
            title = await self._server.attributions.ask(lambda: _stage_title(sizes.over, scan, rules))
            self._known[path, number] = sizes.key, title
            return title
        return known[1] if known is not None else "measuring the build context"

    def _sizes(self, view: View, path: str, number: int) -> _Sizes | None:
        from prebake.build.context.ignorefile.remedied import rules_with
        from prebake.build.context.transfer import transfer

        over = _over(view.builds(path))
        if not 0 <= number < len(over):
            return None
        build = over[number].build
        scan = build.scan
        if scan is None:
            return _Sizes(over[number], None, None, None)
        found = [finding for finding in view.engine.check(path).findings if finding.code in _ABOUT_SIZES]
        about = tuple((finding.code, finding.key, finding.message) for finding in found)
        key = over[number].name, build.ignore, transfer(build), scan.sent, scan.complete, about
        known = self._known.get((path, number))
        if known is not None and known[0] == key:
            return _Sizes(over[number], key, scan, None)
        return _Sizes(
            over[number], key, scan, rules_with(build, [fix for finding in found for fix in finding.fixes[:1]])
        )

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


def _over(builds: tuple[Build, ...]) -> list[_Over]:
    """The builds whose sizes are told: one for each context that something is sent of, and stage that it is for."""
    from prebake.build.context.transfer import transfer

    found: dict[tuple[str, int], Build] = {}
    for build in builds:
        root, stage = build.context.root, build.final_stage
        if root is not None and stage is not None and not build.context.remote and transfer(build).is_any:
            found.setdefault((root, stage.index), build)
    several = len({root for root, _ in found}) > 1
    return [_Over(build, relative(root, parent(build.path)) if several else None) for (root, _), build in found.items()]


def _stage_title(over: _Over, scan: ContextScan, remedied: IgnoreRules) -> str:
    """What is sent, and what would be with the fixes. Looks at every file of the context."""
    from prebake.build.context.ignorefile.remedied import sent_size
    from prebake.sizes import amount, human

    build, where = over.build, "" if over.name is None else f"{over.name}: "
    problem = build.ignore.problem
    if problem is not None and build.ignore.path is not None:
        return f"{where}{relative(build.ignore.path, parent(build.path))} stops the build at line {problem.line + 1}"
    now, then = sent_size(build, scan, build.ignore), sent_size(build, scan, remedied)
    title = f"{where}sends {amount(now, complete=scan.complete)} of the build context"
    return title if human(now.bytes) == human(then.bytes) else f"{title}, {human(then.bytes)} with the fixes"


def _amount(attribution: Attribution) -> str:
    from prebake.sizes import amount, human

    sent, total = attribution.sent, attribution.sent.plus(attribution.left_out)
    complete = attribution.scan.complete
    known = amount(sent, complete=complete)
    if not attribution.left_out.files:
        return f"all {known}"
    return f"{known} of {'' if complete else 'at least '}{human(total.bytes)}"


def register(server: Server) -> None:
    """Answer requests for code lenses."""
    lenses = CodeLenses(server)

    @server.feature(METHOD, types.CodeLensOptions(resolve_provider=True))
    async def code_lens(params: types.CodeLensParams) -> list[types.CodeLens]:
        return await lenses.shown(params.text_document.uri)

    @server.feature(types.CODE_LENS_RESOLVE)
    async def resolve(lens: types.CodeLens) -> types.CodeLens:
        return await lenses.resolved(lens)
