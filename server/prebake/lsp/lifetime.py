"""When the server ends: never later than its editor."""

from __future__ import annotations

import os
import select
import sys
import threading
import time
from collections.abc import Callable

_POLL_SECONDS = 2.0


def watch_process(process: int, gone: Callable[[], None]) -> None:
    """Call ``gone`` from a thread once a process has ended.

    A process that is not there to begin with is not watched: the editor runs in another container and its number means
    nothing here. The end of the input stream tells of its death then.
    """
    wait = _waiter(process)
    if wait is None:
        return

    def run() -> None:
        wait()
        gone()

    threading.Thread(target=run, name="editor-watch", daemon=True).start()


def _waiter(process: int) -> Callable[[], object] | None:
    """A function that blocks until a process has ended; ``None`` when there is no such process."""
    if process <= 0:
        return None
    if sys.platform == "win32":
        import ctypes

        synchronize, infinite = 0x00100000, 0xFFFFFFFF
        handle = ctypes.windll.kernel32.OpenProcess(synchronize, False, process)
        return (lambda: ctypes.windll.kernel32.WaitForSingleObject(handle, infinite)) if handle else None
    if not _is_alive(process):
        return None
    try:
        descriptor: int = getattr(os, "pidfd_open", _no_descriptor)(process)
    except OSError:
        return lambda: _poll(process)
    return lambda: select.select([descriptor], [], [])


def _no_descriptor(process: int) -> int:
    raise OSError(f"no descriptor for process {process} on this system")


def _poll(process: int) -> None:
    while _is_alive(process):
        time.sleep(_POLL_SECONDS)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True  # it is there, but belongs to another user
    return True
