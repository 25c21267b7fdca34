"""What each instruction of a Dockerfile reads and writes, told in one way for all of them.

A RUN is the sum of its commands; COPY, ADD and WORKDIR are described as if they were commands; instructions that only
set something for later ones, or that only concern the finished image, touch no files.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from prebake.build.build import Build, fact_at
from prebake.build.commands.effects import Effects, implicit_reads, install_environment, roots
from prebake.build.commands.inproject import command_effects
from prebake.build.commands.words import effect_table
from prebake.build.copies import Copy, SourceKind, copies
from prebake.build.image import mounts_of
from prebake.build.installs.manifests import Reading, readings
from prebake.build.paths import inside
from prebake.build.state import state_after, states
from prebake.build.steps import Step, steps_at
from prebake.syntax.dockerfile import Instruction

SETTINGS = frozenset(("ARG", "ENV", "USER", "SHELL", "WORKDIR"))
"""Instructions that change what the ones below them find set."""

CONFIGURATION = frozenset(("LABEL", "EXPOSE", "CMD", "ENTRYPOINT", "HEALTHCHECK", "STOPSIGNAL", "MAINTAINER"))
"""Instructions that concern the finished image only."""

_LOADER = frozenset(("LD_*", "BASH_ENV", "ENV"))
"""Variables that name files which every program reads when it starts."""

_SEARCHED = frozenset(("PATH", "HOME", "PWD", "OLDPWD", "TMPDIR", "TMP", "TEMP", "SHELL"))
"""Variables whose folders are looked at in other ways, or not for what is in them."""

NOTHING = Effects(environment=frozenset())


@fact_at
def effects_at(build: Build, instruction: Instruction) -> Effects:
    """What an instruction does.

    ``reads`` of a RUN hold, besides the files that its commands name, the programs that it starts, at each place where
    they may lie, and where these look for settings. An instruction that is not understood, and ONBUILD and VOLUME,
    which mean something to others, are opaque.
    """
    keyword = instruction.keyword
    if instruction.problem is not None:
        return Effects(opaque=f"is not understood ({instruction.problem})")
    if keyword == "RUN":
        return _run(build, instruction)
    if keyword in ("COPY", "ADD"):
        return _copy(copies(build)[instruction.index])
    if keyword == "WORKDIR":
        place = state_after(build, instruction).directory
        if place is None:
            return Effects(opaque="sets a working directory that is not known", environment=frozenset())
        return NOTHING._replace(folders=(place,))
    if keyword in SETTINGS or keyword in CONFIGURATION:
        return NOTHING
    return Effects(opaque=f"is {keyword}, which changes what others mean", environment=frozenset())


def _copy(copy: Copy) -> Effects:
    """What COPY and ADD read of the context and write; ``--from`` reads other stages, which no instruction changes."""
    if copy.destination is None:
        return Effects(opaque="copies to a place that is not known", environment=frozenset())
    writes = [item.image for item in copy.mappings if not item.folder]
    folders = [item.image for item in copy.mappings if item.folder]
    foreign = [item.image for item in copy.foreign]
    known = all(source.kind not in (SourceKind.UNKNOWN, SourceKind.MISSING) for source in copy.sources)
    return NOTHING._replace(
        writes=tuple(dict.fromkeys((*writes, *foreign))),
        roots=tuple(dict.fromkeys((*folders, *(() if known else (copy.destination,))))),
        folders=tuple(dict.fromkeys(posixpath.dirname(path) or "." for path in (*writes, *foreign))),
        network=any(source.kind is SourceKind.REMOTE for source in copy.sources),
        context=_selected(copy) if known else None,
    )


def _selected(copy: Copy) -> tuple[str, ...]:
    return tuple(dict.fromkeys(item.context for item in copy.mappings)) if copy.origin is None else ()


def _run(build: Build, instruction: Instruction) -> Effects:
    reading = readings(build).get(instruction.index)
    if reading is not None and reading.problems:
        return Effects(opaque=f"is not known in full: {reading.problems[0]}", network=True)
    state = states(build)[instruction.index]
    steps = steps_at(build, instruction)
    if steps.problem is not None:
        return Effects(opaque=f"is not understood: {steps.problem}", network=True)
    if reading is not None:
        pairs = reading.effects
    else:
        pairs = tuple((step, command_effects(build, instruction, step)) for step in steps.steps)
    whole = summed(_with_surroundings(step, effects, reading) for step, effects in pairs)
    mounts = mounts_of(instruction, state)
    private = [mount.target for mount in mounts if mount.kind in ("cache", "tmpfs", "secret", "ssh")]
    manifests = [item.image for item in reading.manifests] if reading is not None else []
    return whole._replace(
        reads=tuple(dict.fromkeys((*whole.reads, *manifests))),
        folders=tuple(dict.fromkeys((*whole.folders, *(mount.target for mount in mounts)))),
        writes=_outside(whole.writes, private),
        roots=_outside(whole.roots, private),
        deletes=_outside(whole.deletes, private),
        context=tuple(mount.source for mount in mounts if mount.kind == "bind" and mount.source is not None),
    )


def _outside(paths: Iterable[str], places: Iterable[str]) -> tuple[str, ...]:
    """The paths that are not in a mount, which does not become part of the image."""
    mounted = tuple(places)
    return tuple(path for path in paths if not any(inside(path, place) is not None for place in mounted))


def _with_surroundings(step: Step, effects: Effects, reading: Reading | None) -> Effects:
    """The effects with the program that is started and the places that it looks at; an install with its variables."""
    if reading is not None and any(command.step is step for command in reading.install.commands):
        effects = effects._replace(environment=install_environment(step), network=True)
    return _looked_at(step, effects)


def effects_of_steps(build: Build, instruction: Instruction, steps: Iterable[Step]) -> Effects:
    """What some commands of a RUN do. Programs that every image has do the same after an update of the system, so that
    they do not count as read, nor what these look at.
    """
    essential = effect_table()["essential"]["programs"]
    found = []
    for step in steps:
        effects = command_effects(build, instruction, step)
        plain = step.program in essential and "/" not in step.path
        alone = effects._replace(reads=(*effects.reads, *_named_by_variables(step, Effects(environment=_LOADER))))
        found.append(alone if plain or not programs_of(step) else _looked_at(step, effects))
    return summed(found) if found else NOTHING


def _looked_at(step: Step, effects: Effects) -> Effects:
    """The effects with the program that is started, and where that looks for modules and settings."""
    entries = (step.lookup("PYTHONPATH") or "").split(":")
    modules = [path for entry in entries if entry and (path := step.absolute(entry)) is not None]
    modules += [effects.imports] if effects.imports is not None else []
    modules += _named_by_variables(step, effects)
    return effects._replace(reads=(*effects.reads, *programs_of(step), *implicit_reads(step), *modules))


def _named_by_variables(step: Step, effects: Effects) -> list[str]:
    """The files and folders that variables name which a command reads: certificates, settings, libraries."""
    found: list[str] = []
    for name in (*step.state.env, *step.state.args, *step.variables):
        if name not in _SEARCHED and effects.reads_variable(name):
            entries = (step.lookup(name) or "").split(":")
            found += [path for entry in entries if entry.startswith("/") and (path := step.absolute(entry)) is not None]
    return found


def programs_of(step: Step) -> tuple[str, ...]:
    """The places where the programs of a command may lie; none for what the shell does itself."""
    built_in = effect_table()["shell"]["built-in"]
    names = [name for name in (step.path or step.program, *step.wrappers) if name and name not in built_in]
    found: list[str] = []
    for name in names:
        if "/" in name:
            path = step.absolute(name)
            found += [path] if path is not None else []
        else:
            own = [entry for entry in (step.variables.get("PATH") or "").split(":") if entry.startswith("/")]
            found += [posixpath.join(place, name) for place in (*own, *step.state.path, *roots("programs"))]
    return tuple(dict.fromkeys(found))


def summed(effects: Iterable[Effects]) -> Effects:
    """What several commands do one after the other; a cleanup only where all of them are."""
    found = tuple(effects)
    known = [item.environment for item in found if item.environment is not None]
    contexts = [item.context for item in found if item.context is not None]
    return Effects(
        _all(item.reads for item in found),
        _all(item.writes for item in found),
        _all(item.roots for item in found),
        _all(item.folders for item in found),
        _all(item.environments for item in found),
        _all(item.enters for item in found),
        any(item.accounts for item in found),
        next((item.imports for item in found if item.imports is not None), None),
        next((item.opaque for item in found if item.opaque is not None), None),
        _all(item.deletes for item in found),
        frozenset().union(*known) if len(known) == len(found) else None,
        any(item.network for item in found),
        bool(found) and all(item.cleanup for item in found),
        _all(contexts) if len(contexts) == len(found) else None,
    )


def _all(groups: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(path for group in groups for path in group))
