"""Which instructions of a stage depend on which others above them.

Two instructions are independent where the image comes out the same in either order, modification times apart. What is
not proved to be so is a dependency; so is everything around an instruction that may do anything.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable

from prebake.build.build import Build, fact
from prebake.build.commands.effects import Effects
from prebake.build.commands.links import Link, is_symbolic, links_above, through_links
from prebake.build.commands.words import effect_table
from prebake.build.copies import SYSTEM_FOLDERS, Copy, copies
from prebake.build.installs.crossing import between
from prebake.build.installs.installers import install_at
from prebake.build.installs.manifests import readings
from prebake.build.installs.owners import names_owner
from prebake.build.installs.systempackages import manages_packages, system_install_at
from prebake.build.order.instructions import CONFIGURATION, SETTINGS, effects_at, effects_of_steps
from prebake.build.paths import inside, related
from prebake.build.state import state_after, states
from prebake.build.steps import steps_at
from prebake.syntax.dockerfile import Instruction

_KEEP_ORDER = SETTINGS | CONFIGURATION
"""Instructions that make up the image's configuration: their order among themselves can be seen in it."""


@fact
def _known(build: Build) -> dict[tuple[int, int], str | None]:
    """What has been found out about pairs of instructions so far."""
    return {}


def dependency(build: Build, first: Instruction, second: Instruction) -> str | None:
    """Why an instruction has to stay below another one of its stage, a sentence without its full stop; ``None`` where
    they may change places.
    """
    known = _known(build)
    pair = first.index, second.index
    if pair not in known:
        known[pair] = _dependency(build, first, second)
    return known[pair]


def _dependency(build: Build, first: Instruction, second: Instruction) -> str | None:
    for item in (first, second):
        if (opaque := effects_at(build, item).opaque) is not None:
            return f"line {item.line + 1} {opaque}"
    if first.keyword in _KEEP_ORDER and second.keyword in _KEEP_ORDER:
        return "instructions that make up the configuration keep their order"
    if first.keyword in CONFIGURATION or second.keyword in CONFIGURATION:
        return None
    for setting, other in ((first, second), (second, first)):
        if setting.keyword in SETTINGS:
            return _setting(build, setting, other)
    for item, other in ((first, second), (second, first)):
        copy = copies(build).get(item.index)
        if copy is not None:
            return _copy(build, copy, other, above=item is first)
    return _runs(build, first, second)


def _setting(build: Build, setting: Instruction, other: Instruction) -> str | None:
    """What an instruction has to do with one that sets something."""
    line = f"line {setting.line + 1}"
    is_run = other.keyword == "RUN"
    if setting.keyword in ("ENV", "ARG"):
        effects = effects_at(build, other)
        for name in (pair.name for pair in setting.pairs):
            if (is_run and effects.reads_variable(name)) or re.search(rf"(?<!\w){re.escape(name)}(?!\w)", other.raw):
                return f"line {other.line + 1} may use {name}, which {line} sets"
        return None
    if setting.keyword == "WORKDIR":
        if is_run:
            return f"line {other.line + 1} runs in the folder that {line} sets"
        copy = copies(build)[other.index]
        if not copy.absolute:
            return f"line {other.line + 1} copies to a path below the folder that {line} sets"
        place = state_after(build, setting).directory
        if place is None or any(inside(place, path) is not None for path in effects_at(build, other).writes):
            return f"{line} makes a folder where line {other.line + 1} puts a file"
        return None
    if is_run and (setting.keyword == "USER" or other.json is None):
        return f"line {other.line + 1} runs with the {setting.keyword} of {line}"
    return None


def _copy(build: Build, copy: Copy, other: Instruction, *, above: bool) -> str | None:
    """What a COPY has to do with a RUN or another COPY; ``above`` says that the COPY comes first."""
    another = copies(build).get(other.index)
    if not copy.exact and another is not None and another.exact:
        copy, other = another, copy.instruction
    if not copy.exact:
        reading = readings(build).get(other.index)
        if not above and reading is not None and any(_beside(copy, step.directory) for step, _ in reading.effects):
            return f"line {other.line + 1} may look for what line {copy.instruction.line + 1} copies"
        own, others = _led(build, copy.instruction, effects_at(build, copy.instruction)), effects_at(build, other)
        return _conflict(own, _led(build, other, others), copy.instruction, other)
    found = between(build, copy, other)
    if found.obstacle is not None:
        return found.obstacle
    if found.needs or found.unignored:
        return f"line {other.line + 1} works with what line {copy.instruction.line + 1} copies"
    reading = readings(build).get(other.index)
    if reading is not None and any(copy.touches(item.image) is not None for item in reading.manifests):
        return f"line {other.line + 1} reads what line {copy.instruction.line + 1} copies"
    if not above and reading is not None and any(_beside(copy, step.directory) for step, _ in reading.effects):
        return f"line {other.line + 1} may look for what line {copy.instruction.line + 1} copies beside its manifests"
    if above and not all(_made_above(build, path, copy.instruction) for path, _, _ in found.folders):
        return f"line {other.line + 1} needs a folder that line {copy.instruction.line + 1} makes"
    return None


