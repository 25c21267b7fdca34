"""A RUN as a chain of commands joined by ``&&``, and whether it may be cut into two RUN instructions.

Each RUN is a shell of its own, and a layer: what a shell is told (``cd``, ``export``) is forgotten by the next, and
what a later layer removes stays in the earlier one. Where nothing of that matters, both halves do what the whole did.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from prebake.build.commands.effects import Effects
from prebake.build.paths import inside, related
from prebake.build.state import State
from prebake.build.steps import Step
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.run import SHELLS, scripts_of
from prebake.syntax.shell import Command
from prebake.text import shortened

_SHELL_STATE = frozenset(
    (
        *("cd", "pushd", "popd", "set", "export", "unset", "umask", "trap", "exec", ".", "source", "eval", "alias"),
        *("ulimit", "shopt", "readonly", "declare", "local", "typeset", "read"),
    )
)
"""Commands that change the shell itself, on which the commands behind them depend."""

_LETTERS = regex(r"-[euxo]+")
_UNINSTALLS = {
    "apt-get": ("purge", "remove", "autoremove", "autopurge"),
    "apt": ("purge", "remove", "autoremove", "autopurge"),
    "apk": ("del",),
    "dnf": ("remove", "erase", "autoremove"),
    "yum": ("remove", "erase", "autoremove"),
    "microdnf": ("remove",),
    "pip": ("uninstall",),
    "conda": ("remove", "uninstall"),
    "npm": ("uninstall", "prune", "dedupe"),
    "yarn": ("remove", "autoclean"),
    "pnpm": ("remove", "prune"),
}
_REPEATABLE = {
    "apt-get": ("clean", "autoclean"),
    "apt": ("clean", "autoclean"),
    "conda": ("clean",),
    "micromamba": ("clean",),
    "mamba": ("clean",),
    "dnf": ("clean",),
    "yum": ("clean",),
    "microdnf": ("clean",),
    "uv": ("cache",),
    "npm": ("cache",),
    "yarn": ("cache",),
}
"""Commands that empty a cache, and do no harm when that is empty already."""

_MANAGERS = frozenset((*_UNINSTALLS, *_REPEATABLE, "poetry", "pdm", "pipenv", "pixi", "go"))

_PACKAGE_CACHES = ("/root/.cache", "/root/.npm", "/root/.conda")
_HOME_CACHES = ("~/.cache", "$HOME/.cache", "${HOME}/.cache", '"$HOME/.cache', '"${HOME}/.cache')
_CACHES = (*_PACKAGE_CACHES, "/var/lib/apt", "/var/cache", "/tmp")


class Unit(NamedTuple):
    """A command between two ``&&``, or a pipeline: offsets relative to the instruction."""

    start: int
    end: int
    commands: tuple[Command, ...]


class Cut(NamedTuple):
    """The texts of the two RUN instructions that one is cut into, and why they may not do quite the same as it."""

    first: str
    comments: tuple[str, ...]
    second: str
    doubts: tuple[str, ...] = ()


class RunChain:
    """A RUN whose commands are joined by ``&&`` alone."""

    def __init__(self, instruction: Instruction, units: Sequence[Unit], steps: Sequence[tuple[Step, Effects]]) -> None:
        """``steps`` are the commands with their effects where those are known better than from the general table."""
        self.instruction = instruction
        self.units = tuple(units)
        self._steps = steps

    @property
    def settings(self) -> int:
        """The number of units at the start that only tell the shell something, and can be said again."""
        return sum(1 for _ in takewhile(_says_only, self.units))

    def unit_of(self, command: Command) -> int | None:
        """The number of the unit that a command stands in."""
        return next((number for number, unit in enumerate(self.units) if command in unit.commands), None)

    def cut(self, number: int) -> Cut | str:
        """Cut the RUN in front of a unit, or say why not: a sentence without its full stop."""
        told = self._told(self.units[self.settings : number])
        if told is not None:
            return f"`{told}` counts for what follows it in the same RUN"
        mounts = self.instruction.flag_values("mount")
        if any("tmpfs" in value or ",rw" in value or "readwrite" in value for value in mounts):
            return "its RUN has a mount whose content is lost when it ends"
        kept: list[str] = []
        doubts: list[str] = []
        raw = self.instruction.raw
        opaque: str | None = None
        for unit in self.units[number:]:
            reason = self._undoes(unit, self.units[:number])
            if reason is not None:
                return reason
            cleaned = self._cleans(unit)
            if cleaned is not None:
                kept.append(raw[unit.start : unit.end])
                harmless = all(_inside_any(path, _PACKAGE_CACHES) for path in cleaned)
                if opaque is not None and not (harmless and self._only_installs(self.units[:number])):
                    doubts.append(
                        f"`{opaque}` may use what `{_short(raw[unit.start : unit.end])}` removes before it, too"
                    )
            elif opaque is None and any(effects.opaque is not None for _, effects in self._of(unit)):
                opaque = _short(raw[unit.start : unit.end])
        between = raw[self.units[number - 1].end : self.units[number].start]
        comments = tuple(line.strip() for line in between.splitlines() if line.strip().startswith("#"))
        first = " && ".join([raw[: self.units[number - 1].end], *kept])
        return Cut(first, comments, self._from(number), tuple(doubts))

    def alone(self, command: str, number: int) -> str:
        """A RUN of a command in the place of a unit's, with what empties the caches behind it, and nothing else."""
        raw = self.instruction.raw
        cleans = [unit for unit in self.units[number + 1 :] if self._cleans(unit) is not None or self._purges(unit)]
        settings = self.settings if number >= self.settings else 0
        return " && ".join([raw[: self.units[settings].start] + command, *(raw[u.start : u.end] for u in cleans)])

    def _purges(self, unit: Unit) -> bool:
        """Whether a unit empties the cache of pip: behind an install alone, that is sure not to be empty."""
        steps = [step for step, _ in self._of(unit)]
        return bool(steps) and all(
            step.program == "pip" and [argument.text for argument in step.arguments[:2]] == ["cache", "purge"]
            for step in steps
        )

    def _from(self, number: int) -> str:
        """The RUN from a unit on, with its options and what it tells the shell at first."""
        raw = self.instruction.raw
        settings = self.settings if number >= self.settings else 0
        return raw[: self.units[settings].start] + raw[self.units[number].start :]

    @staticmethod
    def _told(units: Sequence[Unit]) -> str | None:
        for unit in units:
            for command in unit.commands:
                words = [word.raw for word in command.words[:2]]
                if not words:
                    return " ".join(f"{item.name}={item.value.raw}" for item in command.assignments) or ">"
                if words[0] in _SHELL_STATE:
                    return " ".join(words)
        return None

    def _only_installs(self, units: Sequence[Unit]) -> bool:
        """Whether nothing but package managers fills the caches: nobody else looks for what they leave there."""
        return all(
            step.program in _MANAGERS or not any(_inside_any(path, _PACKAGE_CACHES) for path in _made(effects))
            for unit in units
            for step, effects in self._of(unit)
        )

    def _of(self, unit: Unit) -> list[tuple[Step, Effects]]:
        return [(step, effects) for step, effects in self._steps if step.command in unit.commands]

    def _undoes(self, unit: Unit, before: Sequence[Unit]) -> str | None:
        """Why a unit must stay in one layer with those before it: it removes what they make."""
        text = _short(self.instruction.raw[unit.start : unit.end])
        for step, effects in self._of(unit):
            words = [argument.text or "" for argument in step.arguments]
            if step.program in _UNINSTALLS and any(word in _UNINSTALLS[step.program] for word in words[:3]):
                return f"`{text}` removes again what the same RUN installs, which would stay in a layer of its own"
            if step.program == "pip" and words[:2] == ["cache", "purge"]:
                return f"`{text}` empties a cache that would stay in a layer of its own"
            if step.program == "find" and {"-delete", "-exec", "-execdir"} & set(words):
                return f"`{text}` may remove what the same RUN makes"
            if step.program not in ("rm", "rmdir", "unlink") or self._cleans(unit) is not None:
                continue
            if effects.opaque is not None:
                return f"it is not known what `{text}` removes"
            made = [path for item in before for _, found in self._of(item) for path in _made(found)]
            if any(related(path, place) for path in effects.writes for place in made):
                return f"`{text}` removes what the same RUN makes, which would stay in a layer of its own"
        return None

    def _cleans(self, unit: Unit) -> tuple[str, ...] | None:
        """The caches that a unit empties, where it does nothing else and can be said twice."""
        found: list[str] = []
        for step, effects in self._of(unit):
            words = [argument.text or "" for argument in step.arguments]
            if step.program in _REPEATABLE and words[:1] and words[0] in _REPEATABLE[step.program]:
                found.append("/var/cache" if step.program.startswith("apt") else "/root/.cache")
            elif step.program == "rm" and words and words[0].startswith("-") and "f" in words[0]:
                raws = [argument.word.raw if argument.word is not None else "" for argument in step.arguments[1:]]
                if raws and all(raw.startswith(_HOME_CACHES) for raw in raws):
                    found.append("/root/.cache")
                    continue
                if not effects.writes or effects.opaque or not all(_inside_any(p, _CACHES) for p in effects.writes):
                    return None
                found += effects.writes
            else:
                return None
        return tuple(found) or None


