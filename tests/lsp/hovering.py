"""Hovering over a place of a document."""

from lsprotocol import types

from tests.lsp.editor import Editor


async def hover(editor: Editor, name: str, line: int, character: int) -> types.Hover | None:
    place = types.Position(line, character)
    return await editor.client.text_document_hover_async(
        types.HoverParams(types.TextDocumentIdentifier(editor.uri(name)), place)
    )


async def told(editor: Editor, name: str, line: int, character: int = 2) -> str:
    """The text of a hover, once the context is measured: an editor's user looks again."""
    while True:
        before = editor.client.lens_refreshes
        found = await hover(editor, name, line, character)
        text = found.contents.value if found is not None and isinstance(found.contents, types.MarkupContent) else ""
        if "being measured" not in text:
            return text
        await editor.client.until(lambda before=before: editor.client.lens_refreshes > before)