def _beside(copy: Copy, folder: str | None) -> bool:
    """Whether a COPY puts something into a folder, or somewhere above or below it."""
    return folder is None or copy.destination is None or related(copy.destination, folder)


def _made_above(build: Build, path: str, instruction: Instruction) -> bool:
    """Whether a WORKDIR of the stage makes a folder before an instruction."""
    stage = build.stage_of(instruction)
    places = (
        state_after(build, item).directory
        for item in stage.instructions
        if item.keyword == "WORKDIR" and item.index < instruction.index
    )
    return any(place is not None and inside(place, path) is not None for place in places)


def _runs(build: Build, first: Instruction, second: Instruction) -> str | None:
    for item in (first, second):
        steps = steps_at(build, item).steps
        if any(step.program == "ln" and not is_symbolic(step) for step in steps):
            return f"line {item.line + 1} gives a file a second name"
    for system, other in ((first, second), (second, first)):
        if system_install_at(build, system) is not None and _beside_system(build, other):
            return _conflict(_besides_packages(build, system), effects_at(build, other), first, second)
    one, another = (_led(build, item, _plain(build, item)) for item in (first, second))
    return _conflict(one, another, first, second)


@fact
def _links(build: Build) -> dict[int, list[Link]]:
    """The links that the RUN instructions of each stage and those below it make."""
    last = [stage.instructions[-1] for stage in build.tree.stages]
    return {item.stage or 0: links_above(build, item, item) for item in last}


def _led(build: Build, instruction: Instruction, effects: Effects) -> Effects:
    """The effects with each path as the links of the stage lead it, too."""
    return through_links(effects, _links(build)[instruction.stage or 0])


def _besides_packages(build: Build, instruction: Instruction) -> Effects:
    """What a RUN does besides installing packages of the system."""
    steps = steps_at(build, instruction).steps
    return effects_of_steps(build, instruction, [step for step in steps if not manages_packages(step)])


def _beside_system(build: Build, instruction: Instruction) -> bool:
    """Whether a RUN installs with a pip of the official Python image: that lies in /usr/local, and so does what it
    installs, where packages of the system have nothing to do. (What is built from source may find more libraries.)
    """
    reading = readings(build).get(instruction.index)
    state = states(build)[instruction.index]
    base = (state.base or "").removeprefix("docker.io/").removeprefix("library/").partition("@")[0].partition(":")[0]
    if reading is None or base != "python" or system_install_at(build, instruction) is not None:
        return False
    plain = set(effect_table()["essential"]["programs"])
    for step, effects in reading.effects:
        if effects.opaque is not None or effects.accounts or step.wrappers:
            return False
        installs = any(command.step is step for command in reading.install.commands)
        if not (installs and step.program in ("pip", "uv") and "/" not in step.path) and step.program not in plain:
            return False
    return True


def _plain(build: Build, instruction: Instruction) -> Effects:
    """The effects of a RUN; for an install all of them."""
    if install_at(build, instruction) is not None:
        return effects_at(build, instruction)
    steps = steps_at(build, instruction).steps
    return effects_of_steps(build, instruction, steps)


def _conflict(one: Effects, other: Effects, first: Instruction, second: Instruction) -> str | None:
    """Where one of two instructions writes what the other one reads or writes."""
    if one.accounts and other.accounts:
        return f"line {first.line + 1} and line {second.line + 1} may both change users"
    for writer, reader, line, below in ((one, other, first, second), (other, one, second, first)):
        changed = (*writer.writes, *writer.roots, *writer.environments)
        seen = (*reader.reads, *reader.writes, *reader.roots, *reader.environments, *reader.enters, *reader.folders)
        shared = _shared((*changed, *_new_folders(writer)), seen) or _shared(changed, _parents(reader))
        if shared is not None:
            return f"line {line.line + 1} may change {shared}, which line {below.line + 1} uses"
        if writer.accounts and _names_owner(second if writer is one else first):
            return f"line {line.line + 1} may change users, and line {below.line + 1} names one"
    return None


def _new_folders(effects: Effects) -> tuple[str, ...]:
    return tuple(path for path in effects.folders if path not in SYSTEM_FOLDERS)


def _parents(effects: Effects) -> tuple[str, ...]:
    """The folders that must be there for something to be written into them."""
    found = (posixpath.dirname(path) or "." for path in (*effects.writes, *effects.environments))
    return tuple(path for path in found if path not in SYSTEM_FOLDERS)


def _shared(changed: Iterable[str], seen: Iterable[str]) -> str | None:
    looked = tuple(seen)
    for path in changed:
        for place in looked:
            if related(path, place) or path.startswith("/") != place.startswith("/"):
                return place
    return None


def _names_owner(instruction: Instruction) -> bool:
    return names_owner(instruction) or (
        instruction.keyword == "RUN" and any(name in instruction.raw for name in ("chown", "chgrp", "su ", "sudo"))
    )
