"""Named tuples that cost little to define.

``typing.NamedTuple`` checks and compiles the annotation of each field, and ``collections.namedtuple`` compiles a
constructor, although most records of a program are never made in a short run: for the hundred and more of them that is
an eighth of its time. Here the constructor is compiled when the first record of a class is made. To a type checker the
class is ``typing.NamedTuple``.
"""

from __future__ import annotations

from operator import itemgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from typing import NamedTuple as NamedTuple
else:
    try:
        from _collections import _tuplegetter as _field
    except ImportError:  # other Pythons than CPython

        def _field(index: int, doc: str) -> property:
            return property(itemgetter(index), doc=doc)

    class _Definition(type):
        def __new__(cls, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
            if not bases:
                return super().__new__(cls, name, bases, body)
            fields = tuple(body.get("__annotations__", ()))
            defaults = {field: body[field] for field in fields if field in body}
            members = {key: value for key, value in body.items() if key != "__dict__"}
            members.update((field, _field(index, "")) for index, field in enumerate(fields))
            members.update(_fields=fields, _field_defaults=defaults, __match_args__=fields, __slots__=())
            return type(name, (_Record,), members)

    class _Record(tuple):
        """What all records can do."""

        __slots__ = ()

        def __new__(cls, /, *values: Any, **named: Any) -> Any:
            arguments = ", ".join(cls._fields)
            new = eval(f"lambda _cls, {arguments}: _new(_cls, ({arguments},))", {"_new": tuple.__new__})
            new.__name__, new.__qualname__ = "__new__", f"{cls.__qualname__}.__new__"
            new.__defaults__ = tuple(cls._field_defaults.values()) or None
            cls.__new__ = new
            return new(cls, *values, **named)

        def _replace(self, /, **named: Any) -> Any:
            made = tuple.__new__(type(self), map(named.pop, self._fields, self))
            if named:
                raise TypeError(f"{type(self).__name__} has no field {min(named)!r}")
            return made

        def _asdict(self) -> dict[str, Any]:
            return dict(zip(self._fields, self, strict=True))

        @classmethod
        def _make(cls, values: Any) -> Any:
            return cls(*values)

        def __repr__(self) -> str:
            shown = ", ".join(f"{name}={value!r}" for name, value in zip(self._fields, self, strict=True))
            return f"{type(self).__name__}({shown})"

        def __getnewargs__(self) -> tuple[Any, ...]:
            return tuple(self)

    class NamedTuple(metaclass=_Definition):
        """The base of records: annotations are the fields, assigned values their defaults."""
