"""What ``test``, ``[`` and ``[[`` decide, where the project says."""

from __future__ import annotations

import operator
from collections.abc import Callable
from fnmatch import fnmatchcase

from prebake.project.starting.program import UNKNOWN, Place
from prebake.syntax.shell import Command, ShellWord

_NUMBERS = {
    "-eq": operator.eq,
    "-ne": operator.ne,
    "-gt": operator.gt,
    "-ge": operator.ge,
    "-lt": operator.lt,
    "-le": operator.le,
}


def holds(command: Command, value: Callable[[ShellWord], str | None], place: Place) -> bool | None:
    """Whether a condition is true; ``None`` where nobody knows. ``value`` gives the text of a word."""
    name = command.name
    if name in ("true", ":", "false"):
        return name != "false"
    if name not in ("test", "[", "[["):
        return None
    words = command.words[1:] if name == "test" else command.words[1:-1]
    negated = bool(words) and words[0].raw == "!"
    operands = words[1:] if negated else words
    if len(operands) == 2 and operands[0].raw.startswith("-"):
        found = _unary(operands[0].raw, value(operands[1]), place)
    elif len(operands) == 3:
        found = _binary(value(operands[0]), operands[1].raw, value(operands[2]), double=name == "[[")
    elif len(operands) == 1:
        text = value(operands[0])
        found = None if text is None or UNKNOWN in text else bool(text)
    else:
        found = None
    return None if found is None else found is not negated


def _unary(option: str, text: str | None, place: Place) -> bool | None:
    if text is None or UNKNOWN in text:
        return None
    if option in ("-n", "-z"):
        return bool(text) is (option == "-n")
    if option in ("-f", "-e", "-r", "-s") and place.read(place.path(text)) is not None:
        return True
    return None


def _binary(left: str | None, option: str, right: str | None, *, double: bool) -> bool | None:
    if left is None or right is None or UNKNOWN in left + right:
        return None
    if option in ("=", "==", "!="):
        same = fnmatchcase(left, right) if double else left == right
        return same is (option != "!=")
    compare = _NUMBERS.get(option)
    if compare is None or not all(text.lstrip("-").isdecimal() and len(text) < 10 for text in (left, right)):
        return None
    return bool(compare(int(left), int(right)))
