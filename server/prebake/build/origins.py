"""Where the value of a variable comes from: its definition, and the build arguments that are given somewhere."""

from __future__ import annotations

from prebake.build.build import Build
from prebake.build.names import Definition, Occurrence, occurrences
from prebake.project.contexts.evidence import Evidence
from prebake.records import NamedTuple

PLATFORM = {
    "TARGETPLATFORM": "the platform of the image that is built, such as linux/arm64",
    "TARGETOS": "the operating system in TARGETPLATFORM",
    "TARGETARCH": "the architecture in TARGETPLATFORM",
    "TARGETVARIANT": "the variant in TARGETPLATFORM",
    "BUILDPLATFORM": "the platform of the machine that builds",
    "BUILDOS": "the operating system in BUILDPLATFORM",
    "BUILDARCH": "the architecture in BUILDPLATFORM",
    "BUILDVARIANT": "the variant in BUILDPLATFORM",
    "TARGETSTAGE": "the name of the stage that is built",
}
"""Arguments that BuildKit sets: FROM sees them, a stage once it declares them."""


class Given(NamedTuple):
    """A value that a build argument is given, and where."""

    value: str
    evidence: Evidence


class Origin(NamedTuple):
    """Where a variable has its value from.

    ``value`` is that of this build, ``None`` where it is not known. ``definition`` is the ARG or ENV that counts,
    ``above`` the ARG above the first FROM that it takes its value from, ``default`` the raw text behind the name in the
    one of them that has any. ``given`` are the values that builds of the file give the argument, this one's first;
    ``is_given`` says that this one's is among them. ``elsewhere`` is an ARG of that name which does not reach here.
    """

    value: str | None
    definition: Definition | None = None
    above: Definition | None = None
    default: str | None = None
    given: tuple[Given, ...] = ()
    is_given: bool = False
    elsewhere: Definition | None = None


def origin(build: Build, occurrence: Occurrence) -> Origin:
    """Where the variable at a place has its value from."""
    value = occurrence.state.lookup(occurrence.name)
    own = occurrence.own if occurrence.defines else occurrence.definition
    if own is None:
        return Origin(value, elsewhere=_unreached(build, occurrence))
    meant = next((item.definition for item in occurrences(build) if item.defines and item.own == own), own)
    above = meant if meant != own else None
    raw = _raw(own)
    if own.kind == "ENV":
        return Origin(value, own, None, raw)
    given = _given(build, occurrence.name)
    is_given = occurrence.name in build.context.args
    return Origin(value, own, above, raw if above is None else _raw(above), given, is_given)


def _raw(definition: Definition) -> str | None:
    """What a definition sets, as it is written."""
    pairs = (pair for pair in definition.instruction.pairs if pair.start == definition.start)
    return next((pair.value for pair in pairs), None)


def _given(build: Build, name: str) -> tuple[Given, ...]:
    found: dict[str, Evidence] = {}
    for context in (build.context, *build.contexts):
        if name in context.args:
            found.setdefault(context.args[name], context.evidence)
    return tuple(Given(value, evidence) for value, evidence in found.items())


def _unreached(build: Build, occurrence: Occurrence) -> Definition | None:
    """The ARG of this name that is out of scope: above the first FROM, else in this stage for what a container runs."""
    named = [item for item in occurrences(build) if item.defines and item.name == occurrence.name]
    stage = occurrence.instruction.stage
    near = [item for item in named if item.instruction.stage == stage and item.instruction.keyword == "ARG"]
    found = near or [item for item in named if item.instruction.stage is None]
    return found[-1].own if found else None
