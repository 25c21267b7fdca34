"""What the client can do, as far as the server asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lsprotocol import types
from pygls.capabilities import get_capability

_ABOUT_IGNORE_FILES = {
    types.TEXT_DOCUMENT_CODE_LENS: "code_lens",
    types.TEXT_DOCUMENT_COMPLETION: "completion",
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: "document_symbol",
}


@dataclass(frozen=True, slots=True)
class Client:
    """A client's abilities. What it does not say, it cannot do."""

    pulls: bool
    """It asks for diagnostics, and again when it is told to; pushing them too would show each twice. Neovim 0.11 cannot
    be told, so that it would go on showing what has been mended in another file: it is not asked to pull.
    """
    takes_related_documents: bool
    has_related_information: bool
    versioned_edits: bool
    """It takes ``documentChanges``, which it refuses when a document has another version by then."""
    creates_files: bool
    makes_edited_files: bool
    """It says nothing about operations on files, so that a new file can only come from an edit of it: Eglot and other
    clients, which open what they edit.
    """
    code_action_literals: bool
    resolves_edits: bool
    keeps_action_data: bool
    prefers: bool
    """It knows which fix is the preferred one."""
    progress: bool
    configuration: bool
    registers_configuration: bool
    registers_watchers: bool
    watches_the_disk: bool
    """Whether it tells of all changes once it has been asked to: Helix tells only of files that it writes itself."""
    markdown: bool
    registers_features: frozenset[str]
    """Methods that it can be asked to use for some documents only, of those that are about ignore files alone."""
    nests_symbols: bool
    refreshes_lenses: bool
    """It can be told to ask for code lenses again."""
    labels_details: bool
    """It shows more than a completion item's label in the list."""
    inserts_or_replaces: bool
    """It lets the user choose whether a completion replaces what follows the caret."""

    @classmethod
    def of(cls, capabilities: types.ClientCapabilities, info: types.ClientInfo | None = None) -> Client:
        """Read what a client says of itself."""

        def can(path: str) -> bool:
            return bool(get_capability(capabilities, path, False))

        def given(path: str) -> bool:
            return get_capability(capabilities, path, None) is not None

        def holds(path: str, value: object) -> bool:
            offered: Any = get_capability(capabilities, path, ())
            return value in (offered or ())

        document, workspace = "text_document", "workspace"
        # Operations on files stand among the document changes, so a client that names the ones it can do takes both;
        # Neovim says only that.
        operations = f"{workspace}.workspace_edit.resource_operations"
        versioned = can(f"{workspace}.workspace_edit.document_changes") or can(operations)
        return cls(
            pulls=given(f"{document}.diagnostic") and can(f"{workspace}.diagnostics.refresh_support"),
            takes_related_documents=can(f"{document}.diagnostic.related_document_support"),
            has_related_information=can(f"{document}.publish_diagnostics.related_information")
            or can(f"{document}.diagnostic.related_information"),
            versioned_edits=versioned,
            creates_files=holds(operations, types.ResourceOperationKind.Create),
            makes_edited_files=given(f"{workspace}.workspace_edit") and not given(operations),
            code_action_literals=given(f"{document}.code_action.code_action_literal_support"),
            resolves_edits=holds(f"{document}.code_action.resolve_support.properties", "edit"),
            keeps_action_data=can(f"{document}.code_action.data_support"),
            prefers=can(f"{document}.code_action.is_preferred_support"),
            progress=can("window.work_done_progress"),
            configuration=can(f"{workspace}.configuration"),
            registers_configuration=can(f"{workspace}.did_change_configuration.dynamic_registration"),
            registers_watchers=can(f"{workspace}.did_change_watched_files.dynamic_registration"),
            watches_the_disk=info is None or info.name != "helix",
            markdown=holds(f"{document}.hover.content_format", types.MarkupKind.Markdown),
            registers_features=frozenset(
                method for method, name in _ABOUT_IGNORE_FILES.items() if can(f"{document}.{name}.dynamic_registration")
            ),
            nests_symbols=can(f"{document}.document_symbol.hierarchical_document_symbol_support"),
            refreshes_lenses=can(f"{workspace}.code_lens.refresh_support"),
            labels_details=can(f"{document}.completion.completion_item.label_details_support"),
            inserts_or_replaces=can(f"{document}.completion.completion_item.insert_replace_support"),
        )
