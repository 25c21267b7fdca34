"""Completion in a Dockerfile: the paths that the context sends, with their sizes; and where no other language server
does so, instructions, flags, mounts, stages and variables.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.lsp.completion_items import MOST_ITEMS, path_item, replacing
from prebake.lsp.diagnostics import View
from prebake.paths import relative
from prebake.records import NamedTuple
from prebake.text import Position, Span

if TYPE_CHECKING:
    from prebake.build.build import Build
    from prebake.build.context.ignorefile.entries import PathEntry
    from prebake.build.offers import Offer, Scene
    from prebake.engine import Engine
    from prebake.lsp.documents import Document
    from prebake.lsp.language_server import Server
    from prebake.project.measuring.attribution import Attribution
    from prebake.syntax.caret import Caret

_KINDS = {
    "keyword": types.CompletionItemKind.Keyword,
    "flag": types.CompletionItemKind.Property,
    "option": types.CompletionItemKind.Property,
    "value": types.CompletionItemKind.EnumMember,
    "stage": types.CompletionItemKind.Module,
    "context": types.CompletionItemKind.Module,
    "variable": types.CompletionItemKind.Variable,
    "folder": types.CompletionItemKind.Folder,
}


class Typing(NamedTuple):
    """What is being typed, and where."""

    document: Document
    place: Position
    caret: Caret


class _Paths(NamedTuple):
    """The paths that may be written: what is known of the folder that was typed so far. ``attribution`` is that of the
    context, ``None`` while it is measured; ``measured``: it is of this folder's context, or will be.
    """

    build: Build
    folder: str
    name: str
    attribution: Attribution | None
    listed: tuple[PathEntry, ...]
    measured: bool


class DockerfileCompletion:
    """Works out what may be written into a Dockerfile."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def typing(self, document: Document, position: types.Position) -> Typing | None:
        """What is being typed, if anything that can be completed. Quick enough for the event loop."""
        from prebake.syntax.caret import at_caret

        place = document.coordinates.from_client(position)
        caret = at_caret(document.text, place)
        return None if caret is None else Typing(document, place, caret)

    def offer(self, engine: Engine, typing: Typing) -> Callable[[], types.CompletionList] | None:
        """Gather what is known, and give what makes the items of it, which may need a look at every file. Does work on
        the engine.
        """
        from prebake.build.offers import offers, origin_of, takes_source

        caret, path = typing.caret, typing.document.path
        builds = View(self._server, engine).builds(path) if path is not None else ()
        scene = _scene(typing, builds[0] if builds else None)
        words = offers(scene) if self._server.features.common else ()
        paths = None
        if path is not None and builds and takes_source(caret):
            paths = self._paths(engine, _settled(engine, path, typing), scene, origin_of(caret))
        if not words and paths is None:
            return None
        return partial(self._items, typing, words, paths)

    def page(self, engine: Engine, data: Mapping[str, str]) -> Callable[[], str | None] | None:
        """What there is to say about a path that was offered, if its context is measured. Does work on the engine."""
        from prebake.lsp.context_pages import sources_page
        from prebake.project.ignore.inforce import in_force

        path, root = data["dockerfile"], data["context"]
        rules = in_force(engine.snapshot, path, root, engine.settings(path).builder)
        found = self._server.attributions.of(engine.snapshot, root, rules)
        ignore = relative(rules.path, root) if rules.path is not None else None
        return None if found is None else partial(sources_page, [data["source"]], found, None, ignore)

    def _paths(self, engine: Engine, build: Build, scene: Scene, origin: str | None) -> _Paths | None:
        """What the folder that was typed holds; ``None`` where no one folder of a known context is meant."""
        from prebake.build.context.ignorefile.entries import listed_paths
        from prebake.build.contextfiles import named_files
        from prebake.syntax.glob import WILDCARDS, clean

        head, _, name = scene.caret.typed.rpartition("/")
        folder = scene.state.expand(head, scene.tree.escape) if head else ""
        if folder is None or WILDCARDS & set(folder) or folder.split("/")[:1] == [".."]:
            return None
        folder = clean("/" + folder)[1:]
        if origin is not None:
            files = named_files(build, origin)
            if files is None or files.root is None:
                return None
            listed = listed_paths(engine.snapshot, files.root, files.ignore, folder, negated=False)
            return _Paths(build, folder, name, None, tuple(listed), measured=False)
        root = build.context.root
        if root is None or build.context.remote:
            return None
        found = self._server.attributions.of(engine.snapshot, root, build.ignore)
        known = () if found else tuple(listed_paths(engine.snapshot, root, build.ignore, folder, negated=False))
        return _Paths(build, folder, name, found, known, measured=True)

    def _items(self, typing: Typing, words: tuple[Offer, ...], paths: _Paths | None) -> types.CompletionList:
        document, (line, column), caret = typing
        choice = self._server.client.inserts_or_replaces
        items: list[types.CompletionItem] = []
        is_complete = True

        def add(label: str, text: str, typed: str) -> types.CompletionItem:
            edit = replacing(document, line, column - len(typed), column, column + len(caret.rest), text, choice=choice)
            item = types.CompletionItem(label, text_edit=edit, sort_text=f"{len(items):04}")
            items.append(item)
            return item

        if paths is not None:
            entries, is_complete = _entries(paths, caret)
            for entry in entries:
                label = entry.name + "/" * entry.is_folder
                item = path_item(add(label, label, paths.name), entry, self._server.client)
                if paths.measured:
                    item.data = _data(paths.build, f"{paths.folder}/{entry.name}".lstrip("/"))
            if paths.measured and caret.keyword != "RUN" and not paths.folder and caret.typed in ("", "."):
                item = add(".", ".", caret.typed)
                item.kind, item.detail = types.CompletionItemKind.Folder, _whole(paths.attribution)
                item.data = _data(paths.build, "")
        closing = "}" if caret.braced and not _is_closed(document, line, column + len(caret.rest)) else ""
        for word in words:
            item = add(word.text, word.text + closing, caret.typed)
            item.kind, item.detail = _KINDS[word.kind], word.detail or None
        return types.CompletionList(not is_complete, items)


