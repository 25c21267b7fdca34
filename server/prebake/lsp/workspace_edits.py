"""Edits of files as a workspace edit that the client can apply."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from prebake.edits import FileEdit
    from prebake.lsp.client import Client
    from prebake.lsp.diagnostics import View


def workspace_edit(view: View, client: Client, edits: Iterable[FileEdit]) -> types.WorkspaceEdit | None:
    """The edits with the versions of the documents they were made for; ``None`` when the client cannot apply them.

    A client that knows no versioned edits gets plain ones. One that says nothing about operations on files gets a new
    file as an edit of an empty one.
    """
    if not client.versioned_edits:
        changes: dict[str, list[types.TextEdit]] = {}
        for edit in edits:
            if edit.creates and not client.makes_edited_files:
                return None
            changes[view.uri(edit.path)] = _text_edits(view, edit)
        return types.WorkspaceEdit(changes=changes)
    operations: list[types.TextDocumentEdit | types.CreateFile | types.RenameFile | types.DeleteFile] = []
    for edit in edits:
        uri = view.uri(edit.path)
        if edit.creates and not client.makes_edited_files:
            if not client.creates_files:
                return None
            # Neither overwritten nor left as it is: a file that has come to be in between makes the whole edit fail.
            options = types.CreateFileOptions(overwrite=False, ignore_if_exists=False)
            operations.append(types.CreateFile(uri, options=options))
        document = types.OptionalVersionedTextDocumentIdentifier(uri, view.version(edit.path))
        operations.append(types.TextDocumentEdit(document, [*_text_edits(view, edit)]))
    return types.WorkspaceEdit(document_changes=operations)


def _text_edits(view: View, edit: FileEdit) -> list[types.TextEdit]:
    coordinates = view.coordinates(edit.path)
    return [types.TextEdit(coordinates.range(part.span), part.new_text) for part in edit.edits]
