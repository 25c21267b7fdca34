"""Values that an expression can have, and how they combine."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from enum import Enum
from itertools import islice, product
from typing import TYPE_CHECKING

from prebake.records import NamedTuple

if TYPE_CHECKING:
    from prebake.project.python.evaluate import Evaluator

_MAX_VALUES = 16
_MAX_CHOICE = 8


class Thing:
    """Something that has values inside; see :mod:`prebake.project.python.things`."""

    __slots__ = ()

    @property
    def truth(self) -> bool | None:
        """Whether it counts as true; ``None`` where that is not known."""
        return None

    def attribute(self, evaluator: Evaluator, name: str, depth: int) -> Values | None:
        """What the attribute of that name is; ``None`` where the thing does not say."""
        return None

    def item(self, evaluator: Evaluator, key: Value, depth: int) -> Values | None:
        """The entry of a key, or all that it may be where the key is not known; nothing where it surely has none."""
        return None

    def elements(self, evaluator: Evaluator, view: str, depth: int) -> Values | None:
        """What a loop runs through: the ``view`` is ``keys``, which are the elements of a list, or ``values``."""
        return None


class Value(NamedTuple):
    """One value that an expression can have.

    ``constant`` is only meant when ``known``. ``path``: it is surely a path of a file system. ``made``: it is an object
    that some call makes, no text. ``variable``: the environment variable that decides it, ``set_by_environment``
    whether that variable is set (else ``constant`` is the default in the code). ``certain``: it is used whenever the
    code runs, not one of several alternatives. ``thing`` is what it has inside, where it is a container or an object.
    ``source`` says where a value comes from that is not known, as the rest of "it comes from"; of one that is known,
    where another one may come from.
    """

    constant: object = None
    known: bool = True
    path: bool = False
    made: bool = False
    variable: str | None = None
    set_by_environment: bool = False
    certain: bool = True
    thing: Thing | None = None
    source: str | None = None

    @property
    def truth(self) -> bool | None:
        """Whether it counts as true; ``None`` where that is not known."""
        return bool(self.constant) if self.known else None if self.thing is None else self.thing.truth

    @property
    def text(self) -> str | None:
        """The value as text; ``None`` when it is not known or no text."""
        return self.constant if self.known and isinstance(self.constant, str) else None


UNKNOWN = Value(known=False)
Values = tuple[Value, ...]


def bounded(values: Iterable[Value]) -> Values:
    """The distinct values; when there are too many to follow, the first ones and :data:`UNKNOWN`."""
    several: dict[Value, Value] = {}
    for value in values:  # where another one may come from makes no other value
        several.setdefault(value if value.source is None or not value.known else value._replace(source=None), value)
        if len(several) > _MAX_VALUES:
            break
    distinct = tuple(several.values())
    return distinct if len(distinct) <= _MAX_VALUES else (*distinct[:_MAX_VALUES], UNKNOWN)


def unknown(source: str | None) -> Values:
    """A value that comes from somewhere that nobody can look into."""
    return (UNKNOWN._replace(source=source),)


def perhaps(values: Iterable[Value]) -> Values:
    """Values that may be used."""
    return tuple(value._replace(certain=False) for value in values)


def chosen(values: Values) -> Values:
    """Values of which a program takes one: all of them where they are few enough to be told; otherwise the choice is
    what nobody knows, as from a long list that somebody is offered.
    """
    if sum(not value.certain and value.text is not None for value in values) <= _MAX_CHOICE:
        return values
    source = next((value.source for value in values if value.source is not None), None)
    return (*(value for value in values if value.certain and value.known), UNKNOWN._replace(source=source))


def alternatives(values: Iterable[Value]) -> Values:
    """Values of which one is used, nobody knows which."""
    distinct = bounded(values)
    return distinct if len(distinct) < 2 else tuple(value._replace(certain=False) for value in distinct)


def as_text(value: Value) -> Value:
    """What ``str()`` makes of a value."""
    if value.known and isinstance(value.constant, (str, int)) and not isinstance(value.constant, bool):
        return value._replace(constant=str(value.constant))
    return UNKNOWN._replace(path=value.path, variable=value.variable, source=value.source)


def joined(parts: list[Values], separator: str = "") -> Values:
    """The texts that the parts, one value of each, give when they are joined."""
    found = []
    for combination in islice(product(*parts), _MAX_VALUES + 1):
        path = any(value.path for value in combination)
        texts = [value.text for value in map(as_text, combination)]
        known = [text for text in texts if text is not None]
        if len(known) < len(texts):
            missing = [value for value, text in zip(combination, texts, strict=True) if text is None]
            variable = next((value.variable for value in missing if value.variable), None)
            source = next((value.source for value in missing if value.source), None)
            found.append(UNKNOWN._replace(path=path, variable=variable, source=source))
            continue
        found.append(
            Value(
                separator.join(known),
                path=path,
                variable=next((value.variable for value in combination if value.variable), None),
                set_by_environment=any(value.set_by_environment for value in combination),
                certain=all(value.certain for value in combination),
                source=next((value.source for value in combination if value.source), None),
            )
        )
    return bounded(found)


class Missing(Enum):
    """That a call does not pass an argument."""

    MISSING = "missing"


MISSING = Missing.MISSING


def argument(call: ast.Call, name: str | None, position: int | None) -> ast.expr | Missing | None:
    """The expression that a call passes for a parameter, by keyword or position.

    :data:`MISSING` when it passes none, ``None`` when ``*args`` or ``**kwargs`` may hold it.
    """
    for keyword in call.keywords:
        if keyword.arg is not None and keyword.arg == name:
            return keyword.value
    if position is not None:
        if any(isinstance(item, ast.Starred) for item in call.args[: position + 1]):
            return None
        if len(call.args) > position:
            return call.args[position]
    return None if any(keyword.arg is None for keyword in call.keywords) else MISSING