def _scene(typing: Typing, build: Build | None) -> Scene:
    from prebake.build.builders import BUILDKIT, builder_of
    from prebake.build.offers import Scene
    from prebake.build.state import State, compute_at, state_after, states
    from prebake.syntax.dockerfile import parse

    caret = typing.caret
    if build is None:
        tree = parse(typing.document.text)
        return Scene(tree, caret, compute_at(tree, caret.instruction_index), builder=BUILDKIT)
    tree = build.tree
    if caret.instruction_index < len(tree.instructions):
        state = states(build)[caret.instruction_index]
    else:
        state = state_after(build, tree.instructions[-1]) if tree.instructions else State()
    return Scene(tree, caret, state, build.context.named, builder_of(build))


def _settled(engine: Engine, path: str, typing: Typing) -> Build:
    """The build without the path that is being typed. Where the context is, its sources may have to tell: half of one
    would lead astray.
    """
    from prebake.edits import TextEdit, apply
    from prebake.engine import builds

    document, place, caret = typing
    start, end = place.column - len(caret.typed), place.column + len(caret.rest)
    word = Span(Position(place.line, start), Position(place.line, end))
    files = engine.snapshot.overlay({path: apply(document.text, [TextEdit(word, "")])})
    settings, root = engine.settings(path), engine.project_root(path)
    return builds(files, path, settings, root=root, scanner=lambda *_: None)[0]


def _data(build: Build, source: str) -> dict[str, str]:
    return {"dockerfile": build.path, "context": build.context.root or "/", "source": source}


def _entries(paths: _Paths, caret: Caret) -> tuple[list[PathEntry], bool]:
    """Folders, then files, by name, what is hidden last; and whether that is all there is to say."""
    from prebake.build.context.ignorefile.entries import measured_paths

    found = list(paths.listed)
    if paths.attribution is not None:
        found = measured_paths(paths.attribution, paths.folder, negated=False)
    found = [entry for entry in found if _can_be_written(entry.name, quoted=caret.quoted)]
    too_many = len(found) > MOST_ITEMS
    if too_many:
        wanted = paths.name.lower()
        found = [entry for entry in found if entry.name.lower().startswith(wanted)]
    found.sort(key=lambda entry: (entry.name.startswith("."), not entry.is_folder, entry.name.lower(), entry.name))
    is_known = not paths.measured or paths.attribution is not None
    return found[:MOST_ITEMS], is_known and not too_many


def _can_be_written(name: str, *, quoted: bool) -> bool:
    """Whether a name stands for itself: nothing in it is a wildcard or a variable, or ends the word."""
    return not set(name) & set("*?[\\$\"'`,") and (quoted or not any(char.isspace() for char in name))


def _whole(found: Attribution | None) -> str:
    from prebake.sizes import amount

    size = "" if found is None else f": {amount(found.sent, complete=found.scan.complete)}"
    return f"the whole build context{size}"


def _is_closed(document: Document, line: int, column: int) -> bool:
    return document.text.line(line)[column : column + 1] == "}"
