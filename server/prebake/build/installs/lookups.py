"""What a command finds without being told where: programs, Python's modules, and files that variables name."""

from __future__ import annotations

import posixpath
import re
import sys
from collections.abc import Iterator

from prebake.build.commands.effects import Effects, install_environment, roots
from prebake.build.copies import Copy
from prebake.build.installs.installer_table import shadowing
from prebake.build.installs.manifests import Reading
from prebake.build.paths import inside, related
from prebake.build.steps import Step
from prebake.records import NamedTuple
from prebake.regex import regex

_SEARCHED = frozenset(("HOME", "PATH", "PWD", "OLDPWD", "PYTHONPATH"))
"""Variables with places in which something is searched for, which is looked at in another way."""

_STARTED = regex(r"(python|pip|uv|conda|gcc|g\+\+|cc|ld|git|sh|bash|env)[\d.-]*$")
"""Programs that installs start without its being seen."""


class Program(NamedTuple):
    """A file of the context that a COPY puts among the programs of ``place``; ``runs`` says that the command may run
    it.
    """

    path: str
    place: str
    runs: bool


def programs(copy: Copy, step: Step) -> Iterator[Program]:
    """The files that a COPY brings to where a command looks for programs."""
    run = {step.program, posixpath.basename(step.path), *step.wrappers}
    path = step.variables.get("PATH")
    own = path.split(":") if path else ()
    for place in (*roots("programs"), *step.state.path, *own):
        for found in directly_in(copy, place):
            name = posixpath.basename(found)
            yield Program(found, place, name in run or _STARTED.match(name) is not None)


class Module(NamedTuple):
    """A file or folder of the context that Python finds while a command runs: in place of the module ``hidden``; or
    as what says that a package is installed, where that is ``None``.
    """

    path: str
    hidden: str | None


def modules(copy: Copy, step: Step, effects: Effects) -> Iterator[Module]:
    """What a COPY brings to where Python looks for modules before its own."""
    places = [effects.imports] if effects.imports is not None else []
    places += [
        path
        for entry in (step.lookup("PYTHONPATH") or "").split(":")
        if entry and (path := step.absolute(entry)) is not None
    ]
    known = sys.stdlib_module_names | shadowing()
    for place in places:
        for path in directly_in(copy, place):
            name, suffix = posixpath.splitext(posixpath.basename(path))
            if name in known and suffix in (".py", ""):
                yield Module(path, name)
            if suffix in (".dist-info", ".egg-info", ".egg") and place != effects.imports:
                yield Module(path, None)


def named_by_variables(step: Step, effects: Effects, reading: Reading | None) -> Iterator[str]:
    """Places of the image that variables name, such as those of certificates, settings and libraries: a command that
    reads the variable may read the file. ``reading`` is that of an install.
    """
    environment = effects.environment or frozenset()
    known = (*effects.reads, *effects.writes, *effects.roots, *effects.environments)
    if reading is not None:
        environment = install_environment(step)
        known += tuple(item.image for item in reading.manifests)
    own = Effects(environment=environment)
    for name in (*step.state.env, *step.state.args, *step.variables):
        value = step.lookup(name) or ""
        if "/" not in value:  # hardly any variable names a place, and to ask what a command reads is dear
            continue
        read = own.reads_variable(name) and name not in _SEARCHED
        fetches = effects.network or reading is not None or name.startswith("PYTHON")
        if not name.startswith(("LD_", "BASH_ENV")) and not (read and fetches):
            continue
        for entry in re.split(r"[:\s]", value):
            path = step.absolute(entry) if entry.startswith("/") else None
            if path is not None and not any(related(path, place) for place in known):
                yield path


def directly_in(copy: Copy, place: str) -> Iterator[str]:
    """The paths of the context that a COPY puts directly into a folder of the image."""
    for item in copy.mappings:
        below = inside(place, item.image) if item.folder else None
        if below is not None:
            for path, _ in copy.files.children(posixpath.join(item.context, below).rstrip("/")):
                yield path
        elif posixpath.dirname(item.image) == place:
            yield item.context
