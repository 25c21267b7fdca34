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
    label_details: bool = True,
    insert_replace: bool = True,
    dynamic: bool = False,
) -> types.ClientCapabilities:
    """An able client; each ability can be taken away. ``creates=None`` is a client that does not speak of it."""
    create = None if creates is None else [types.ResourceOperationKind.Create] if creates else []
    return types.ClientCapabilities(
        general=types.GeneralClientCapabilities(position_encodings=list(encodings)),
        window=types.WindowClientCapabilities(work_done_progress=progress),
        workspace=types.WorkspaceClientCapabilities(
            configuration=configuration,
            workspace_folders=True,
            did_change_configuration=types.DidChangeConfigurationClientCapabilities(dynamic_registration=registers),
            did_change_watched_files=types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=registers),
            diagnostics=types.DiagnosticWorkspaceClientCapabilities(refresh_support=pull and refresh),
            code_lens=types.CodeLensWorkspaceClientCapabilities(refresh_support=lens_refresh),
            workspace_edit=types.WorkspaceEditClientCapabilities(
                document_changes=versioned_edits, resource_operations=create
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
                completion_item=types.ClientCompletionItemOptions(
                    snippet_support=False, label_details_support=label_details, insert_replace_support=insert_replace
                ),
            ),
            document_symbol=types.DocumentSymbolClientCapabilities(
                dynamic_registration=dynamic, hierarchical_document_symbol_support=nested_symbols
            ),
            code_action=types.CodeActionClientCapabilities(
                is_preferred_support=True,
                data_support=resolves,
                resolve_support=types.ClientCodeActionResolveOptions(["edit"]) if resolves else None,
                code_action_literal_support=types.ClientCodeActionLiteralOptions(
                    types.ClientCodeActionKindOptions([types.CodeActionKind.QuickFix])
                ),
            ),
        ),
    )
