"""Work-done progress: what the editor shows while something takes long, with a way to stop it."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

from lsprotocol import types

if TYPE_CHECKING:
    from prebake.lsp.language_server import Server

_numbers = itertools.count(1)


class Progress:
    """The progress of one piece of work, shown from the first :meth:`report` on. For the event loop's thread."""

    def __init__(self, server: Server, title: str, cancel: Callable[[], None]) -> None:
        """``cancel`` is called when the user stops the work."""
        self._server = server
        self._title = title
        self._cancel = cancel
        self._token = f"prebake-{next(_numbers)}"
        self._asked = self._begun = self._over = False
        self._message = ""

    def report(self, message: str) -> None:
        """Show how far the work is; begins to show it at all, the first time."""
        self._message = message
        if self._begun and not self._over:
            self._server.work_done_progress.report(self._token, types.WorkDoneProgressReport(message=message))
        elif not self._asked and self._server.client.progress:
            self._asked = True
            self._server.spawn(self._begin())

    async def _begin(self) -> None:
        shown = self._server.work_done_progress
        await shown.create_async(self._token)
        if self._over:
            shown.tokens.pop(self._token, None)
            return
        self._begun = True
        shown.tokens[self._token].add_done_callback(lambda future: self._cancel() if future.cancelled() else None)
        shown.begin(self._token, types.WorkDoneProgressBegin(self._title, cancellable=True, message=self._message))

    def end(self, message: str) -> None:
        """The work is over, whether done or stopped."""
        self._over = True
        if self._begun:
            shown = self._server.work_done_progress
            shown.end(self._token, types.WorkDoneProgressEnd(message=message))
            shown.tokens.pop(self._token, None)  # pygls keeps the tokens for ever
