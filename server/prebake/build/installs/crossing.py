"""Whether a COPY may be moved below an instruction without changing the image.

The conditions are those under which the final file system and configuration stay equal (modification times apart): what
is crossed neither reads nor writes what the COPY writes, and the COPY comes out the same behind it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from prebake.build.build import Build
from prebake.build.commands.effects import Effects, implicit_reads, roots
from prebake.build.commands.inproject import command_effects
from prebake.build.commands.links import Link, is_symbolic, links_above, links_of, through_links
from prebake.build.commands.projectscripts import followed
from prebake.build.copies import SYSTEM_FOLDERS, Copy, SourceKind, copies
from prebake.build.installs.lookups import modules, named_by_variables, programs
from prebake.build.installs.manifests import Reading, readings
from prebake.build.installs.owners import names_owner
from prebake.build.installs.wording import shown, title, why_inexact
from prebake.build.paths import comparable, inside, related
from prebake.build.route import route
from prebake.build.state import state_after, states
from prebake.build.steps import Step
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.expand import references

_CONFIGURATION = frozenset(
    ("LABEL", "EXPOSE", "CMD", "ENTRYPOINT", "HEALTHCHECK", "STOPSIGNAL", "MAINTAINER", "SHELL", "USER")
)
"""Instructions that neither read nor write files, and on which no COPY depends."""

_SHARED = frozenset(("/", "/home", "/opt", "/root", "/srv", "/usr", "/usr/local", "/var"))
"""Folders in which an install may write as well: what it writes there is known for today's context only."""

_FIXED = ("/", "/opt", "/srv", "/var")
"""Those of them that hold no programs or settings, so that files which are named can be compared one by one."""

_LINKED = ("/bin", "/lib", "/lib32", "/lib64", "/sbin")

_ACCOUNTS = ("/etc/passwd", "/etc/group")


class Crossing:
    """What is found out about moving one COPY: ``obstacle`` forbids it, ``doubts`` keep it from being proved.

    ``needs`` are files that the COPY brings and that an install (given by its index) reads besides its manifests, or
    that another RUN reads for which files are copied first: paths of the image. ``folders`` must exist for the
    instruction of that index. ``pinned`` says that the files which are read early must be brought where the COPY stands
    now, because an instruction in between would make its folder in another way; ``absolute`` that its destination means
    something else below. ``unignored`` are paths of the context that installs write into and that no ignore rule keeps
    out of the COPY.
    """

    def __init__(self) -> None:
        self.obstacle: str | None = None
        self.doubts: list[str] = []
        self.needs: list[tuple[str, int]] = []
        self.folders: list[tuple[str, int, str]] = []
        self.pinned = False
        self.absolute = False
        self.unignored: list[str] = []


def crossing(build: Build, copy: Copy, target: Instruction, moving: frozenset[int], *, early: bool = False) -> Crossing:
    """What stands between a COPY and the place below ``target``; those in ``moving`` go along with it. ``early``: files
    that ``target`` reads need not be manifests, as they are copied first.
    """
    return _Check(build, copy, moving, target.index if early else None).run(target)


def between(build: Build, copy: Copy, other: Instruction) -> Crossing:
    """What keeps a COPY and one other instruction from changing places, whichever of them comes first."""
    return _Check(build, copy, frozenset()).against(other)


