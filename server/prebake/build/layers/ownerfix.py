"""Giving files their owner or mode where COPY writes them, in place of a recursive change in a later layer.

``COPY . /app`` and ``RUN chown -R web:web /app`` become ``COPY --chown=web:web . /app`` and ``RUN chown web:web /app``:
the folder itself belongs to whoever made it, so that it keeps a change of its own, which weighs nothing.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence

from prebake.build.build import Build
from prebake.build.commands.effects import Effects
from prebake.build.copies import SYSTEM_FOLDERS, Copy, copies
from prebake.build.layers.recursive import Duplicate, Recursive, place_of
from prebake.build.layers.written import commands_of, layers_above
from prebake.build.paths import inside, related
from prebake.build.route import only_way
from prebake.build.state import instructions_above, state_after
from prebake.build.steps import Step, steps_at
from prebake.edits import FileEdit, TextEdit
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction

_MOST_LAYERS = 300
"""Bound on the instructions above that are looked through."""

_MOST_FOLDERS = 4
"""Bound on the folders that are named in the command that is left."""

_OCTAL = regex(r"0?[0-7]{3}")
_OWNER = regex(r"[A-Za-z0-9_$][\w${}-]*(:[A-Za-z0-9_$][\w${}-]*)?")
_WITHOUT_MODE = ("legacy", "kaniko")
_USERS = ("/etc/passwd", "/etc/group")
_NOBODYS = frozenset(("rm", "rmdir", "unlink", "chown", "chgrp", "chmod"))
"""Programs that leave nothing new behind whose owner would count."""


class OwnerPlan(NamedTuple):
    """A rewrite: ``flag`` goes to the COPY instructions ``copies``; ``facts`` say what it rests on."""

    flag: str
    copies: tuple[Instruction, ...]
    edits: tuple[FileEdit, ...]
    facts: tuple[str, ...]


class _Refused(Exception):
    """Why there is no rewrite, as a sentence without its full stop."""


def plan_owner(build: Build, duplicate: Duplicate) -> OwnerPlan | str:
    """The rewrite that answers a recursive change, or the fact that stands in the way."""
    try:
        return _Plan(build, duplicate.change).make()
    except _Refused as refused:
        return str(refused)


class _Plan:
    def __init__(self, build: Build, change: Recursive) -> None:
        self._build = build
        self._change = change
        self._step = change.step
        self._places: list[str] = []
        self._folders: dict[str, None] = {}
        self._facts: list[str] = []

    def make(self) -> OwnerPlan:
        if len(layers_above(self._build, self._change.instruction)) > _MOST_LAYERS:
            raise _Refused("there are too many instructions above to be sure of all of them")
        self._readable()
        found = self._copies()
        name, values = self._flag(found)
        self._nothing_else(found)
        self._users(found, name, values)
        self._parents(found, name)
        extra = self._extra_folders(found, name)
        edits = [self._with_flag(copy, name, value) for copy, value in zip(found, values, strict=True)]
        edits += self._without_option(extra)
        texts = dict.fromkeys(f"--{name}={value}" for value in values)
        shared = FileEdit(self._build.path, self._build.text, tuple(edit for edit in edits if edit is not None))
        return OwnerPlan(next(iter(texts)), tuple(copy.instruction for copy in found), (shared,), tuple(self._facts))

    def _line(self, instruction: Instruction) -> str:
        return f"line {instruction.line + 1}"

    def _readable(self) -> None:
        raw = self._change.instruction.raw
        for argument in (self._change.option, *self._change.targets):
            word = argument.word
            if word is None or raw[word.start : word.end] != word.raw:
                raise _Refused("the command stands inside another one's argument, or its words are broken up")
            if argument is self._change.option:
                continue
            place = place_of(self._step, argument)
            if place is None or argument.glob or word.variables:
                raise _Refused(f"it is not known for certain what {word.raw} stands for")
            if place in SYSTEM_FOLDERS or place == ".":
                raise _Refused(f"{place} holds what the base image brings, and the command changes that as well")
            self._places.append(place)
        spec = self._change.spec
        if spec is None or spec.text is None or spec.word is None:
            raise _Refused("the owner or mode is not known before the command runs")
        if set(self._change.option.text or "") & set("hHLP"):
            raise _Refused("it says what is done with symbolic links, which COPY has no word for")

    def _copies(self) -> list[Copy]:
        found = []
        for item in layers_above(self._build, self._change.instruction):
            copy = copies(self._build).get(item.index)
            if copy is None or not self._touches(copy):
                continue
            if copy.destination is None or not any(
                inside(copy.destination, place) is not None for place in self._places
            ):
                raise _Refused(f"the COPY in {self._line(item)} writes to other places as well")
            if copy.unpacks or (copy.origin is None and not copy.exact):
                raise _Refused(f"it is not known what {self._line(item)} writes")
            shared = only_way(self._build, item, self._change.instruction)
            if shared is not None:
                raise _Refused(f"the COPY in {self._line(item)} stands in another stage, and {shared}")
            found.append(copy)
        if not found:
            raise _Refused(
                "no COPY brings these files: change the owner or mode in the RUN that writes them, in the same layer"
            )
        return found

    def _touches(self, copy: Copy) -> bool:
        if copy.destination is None:
            return True
        written = [item.image for item in copy.mappings] + [item.image for item in copy.foreign]
        return any(related(path, place) for path in written for place in self._places)

    def _flag(self, found: list[Copy]) -> tuple[str, list[str]]:
        spec = self._change.spec
        assert spec is not None and spec.word is not None
        text = spec.word.raw.strip("\"'") if spec.word.variables else spec.text or ""
        if self._step.program == "chmod":
            return "chmod", self._mode(text, found)
        if self._step.program == "chgrp":
            text = f":{text}"
        user, colon, group = text.partition(":")
        if colon and not group:
            raise _Refused(f"`{text}` stands for the login group of {user}: COPY needs the group's name, {user}:GROUP")
        if not _OWNER.fullmatch(f"{user or 0}:{group or 0}"):
            raise _Refused(f"{text} cannot be written as an option of COPY")
        self._same_variables(spec.word.variables, found)
        values = []
        for copy in found:
            own = copy.instruction.flag("chown")
            if (not user or not group) and (own is not None or copy.origin is not None):
                raise _Refused(
                    f"whose group the files have that {self._line(copy.instruction)} copies is not known: name both, "
                    "USER:GROUP"
                )
            values.append(f"{user or 0}:{group or 0}")
        if not group:
            self._facts.append(f"`chown {user}` leaves the group as it is, so that it is root's (0) here, too")
        return "chown", values

    def _mode(self, text: str, found: list[Copy]) -> list[str]:
        builder = self._build.settings.builder
        if builder in _WITHOUT_MODE:
            raise _Refused(f"the builder {builder} has no COPY --chmod")
        if not _OCTAL.fullmatch(text):
            raise _Refused(f"COPY --chmod takes a mode in digits, and {text} depends on the mode each file has")
        for copy in found:
            if copy.instruction.flag_values("link") or any(flag.name == "link" for flag in copy.instruction.flags):
                raise _Refused(f"COPY --link in {self._line(copy.instruction)} loses its effect with --chmod")
        return [text] * len(found)

    def _same_variables(self, names: tuple[str, ...], found: list[Copy]) -> None:
        for name in names:
            for copy in found:
                here = copy.state.lookup(name)
                if here is None or here != self._step.state.lookup(name) or name in self._step.variables:
                    raise _Refused(f"{name} is not set to the same value at {self._line(copy.instruction)}")

    def _nothing_else(self, found: list[Copy]) -> None:
        """What other instructions write below the places needs the change, too: folders are named, files refused."""
        first = found[0].instruction.index
        for item in layers_above(self._build, self._change.instruction):
            if item.keyword == "RUN":
                self._other(item, commands_of(self._build, item), item.index > first)
        own = []
        for step, effects in commands_of(self._build, self._change.instruction):
            if step.command.start == self._step.command.start:
                break
            own.append((step, effects))
        self._other(self._change.instruction, own, True)
        problem = steps_at(self._build, self._change.instruction).problem
        if problem is not None:
            raise _Refused(f"{self._line(self._change.instruction)} is not understood: {problem}")

    def _other(self, item: Instruction, commands: Sequence[tuple[Step, Effects]], after: bool) -> None:
        for step, effects in commands:
            named = f"`{step.program}` in {self._line(item)}"
            if effects.opaque is not None and step.program not in _NOBODYS:
                mentions = any(place in item.raw for place in self._places)
                if after or mentions or self._inside(step.directory or "/"):
                    raise _Refused(f"{named} may write below {self._places[0]} as well")
            if step.program in _NOBODYS:
                continue
            for path in (*effects.writes, *effects.environments):
                if self._inside(path):
                    raise _Refused(f"{named} writes {path}, which needs the change as well")
            for path in effects.roots:
                if any(related(path, place) for place in self._places) and not effects.accounts:
                    raise _Refused(f"{named} may write to {path}, which needs the change as well")
            for path in effects.folders:
                self._folders.update(dict.fromkeys(self._and_above(path)))

    def _inside(self, path: str) -> bool:
        return any(inside(path, place) is not None for place in self._places)

    def _and_above(self, folder: str) -> Iterator[str]:
        """A folder and those it lies in, as far as they are below the places."""
        while self._inside(folder) and folder not in self._places:
            yield folder
            folder = posixpath.dirname(folder)

    def _users(self, found: list[Copy], name: str, values: list[str]) -> None:
        """A named owner must be known to the image where COPY stands."""
        if name != "chown" or all(re.fullmatch(r"(\d+|root):(\d+|root)", value) for value in values):
            return
        first = found[0].instruction
        for copy in found:
            if any(flag.name == "link" for flag in copy.instruction.flags):
                raise _Refused("COPY --link does not know the users of the image: it needs their numbers")
        below = [item for item in layers_above(self._build, self._change.instruction) if item.index > first.index]
        runs = [*(item for item in below if item.keyword == "RUN"), self._change.instruction]
        for surely in (True, False):
            for item in runs:
                self._makes_users(item, found[0], surely=surely)
        for item in below:
            brought = copies(self._build)[item.index] if item.keyword != "RUN" else None
            if brought is not None and any(brought.touches(file) is not None for file in _USERS):
                raise _Refused(f"{self._line(item)} brings the list of users, below the COPY in {self._line(first)}")

    def _makes_users(self, item: Instruction, copy: Copy, *, surely: bool) -> None:
        """Refuse where a command makes users or, unless ``surely``, where it may make some."""
        for step, effects in commands_of(self._build, item):
            if step.command.start == self._step.command.start and item.index == self._change.instruction.index:
                return
            files = (path for path in (*effects.writes, *effects.roots) if any(related(path, file) for file in _USERS))
            if effects.accounts or (not surely and (effects.opaque is not None or next(files, None) is not None)):
                owner = (self._change.spec.text if self._change.spec is not None else None) or "the owner"
                raise _Refused(
                    f"`{step.program}` in {self._line(item)} may be what makes {owner}, below the COPY in "
                    f"{self._line(copy.instruction)}: make the user above it, then COPY --chown can name it"
                )

    def _parents(self, found: list[Copy], name: str) -> None:
        """COPY gives its owner to all folders that it has to make, those above the place included."""
        if name != "chown":
            return
        before = [item for item in self._build.tree.instructions if item.index < found[0].instruction.index]
        made = [state_after(self._build, item).directory for item in before if item.keyword == "WORKDIR"]
        for place in self._places:
            above = posixpath.dirname(place)
            there = any(path is not None and inside(path, above) is not None for path in made)
            if above and above not in SYSTEM_FOLDERS and not there:
                self._facts.append(f"{above} gets that owner as well where COPY has to make it")

    def _extra_folders(self, found: list[Copy], name: str) -> list[str]:
        """The folders below the places that COPY does not give the owner or mode to, to be named in the command."""
        folders = dict(self._folders)
        for item in instructions_above(self._build, self._change.instruction):
            if item.keyword == "WORKDIR":
                place = state_after(self._build, item).directory
                folders.update(dict.fromkeys(self._and_above(place)) if place is not None else {})
        if name == "chmod":
            for copy in found:
                made = [item.image if item.folder else posixpath.dirname(item.image) for item in copy.mappings]
                for folder in [*made, copy.destination if copy.into or copy.origin is not None else None]:
                    folders.update(dict.fromkeys(self._and_above(folder)) if folder else {})
        if len(folders) > _MOST_FOLDERS:
            raise _Refused(f"{len(folders)} folders below {self._places[0]} need the change as well")
        extra = sorted(folders)
        if any(not re.fullmatch(r"[\w./@+-]+", folder) for folder in extra):
            raise _Refused("the name of a folder cannot be written into the command")
        return extra

    def _with_flag(self, copy: Copy, name: str, value: str) -> TextEdit | None:
        instruction = copy.instruction
        text = f"--{name}={value}"
        for flag in instruction.flags:
            if flag.name == name:
                if flag.value == value:
                    return None
                return TextEdit(instruction.span_of(flag), text)
        first = instruction.flags[0].start if instruction.flags else _words_start(instruction)
        if first is None:
            raise _Refused(f"{self._line(instruction)} cannot be changed")
        at = instruction.start + first
        return TextEdit(self._build.text.span(at, at), f"{text} ")

    def _without_option(self, extra: list[str]) -> Iterator[TextEdit]:
        """The command without its option, and with further folders behind its last word."""
        instruction, option = self._change.instruction, self._change.option.word
        assert option is not None
        text = option.raw.replace("R", "") if not option.raw.startswith("--") else "-"
        end = option.end
        if text == "-":
            text = ""
            rest = re.match(r"[ \t]+", instruction.raw[option.end :])
            end += rest.end() if rest is not None else 0
        start = instruction.start
        yield TextEdit(self._build.text.span(start + option.start, start + end), text)
        last = self._change.targets[-1].word
        if extra and last is not None:
            at = start + last.end
            yield TextEdit(self._build.text.span(at, at), "".join(f" {folder}" for folder in extra))


def _words_start(instruction: Instruction) -> int | None:
    """Where the sources of a COPY begin: the bracket in the JSON form."""
    if instruction.json is not None:
        at = instruction.raw.find("[")
        return at if at >= 0 else None
    return instruction.words[0].start if instruction.words else None
