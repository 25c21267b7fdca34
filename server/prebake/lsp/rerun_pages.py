"""What a hover says about a RUN: which changes make the builder run it again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prebake.lsp.markup import code
from prebake.text import shortened

if TYPE_CHECKING:
    from prebake.build.build import Build
    from prebake.build.cache.causes import Source
    from prebake.syntax.dockerfile import Instruction

_MOST_LINES = 6
_MOST_NAMES = 4
_LONGEST = 60


def rerun_page(build: Build, instruction: Instruction) -> str:
    """What makes a RUN run again on a warm rebuild, and the instructions through which it does, in Markdown."""
    from prebake.build.builders import builder_of
    from prebake.build.cache.causes import causes

    found = causes(build, instruction)
    lead = f"**Warm rebuild with {builder_of(build).name}:** {found.words}."
    if found.whole_context is not None:
        return lead
    lines = [line for source in found.sources if source.certain for line in _lines(build, source)]
    lines += _of_other_stages([source for source in found.sources if not source.certain])
    more = len(lines) - _MOST_LINES
    if more > 0:
        lines = [*lines[:_MOST_LINES], f"- and {more} more"]
    return "\n\n".join([lead, *(["\n".join(lines)] if lines else [])])


def _lines(build: Build, source: Source) -> Iterator[str]:
    """What an instruction depends on itself."""
    instruction, known = source.instruction, source.inputs
    place = f"- line {instruction.line + 1}, {code(shortened(instruction.raw, _LONGEST))}: "
    if known.context:
        yield place + _names([selector.source for selector in known.context])
    for taken in known.stages if instruction.keyword != "FROM" else ():
        if taken.stage is not None:
            stage = build.tree.stages[taken.stage]
            yield f"{place}what is taken from the stage {code(stage.name or str(stage.index))}"
    if known.remote:
        yield f"{place}what is at the address, which the builder asks for each time"
    if known.opaque is not None:
        yield place + known.opaque


def _of_other_stages(sources: list[Source]) -> Iterator[str]:
    names = [selector.source for source in sources for selector in source.inputs.context]
    if names:
        yield f"- in other stages, {_names(names)}, only if what is taken from there comes out otherwise"


def _names(names: list[str]) -> str:
    distinct = list(dict.fromkeys(code(name) if name else "any file of the build context" for name in names))
    more = len(distinct) - _MOST_NAMES
    return ", ".join(distinct[:_MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
