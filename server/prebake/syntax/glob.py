"""Docker's two dialects of glob: patterns of ignore files, and wildcards in the sources of COPY and ADD.

Both are checked by the syntax of Go's ``path/filepath.Match``. A source wildcard is matched by it, too: ``*``, ``?``
and ``[...]`` stay inside one folder. An ignore pattern is rewritten by Docker into a Go regular expression, which has
consequences that people stumble over: ``**`` crosses folders, only ``^`` negates a bracket, what stands in brackets is
rewritten as well, an escaped letter is a regular expression's escape (``src\\data`` asks for a digit), and beside a
wildcard ``|`` means "or" and ``{2}`` "twice".

Ignore patterns are turned into *atoms*, each of which is a piece of a Python regular expression.
"""

from __future__ import annotations

import re
from functools import lru_cache

from prebake.records import NamedTuple
from prebake.regex import regex

WILDCARDS = frozenset("*?[\\")
"""Characters that make a pattern more than a literal path."""


class GlobError(ValueError):
    """A pattern that Docker refuses; the message says why."""


class Atom(NamedTuple):
    """A piece of a pattern.

    ``kind`` is ``one`` (one character that ``regex`` matches), ``maybe`` (at most one), ``many`` (any number of them),
    ``dirs`` (any number of them and then a ``/``, or nothing at all) or ``start`` (nothing, at the path's beginning
    only).
    """

    kind: str
    regex: str

    @property
    def expression(self) -> str:
        """The atom as a regular expression."""
        match self.kind:
            case "maybe":
                return f"{self.regex}?"
            case "many":
                return f"{self.regex}*"
            case "dirs":
                return f"(?:{self.regex}*/)?"
            case "start":
                return r"\A"
        return self.regex


_TOKEN = regex(r"\*\*/?|[*?]|\\.|[.+()$]", re.DOTALL)
_REPEAT = regex(r"\{([0-9]{1,6})(,([0-9]{0,6}))?\}")
_MAX_REPEAT = 1000
_ANYTHING = Atom("many", r"[\s\S]")
_NEVER = Atom("one", "(?!)")
_NAMED_CLASS = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r"\t\x20", "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": r"\x20-~", "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\x0b\x0c\r\x20", "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_ESCAPED_CLASS = {
    "d": "0-9", "s": r"\t\n\x0c\r\x20", "w": "0-9A-Za-z_",
    "D": r"\x00-/:-\U0010ffff", "S": r"\x00-\x08\x0b\x0e-\x1f!-\U0010ffff", "W": r"\x00-/:-@\[-\^`{-\U0010ffff",
}  # fmt: skip
_CONTROL = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_UNSUPPORTED = frozenset("AbBzQpPx01234567")
"""Escapes with a meaning to Go that no file name asks for: such a pattern matches nothing here."""


@lru_cache(maxsize=4096)
def clean(path: str) -> str:
    """The shortest equal path, by name alone, as Go's ``filepath.Clean`` gives it (``.`` for an empty one)."""
    rooted = path.startswith("/")
    kept: list[str] = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part == ".." and kept and kept[-1] != "..":
            kept.pop()
        elif part != ".." or not rooted:
            kept.append(part)
    return "/" + "/".join(kept) if rooted else "/".join(kept) or "."


def check(pattern: str) -> None:
    """Check a pattern by the syntax that Docker demands of ignore patterns and of source wildcards.

    Raises:
        GlobError: a bracket or an escape is malformed.
    """
    at = 0
    while at < len(pattern):
        if pattern[at] == "\\":
            at = _member(pattern, at)
        elif pattern[at] == "[":
            at = _bracket(pattern, at)[1]
        else:
            at += 1


def _member(pattern: str, at: int) -> int:
    """The end of the possibly escaped character at ``at``."""
    at += pattern.startswith("\\", at)
    if at >= len(pattern):
        raise GlobError("the pattern ends in a backslash" if pattern.endswith("\\") else "a bracket is not closed")
    return at + 1


