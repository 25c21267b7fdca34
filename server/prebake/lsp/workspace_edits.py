"""Edits of files as a workspace edit that the client can apply."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from prebake.edits import FileEdit
    from prebake.lsp.client import Client
    from prebake.lsp.diagnostics import View

_CONFIRMED = "other-file"


def workspace_edit(
    view: View, client: Client, edits: Iterable[FileEdit], *, asked: str | None = None, suggestion: str | None = None
) -> types.WorkspaceEdit | None:
    """The edits with the versions of the documents they were made for; ``None`` when the client cannot apply them.

    ``asked`` is the file in which the user asked for them. With ``suggestion``, which says what they are, they are not
    proved to change nothing else, and the user is to confirm those of other files, where the client can ask. A file
    that is created loses nothing and needs no asking.

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
    others: list[str] = []
    for edit in edits:
        uri = view.uri(edit.path)
        parts: list[types.TextEdit | types.AnnotatedTextEdit | types.SnippetTextEdit] = [*_text_edits(view, edit)]
        if edit.creates and not client.makes_edited_files:
            if not client.creates_files:
                return None
            # Neither overwritten nor left as it is: a file that has come to be in between makes the whole edit fail.
            options = types.CreateFileOptions(overwrite=False, ignore_if_exists=False)
            operations.append(types.CreateFile(uri, options=options))
        elif suggestion is not None and edit.path != asked and not edit.creates and client.confirms_changes:
            others.append(posixpath.basename(edit.path))
            parts = [types.AnnotatedTextEdit(_CONFIRMED, part.range, part.new_text) for part in _text_edits(view, edit)]
        document = types.OptionalVersionedTextDocumentIdentifier(uri, view.version(edit.path))
        operations.append(types.TextDocumentEdit(document, parts))
    if suggestion is None or not others:
        return types.WorkspaceEdit(document_changes=operations)
    change = types.ChangeAnnotation(f"Change {', '.join(others)}", needs_confirmation=True, description=suggestion)
    return types.WorkspaceEdit(document_changes=operations, change_annotations={_CONFIRMED: change})


def _text_edits(view: View, edit: FileEdit) -> list[types.TextEdit]:
    coordinates = view.coordinates(edit.path)
    return [types.TextEdit(coordinates.range(part.span), part.new_text) for part in edit.edits]
