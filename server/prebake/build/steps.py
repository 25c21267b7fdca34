"""The simple commands of a RUN with what they are given: arguments, working directory, variables.

What a command gets is followed through the shell text: ``cd``, assignments and ``export``, the Dockerfile's variables,
and the programs that merely start another one (``sudo``, ``env``, ``python -m``).
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from prebake.build.build import Build, fact_at
from prebake.build.state import State, states
from prebake.data import load_table
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.expand import expand
from prebake.syntax.fragment import Fragment
from prebake.syntax.run import SHELLS, scripts_of
from prebake.syntax.shell import Command, Script, ShellWord, split

_PYTHON = regex(r"(python|pypy)[\d.]*(\.exe)?")
_VERSION = regex(r"(?<=[a-z])-?\d[\d.]*$")
_MOST_ARGUMENTS = 9
"""What a shell calls ``$1`` and so on, with one digit."""

_GROUPS = frozenset(("(", "{", "$(", "<("))


class Argument(NamedTuple):
    """One word that a command is given: its text, ``None`` where that is known at run time only. ``glob`` says that the
    shell may replace the text by names of files.
    """

    text: str | None
    glob: bool = False
    word: ShellWord | None = None


class Step(NamedTuple):
    """A simple command as it runs.

    ``program`` is the name of what runs in the end, without folder and version (``pip`` for ``/opt/v/bin/pip3.11`` and
    for ``python3 -m pip``), ``path`` as it is written. ``wrappers`` are the programs that start it, outermost first,
    and ``module`` says that ``python -m`` does, so that the working directory is searched for modules. ``directory`` is
    the image path it runs in, ``None`` when that is not known. ``variables`` are those that the script sets, ``None``
    for a value that is not known; the Dockerfile's are in ``state``. ``piped`` says that the arguments are not all
    known because ``xargs`` gives more.
    """

    command: Command
    program: str
    path: str
    arguments: tuple[Argument, ...]
    directory: str | None
    variables: Mapping[str, str | None]
    state: State
    wrappers: tuple[str, ...] = ()
    module: bool = False
    piped: bool = False

    def lookup(self, name: str) -> str | None:
        """The value of an environment variable for this command; ``None`` when it is not known."""
        return self.variables[name] if name in self.variables else self.state.lookup(name)

    def sets(self, name: str) -> bool:
        """Whether the Dockerfile or the script sets this variable, to whatever value."""
        return name in self.variables or name in self.state.env or self.state.args.get(name) is not None

    def absolute(self, path: str) -> str | None:
        """A path as the command understands it, as a path of the image; ``None`` when that is not known."""
        if path.startswith("/"):
            return posixpath.normpath(path).replace("//", "/")
        if path.startswith("~") or self.directory is None:
            return None
        joined = posixpath.normpath(posixpath.join(self.directory, path))
        return None if joined.startswith("..") else joined


class Steps(NamedTuple):
    """The commands of a RUN in order; ``problem`` says why they are not all understood, ``None`` when they are."""

    steps: tuple[Step, ...]
    problem: str | None = None


_MOST_REMEMBERED = 4096
"""Bound on the instructions whose commands are remembered from one analysis to the next."""

_LONGEST_REMEMBERED = 4096
"""Bound on the characters of each."""

_remembered: dict[tuple[str, tuple[str, ...], str | None, str], Steps] = {}


@fact_at
def steps_at(build: Build, instruction: Instruction) -> Steps:
    """The commands of a RUN. Substitutions inside words are not among them: such words are unknown, which is why
    ``problem`` names them.
    """
    state = states(build)[instruction.index]
    if "$" in instruction.raw or len(instruction.raw) > _LONGEST_REMEMBERED:
        return _steps_of(instruction, state)
    # Without variables they depend on little else than the text, which is the same from one keystroke to the next.
    about = (instruction.raw, state.shell, state.directory, build.tree.escape)
    known = _remembered.get(about)
    if known is None:
        if len(_remembered) > _MOST_REMEMBERED:
            _remembered.clear()
        known = _remembered[about] = _steps_of(instruction, state)
    return known._replace(steps=tuple(step._replace(state=state) for step in known.steps))


def _steps_of(instruction: Instruction, state: State) -> Steps:
    found: list[Step] = []
    problem: str | None = None
    if instruction.json is None and not any(posixpath.basename(word) in SHELLS for word in state.shell):
        problem = f"the shell is {' '.join(state.shell)}"
    # The first script is the whole RUN; those that `sh -c` is given are followed from there, where they run.
    for script in scripts_of(instruction, state.shell)[:1]:
        walk = _Walk(state)
        walk.run(script)
        found += walk.steps
        problem = problem or walk.problem
    if not found and problem is None:
        problem = "its commands cannot be read"
    return Steps(tuple(found), problem)


def steps_of_script(script: Script, step: Step, arguments: Sequence[str | None] | None = None) -> Steps:
    """The commands of a script of its own that a command of a RUN starts: in its directory, with its variables.

    ``arguments`` are what the script is given, ``None`` for one that is not known.
    """
    variables = dict(step.variables)
    if arguments is not None:
        padded = [*arguments, *([""] * _MOST_ARGUMENTS)]
        variables |= {str(number): padded[number - 1] for number in range(1, _MOST_ARGUMENTS + 1)}
    walk = _Walk(step.state._replace(directory=step.directory), variables)
    walk.run(script)
    return Steps(tuple(walk.steps), walk.problem)


class _Walk:
    def __init__(self, state: State, variables: Mapping[str, str | None] | None = None) -> None:
        self._state = state
        self._directory = state.directory
        self._outer: list[tuple[int, str | None]] = []
        self._variables: dict[str, str | None] = dict(variables or {})
        self.steps: list[Step] = []
        self.problem: str | None = None

    def run(self, script: Script, depth: int = 0) -> None:
        """Follow a script."""
        self.problem = self.problem or script.problem
        if script.functions:
            self.problem = f"it defines the shell function {script.functions[0]}"
        previous: tuple[str, ...] = ()
        for command in script.commands:
            self._scope(command, previous)
            previous = command.context
            self._command(command, depth)

    def _scope(self, command: Command, previous: tuple[str, ...]) -> None:
        """Forget a ``cd`` made in a subshell that has ended; of two subshells in a row only ``&&`` tells no end."""
        inner = command.context.count("(")
        while self._outer and self._outer[-1][0] > inner:
            self._directory = self._outer.pop()[1]
        if inner > previous.count("("):
            self._outer.append((inner, self._directory))
        elif (
            inner and command.before not in ("&&", "|", "||") and self._outer and self._outer[-1][1] != self._directory
        ):
            self._directory = None

    def _command(self, command: Command, depth: int) -> None:
        conditional = any(kind not in _GROUPS for kind in command.context) or command.before == "||"
        own = {item.name: self._value(item.value) for item in command.assignments}
        if any(True for _ in command.scripts()):
            self.problem = self.problem or "a value in it comes from a command"
        if not command.words:
            self._variables.update(dict.fromkeys(own) if conditional else own)
            if command.redirections:
                self.steps.append(self._step(command, "", "", (), own))
            return
        arguments = [argument for word in command.words for argument in self._arguments(word)]
        name = arguments[0].text if arguments else None
        if name in ("export", "declare", "readonly", "local", "typeset"):
            self._export(arguments[1:], conditional)
        elif name in ("for", "select", "read", "case") and len(arguments) > 1:
            self._variables.update(dict.fromkeys(a.text for a in arguments[1:2] if a.text))
        elif name == "eval":
            self.problem = "it uses eval"
        self._started(command, arguments, own, depth)
        if name in ("cd", "pushd", "popd"):
            targets = [item.text for item in arguments[1:] if item.text != "--"]
            moved = self.steps[-1].absolute(targets[0]) if targets and targets[0] not in (None, "-") else None
            self._directory = moved if name != "popd" and not conditional else None

    def _started(self, command: Command, arguments: list[Argument], own: Mapping[str, str | None], depth: int) -> None:
        """Note the command that a chain of wrappers starts in the end."""
        variables = dict(own)
        wrappers: list[str] = []
        piped = module = False
        rest = arguments
        while rest and len(wrappers) < 8:
            after = _unwrap(rest, variables)
            if after is None:
                break
            wrapper, rest = after
            piped = piped or wrapper == "xargs"
            wrappers.append(wrapper)
        path = rest[0].text if rest else ""
        name = posixpath.basename(path or "")
        rest = rest[1:]
        if _PYTHON.fullmatch(name):
            started = _module(rest)
            if started is not None:
                module = True
                name, rest = started
        elif name in SHELLS and depth < 4:
            text = _shell_text(rest)
            if text is not None:
                kept = self._directory, self._outer, self._variables
                self._outer, self._variables = [], {**self._variables, **variables}
                self.run(split(Fragment.whole(text)), depth + 1)
                self._directory, self._outer, self._variables = kept
                return
        self.steps.append(
            self._step(
                command, _VERSION.sub("", name), path or "", tuple(rest), variables, tuple(wrappers), module, piped
            )
        )

    def _step(
        self,
        command: Command,
        program: str,
        path: str,
        arguments: tuple[Argument, ...],
        own: Mapping[str, str | None],
        wrappers: tuple[str, ...] = (),
        module: bool = False,
        piped: bool = False,
    ) -> Step:
        variables = {**self._variables, **own}
        return Step(command, program, path, arguments, self._directory, variables, self._state, wrappers, module, piped)

    def _export(self, arguments: list[Argument], conditional: bool) -> None:
        for argument in arguments:
            raw = argument.word.raw if argument.word is not None else argument.text or ""
            name, equals, value = raw.partition("=")
            if equals:
                known = argument.text.partition("=")[2] if argument.text is not None else self._expand(value)
                self._variables[name] = None if conditional else known

    def _arguments(self, word: ShellWord) -> Iterator[Argument]:
        if word.value is not None:
            yield Argument(word.value, False, word)
        elif word.pattern is not None:
            yield Argument(word.pattern, True, word)
        elif not word.variables or word.substitutions or "~" in word.raw[:1]:
            yield Argument(None, word.has_glob, word)
        else:
            text = self._expand(word.raw)
            if text is None or '"' in word.raw or not text.strip():
                yield Argument(text, word.has_glob, word)
            else:
                for part in text.split():
                    yield Argument(part, word.has_glob, word)

    def _value(self, word: ShellWord) -> str | None:
        if word.value is not None or word.substitutions or "~" in word.raw[:1]:
            return word.value
        return word.pattern if word.pattern is not None else self._expand(word.raw)

    def _expand(self, raw: str) -> str | None:
        if "`" in raw or "$(" in raw:
            return None
        return expand(raw, lambda name: self._variables[name] if name in self._variables else self._state.lookup(name))


@lru_cache(maxsize=1)
def _wrappers() -> dict[str, Any]:
    return {
        **{table["name"]: table for table in load_table("launchers")["wrapper"]},
        "xargs": {
            "valued": ["-n", "-L", "-P", "-d", "-I", "-a", "-s", "-E", "--arg-file", "--delimiter", "--max-args"]
        },
    }


def _unwrap(arguments: list[Argument], variables: dict[str, str | None]) -> tuple[str, list[Argument]] | None:
    """The name of a wrapper that the words begin with, and the words behind it."""
    first = posixpath.basename(arguments[0].text or "")
    second = arguments[1].text if len(arguments) > 1 else None
    table = _wrappers()
    name = next((known for known in (f"{first} {second}", first) if known in table), None)
    if name is None or table[name].get("python"):
        return None
    valued = set(table[name].get("valued", ()))
    rest = arguments[len(name.split()) :]
    skip = table[name].get("positionals", 0)
    while rest and (text := rest[0].text) is not None:
        if text == "--":
            rest = rest[1:]
            break
        if text.startswith("-") and len(text) > 1:
            rest = rest[2 if text in valued else 1 :]
        elif table[name].get("assignments") and re.match(r"[A-Za-z_]\w*=", text):
            variables[text.partition("=")[0]] = text.partition("=")[2]
            rest = rest[1:]
        elif skip:
            skip -= 1
            rest = rest[1:]
        else:
            break
    return (name, rest) if rest else None


def _module(arguments: list[Argument]) -> tuple[str, list[Argument]] | None:
    """The module that ``python -m`` runs, and its arguments."""
    number = 0
    while number < len(arguments):
        text = arguments[number].text
        if text is None or not text.startswith("-") or text.startswith("--"):
            return None
        number += 1
        for at, letter in enumerate(text[1:], 2):
            if letter == "c":
                return None
            if letter not in "mWX":
                continue
            value: str | None = text[at:]
            if not value:
                value = arguments[number].text if number < len(arguments) else None
                number += 1
            if letter == "m":
                return (value, arguments[number:]) if value else None
            break
    return None


def _shell_text(arguments: list[Argument]) -> str | None:
    """The command that ``sh -c TEXT`` runs."""
    for number, argument in enumerate(arguments):
        text = argument.text
        if text is None or not text.startswith(("-", "+")):
            return None
        if not text.startswith("--") and "c" in text[1:]:
            following = arguments[number + 1 : number + 2]
            return following[0].text if following else None
        if text in ("-o", "+o", "-O"):
            return _shell_text(arguments[number + 2 :])
    return None