def _bracket(pattern: str, at: int) -> tuple[str, int]:
    """What the bracket that opens at ``at`` means in a source wildcard, as an expression, and its end."""
    at += 1
    negated = pattern.startswith("^", at)
    at += negated
    ranges: list[tuple[str, str]] = []
    while not (ranges and pattern.startswith("]", at)):
        low, at = _bound(pattern, at)
        high = low
        if pattern.startswith("-", at):
            high, at = _bound(pattern, at + 1)
        ranges.append((low, high))
    members = "".join(f"{re.escape(low)}-{re.escape(high)}" for low, high in ranges if low <= high)
    if not members:
        return "[^/]" if negated else "(?!)", at + 1
    return f"(?!/)[{'^' if negated else ''}{members}]", at + 1


def _bound(pattern: str, at: int) -> tuple[str, int]:
    """One end of a range in brackets, and where it ends."""
    if pattern[at : at + 1] in ("-", "]"):
        raise GlobError(f"'{pattern[at]}' needs a backslash before it inside brackets")
    end = _member(pattern, at)
    if end >= len(pattern):
        raise GlobError("a bracket is not closed")
    return pattern[end - 1], end


@lru_cache(maxsize=1024)
def wildcard(pattern: str) -> re.Pattern[str] | None:
    """The expression for one path component of a COPY or ADD source; ``None`` when it holds no wildcard.

    Raises:
        GlobError: the pattern is malformed.
    """
    check(pattern)
    if not WILDCARDS & set(pattern):
        return None
    # The pieces between the stars. The leftmost place for a piece always serves, so nothing is ever tried twice.
    pieces: list[str] = [""]
    at = 0
    while at < len(pattern):
        char = pattern[at]
        if char == "[":
            regex, at = _bracket(pattern, at)
            pieces[-1] += regex
            continue
        if char == "*":
            pieces.append("")
        elif char == "?":
            pieces[-1] += "[^/]"
        else:
            at += char == "\\"
            pieces[-1] += re.escape(pattern[at])
        at += 1
    first, *others = pieces
    middle = "".join(f"(?>[^/]*?{piece})" for piece in others[:-1] if piece)
    last = f"[^/]*{others[-1]}" if others else ""
    return re.compile(rf"{first}{middle}{last}\Z")


@lru_cache(maxsize=4096)
def alternatives(pattern: str) -> tuple[tuple[Atom, ...], ...]:
    """The atoms of a cleaned ignore pattern (without its ``!``); a path is matched when one of the alternatives, of
    which there is nearly always one, matches all of it.

    Raises:
        GlobError: Docker stops the build at this pattern.
    """
    check(pattern)
    leading = pattern.startswith("**")
    literal = pattern[2 if leading else 0 :]
    if not WILDCARDS & set(literal) and "]" not in literal:
        # Without wildcards elsewhere, Docker compares strings: `**x` asks for any path that ends in x.
        exact = _literal(literal.removeprefix("/" if leading else ""))
        if not leading:
            return (exact,)
        return ((Atom("dirs", r"[\s\S]") if literal.startswith("/") else _ANYTHING, *exact),)
    if not leading and literal.endswith("**") and not WILDCARDS & set(literal[:-2]) and "]" not in literal:
        return ((*_literal(literal[:-2]), _ANYTHING),)
    first, *others = _parse(_rewrite(pattern))
    if not others:
        return (tuple(first),)
    # Docker puts `^` before the first alternative and `$` behind the last, and nowhere else.
    *between, last = others
    return (
        (*first, _ANYTHING),
        *((_ANYTHING, *middle, _ANYTHING) for middle in between),
        (_ANYTHING, *last),
    )


def _literal(text: str) -> tuple[Atom, ...]:
    return tuple(Atom("one", re.escape(char)) for char in text)


def _rewrite(pattern: str) -> str:
    """The Go regular expression that Docker makes of a pattern."""

    def token(found: re.Match[str]) -> str:
        text = found.group()
        if text.startswith("**"):
            return ".*" if found.end() == len(pattern) else "(.*/)?"
        if text in ("*", "?"):
            return "[^/]*" if text == "*" else "[^/]"
        return text if text.startswith("\\") else "\\" + text

    return _TOKEN.sub(token, pattern)


