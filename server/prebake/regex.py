"""Regular expressions that are compiled when they are first used.

Compiling all expressions of the package takes longer than checking a small project, which needs half of them.
"""

from __future__ import annotations

import re
from typing import Any, cast


def regex(source: str, flags: int = 0) -> re.Pattern[str]:
    """What :func:`re.compile` gives, later. An expression that is wrong raises :class:`re.error` when it is used."""
    return cast("re.Pattern[str]", _Regex(source, flags))


class _Regex:
    def __init__(self, source: str, flags: int) -> None:
        self._source = source
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        # Asked only for what is not there yet: the methods of the compiled expression are kept.
        found = getattr(re.compile(self._source, self._flags), name)
        setattr(self, name, found)
        return found
