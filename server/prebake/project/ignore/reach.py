"""What a pattern reaches in a context: how much, and the largest entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import nsmallest

from prebake.project.measuring.landmarks import Listing
from prebake.project.measuring.scan import Size
from prebake.records import NamedTuple


class Reached(NamedTuple):
    """An entry that a pattern reaches, and how much of it the pattern reaches."""

    path: str
    is_folder: bool
    size: Size


class Reach(NamedTuple):
    """What a pattern matches, or what it decides about.

    ``size`` is all of it, ``entries`` the number of entries, of which ``largest`` has some, the largest first; a
    folder stands for what is in it.
    """

    size: Size
    entries: int
    largest: tuple[Reached, ...]


NOTHING = Reach(Size(), 0, ())


def reach(
    listings: Mapping[str, Listing],
    unmeasured: Iterable[str],
    covers: Callable[[str], bool],
    taken: Callable[[str], Iterable[bool] | bool],
    most: int,
) -> Reach:
    """What is reached of folders, each of which comes before those in it; with the ``most`` largest entries.

    ``covers`` says of a folder whether it is reached as such, ``taken``, asked afterwards, of the files directly in it
    which are; ``unmeasured`` are folders whose content is not known. A reached folder in one that is not is an entry of
    its own, and so is a reached file.
    """
    bytes_ = files = singles = 0
    top: dict[str, str] = {}
    totals: dict[str, list[int]] = {}

    def single() -> Iterator[Reached]:
        """The files that are entries of their own; adds up all files on the way."""
        nonlocal bytes_, files, singles
        for path, listing in listings.items():
            covered = covers(path)
            if covered:
                mine = top[path] = top.get(_parent(path), path) if path else path
                total = totals.setdefault(mine, [0, 0])
            chosen = taken(path)
            if chosen is False:
                continue
            pairs = zip(listing.names, listing.sizes, strict=True)
            for name, size in pairs if chosen is True else _selected(pairs, chosen):
                bytes_ += size
                files += 1
                if covered:
                    total[0] += size
                    total[1] += 1
                else:
                    singles += 1
                    yield Reached(f"{path}/{name}" if path else name, False, Size(size, 1))

    found = nsmallest(most, single(), key=_largest)
    for path in unmeasured:
        if covers(path) and _parent(path) not in top:
            totals[path] = [0, 0]
    folders = (Reached(path, True, Size(*total)) for path, total in totals.items())
    largest = nsmallest(most, (*found, *folders), key=_largest)
    return Reach(Size(bytes_, files), singles + len(totals), tuple(largest))


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _largest(reached: Reached) -> tuple[int, int, str]:
    return -reached.size.bytes, -reached.size.files, reached.path


def _selected(pairs: Iterable[tuple[str, int]], chosen: Iterable[bool]) -> Iterator[tuple[str, int]]:
    return (pair for pair, is_chosen in zip(pairs, chosen, strict=True) if is_chosen)
