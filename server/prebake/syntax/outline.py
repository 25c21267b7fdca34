"""A Dockerfile's outline: what stands in what, what each part is called, and what can be folded away."""

from __future__ import annotations

from collections.abc import Iterator

from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Dockerfile, Instruction, Stage
from prebake.text import Span

_LEAST_COMMENTS = 2
"""Lines of a block of comments that is worth folding."""


class Entry(NamedTuple):
    """A part of the outline: a stage with its instructions, an instruction, or one variable of several that it sets.

    ``title`` may have line breaks and be long. ``span`` is all that it takes in, ``head`` what it begins with.
    """

    keyword: str
    title: str
    detail: str
    span: Span
    head: Span
    children: tuple[Entry, ...] = ()


class Fold(NamedTuple):
    """Lines, 0-based, of which all but the first can be hidden."""

    first: int
    last: int
    is_comment: bool = False


def outline(tree: Dockerfile) -> tuple[Entry, ...]:
    """The stages, and what stands above the first one."""
    above = [_instruction(item) for item in tree.instructions if item.stage is None and item.keyword]
    last = len(tree.stages) - 1
    return (*above, *(_stage(stage, stage.index == last) for stage in tree.stages))


def _stage(stage: Stage, is_last: bool) -> Entry:
    opening, last = stage.instruction, stage.instructions[-1]
    detail = f"stage {stage.index}, the last" if is_last and stage.index else f"stage {stage.index}"
    span = Span(opening.span.start, _span(last).end)
    inner = tuple(_instruction(item) for item in stage.instructions[1:] if item.keyword)
    return Entry("FROM", _title(opening), detail, span, opening.span, inner)


def _instruction(instruction: Instruction) -> Entry:
    pairs = instruction.pairs if len(instruction.pairs) > 1 else ()
    variables = tuple(
        Entry(
            instruction.keyword,
            pair.name if pair.value is None else f"{pair.name}={pair.value}",
            "",
            instruction.span_of(pair),
            instruction.span_of(pair),
        )
        for pair in pairs
        if pair.name
    )
    return Entry(instruction.keyword, _title(instruction), "", _span(instruction), instruction.span, variables)


def _span(instruction: Instruction) -> Span:
    """An instruction with its here-documents."""
    span = instruction.span
    if not instruction.heredocs:
        return span
    end = instruction.heredocs[-1]
    return Span(span.start, instruction.span_of(end._replace(end=end.terminator_end)).end)


def _title(instruction: Instruction) -> str:
    flags = (instruction.raw[flag.start : flag.end] for flag in instruction.flags)
    return " ".join((instruction.keyword, *flags, instruction.body.text))


def folds(tree: Dockerfile) -> tuple[Fold, ...]:
    """The stages, instructions of several lines, here-documents in them, and blocks of comments, the large ones first
    where they begin in one line.
    """
    found: dict[int, Fold] = {}
    for fold in (*_stages(tree), *_instructions(tree), *_comments(tree)):
        known = found.get(fold.first)
        if fold.last > fold.first and (known is None or known.last < fold.last):
            found[fold.first] = fold
    return tuple(found[first] for first in sorted(found))


def _stages(tree: Dockerfile) -> Iterator[Fold]:
    for stage in tree.stages:
        yield Fold(stage.instruction.line, stage.instructions[-1].end_line)


def _instructions(tree: Dockerfile) -> Iterator[Fold]:
    for instruction in tree.instructions:
        if instruction.end_line == instruction.line:
            continue
        yield Fold(instruction.line, instruction.end_line)
        for heredoc in instruction.heredocs:
            body = instruction.span_of(heredoc)
            end = instruction.span_of(heredoc._replace(end=heredoc.terminator_end)).end
            yield Fold(body.start.line - 1, end.line)


def _comments(tree: Dockerfile) -> Iterator[Fold]:
    lines = [comment.line for comment in tree.comments]
    first = 0
    for number in range(1, len(lines) + 1):
        if number == len(lines) or lines[number] != lines[number - 1] + 1:
            if number - first >= _LEAST_COMMENTS:
                yield Fold(lines[first], lines[number - 1], is_comment=True)
            first = number