class _Check:
    def __init__(self, build: Build, copy: Copy, moving: frozenset[int], early: int | None = None) -> None:
        self._early = early
        self._build = build
        self._copy = copy
        self._moving = moving
        self._found = Crossing()
        self._known: dict[str, str | None] = {}
        self._links: list[Link] = []

    def run(self, target: Instruction) -> Crossing:
        self._itself()
        self._linked(target)
        for item in route(self._build, self._copy.instruction, target):
            if self._found.obstacle is not None:
                break
            if item.index not in self._moving:
                self._instruction(item)
        if target.stage != self._copy.instruction.stage and "$" in self._copy.instruction.raw:
            self._stop(f"its variables may have other values in the stage of line {target.line + 1}")
        return self._found

    def against(self, other: Instruction) -> Crossing:
        """Look at one other instruction alone."""
        self._itself()
        later = max(self._copy.instruction, other, key=lambda item: item.index)
        self._linked(later)
        # Links that are made in between lead there, too, whichever of the two comes first.
        self._links = links_above(self._build, later, later)
        if self._found.obstacle is None:
            self._instruction(other)
        return self._found

    def _stop(self, reason: str) -> None:
        self._found.obstacle = self._found.obstacle or reason

    def _doubt(self, reason: str) -> None:
        if reason not in self._found.doubts:
            self._found.doubts.append(reason)

    def _itself(self) -> None:
        copy = self._copy
        if not copy.exact:
            self._stop(f"it is not known what `{title(copy.instruction)}` writes{why_inexact(copy)}")
        place = copy.destination
        # Named files are the same whatever the context comes to hold.
        fixed = place in _FIXED and all(source.kind is SourceKind.FILE for source in copy.sources)
        if place is not None and not fixed and (place in (*_SHARED, ".") or posixpath.dirname(place) == "/home"):
            shown = "the base image's working directory" if place == "." else place
            self._doubt(f"{shown} also takes what installs write: the move is right for the files that are there today")
        elif place is not None and any(inside(place, folder) is not None for folder in _LINKED):
            self._doubt(f"{place} is in many images a link into /usr, so that its files have two names")
        elif place is not None and inside(place, "/usr/local") is not None:
            self._doubt(f"{place} lies where installs write: the move is right for the files that are there today")
        for word in copy.instruction.words:
            for name in copy.state.arguments(word.raw, self._build.tree.escape):
                self._doubt(f"the build argument {name} may be given another value")

    def _linked(self, target: Instruction) -> None:
        """Take in the links that are there already: what is copied to or below one goes elsewhere."""
        self._links = links_above(self._build, self._copy.instruction, target)
        for link in self._links:
            place = self._copy.destination
            if (place is not None and inside(place, link.path) is not None) or self._touched(link.path) is not None:
                self._stop(f"line {link.line + 1} makes {link.path} a link, where it copies to")

    def _instruction(self, item: Instruction) -> None:
        line = f"line {item.line + 1}"
        keyword = item.keyword
        if item.problem is not None:
            self._stop(f"{line} is not understood ({item.problem})")
        elif keyword in ("ARG", "ENV"):
            names = {pair.name for pair in item.pairs}
            used = {reference.name for reference in references(self._copy.instruction.raw, self._build.tree.escape)}
            if names & used:
                self._stop(f"{line} sets {min(names & used)}, which `{title(self._copy.instruction)}` uses")
        elif keyword == "WORKDIR":
            self._workdir(item, line)
        elif keyword == "VOLUME":
            self._volume(item, line)
        elif keyword in ("COPY", "ADD"):
            self._other_copy(item, line)
        elif keyword == "RUN":
            self._run(item, line)
        elif keyword not in _CONFIGURATION:
            self._stop(f"the {keyword} in {line} stands in between")

    def _workdir(self, item: Instruction, line: str) -> None:
        place = state_after(self._build, item).directory
        if place is None:
            self._stop(f"the working directory that {line} sets is not known")
            return
        if not self._copy.absolute:
            before = self._copy.state.directory
            if before is None or not before.startswith("/"):
                self._stop(f"{line} changes the working directory that its relative destination depends on")
                return
            if place != before:
                self._found.absolute = self._found.pinned = True
                self._doubt(
                    f"its relative destination has to be written out, since {line} changes the working directory"
                )
        destination = self._copy.destination
        if destination is not None and inside(destination, place) is None and inside(place, destination) is None:
            return
        self._found.pinned = True

    def _volume(self, item: Instruction, line: str) -> None:
        words = item.words if item.json is None else item.json
        for word in words:
            path = states(self._build)[item.index].expand(word.value) or "/"
            if self._copy.destination is None or related(path, self._copy.destination):
                self._stop(f"{line} declares a volume where it copies to")

    def _other_copy(self, item: Instruction, line: str) -> None:
        other = copies(self._build)[item.index]
        if other.destination is None:
            self._stop(f"it is not known where {line} copies to")
            return
        if names_owner(self._copy.instruction) and _holds_accounts(other.destination):
            self._stop(f"{line} may change users, and the COPY names its owner")
        if other.exact:
            shared = self._copy.overlaps(other)
            if shared is not None and not _same(self._copy, other):
                self._stop(f"{line} writes {shared} as well, so that their order counts")
            return
        shared = self._copy.overlaps(other)
        for place in other.foreign:
            shared = shared or self._touched(place.image)
        if shared is not None:
            self._stop(f"{line} copies to {other.destination}, where it puts {shared}")
        for place in other.foreign:
            self._missing(place.image, line)

    def _run(self, item: Instruction, line: str) -> None:
        reading = readings(self._build).get(item.index)
        if reading is not None:
            if reading.problems:
                self._stop(reading.problems[0])
                return
            self._arguments(reading)
            for doubt in reading.doubts:
                self._doubt(doubt)
            pairs: Iterator[tuple[Step, Effects]] = iter(reading.effects)
        else:
            ran = followed(self._build, item)
            if ran.problem is not None:
                self._stop(f"{line} is not understood: {ran.problem}")
                return
            if ran.by_make is not None:
                self._stop(f"`make` ({line}) may read anything")
            for path in ran.files:
                self._read(path, line, None, item.index == self._early)
            pairs = ((step, command_effects(self._build, item, step)) for step in ran.steps.steps)
        done = set()
        for step, effects in pairs:
            places = (step.directory, step.lookup("HOME"), step.lookup("PYTHONPATH"))
            about = (effects, step.program, step.path, step.wrappers, places)
            if about not in done:
                done.add(about)
                self._effects(step, through_links(effects, self._links), item, reading)
            self._links += links_of(step, item.line)

    def _arguments(self, reading: Reading) -> None:
        """A file named by a build argument is the right one for the argument's default only."""
        for command in reading.install.commands:
            for argument in command.step.arguments:
                for name in argument.word.variables if argument.word is not None else ():
                    state = command.step.state
                    if state.arguments(f"${name}") and name not in command.step.variables:
                        self._doubt(f"the build argument {name} may be given another value")

    def _effects(self, step: Step, effects: Effects, item: Instruction, reading: Reading | None) -> None:
        command = f"`{shown(step)}` (line {item.line + 1})"
        if effects.opaque is not None:
            self._stop(f"{command} {effects.opaque}")
        linked = step.program == "ln" and not is_symbolic(step)
        for path in effects.reads:
            self._read(path, command, None if linked else reading, item.index == self._early and not linked)
        for path in effects.writes:
            if (shared := self._touched(path)) is not None:
                self._stop(f"{command} changes {shared}, which the moved COPY would put back")
            self._missing(path, command)
        for path in effects.roots:
            if path not in roots("programs") and (shared := self._touched(path)) is not None:
                self._stop(f"{command} may write to {path}, where `{title(self._copy.instruction)}` puts {shared}")
        for path in implicit_reads(step):
            if (shared := self._touched(path)) is not None:
                self._stop(f"{command} may read {shared}, which is copied to {path}")
        self._programs(step, command)
        for path in effects.folders:
            self._made(path, command)
        for path in effects.environments:
            self._environment(path, command)
        for path in (
            *effects.enters,
            *(posixpath.dirname(path) or "." for path in (*effects.writes, *effects.environments)),
        ):
            self._needs_folder(path, item, command)
        changes_users = effects.accounts or any(map(_holds_accounts, (*effects.writes, *effects.roots)))
        if changes_users and names_owner(self._copy.instruction):
            self._stop(f"{command} may change users, and the COPY names its owner")
        self._imports(step, effects, command)
        for path in named_by_variables(step, effects, reading):
            self._read(path, command, reading)

    def _needs_folder(self, path: str, item: Instruction, command: str) -> None:
        """A folder that must be there, and that the COPY may be the one to make."""
        # WORKDIR has made the folder that it names.
        here = self._copy.state.directory or "."
        known = path in SYSTEM_FOLDERS or path == "." or (here.startswith("/") and inside(here, path) is not None)
        known = known or (path, item.index, command) in self._found.folders
        if not known and self._copy.provides_folder(path):
            self._found.folders.append((path, item.index, command))
            self._found.pinned = True

    def _programs(self, step: Step, command: str) -> None:
        """Programs that the COPY brings: one that is run must be there, others may be overwritten by an install."""
        if step.variables.get("PATH", "") is None:
            self._stop(f"{command} looks for programs in a PATH that is not known")
        for found in programs(self._copy, step):
            if found.runs:
                self._stop(f"{command} may run {found.path}, which is copied to {found.place}")
            else:
                self._doubt(f"{found.place} also takes what installs write: {found.path} must not be a program's name")

    def _touched(self, path: str) -> str | None:
        """A path of the context that the COPY puts at a place; a relative destination may be the root."""
        if path not in self._known:
            if comparable(path, self._copy.destination or "/"):
                self._known[path] = self._copy.touches(path)
            else:
                self._known[path] = self._copy.touches(path[1:]) if path.startswith("/") and len(path) > 1 else None
        return self._known[path]

    def _read(self, path: str, command: str, reading: Reading | None, early: bool = False) -> None:
        shared = self._touched(path)
        if shared is None:
            return
        if reading is not None and self._copy.provider(path) is not None:
            self._found.needs.append((path, reading.install.instruction.index))
        elif early and self._early is not None and self._copy.provider(path) is not None:
            self._found.needs.append((path, self._early))
        else:
            self._stop(f"{command} reads {shared}, which it copies")

    def _missing(self, path: str, command: str) -> None:
        """A file that is written into the destination, and that the context may come to have, too."""
        for mapping in self._copy.mappings:
            below = inside(path, mapping.image) if mapping.folder else None
            context = posixpath.join(mapping.context, below) if below else None
            if context is not None and self._copy.files.ignore.sends(context):
                self._doubt(f"{command} writes {path}: that is right while the context has no {context}")

    def _made(self, path: str, command: str) -> None:
        if self._copy.provider(path) is not None:
            self._stop(f"{command} makes a folder where it puts a file")
        destination = self._copy.destination
        if destination is not None and related(path, destination):
            self._found.pinned = True

    def _environment(self, path: str, command: str) -> None:
        """A virtual environment inside the destination is overwritten by one that the context ships."""
        destination = self._copy.destination
        if destination is None or not related(path, destination):
            return
        below = inside(path, destination)
        if not below:
            if (shared := self._touched(path)) is not None:
                self._stop(f"{command} may write to {path}, where `{title(self._copy.instruction)}` puts {shared}")
            return
        for mapping in self._copy.mappings:
            within = inside(path, mapping.image) if mapping.folder else None
            if not within:
                continue
            context = posixpath.join(mapping.context, within)
            files = self._copy.files
            if not files.ignore.sends_something_below(context):
                continue
            where = f"{command} writes to {path}"
            if files.is_folder(context) and not self._build.snapshot.is_git_ignored(files.absolute(context)):
                self._stop(f"{where}, and the context holds {context}")
            elif files.ignore.path is None:
                self._stop(f"{where}, and no ignore file keeps {context} out of the context: create one that lists it")
            else:
                self._found.unignored.append(context)
                self._doubt(f"{where}: {context} has to be kept out of the context")

    def _imports(self, step: Step, effects: Effects, command: str) -> None:
        """Modules of the project that hide those of Python while pip runs."""
        for found in modules(self._copy, step, effects):
            if found.hidden is not None:
                self._stop(f"{command} would find {found.path} in place of the module {found.hidden}")
            else:
                self._doubt(f"{command} takes {found.path}, which PYTHONPATH leads to, for an installed package")


def _holds_accounts(place: str) -> bool:
    """Whether what is written to a place may be the list of users or groups."""
    return any(related(place, path) for path in _ACCOUNTS)


def _same(copy: Copy, other: Copy) -> bool:
    """Whether everything the other writes is written by this one in the same way: then their order does not count."""
    flags = [sorted((flag.name, flag.value) for flag in item.instruction.flags) for item in (copy, other)]
    return flags[0] == flags[1] and all(
        not item.folder and (found := copy.provider(item.image)) is not None and found.context == item.context
        for item in other.mappings
    )
