"""What a hover says about a stage or a variable: its value, and where that comes from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prebake.lsp.markup import block, code

if TYPE_CHECKING:
    from prebake.build.build import Build
    from prebake.build.names import Definition, Occurrence
    from prebake.build.origins import Origin
    from prebake.project.contexts.evidence import Evidence
    from prebake.syntax.dockerfile import Stage

_MOST_LINES = 4
_MOST_PLACES = 3
_LONGEST = 200


def name_page(build: Build, name: Occurrence) -> str | None:
    """The page of a name at a place, in Markdown; ``None`` where there is nothing to say that is not plain to see."""
    return _stage_page(build, name) if name.kind == "stage" else _variable_page(build, name)


def _stage_page(build: Build, name: Occurrence) -> str | None:
    if name.definition is not None:
        stage = build.stage_of(name.definition.instruction)
        from prebake.build.state import state_after

        base = state_after(build, stage.instruction).base
        parts = [
            f"**Stage {code(stage.name or str(stage.index))}**, line {stage.instruction.line + 1}",
            _source(build, name.definition),
        ]
        if base is not None and base != stage.base:
            parts.append(f"Built on {code(base)} in the end.")
        parts += _targeted(build, stage)
        return "\n\n".join(parts)
    written = name.instruction.stage is not None and name.instruction.keyword == "FROM"
    image = name.state.expand(name.name, build.tree.escape) if written else name.name
    context = build.named_context(image or "")
    if context is not None:
        source = build.context.evidence.source(build.root)
        what = f": {context.kind} {code(build.relative(context.value) if context.folder else context.value)}"
        return f"**Named build context {code(image or '')}**{what if context.value else ''} ({source})"
    if written:
        return f"**Image** {code(image)}" if image and image != name.name else None
    if "$" in name.name:
        return (
            "BuildKit replaces no variable here: give the image a stage of its own, `FROM ... AS name`, where it does, "
            "and take from that."
        )
    later = next((stage for stage in build.tree.stages if stage.name == name.name.lower()), None)
    text = f"No stage above this one is called {code(name.name)}: it is taken for an image."
    if later is not None:
        text += f" The stage of that name, line {later.instruction.line + 1}, does not stand above."
    return text


def _targeted(build: Build, stage: Stage) -> Iterator[str]:
    """Where it is written that this stage is what is built."""
    last = build.tree.stages[-1]
    places = [
        _place(build, context.evidence)
        for context in build.contexts
        if context.evidence.path is not None
        and (context.target.lower() in (stage.name, str(stage.index)) if context.target else stage is last)
    ]
    more = len(places) - _MOST_PLACES
    if places:
        yield f"Target of {', '.join(places[:_MOST_PLACES])}{f' and {more} more' if more > 0 else ''}."


def _variable_page(build: Build, name: Occurrence) -> str:
    from prebake.build.origins import origin

    found = origin(build, name)
    parts = [_head(name, found)]
    if found.definition is not None:
        parts.append(_source(build, found.definition))
    parts.append(" ".join(_from(build, name, found)))
    if name.reference is not None and name.reference.default is not None:
        written = build.text.slice(name.span)
        here = name.state.expand(written, build.tree.escape)
        if here is not None:
            parts.append(f"Here, {code(written)} is {code(here) if here else 'empty'}.")
    return "\n\n".join(parts)


def _head(name: Occurrence, found: Origin) -> str:
    if found.value is None:
        return f"**{code(name.name)}**"
    return f"**{code(name.name)}** = {code(found.value[:_LONGEST]) if found.value else 'empty'}"


def _from(build: Build, name: Occurrence, found: Origin) -> Iterator[str]:
    """Where the value comes from, in sentences."""
    own = found.definition
    if own is None:
        yield _unset(name, found)
        return
    line = own.instruction.line + 1
    if own.kind == "ENV":
        unknown = found.value is None and "$" in (found.default or "")
        yield f"Set by ENV, line {line}" + ("; what it is made of is known to the base image only." if unknown else ".")
        return
    start = found.above or own
    if found.above is not None:
        yield f"ARG, line {line}, takes over the one above the first FROM, line {start.instruction.line + 1}."
    if found.is_given and found.given:
        first = found.given[0]
        line = start.instruction.line + 1
        rest = f"; the default, line {line}, is {code(found.default)}" if found.default is not None else ""
        yield f"{_place(build, first.evidence)} gives this value{rest}."
    elif found.default is not None:
        yield f"The default, line {start.instruction.line + 1}."
    elif _platform(name.name) is not None:
        yield f"Set by BuildKit: {_platform(name.name)}."
    else:
        yield f"It has no default: empty unless the build is given {code(f'--build-arg {name.name}=...')}."
    for given in found.given[1:] if found.is_given else found.given:
        yield f"{_place(build, given.evidence)} gives {code(given.value)}."


def _unset(name: Occurrence, found: Origin) -> str:
    platform, elsewhere = _platform(name.name), found.elsewhere
    in_from = name.instruction.keyword == "FROM"
    if platform is not None and (in_from or elsewhere is None):
        declare = "" if in_from else f" A stage sees it below {code(f'ARG {name.name}')}."
        return f"Set by BuildKit: {platform}.{declare}"
    if elsewhere is None:
        return "Nothing here sets it: it has the value that the base image gives it, or none."
    line = elsewhere.instruction.line + 1
    if elsewhere.instruction.stage is not None:
        return f"Not set in a container: the ARG in line {line} is there while the image is built. An ENV would stay."
    return (
        f"Not set in this stage: the ARG in line {line} stands above the first FROM, where FROM alone sees it. "
        f"{code(f'ARG {name.name}')} in this stage takes it over."
    )


def _platform(name: str) -> str | None:
    from prebake.build.origins import PLATFORM

    return PLATFORM.get(name)


def _place(build: Build, evidence: Evidence) -> str:
    detail, place = evidence.detail, evidence.source(build.root)
    return f"{code(place)} ({detail})" if detail and detail != place else code(place)


def _source(build: Build, definition: Definition) -> str:
    """The instruction that defines a name, as it is written."""
    lines = build.text.slice(definition.instruction.span).split("\n")
    shown = [line.rstrip("\r")[:_LONGEST] for line in lines[:_MOST_LINES]]
    return block("dockerfile", [*shown, *(["..."] if len(lines) > _MOST_LINES else [])])
