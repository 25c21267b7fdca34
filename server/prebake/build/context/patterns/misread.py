"""Patterns that Docker reads otherwise than their author meant them, and what was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice
from typing import Literal

from prebake.build.build import Build, fact
from prebake.build.context.use import context_use
from prebake.files import join
from prebake.project.contexts.sources import exists
from prebake.project.ignore.rules import rules_of
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.glob import WILDCARDS, GlobError, check
from prebake.syntax.ignorefile import MAX_LINE, Pattern, parse_ignore
from prebake.text import Text

MisreadKind = Literal["separator", "comment", "bracket", "braces"]

_ESCAPED = regex(r"\\[0-9A-Za-z]")
_COMMENT = regex(r"(\S|\S.*?\S)(\s+)#(.*)")
_CHOICE = regex(r"\{(?![0-9,]*\})([^{},\s]*(?:,[^{},\s]*)+)\}")
_MOST_CHOICES = 24
_NOT = regex(r"\[!(?=[^\]])")
# What Go's filepath.Match wants escaped inside of brackets.
_MEMBERS = ((regex(r"\[(\^?)\]"), r"[\1\\]"), (regex(r"\[(\^?)-"), r"[\1\\-"), (regex(r"-\]"), r"\\-]"))
_BRACES = regex(r"([{}])")
_BRACKET = regex(r"(?<!\\)\[")

_MOST_MALFORMED = 20


class Misread(NamedTuple):
    """A pattern that means something else to Docker. ``meant`` is the text it should have, in several lines where it
    has to be several patterns; ``lies`` says that what it then matches is there, and sent.
    """

    pattern: Pattern
    kind: MisreadKind
    meant: str
    lies: bool


class Malformed(NamedTuple):
    """A pattern at which the build stops. ``compared`` is false where nothing in the context is compared with it today,
    so that Docker does not notice. ``mended`` is the text it should have, empty for a line that says nothing, ``None``
    where that is not known.
    """

    pattern: Pattern
    compared: bool
    mended: str | None


class Unsendable(NamedTuple):
    """A pattern that BuildKit cannot hand to the client. ``control`` is the first character that is in the way;
    ``mended`` is the text it should have, in several lines, ``None`` where that is not known.
    """

    pattern: Pattern
    control: str
    mended: str | None


@fact
def unsendable(build: Build) -> tuple[Unsendable, ...]:
    """The patterns with control characters at which BuildKit stops the build.

    It sends the patterns in the header of a request, where characters have to be printable. Patterns that are not all
    ASCII it encodes, every one of them, and then nothing is in the way.
    """
    patterns = build.ignore.patterns
    found = [item for item in patterns if item.pattern.isascii() and not item.pattern.isprintable()]
    if not found or build.settings.builder != "buildkit" or not all(item.pattern.isascii() for item in patterns):
        return ()
    if not context_use(build).is_any:
        return ()
    return tuple(Unsendable(item, _control(item.pattern), _separated(build, item.raw)) for item in found)


def _control(text: str) -> str:
    return next(char for char in text if not char.isprintable())


def _separated(build: Build, raw: str) -> str | None:
    """A pattern's text in several lines, where it holds several for certain."""
    lines = raw.split("\r")
    if len(lines) == 1:
        comment = _COMMENT.fullmatch(raw)
        lines = [raw[len(comment[1]) :].lstrip(), comment[1]] if comment is not None else raw.split("\t")
        if comment is None and not all(_is_there(build, line.strip()) for line in lines):
            return None
    lines = [line.strip() for line in lines if line.strip()]
    return "\n".join(lines) if len(lines) > 1 and all(line.isprintable() for line in lines) else None


@fact
def misread(build: Build) -> tuple[Misread, ...]:
    """The patterns that mean something else to Docker, of a file at which the build does not stop."""
    if build.ignore.problem is not None or unsendable(build):
        return ()
    return tuple(found for pattern in build.ignore.patterns for found in _misread(build, pattern))


