"""What methods and operators make of texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from prebake.project.python.things import Tree
from prebake.project.python.values import UNKNOWN, Value, Values, joined
from prebake.regex import regex

_LONGEST = 10_000
_SIMPLE = frozenset(("strip", "lstrip", "rstrip", "lower", "upper", "title", "removeprefix", "removesuffix", "replace"))
_SPLITTING = frozenset(("split", "rsplit", "partition", "rpartition", "splitlines"))
METHODS = _SIMPLE | _SPLITTING
_FIELD = regex(r"\{\{|\}\}|\{(\w*)\}|[{}]")
_CONVERSION = regex(r"%%|%s|%d|%")


def method(base: Value, name: str, arguments: Sequence[Values]) -> Value:
    """What a method of a text gives for constant arguments."""
    text = base.text
    given = [values[0].constant if len(values) == 1 and values[0].known else None for values in arguments]
    if text is None or len(text) > _LONGEST or not all(isinstance(item, (str, int)) for item in given):
        return UNKNOWN._replace(variable=base.variable, source=base.source)
    if name == "replace" and len(given) == 2 and len(str(given[1])) * (text.count(str(given[0])) + 1) > _LONGEST:
        return UNKNOWN
    try:
        result = getattr(text, name)(*given)
    except (TypeError, ValueError, OverflowError):
        return UNKNOWN
    if name in _SIMPLE:
        return base._replace(constant=result)
    return UNKNOWN._replace(thing=Tree(list(result), "a text"), certain=base.certain)


def formatted(templates: Values, parts: Sequence[Values], named: Mapping[str, Values]) -> Values:
    """``"{}/{name}".format(...)``."""
    template = templates[0].text if len(templates) == 1 else None
    if template is None or len(template) > _LONGEST:
        return (UNKNOWN,)
    pieces: list[Values] = []
    done, count = 0, 0
    for found in _FIELD.finditer(template):
        pieces.append((Value(template[done : found.start()]),))
        done = found.end()
        if found[0] in ("{{", "}}"):
            pieces.append((Value(found[0][0]),))
            continue
        name = found[1]
        if name is None:
            return (UNKNOWN,)
        number = int(name) if name.isdecimal() else count
        count += not name
        value = named.get(name) if name and not name.isdecimal() else parts[number] if number < len(parts) else None
        if value is None:
            return (UNKNOWN,)
        pieces.append(value)
    return joined([*pieces, (Value(template[done:]),)])


def percent(templates: Values, parts: Sequence[Values]) -> Values:
    """``"%s/%s" % (...)``."""
    template = templates[0].text if len(templates) == 1 else None
    if template is None or len(template) > _LONGEST:
        return (UNKNOWN,)
    pieces: list[Values] = []
    done, left = 0, list(parts)
    for found in _CONVERSION.finditer(template):
        pieces.append((Value(template[done : found.start()]),))
        done = found.end()
        if found[0] == "%%":
            pieces.append((Value("%"),))
        elif found[0] == "%" or not left:
            return (UNKNOWN,)
        else:
            pieces.append(left.pop(0))
    return (UNKNOWN,) if left else joined([*pieces, (Value(template[done:]),)])
