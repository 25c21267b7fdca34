"""Variables in layers: each ENV adds to what stands above it without copying it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

_MOST_LAYERS = 16


class Variables(Mapping[str, str | None]):
    """Names with their values, ``None`` for a value that is not known. Never changes."""

    __slots__ = ("_below", "_depth", "_own")

    def __init__(self, own: Mapping[str, str | None] | None = None, below: Variables | None = None) -> None:
        """The variables of ``below`` with those of ``own`` over them."""
        self._own: dict[str, str | None] = dict(own or {})
        self._below = below
        self._depth: int = 0 if below is None else below._depth + 1
        if below is not None and self._depth > _MOST_LAYERS:
            self._own = {**below._flat(), **self._own}
            self._below, self._depth = None, 0

    def _flat(self) -> dict[str, str | None]:
        return dict(self._own) if self._below is None else {**self._below._flat(), **self._own}

    def __getitem__(self, name: str) -> str | None:
        layer: Variables | None = self
        while layer is not None:
            if name in layer._own:
                return layer._own[name]
            layer = layer._below
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        layer: Variables | None = self
        while layer is not None:
            if name in layer._own:
                return True
            layer = layer._below
        return False

    def __iter__(self) -> Iterator[str]:
        return iter(self._flat())

    def __len__(self) -> int:
        return len(self._flat())


NO_VARIABLES = Variables()
