"""``prebake server``: the language server's process."""

from __future__ import annotations


def run(tcp: tuple[str, int] | None) -> int:
    """Serve one client on the standard streams, or on ``(host, port)``; returns the exit status."""
    from prebake.lsp.server import main

    return main(tcp)
