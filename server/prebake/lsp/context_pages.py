"""What a hover says about the build context, in Markdown: what a pattern of an ignore file does, and what a source of
COPY sends.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from prebake.lsp.markup import code
from prebake.sizes import amount, human

if TYPE_CHECKING:
    from prebake.project.measuring.attribution import Attribution, ContextEntry, Reach
    from prebake.project.measuring.scan import Size
    from prebake.syntax.ignorefile import Pattern

MEASURING = "The build context is being measured: look again in a moment."

_SHOWN = 5
_SHOWN_LEFT_OUT = 3


def pattern_page(pattern: Pattern, attribution: Attribution | None) -> str:
    """What a pattern does: what it matches, how much of that it decides about, and what it would match anywhere."""
    from prebake.project.measuring.attribution import anywhere

    name = code(pattern.raw)
    if pattern.problem is not None:
        return f"{name} stops the build: {pattern.problem}."
    if attribution is None:
        return MEASURING
    decided, matched = attribution.decided_by(pattern, _SHOWN), attribution.matched_by(pattern, _SHOWN)
    least = "" if attribution.scan.complete else "at least "
    if not matched.entries:
        where = "is in the build context now" if attribution.scan.complete else "was measured of the build context"
        parts = [f"{name} matches nothing that {where}."]
    elif not decided.entries:
        parts = [_without_effect(pattern, name, f"{least}{amount(matched.size)}")]
    else:
        does = "brings back" if pattern.negated else "leaves out"
        parts = [f"{name} {does} {least}{_strong(decided.size)}:", _reached(decided)]
        if matched.size != decided.size:
            parts.append(f"It matches {amount(matched.size)}; other patterns decide about the rest.")
    wider = anywhere(pattern)
    further = attribution.matched_by(wider, _SHOWN) if wider is not None else matched
    if wider is not None and further.entries > matched.entries:
        parts += [f"At any depth, {code(wider)} would match {_strong(further.size)}:", _reached(further)]
    return "\n\n".join(parts)


def _without_effect(pattern: Pattern, name: str, matched: str) -> str:
    if pattern.negated:
        return (
            f"{name} brings back nothing of the {matched} that it matches: no pattern above it leaves that out, or one "
            "below it does so again."
        )
    return f"{name} changes nothing: it matches {matched}, but other patterns decide about all of it."


def sources_page(
    paths: Sequence[str],
    attribution: Attribution | None,
    sent: Size | None,
    ignore_file: str | None,
    excludes: bool = False,
) -> str | None:
    """What is sent of the given paths of the context, and what the ignore file leaves out of them. ``sent`` is what is
    known of that before the attribution is; ``excludes``: the instruction itself leaves out more. ``None`` when nothing
    of it is in the context.
    """
    but = " before `--exclude`" if excludes else ""
    if attribution is None:
        if sent is None:
            return MEASURING
        rest = f"; what {code(ignore_file)} leaves out is being measured" if ignore_file is not None else ""
        return f"Sends {_strong(sent)}{but}{rest}."
    entries = [entry for path in paths if (entry := attribution.find(path)) is not None]
    if not entries:
        return None
    from prebake.project.measuring.scan import sum_of

    least = "" if attribution.scan.complete else "at least "
    left = sum_of(entry.left_out for entry in entries)
    text = f"Sends {least}{_strong(sum_of(entry.sent for entry in entries))}{but}"
    if left.files and ignore_file is not None:
        text += f"; {code(ignore_file)} leaves out {least}{amount(left)}"
    single = entries[0] if len(entries) == 1 else None
    parts: Sequence[ContextEntry] = entries
    if single is not None:
        parts = attribution.children(single.path) if single.is_folder else ()
    lines = [_line(_name(entry), entry.sent) for entry in _largest(parts, sent=True)]
    lines += [_left_out(entry) for entry in _largest(parts or entries, sent=False)]
    return "\n\n".join([f"{text}{':' if lines else '.'}", *(["\n".join(lines)] if lines else [])])


def _left_out(entry: ContextEntry) -> str:
    name, size, pattern = code(_name(entry)), amount(entry.left_out), entry.pattern
    if not entry.ignored or pattern is None:
        return f"- left out of {name}: {size}"
    return f"- left out: {name} {size} ({code(pattern.raw)}, line {pattern.line + 1})"


def _largest(entries: Iterable[ContextEntry], *, sent: bool) -> list[ContextEntry]:
    def size(entry: ContextEntry) -> Size:
        return entry.sent if sent else entry.left_out

    ranked = sorted(entries, key=lambda entry: (-size(entry).bytes, -size(entry).files, entry.path))
    return [entry for entry in ranked[: _SHOWN if sent else _SHOWN_LEFT_OUT] if size(entry).files]


def _name(entry: ContextEntry) -> str:
    return entry.path + "/" * entry.is_folder


def _reached(reach: Reach) -> str:
    lines = [_line(item.path + "/" * item.is_folder, item.size) for item in reach.largest]
    more = reach.entries - len(reach.largest)
    if more > 0:
        lines.append(f"- and {more:,} more")
    return "\n".join(lines)


def _line(path: str, size: Size) -> str:
    return f"- {code(path)} {amount(size) if path.endswith('/') else human(size.bytes)}"


def _strong(size: Size) -> str:
    return f"**{amount(size)}**"
