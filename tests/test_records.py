"""Records are named tuples."""

from __future__ import annotations

import pytest

from prebake.records import NamedTuple


class Point(NamedTuple):
    """A point of the plane."""

    x: int
    y: int = 2
    name: str | None = None
    """What it is called."""

    @property
    def far(self) -> bool:
        """Whether it lies far from the origin."""
        return self.x + self.y > 10

    @classmethod
    def origin(cls) -> Point:
        """The point in the middle."""
        return cls(0, 0)

    def __str__(self) -> str:
        return f"{self.name} ({self.x}, {self.y})"


def test_fields_defaults_and_methods() -> None:
    point = Point(9, name="p")
    assert point == (9, 2, "p") == Point(x=9, y=2, name="p")
    assert (point.x, point.far, str(point)) == (9, True, "p (9, 2)")
    assert point._replace(x=1) == Point(1, 2, "p")
    assert Point.origin() == (0, 0, None)
    assert point._asdict() == {"x": 9, "y": 2, "name": "p"}
    assert isinstance(point, tuple)


def test_they_say_what_they_are() -> None:
    assert repr(Point(1)) == "Point(x=1, y=2, name=None)"
    assert (Point.__name__, Point.__module__, Point.__doc__) == ("Point", __name__, "A point of the plane.")


def test_a_field_without_a_default_must_be_given() -> None:
    with pytest.raises(TypeError, match="'x'"):
        Point()  # type: ignore[call-arg]
