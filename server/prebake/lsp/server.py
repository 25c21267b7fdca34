"""The start and the end of the server's process."""

from __future__ import annotations

import gc
import os
import sys


def main(tcp: tuple[str, int] | None = None) -> int:
    """Serve one client on the standard streams, or on the first connection to ``(host, port)``; the exit status.

    The status is 0 after an orderly ``shutdown`` and ``exit``, 1 when the client went without, 2 when the address
    cannot be used.
    """
    # Loading makes many objects that stay. Looking through all of them for garbage, time and again, is a tenth of the
    # start; not looking at all costs 10 MiB.
    usual = gc.get_threshold()
    gc.set_threshold(10_000, 50, 50)
    import asyncio
    import logging

    from prebake.lsp import transport
    from prebake.lsp.language_server import ClientLog, Server

    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    server = Server()
    logging.getLogger("prebake").addHandler(ClientLog(server))
    gc.freeze()
    gc.set_threshold(*usual)
    # How long a worker may compute before the event loop gets its turn, which it needs several times for a keystroke:
    # with the usual 5 ms, measuring a large context would be felt.
    sys.setswitchinterval(0.001)
    try:
        with transport.standard_streams() if tcp is None else transport.tcp(*tcp) as (reader, writer):
            status = asyncio.run(server.serve(reader, writer))
    except OSError as error:
        print(f"prebake: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    if not server.idle:
        sys.stderr.flush()
        os._exit(status)  # a worker is in the middle of something, and must not hold up the end
    return status
