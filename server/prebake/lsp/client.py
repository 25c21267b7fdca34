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

_FIRST_KINDS = range(types.CompletionItemKind.Text.value, types.CompletionItemKind.Reference.value + 1)
"""The kinds of completion items that every client knows."""


@dataclass(frozen=True, slots=True)
class Client:
    """A client's abilities. What it does not say, it cannot do."""

    pulls: bool
    """It asks for diagnostics, and again when it is told to; pushing them too would show each twice. Neovim 0.11 cannot
    be told, so that it would go on showing what has been mended in another file: it is not asked to pull.
    """
    takes_related_documents: bool
    has_related_information: bool
    describes_codes: bool
    """It shows where a rule is explained."""
    keeps_diagnostic_data: bool
    """It sends a diagnostic's data back when it asks for code actions."""
    reads_versions: bool
    """It wants to know which version of a document pushed diagnostics are about."""
    versioned_edits: bool
    """It takes ``documentChanges``, which it refuses when a document has another version by then."""
    creates_files: bool
    confirms_changes: bool
    """It can ask the user before it applies a part of an edit."""
    applies_edits: bool
    """It applies edits that the server sends by itself."""
    makes_edited_files: bool
    """It says nothing about operations on files, so that a new file can only come from an edit of it: Eglot and other
    clients, which open what they edit.
    """
    code_action_literals: bool
    resolves_edits: bool
    keeps_action_data: bool
    prefers: bool
    """It knows which fix is the preferred one."""
    disables_actions: bool
    """It shows why an action cannot be done."""
    shows_documents: bool
    """It opens an address for the server."""
    progress: bool
    configuration: bool
    registers_configuration: bool
    registers_watchers: bool
    watches_the_disk: bool
    """Whether it tells of all changes once it has been asked to: Helix tells only of files that it writes itself."""
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
    completion_kinds: frozenset[int]
    """The kinds of completion items that it has a picture of."""
    completion_markdown: bool
    """It renders Markdown in what there is to say about a completion item."""
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

        def can_in_diagnostics(name: str) -> bool:
            # What pulled diagnostics may hold was declared with that of pushed ones before version 3.18.
            return any(can(f"{document}.{form}.{name}") for form in ("publish_diagnostics", "diagnostic"))

        kinds: Any = get_capability(capabilities, f"{document}.completion.completion_item_kind.value_set", None)
        # Operations on files stand among the document changes, so a client that names the ones it can do takes both;
        # Neovim says only that.
        operations = f"{workspace}.workspace_edit.resource_operations"
        versioned = can(f"{workspace}.workspace_edit.document_changes") or can(operations)
        return cls(
            pulls=given(f"{document}.diagnostic") and can(f"{workspace}.diagnostics.refresh_support"),
            takes_related_documents=can(f"{document}.diagnostic.related_document_support"),
            has_related_information=can_in_diagnostics("related_information"),
            describes_codes=can_in_diagnostics("code_description_support"),
            keeps_diagnostic_data=can_in_diagnostics("data_support"),
            reads_versions=can(f"{document}.publish_diagnostics.version_support"),
            versioned_edits=versioned,
            creates_files=holds(operations, types.ResourceOperationKind.Create),
            confirms_changes=given(f"{workspace}.workspace_edit.change_annotation_support"),
            applies_edits=can(f"{workspace}.apply_edit"),
            makes_edited_files=given(f"{workspace}.workspace_edit") and not given(operations),
            code_action_literals=given(f"{document}.code_action.code_action_literal_support"),
            resolves_edits=holds(f"{document}.code_action.resolve_support.properties", "edit"),
            keeps_action_data=can(f"{document}.code_action.data_support"),
            prefers=can(f"{document}.code_action.is_preferred_support"),
            disables_actions=can(f"{document}.code_action.disabled_support"),
            shows_documents=can("window.show_document.support"),
            progress=can("window.work_done_progress"),
            configuration=can(f"{workspace}.configuration"),
            registers_configuration=can(f"{workspace}.did_change_configuration.dynamic_registration"),
            registers_watchers=can(f"{workspace}.did_change_watched_files.dynamic_registration"),
            watches_the_disk=info is None or info.name != "helix",
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
            completion_kinds=frozenset(_FIRST_KINDS if kinds is None else map(int, kinds)),
            completion_markdown=holds(
                f"{document}.completion.completion_item.documentation_format", types.MarkupKind.Markdown
            ),
            labels_details=can(f"{document}.completion.completion_item.label_details_support"),
            inserts_or_replaces=can(f"{document}.completion.completion_item.insert_replace_support"),
        )
