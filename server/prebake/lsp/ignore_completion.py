"""Completion in an ignore file: what is still sent, largest first; behind ``!`` what is left out; and entries for what
the project's tools make.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp.completion_items import MOST_ITEMS, path_item, replacing
from prebake.paths import parent
from prebake.records import NamedTuple

if TYPE_CHECKING:
    from prebake.build.build import Build
    from prebake.build.context.ignorefile.entries import PathEntry, ToolEntry, Typed
    from prebake.engine import Engine
    from prebake.lsp.documents import Document
    from prebake.lsp.language_server import Server
    from prebake.project.ignore.rules import IgnoreRules
    from prebake.project.measuring.attribution import Attribution

_LARGE = 1_000_000
"""Paths of fewer bytes come after the entries for what tools make."""


class Place(NamedTuple):
    """Where something is to be written: behind what was typed at columns ``start`` to ``caret`` of a line, before a
    rest up to ``end``.
    """

    document: Document
    line: int
    start: int
    caret: int
    end: int
    typed: Typed
    negated: bool

    @classmethod
    def at(cls, document: Document, position: types.Position) -> Place | None:
        """The pattern at a position; ``None`` in a comment."""
        from prebake.build.context.ignorefile.entries import typed

        line, caret = document.coordinates.from_client(position)
        text = document.text.line(line)
        if text.startswith("#"):
            return None
        head = text[:caret]
        start = len(head) - len(head.lstrip())
        negated = head[start : start + 1] == "!"
        if negated:
            start += 1 + len(head[start + 1 :]) - len(head[start + 1 :].lstrip())
        end = max(caret, len(text.rstrip()))
        return cls(document, line, start, caret, end, typed(head[start:]), negated)

    def rules(self, path: str) -> IgnoreRules:
        """What the file says without this line; what stands above it, for an exception, which has no effect on more."""
        from prebake.project.ignore.rules import rules_of
        from prebake.text import Text

        text = self.document.text
        start = text.line_start(self.line)
        rest = "" if self.negated else text.content[start + len(text.line(self.line)) :]
        return rules_of(Text(text.content[:start] + rest), path)

    def item(self, label: str, line: str, start: int, *, choice: bool) -> types.CompletionItem:
        """An item that writes ``line`` from a column on; ``choice``: the user says what becomes of the rest behind."""
        edit = replacing(self.document, self.line, start, self.caret, self.end, line, choice=choice)
        return types.CompletionItem(label, filter_text=line if line != label else None, text_edit=edit)


class _Offer(NamedTuple):
    """What can be offered at a place: paths, once it is known which, and entries for what the project's tools make."""

    place: Place
    attribution: Attribution | None
    listed: list[PathEntry]
    tools: list[ToolEntry]


class IgnoreFileCompletion:
    """Works out what may be written into an ignore file."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def offer(self, engine: Engine, path: str, position: types.Position) -> Callable[[], types.CompletionList] | None:
        """Gather what is known, and give what makes the items of it, which may need a look at every file. Does work on
        the engine.
        """
        found = self._offer(engine, path, position)
        return None if found is None else partial(self._items, found)

    def _offer(self, engine: Engine, path: str, position: types.Position) -> _Offer | None:
        from prebake.build.context.ignorefile.entries import listed_paths, tool_entries

        document = self._server.analysis.documents.get(path)
        place = None if document is None else Place.at(document, position)
        builds = engine.builds_under(path)
        root = _root(builds, path)
        if place is None or root is None:
            return None
        rules = place.rules(path)
        folder, negated = place.typed.folder, place.negated
        attribution = self._server.attributions.of(engine.snapshot, root, rules)
        listed: list[PathEntry] = []
        if attribution is None and folder is not None:
            listed = list(listed_paths(engine.snapshot, root, rules, folder, negated=negated))
        tools = list(tool_entries(builds[0], rules)) if builds and not negated else []
        return _Offer(place, attribution, listed, tools)

    def _items(self, offer: _Offer) -> types.CompletionList:
        from prebake.build.context.ignorefile.entries import measured_paths

        place, folder = offer.place, offer.place.typed.folder
        paths = offer.listed
        if offer.attribution is not None and folder is not None:
            paths = measured_paths(offer.attribution, folder, negated=place.negated)
        too_many = len(paths) > MOST_ITEMS
        if too_many:
            wanted = place.typed.name.lower()
            paths = [entry for entry in paths if entry.name.lower().startswith(wanted)][:MOST_ITEMS]
        start = place.caret - len(place.typed.name)
        large = [self._path(place, entry, start) for entry in paths if entry.size and entry.size.bytes >= _LARGE]
        small = [self._path(place, entry, start) for entry in paths if not entry.size or entry.size.bytes < _LARGE]
        named = {entry.line.rstrip("/") for entry in paths} if folder == "" else set()
        tools = [entry for entry in offer.tools if len(entry.lines) > 1 or entry.lines[0].rstrip("/") not in named]
        items = [*large, *self._tools(place, tools), *small]
        for number, item in enumerate(items):
            item.sort_text = f"{number:04}"
        return types.CompletionList(too_many or offer.attribution is None, items)

    def _path(self, place: Place, entry: PathEntry, start: int) -> types.CompletionItem:
        item = place.item(entry.name + "/" * entry.is_folder, entry.line, start, choice=self._choice)
        return path_item(item, entry, self._server.client)

    def _tools(self, place: Place, tools: list[ToolEntry]) -> list[types.CompletionItem]:
        items = []
        for entry in tools:
            pattern = entry.lines[0]
            if "/" in place.typed.text and not pattern.startswith(place.typed.text):
                continue
            lines = place.document.text.newline.join(entry.lines)
            item = place.item(pattern, lines, place.start, choice=self._choice)
            item.filter_text = None
            item.kind, item.detail = types.CompletionItemKind.Value, entry.title
            items.append(item)
        return items

    @property
    def _choice(self) -> bool:
        return self._server.client.inserts_or_replaces


def _root(builds: tuple[Build, ...], path: str) -> str | None:
    """The context that an ignore file is for; where no Dockerfile uses it yet, the folder that its name is for."""
    from prebake.discovery import dockerfile_of

    if builds:
        return builds[0].context.root
    return parent(path) if dockerfile_of(path) is None else None
