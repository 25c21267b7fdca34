"""What the client can do, as far as the server asks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lsprotocol import types
from pygls.capabilities import get_capability

FEATURES = {
    types.TEXT_DOCUMENT_CODE_LENS: "code_lens",
    types.TEXT_DOCUMENT_COMPLETION: "completion",
    types.TEXT_DOCUMENT_DOCUMENT_SYMBOL: "document_symbol",
    types.TEXT_DOCUMENT_FOLDING_RANGE: "folding_range",
    types.TEXT_DOCUMENT_DEFINITION: "definition",
    types.TEXT_DOCUMENT_REFERENCES: "references",
    types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT: "document_highlight",
    types.TEXT_DOCUMENT_DOCUMENT_LINK: "document_link",
    types.TEXT_DOCUMENT_INLAY_HINT: "inlay_hint",
}
"""Requests that are about some documents only: their methods with the names of the client's abilities, which are also
those of the modules that answer.
"""


@dataclass(frozen=True, slots=True)
class Client:
    """A client's abilities. What it does not say, it cannot do."""

    pulls: bool
    """It asks for diagnostics; pushing them too would show each twice."""
    takes_related_documents: bool
    refreshes: bool
    """It can be told to ask for diagnostics again."""
    has_related_information: bool
    versioned_edits: bool
    """It takes ``documentChanges``, which it refuses when a document has another version by then."""
    creates_files: bool
    code_action_literals: bool
    resolves_edits: bool
    keeps_action_data: bool
    prefers: bool
    """It knows which fix is the preferred one."""
    progress: bool
    configuration: bool
    registers_configuration: bool
    registers_watchers: bool
    markdown: bool
    registers_features: frozenset[str]
    """Those of :data:`FEATURES` that it can be asked to use for some documents only."""
    nests_symbols: bool
    most_folds: int | None
    """How many folding ranges it takes of a document."""
    links_definitions: bool
    """It takes the name that a definition was asked for along with it."""
    shows_tooltips: bool
    """It says what a document link leads to."""
    refreshes_lenses: bool
    """It can be told to ask for code lenses again."""
    refreshes_hints: bool
    """It can be told to ask for inlay hints again."""
    labels_details: bool
    """It shows more than a completion item's label in the list."""
    inserts_or_replaces: bool
    """It lets the user choose whether a completion replaces what follows the caret."""

    @classmethod
    def of(cls, capabilities: types.ClientCapabilities) -> Client:
        """Read a client's capabilities."""

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
            pulls=given(f"{document}.diagnostic"),
            takes_related_documents=can(f"{document}.diagnostic.related_document_support"),
            refreshes=can(f"{workspace}.diagnostics.refresh_support"),
            has_related_information=can(f"{document}.publish_diagnostics.related_information")
            or can(f"{document}.diagnostic.related_information"),
            versioned_edits=versioned,
            creates_files=holds(operations, types.ResourceOperationKind.Create),
            code_action_literals=given(f"{document}.code_action.code_action_literal_support"),
            resolves_edits=holds(f"{document}.code_action.resolve_support.properties", "edit"),
            keeps_action_data=can(f"{document}.code_action.data_support"),
            prefers=can(f"{document}.code_action.is_preferred_support"),
            progress=can("window.work_done_progress"),
            configuration=can(f"{workspace}.configuration"),
            registers_configuration=can(f"{workspace}.did_change_configuration.dynamic_registration"),
            registers_watchers=can(f"{workspace}.did_change_watched_files.dynamic_registration"),
            markdown=holds(f"{document}.hover.content_format", types.MarkupKind.Markdown),
            registers_features=frozenset(
                method for method, name in FEATURES.items() if can(f"{document}.{name}.dynamic_registration")
            ),
            nests_symbols=can(f"{document}.document_symbol.hierarchical_document_symbol_support"),
            most_folds=get_capability(capabilities, f"{document}.folding_range.range_limit", None),
            links_definitions=can(f"{document}.definition.link_support"),
            shows_tooltips=can(f"{document}.document_link.tooltip_support"),
            refreshes_lenses=can(f"{workspace}.code_lens.refresh_support"),
            refreshes_hints=can(f"{workspace}.inlay_hint.refresh_support"),
            labels_details=can(f"{document}.completion.completion_item.label_details_support"),
            inserts_or_replaces=can(f"{document}.completion.completion_item.insert_replace_support"),
        )
