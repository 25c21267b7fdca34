"""What completion items of all files have in common: the text they replace, and how a path is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lsprotocol import types

from prebake.text import Position, Span

if TYPE_CHECKING:
    from prebake.build.context.ignorefile.entries import PathEntry
    from prebake.lsp.client import Client
    from prebake.lsp.documents import Document

MOST_ITEMS = 300
"""Of a folder with more entries, only those are offered that begin with what was typed."""


def replacing(
    document: Document, line: int, start: int, caret: int, end: int, text: str, *, choice: bool
) -> types.TextEdit | types.InsertReplaceEdit:
    """The edit that writes a text from a column of a line on, in place of what stands before the caret. ``choice``: the
    user says whether it also replaces what follows up to ``end``.
    """

    def span(last: int) -> types.Range:
        return document.coordinates.range(Span(Position(line, start), Position(line, last)))

    inserted, replaced = span(caret), span(end)
    if inserted == replaced or not choice:
        return types.TextEdit(inserted, text)
    return types.InsertReplaceEdit(text, inserted, replaced)


def path_item(item: types.CompletionItem, entry: PathEntry, client: Client) -> types.CompletionItem:
    """The item of a path with its picture and, where that is known, its size."""
    from prebake.sizes import files, human

    item.kind = types.CompletionItemKind.Folder if entry.is_folder else types.CompletionItemKind.File
    if entry.size is not None:
        size = human(entry.size.bytes)
        item.detail = f"{size} in {files(entry.size.files)}" if entry.is_folder else size
        if client.labels_details:
            item.label_details = types.CompletionItemLabelDetails(description=size)
    return item
