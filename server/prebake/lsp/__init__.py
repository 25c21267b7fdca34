"""The language server: one module per LSP feature, each a thin handler over the engine and the fixing."""
