"""Numbers as people read them."""

from __future__ import annotations

_UNITS = ("B", "kB", "MB", "GB", "TB", "PB")


def human(count: int) -> str:
    """A number of bytes in decimal units, as Docker shows them: ``812 B``, ``1.2 MB``, ``35 MB``, ``3.4 GB``."""
    value, unit = float(count), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return f"{value:.1f} {_UNITS[unit]}" if unit and value < 9.95 else f"{value:.0f} {_UNITS[unit]}"


def files(count: int) -> str:
    """A number of files in words: ``1 file``, ``18,204 files``."""
    return f"{count:,} file{'' if count == 1 else 's'}"


def amount(size: tuple[int, int], *, complete: bool = True) -> str:
    """Bytes and a number of files in words: ``35 MB in 18,204 files``; at least that, where not all was measured."""
    return f"{'' if complete else 'at least '}{human(size[0])} in {files(size[1])}"
