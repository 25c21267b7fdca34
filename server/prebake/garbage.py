"""Making very many objects that stay, without the interpreter looking through them for garbage again and again."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_MANY = 200_000
_COLLECT_EACH = 20
_times = 0


@contextmanager
def objects_that_stay() -> Iterator[None]:
    """Collect no garbage meanwhile; where very many objects were made, leave them out of later collections too.

    Looking through the syntax trees of a large project takes a third of a second, during which nothing else runs. What
    was left out and is garbage by now is collected at every twentieth such time.
    """
    global _times
    enabled, before = gc.isenabled(), gc.get_count()[0]
    gc.disable()
    try:
        yield
    finally:
        if gc.get_count()[0] - before > _MANY:
            _times += 1
            if _times % _COLLECT_EACH == 0:
                gc.unfreeze()
                gc.collect()
            gc.freeze()
        if enabled:
            gc.enable()
