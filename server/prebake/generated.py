"""Dockerfiles that a program writes: what is mended in them is lost when it runs again."""

from __future__ import annotations

from prebake.text import Text

_HEAD, _HEAD_LINES = 2_000, 10
_MARKS = ("do not edit", "@generated", "do not modify")
GENERATED = "the Dockerfile says that it is generated: mend what generates it"


def is_generated(text: Text) -> bool:
    """Whether one of the first comment lines says that a program writes the file."""
    head = text.content[:_HEAD].lower()
    if not any(mark in head for mark in _MARKS):
        return False
    lines = head.split("\n", _HEAD_LINES)[:_HEAD_LINES]
    return any(line.lstrip().startswith("#") and any(mark in line for mark in _MARKS) for line in lines)