def _parse(regex: str) -> list[list[Atom]]:
    """The alternatives of the Go regular expression that :func:`_rewrite` gives."""
    found: list[list[Atom]] = [[]]
    at = 0
    while at < len(regex):
        branch = found[-1]
        char = regex[at]
        repeat = _REPEAT.match(regex, at)
        if regex.startswith("(.*/)?", at):
            branch.append(Atom("dirs", "."))
            at += 6
        elif regex.startswith(".*", at):
            branch.append(Atom("many", "."))
            at += 2
        elif char == "[":
            members, at = _class(regex, at)
            many = regex.startswith("*", at)
            branch.append(Atom("many" if many else "one", members))
            at += many
        elif char == "\\":
            members, at = _escape(regex, at)
            branch.append(Atom("one", f"[{members}]") if members else _NEVER)
        elif repeat is not None:
            if branch or len(found) > 1:
                _repeat(branch, repeat)
            at = repeat.end()
            if _REPEAT.match(regex, at):
                raise GlobError("a repetition follows a repetition")
        elif char == "|":
            found.append([])
            at += 1
        else:
            branch.append(Atom("start", "") if char == "^" else Atom("one", re.escape(char)))
            at += 1
    return found


def _repeat(branch: list[Atom], repeat: re.Match[str]) -> None:
    """Repeat the last atom as ``{least}``, ``{least,}`` or ``{least,most}`` says."""
    least = int(repeat[1])
    most = int(repeat[3]) if repeat[3] else least if repeat[2] is None else None
    if not branch or branch[-1].kind in ("many", "dirs"):
        raise GlobError(f"there is nothing that {repeat.group()} could repeat")
    if max(least, most or 0) > _MAX_REPEAT or (most is not None and most < least):
        raise GlobError(f"{repeat.group()} is no repetition that Docker allows")
    atom = branch.pop()
    if atom.kind == "start":
        branch.extend([atom] if least else [])
        return
    branch.extend([atom] * least)
    if most is None:
        branch.append(Atom("many", atom.regex))
    else:
        branch.extend([Atom("maybe", atom.regex)] * (most - least))


def _escape(regex: str, at: int) -> tuple[str, int]:
    """What an escape stands for, as members of a Python class (empty: nothing we know), and its end."""
    char = regex[at + 1 : at + 2]
    end = at + 2
    if char in _CONTROL:
        return re.escape(_CONTROL[char]), end
    if char in _ESCAPED_CLASS:
        return _ESCAPED_CLASS[char], end
    if char in _UNSUPPORTED:
        return "", end
    if not char.isascii() or char.isalnum():
        raise GlobError(f"'\\{char}' is no escape that Docker knows; write '/' between folders")
    return re.escape(char), end


def _class(regex: str, at: int) -> tuple[str, int]:
    """The Python class for the Go class that opens at ``at``, and its end."""
    at += 1
    negated = regex.startswith("^", at)
    at += negated
    members = ""
    first = True
    while first or not regex.startswith("]", at):
        first = False
        name_end = regex.find(":]", at + 2) if regex.startswith("[:", at) else -1
        if name_end >= 0:
            name = regex[at + 2 : name_end]
            if name not in _NAMED_CLASS:
                raise GlobError(f"there is no character class [:{name}:]")
            members += _NAMED_CLASS[name]
            at = name_end + 2
            continue
        low, at = _class_member(regex, at)
        if not regex.startswith("-", at) or regex.startswith("]", at + 1) or len(low) > 2:
            members += low
            continue
        high, at = _class_member(regex, at + 1)
        if len(high) > 2 or low[-1:] > high[-1:]:
            raise GlobError(f"the range {low[-1:]}-{high[-1:]} in brackets is empty")
        members += f"{low}-{high}" if low and high else ""
    if not members:
        return (r"[\s\S]" if negated else "(?!)"), at + 1
    return f"[{'^' if negated else ''}{members}]", at + 1


def _class_member(regex: str, at: int) -> tuple[str, int]:
    if at >= len(regex):
        raise GlobError("a bracket is not closed")
    return _escape(regex, at) if regex[at] == "\\" else (re.escape(regex[at]), at + 1)


@lru_cache(maxsize=4096)
def expression(pattern: str) -> str:
    """The Python regular expression, to be matched against a whole path, of a cleaned ignore pattern.

    Raises:
        GlobError: Docker stops the build at this pattern.
    """
    return "|".join("".join(atom.expression for atom in branch) for branch in alternatives(pattern))


def problem(pattern: str) -> str | None:
    """Why Docker stops the build at a cleaned ignore pattern; ``None`` when it is fine."""
    try:
        alternatives(pattern)
    except GlobError as error:
        return str(error)
    return None
