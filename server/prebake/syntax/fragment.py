"""A piece of source seen without its line continuations, each character still knowing where it came from."""

from __future__ import annotations

from prebake.records import NamedTuple


class Fragment(NamedTuple):
    """Logical text plus, for each of its characters and for its end, the offset in the source it was taken from.

    ``offsets`` has ``len(text) + 1`` entries and never decreases. Offsets are relative to the instruction (or script)
    the fragment was cut from.
    """

    text: str
    offsets: tuple[int, ...] | range

    @classmethod
    def whole(cls, text: str, start: int = 0) -> Fragment:
        """A fragment that is the source itself, from ``start``."""
        return cls(text, range(start, start + len(text) + 1))

    def start(self, index: int) -> int:
        """The source offset of the character at ``index``."""
        return self.offsets[index]

    def end(self, index: int) -> int:
        """The source offset just behind the character before ``index``."""
        return self.offsets[index - 1] + 1 if index else self.offsets[0]