def _misread(build: Build, pattern: Pattern) -> Iterator[Misread]:
    """What is wrong with one pattern, if anything: nearly all hold none of these characters."""
    raw = pattern.raw
    comment = _COMMENT.fullmatch(raw) if "#" in raw else None
    if comment is not None and not _is_there(build, raw):
        yield Misread(pattern, "comment", comment[1], _is_sent(build, comment[1]))
    elif "\\" in raw:
        meant = raw.replace("\\", "/")
        lies = _is_sent(build, meant)
        if (lies or _ESCAPED.search(raw)) and _is_sound(meant):
            yield Misread(pattern, "separator", meant, lies)
    elif "{" in raw and "," in raw:
        lines = _choices(raw)
        if len(lines) > 1 and not _is_there(build, raw) and all(map(_is_sound, lines)):
            yield Misread(pattern, "braces", "\n".join(lines), any(_is_sent(build, line) for line in lines))
    elif "[!" in raw:
        meant = _NOT.sub("[^", raw)
        if meant != raw and _is_sound(meant):
            yield Misread(pattern, "bracket", meant, False)


def _choices(raw: str) -> list[str]:
    """A pattern written out for each choice in its braces, as a shell does it; only itself where they are too many."""
    done: list[str] = []
    todo = [raw]
    while todo:
        text = todo.pop(0)
        choice = _CHOICE.search(text)
        if choice is None:
            done.append(text)
        else:
            todo += [f"{text[: choice.start()]}{part}{text[choice.end() :]}" for part in choice[1].split(",")]
        if len(done) + len(todo) > _MOST_CHOICES:
            return [raw]
    return done


@fact
def malformed(build: Build) -> tuple[Malformed, ...]:
    """The patterns at which the build stops, in order; the first of them where there are many, since then the file is
    no list of patterns at all.
    """
    patterns = build.ignore.patterns
    if build.ignore.problem is None:
        return ()
    bad = ((number, pattern) for number, pattern in enumerate(patterns) if pattern.problem is not None)
    return tuple(
        Malformed(pattern, _is_compared(build, patterns[:number], pattern), _mended(build, pattern))
        for number, pattern in islice(bad, _MOST_MALFORMED)
    )


def is_too_long(pattern: Pattern) -> bool:
    """Whether it is the length of the line that stops the build."""
    return not pattern.pattern and pattern.end > MAX_LINE // 4


def _is_compared(build: Build, before: tuple[Pattern, ...], pattern: Pattern) -> bool:
    """Whether Docker notices: it checks the syntax of all patterns at once, the rest when it compares a path."""
    try:
        check(pattern.pattern)
    except GlobError:
        return True
    if not pattern.pattern or pattern.pattern == "/":
        return True
    if not context_use(build).is_any:
        return False
    rules = rules_of(Text("\n".join(item.raw for item in before if item.problem is None)), "")
    entries = build.snapshot.list(build.context.root or "/")
    return any(rules.sends(entry.name) != pattern.negated for entry in entries)


def _mended(build: Build, pattern: Pattern) -> str | None:
    """The pattern as it was meant, where that is clear."""
    raw = pattern.raw
    if is_too_long(pattern):
        return None
    if pattern.negated and pattern.pattern in ("", "/"):
        return ""
    candidates = [raw.replace("\\", "/")] if "\\" in raw else []
    members = raw
    for wrong, right in _MEMBERS:
        members = wrong.sub(right, members)
    candidates += [members, _BRACES.sub(r"\\\1", raw)]
    literal = _BRACKET.sub(r"\\[", raw).replace("]", "\\]")
    if _is_there(build, re.sub(r"\\(.)", r"\1", literal)):
        candidates.insert(0, literal)
    return next((text for text in candidates if text != raw and _is_sound(text)), None)


def _is_sound(text: str) -> bool:
    """Whether a text is one pattern that Docker accepts."""
    patterns = parse_ignore(Text(text)).patterns
    return len(patterns) == 1 and patterns[0].problem is None


def _is_there(build: Build, raw: str) -> bool:
    """Whether a path is in the context, given as a pattern without wildcards."""
    (pattern,) = parse_ignore(Text(raw)).patterns or (None,)
    root = build.context.root
    return root is not None and pattern is not None and build.snapshot.exists(join(root, pattern.pattern))


def _is_sent(build: Build, meant: str) -> bool:
    """Whether what a pattern would leave out is in the context and is not left out now; or, for an exception, is."""
    patterns = parse_ignore(Text(meant)).patterns
    root = build.context.root
    if len(patterns) != 1 or root is None or not exists(build.snapshot, root, patterns[0].pattern):
        return False
    (pattern,) = patterns
    if WILDCARDS & set(pattern.pattern):
        return not pattern.negated
    is_dir = build.snapshot.is_dir(join(root, pattern.pattern))
    return build.ignore.sends(pattern.pattern, is_dir) != pattern.negated
