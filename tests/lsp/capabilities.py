"""What clients say of themselves."""

from collections.abc import Sequence

from lsprotocol import types


def capabilities(
    *,
    pull: bool = False,
    refresh: bool = True,
    encodings: Sequence[str] = ("utf-16",),
    versioned_edits: bool = True,
    creates: bool | None = True,
    resolves: bool = True,
    related: bool = True,
    progress: bool = True,
    configuration: bool = True,
    registers: bool = True,
    markdown: bool = True,
    nested_symbols: bool = True,
    lens_refresh: bool = True,
    hint_refresh: bool = False,
    label_details: bool = True,
    insert_replace: bool = True,
    annotations: bool = True,
    literals: bool = True,
    disabled: bool = True,
    applies: bool = True,
    documents: bool = True,
    dynamic: bool = False,
    most_folds: int | None = None,
    definition_links: bool = True,
    tooltips: bool = True,
) -> types.ClientCapabilities:
    """An able client; each ability can be taken away. ``creates=None`` is a client that does not speak of it."""
    create = None if creates is None else [types.ResourceOperationKind.Create] if creates else []
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=list(encodings)),
        window=types.WindowClientCapabilities(
            work_done_progress=progress, show_document=types.ShowDocumentClientCapabilities(support=documents)
        ),
        workspace=types.WorkspaceClientCapabilities(
            apply_edit=applies,
            configuration=configuration,
            workspace_folders=True,
            did_change_configuration=types.DidChangeConfigurationClientCapabilities(dynamic_registration=registers),
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=registers),
            diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=pull and refresh),
            code_lens=types.CodeLensWorkspaceClientCapabilities(refresh_support=lens_refresh),
            inlay_hint=types.InlayHintWorkspaceClientCapabilities(refresh_support=hint_refresh),
            workspace_edit=types.WorkspaceEditClientCapabilities(
                document_changes=versioned_edits,
                resource_operations=create,
                change_annotation_support=types.ChangeAnnotationsSupportOptions(groups_on_label=True)
                if annotations
                else None,
            ),
        ),
        text_document=types.TextDocumentClientCapabilities(
            publish_diagnostics=types.PublishDiagnosticsClientCapabilities(
                related_information=related, version_support=True, code_description_support=True, data_support=True
            ),
            diagnostic=types.DiagnosticClientCapabilities(related_document_support=related, related_information=related)
            if pull
            else None,
            hover=types.HoverClientCapabilities(
                content_format=[types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText]
            ),
            code_lens=types.CodeLensClientCapabilities(dynamic_registration=dynamic),
            completion=types.CompletionClientCapabilities(
                dynamic_registration=dynamic,
                completion_item_kind=types.ClientCompletionItemOptionsKind(list(types.CompletionItemKind)),
                completion_item=types.ClientCompletionItemOptions(
                    snippet_support=False,
                    documentation_format=[types.MarkupKind.Markdown if markdown else types.MarkupKind.PlainText],
                    label_details_support=label_details,
                    insert_replace_support=insert_replace,
                ),
            ),
            document_symbol=types.DocumentSymbolClientCapabilities(
                dynamic_registration=dynamic, hierarchical_document_symbol_support=nested_symbols
            ),
            folding_range=types.FoldingRangeClientCapabilities(
                dynamic_registration=dynamic, line_folding_only=True, range_limit=most_folds
            ),
            definition=types.DefinitionClientCapabilities(dynamic_registration=dynamic, link_support=definition_links),
            references=types.ReferenceClientCapabilities(dynamic_registration=dynamic),
            document_highlight=types.DocumentHighlightClientCapabilities(dynamic_registration=dynamic),
            document_link=types.DocumentLinkClientCapabilities(dynamic_registration=dynamic, tooltip_support=tooltips),
            inlay_hint=types.InlayHintClientCapabilities(dynamic_registration=dynamic),
            code_action=types.CodeActionClientCapabilities(
                is_preferred_support=True,
                disabled_support=disabled,
                data_support=resolves,
                resolve_support=types.ClientCodeActionResolveOptions(["edit"]) if resolves else None,
                code_action_literal_support=types.ClientCodeActionLiteralOptions(
                    types.ClientCodeActionKindOptions([types.CodeActionKind.QuickFix])
                )
                if literals
                else None,
            ),
        ),
    )
