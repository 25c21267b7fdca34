"""Edits of an ignore file that let a source through again: its entry removed, or an exception behind it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prebake.build.build import Build
from prebake.build.context.arriving.sources import Lost, lost_sources
from prebake.build.context.use import context_use, neighbours
from prebake.edits import TextEdit, apply, with_lines, without_lines
from prebake.files import is_below, join, relative
from prebake.project.ignore.rules import IgnoreRules, rules_of
from prebake.project.measuring.secretnames import FOLDERS, may_hold_secret
from prebake.project.measuring.secrets import is_environment, is_opaque, secret_in
from prebake.records import NamedTuple
from prebake.syntax.glob import WILDCARDS
from prebake.syntax.ignorefile import Pattern, literal
from prebake.text import Text

_Test = Callable[[IgnoreRules], bool]
"""Whether what is wanted is sent under rules."""


class Change(NamedTuple):
    """An edit of the ignore file: the entries that it ``removes``, or the line that it ``adds``."""

    edits: tuple[TextEdit, ...]
    removes: tuple[Pattern, ...] = ()
    adds: str | None = None


def deciding(build: Build, path: str) -> Pattern | None:
    """The pattern of the ignore file in force that leaves a path of the context out."""
    return build.ignore.deciding(path, build.snapshot.is_dir(join(build.context.root or "/", path)))


def changes(build: Build, lost: Lost) -> tuple[Change, ...] | str:
    """The edits of the ignore file in force that bring a left-out source back, the better one first; or why there is
    none, in words.

    An entry for the source alone is removed; from any other pattern the source is excepted. A folder's entry may go as
    well where no instruction takes the whole context: then only what is named is sent.
    """
    path = build.ignore.path or "/"
    text = build.snapshot.text(path)
    shown = relative(path, build.root)
    pattern = deciding(build, lost.left_out[0])
    if text is None or pattern is None:
        return f"{shown} cannot be read"
    if not is_below(path, build.root):
        return f"{shown} lies outside of the project"
    secret = next((item for item in lost.left_out if _may_be_secret(build, item)), None)
    if secret is not None:
        return (
            f"{secret} is likely to hold secrets, which would stay in the image: give it to the container when it "
            "runs, or to one RUN with --mount=type=secret, and drop this source"
        )
    found = tuple(_changes(build, text, _widest(build, lost), pattern)) or tuple(_changes(build, text, lost, pattern))
    return found or "no single line of the ignore file brings it back"


def _widest(build: Build, lost: Lost) -> Lost:
    """What to bring back for a source: the outermost folder around it that an instruction on this context copies and
    that is lost as well. With a part of it back the build would go on, and lack the rest without a word.
    """
    sharing = (other for other in neighbours(build) if other.ignore.path == build.ignore.path)
    around = (
        item
        for other in sharing
        for item in lost_sources(other)
        if item.left_out and not item.site.is_glob and is_below(lost.left_out[0], item.left_out[0])
    )
    return min((item for item in around if not _holds_secrets(build, item)), key=_depth, default=lost)


def _holds_secrets(build: Build, lost: Lost) -> bool:
    return any(_may_be_secret(build, item) for item in lost.left_out)


def _depth(lost: Lost) -> int:
    return lost.left_out[0].count("/")


def _may_be_secret(build: Build, path: str) -> bool:
    """Whether a path of the context is likely to hold secrets, by its name where its content does not tell."""
    parts = path.split("/")
    if not {".ssh", *FOLDERS}.isdisjoint(parts) or is_environment(path) or is_opaque(path):
        return True
    text = build.snapshot.text(join(build.context.root or "/", path)) if may_hold_secret(parts[-1]) else None
    return text is not None and secret_in(path, text) is not None


def _changes(build: Build, text: Text, lost: Lost, pattern: Pattern) -> Iterator[Change]:
    folders = {item: build.snapshot.is_dir(join(build.context.root or "/", item)) for item in lost.left_out}

    def wanted(rules: IgnoreRules) -> bool:
        return all(rules.delivers(item, is_folder) for item, is_folder in folders.items())

    source = lost.left_out[0]
    own = [item for item in build.ignore.patterns if not item.negated and item.pattern in (source, lost.site.path)]
    removed = _without(text, own, wanted)
    if removed is not None:
        yield removed
        return
    name = lost.site.path if lost.site.is_glob else literal(source)
    added = _excepted(text, name, folders[source], pattern, wanted)
    if added is not None:
        yield added
    names_a_folder = not WILDCARDS & set(pattern.pattern) and len(lost.left_out) == 1
    if names_a_folder and not any(context_use(other).is_broad for other in neighbours(build)):
        removed = _without(text, [pattern], wanted)
        if removed is not None:
            yield removed


def _without(text: Text, patterns: Sequence[Pattern], wanted: _Test) -> Change | None:
    """The file without some patterns, comments kept; ``None`` where that does not help."""
    edits = without_lines(text, (pattern.line for pattern in patterns))
    return Change(edits, removes=tuple(patterns)) if edits and _helps(text, edits, wanted) else None


def _excepted(text: Text, path: str, is_folder: bool, pattern: Pattern, wanted: _Test) -> Change | None:
    """The file with an exception: in the list of those that follow the pattern, else right behind the pattern, else, as
    a later pattern takes the path away again, at the end; ``None`` where none of these helps.
    """
    patterns = rules_of(text, "").patterns
    listed: list[Pattern] = []
    for following in (item for item in patterns if item.line > pattern.line):
        if not following.negated:
            break
        listed.append(following)
    line = f"!{_in_style(path, is_folder, listed)}"
    for anchor in dict.fromkeys((listed[-1] if listed else pattern, patterns[-1])):
        edits = (with_lines(text, anchor.line, (line,)),)
        if _helps(text, edits, wanted):
            return Change(edits, adds=line)
    return None


def _in_style(path: str, is_folder: bool, listed: Sequence[Pattern]) -> str:
    """The path with slashes where the author's other exceptions have them."""
    bodies = [pattern.raw[1:] for pattern in listed]
    lead = "/" if bodies and all(body.startswith("/") for body in bodies) else ""
    return f"{lead}{path}{'/' if is_folder and any(body.endswith('/') for body in bodies) else ''}"


def _helps(text: Text, edits: Sequence[TextEdit], wanted: _Test) -> bool:
    return wanted(rules_of(apply(text, edits), ""))