def run_chain(instruction: Instruction, state: State, steps: Sequence[tuple[Step, Effects]]) -> RunChain | str:
    """A RUN as a chain, or why it is none: the rest of a sentence about its RUN."""
    if instruction.json is not None:
        return "it is in exec form"
    if instruction.heredocs:
        return "it is a here-document"
    if not any(word.rpartition("/")[2] in SHELLS for word in state.shell):
        return f"the shell is {' '.join(state.shell)}"
    scripts = scripts_of(instruction, state.shell)
    if not scripts or scripts[0].problem is not None or scripts[0].functions:
        return "it is not understood"
    commands = scripts[0].commands
    if any(command.context for command in commands):
        return "it has more than simple commands"
    units: list[list[Command]] = []
    for command in commands:
        if command.before in ("|", "|&"):
            units[-1].append(command)
        elif command.before in ("", "&&"):
            units.append([command])
        else:
            shown = "line ends" if command.before == "\n" else f"`{command.before}`"
            return f"its commands are joined by {shown}, not by `&&` alone"
    if commands and commands[-1].after == "&":
        return "it leaves a command running"
    found = [Unit(group[0].start, group[-1].end, tuple(group)) for group in units]
    known = [step.command for step, _ in steps]
    if any(command.words and command not in known for command in commands):
        return "it has commands that are not understood"
    return RunChain(instruction, found, steps)


def _says_only(unit: Unit) -> bool:
    """Whether a unit only tells the shell something that can be said again: ``cd /app``, ``set -e``, ``export A=b``."""
    if len(unit.commands) > 1:
        return False
    command = unit.commands[0]
    if command.redirections or any(True for _ in command.scripts()):
        return False
    words = [word.value for word in command.words]
    if not words:
        return all(item.value.value is not None for item in command.assignments)
    if command.assignments or None in words:
        return False
    if words[0] == "cd":
        return len(words) == 2
    if words[0] == "set":
        return all(_LETTERS.fullmatch(word or "") or word == "pipefail" for word in words[1:])
    return words[0] == "export" and len(words) > 1


def _made(effects: Effects) -> tuple[str, ...]:
    return (*effects.writes, *effects.roots, *effects.folders, *effects.environments)


def _inside_any(path: str, places: Sequence[str]) -> bool:
    return any(inside(path, place) is not None for place in places)


def _short(text: str) -> str:
    return shortened(text.replace("\\\n", " "))
