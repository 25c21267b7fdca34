"""The shell patterns of ``${name#pattern}``, ``${name%pattern}`` and ``${name/pattern/text}``, by BuildKit's rules.

``*`` and ``?`` are special, brackets are not, and neither matches a line feed.
"""

from __future__ import annotations

import re

_LONGEST = 4_096  # characters of a value or a pattern; the time of a replacement grows with the square


def trim(value: str, pattern: str, *, greedy: bool, suffix: bool) -> str:
    """The value without its shortest (or, greedy, longest) prefix or suffix that matches; the value where none does.

    Raises:
        ValueError: the pattern has an escape that escapes nothing, or something is too long.
    """
    pieces = _pieces(value, pattern)
    if suffix:  # the shortest match at the end is the shortest one at the start of the reversed text
        pieces.reverse()
        value = value[::-1]
    match = re.match(_expression(pieces, greedy=greedy), value)
    rest = value[match.end() :] if match else value
    return rest[::-1] if suffix else rest


def replace(value: str, pattern: str, replacement: str, *, every: bool) -> str:
    """The value with the first (or every) longest match replaced.

    Raises:
        ValueError: as :func:`trim`.
    """
    pieces = _pieces(value, pattern)
    if pieces and not any(pieces):  # stars alone match everything, once
        return replacement
    return re.sub(_expression(pieces, greedy=True), lambda match: replacement, value, count=0 if every else 1)


def _pieces(value: str, pattern: str) -> list[str]:
    """The pattern as regular expressions of one character each; ``""`` for a star."""
    if len(value) > _LONGEST or len(pattern) > _LONGEST:
        raise ValueError("too long for a pattern")
    pieces: list[str] = []
    at = 0
    while at < len(pattern):
        char = pattern[at]
        at += 1
        if char == "*":
            pieces.append("")
        elif char == "?":
            pieces.append(".")
        elif char != "\\":
            pieces.append(re.escape(char))
        else:
            following = pattern[at : at + 1]
            if following in ("}", "/"):
                continue  # escaped for the braces, not for the pattern
            if following not in ("*", "?", "\\"):
                raise ValueError(f"invalid escape \\{following}")
            pieces.append(re.escape(following))
            at += 1
    return pieces


def _expression(pieces: list[str], *, greedy: bool) -> str:
    """A regular expression with atomic groups, so that no input makes it backtrack far.

    Every star but a greedy last one takes as little as it can, which finds the same ends.
    """
    segments = [""]
    for piece in pieces:
        if piece:
            segments[-1] += piece
        else:
            segments.append("")
    expression = segments[0]
    for segment in segments[1:-1]:
        if segment:
            expression += f"(?>.*?{segment})"
    if len(segments) > 1:
        expression += (".*" if greedy else ".*?") + segments[-1]
    return expression
