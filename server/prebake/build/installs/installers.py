"""Commands that install dependencies: which they are, and what their arguments name.

What each option is for stands in :mod:`prebake.build.installs.installer_table`; what the named files lead to is
followed by :mod:`prebake.build.installs.manifests`.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from prebake.build.build import Build, fact, fact_at
from prebake.build.commands.projectscripts import followed, mentions_script
from prebake.build.image import image_before
from prebake.build.installs.installer_table import Installer, aliases, installers_of, programs, tools
from prebake.build.state import State, states
from prebake.build.steps import Argument, Step, Steps, steps_at
from prebake.project.manifests.requirements import is_archive, is_local_index, local_path
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction


class InstallCommand(NamedTuple):
    """One command that installs, with what its words and environment name, all as written.

    ``called`` is the program and its subcommand (``npm ci``). ``named`` has the files by role (see the table);
    ``packages`` are requirements given by name, ``projects`` folders of projects, ``archives`` local wheels and source
    archives, ``given`` the options. ``unknown`` says what cannot be told about it, as the rest of a sentence.
    """

    installer: Installer
    step: Step
    called: str
    named: Mapping[str, tuple[str, ...]]
    packages: tuple[str, ...]
    projects: tuple[str, ...]
    archives: tuple[str, ...]
    given: frozenset[str]
    unknown: tuple[str, ...] = ()

    @property
    def directory(self) -> str | None:
        """The folder of the image that it works in, or that an option names, itself or by a manifest in it; ``None``
        when that is not known.
        """
        named = self.named.get("directory", ())
        if not named:
            return self.step.directory
        return self.step.absolute(posixpath.dirname(named[-1]) or "." if named[-1].endswith(".toml") else named[-1])

    def absolute(self, path: str) -> str | None:
        """A path as the installer understands it, as a path of the image; ``None`` when that is not known."""
        return self.step._replace(directory=self.directory).absolute(path)

    @property
    def requirements(self) -> tuple[str, ...]:
        """The requirement files it is given."""
        return self.named.get("requirement", ())

    @property
    def constraints(self) -> tuple[str, ...]:
        """The constraint and override files it is given."""
        return self.named.get("constraint", ())

    @property
    def installs_project(self) -> bool:
        """Whether it installs the sources of a project, too."""
        if self.projects:
            return True
        return self.installer.project and not self.installer.without_project & self.given

    @property
    def only_tools(self) -> bool:
        """Whether it installs nothing but tools to install with, such as pip itself."""
        names = {_distribution(package) for package in self.packages}
        needs = self.installer.needs and not {"-g", "--global"} & self.given
        reads = self.requirements or self.projects or self.archives or needs or self.unknown
        return bool(names) and not reads and names <= tools()

    @property
    def text(self) -> str:
        """The command in short, for messages: its name and the files it is given, at most a few."""
        short = {"requirement": "-r", "constraint": "-c"}
        shown = [f"{short[role]} {name}" for role in short for name in self.named.get(role, ())]
        shown += [*self.projects, *self.packages]
        words = [self.called, *shown[:3]]
        return " ".join(words) + (" ..." if len(shown) > 3 else "")


class Install(NamedTuple):
    """A RUN that installs dependencies: its commands, and those of them that install.

    ``files`` are scripts of the project and Makefiles that it runs them by, as paths of the image: then they stand
    there, and not in the RUN. ``by_make`` is the Makefile and the 0-based line of the recipe.
    """

    instruction: Instruction
    state: State
    steps: Steps
    commands: tuple[InstallCommand, ...]
    files: tuple[str, ...] = ()
    by_make: tuple[str, int] | None = None

    @property
    def installs_project(self) -> bool:
        """Whether one of its commands installs the sources of a project."""
        return any(command.installs_project for command in self.commands)


@fact_at
def install_at(build: Build, instruction: Instruction) -> Install | None:
    """The install that an instruction is; ``None`` for any other."""
    if instruction.keyword != "RUN" or instruction.stage is None:
        return None
    own = _recognise(build, instruction) if mentions_installer(instruction.raw) else None
    return _by_script(build, instruction) if own is None and mentions_script(instruction.raw) else own


def _by_script(build: Build, instruction: Instruction) -> Install | None:
    """The install that a script of the project or a Makefile does for a RUN."""
    found = followed(build, instruction)
    if not found.files:
        return None
    pairs = [(ran, command) for ran in found.commands if (command := install_command(ran.step)) is not None]
    if not pairs:
        return None
    by_make, within = found.by_make, pairs[0][0].within
    if within and within[-1].script is None:
        provided = image_before(build, instruction).provider(within[-1].path)
        by_make = within[-1].path if provided is None else provided.context, within[-1].line
    commands = tuple(command for _, command in pairs)
    return Install(instruction, states(build)[instruction.index], found.steps, commands, found.files, by_make)


@fact
def installs(build: Build) -> dict[int, Install]:
    """The RUN instructions that install dependencies, by their index."""
    found = ((instruction.index, install_at(build, instruction)) for instruction in build.tree.instructions)
    return {index: install for index, install in found if install is not None}


def _recognise(build: Build, instruction: Instruction) -> Install | None:
    """The install that the commands of a RUN themselves are."""
    steps = steps_at(build, instruction)
    commands = tuple(command for step in steps.steps if (command := install_command(step)) is not None)
    return Install(instruction, states(build)[instruction.index], steps, commands) if commands else None


def mentions_installer(text: str) -> bool:
    """Whether a text may hold an installing command: a cheap test, so that other instructions are not read closely."""
    return any(program in text for program in programs())


def install_command(step: Step) -> InstallCommand | None:
    """The installing command that a step is; ``None`` for any other."""
    program = aliases().get(step.program, step.program)
    if program not in programs():
        return None
    for installer in installers_of(program):
        for command in installer.commands:
            rest = _behind(step.arguments, installer, (*installer.program[1:], *command))
            if rest is not None:
                called = " ".join((step.program, *installer.program[1:], *command))
                return _Reading(installer, step).read(called, rest)
    return None


def _behind(arguments: tuple[Argument, ...], installer: Installer, wanted: tuple[str, ...]) -> list[Argument] | None:
    """The arguments without the wanted subcommands, which must come first among the words that are no options."""
    options: list[Argument] = []
    rest = list(arguments)
    for word in wanted:
        while rest and (text := rest[0].text) is not None and text.startswith("-"):
            taken = 2 if text in installer.before or _takes_word(installer, text) else 1
            options += rest[:taken]
            rest = rest[taken:]
        if not rest or rest[0].text != word:
            return None
        rest = rest[1:]
    if not wanted and any(item.text is None or not item.text.startswith("-") for item in rest):
        return None
    return [*options, *rest]


def _takes_word(installer: Installer, option: str) -> bool:
    return "=" not in option and installer.role(option) not in (None, "flag")


class _Reading:
    """Sorts the arguments of one installing command."""

    def __init__(self, installer: Installer, step: Step) -> None:
        self.installer = installer
        self.step = step
        self.named: dict[str, list[str]] = {}
        self.packages: list[str] = []
        self.projects: list[str] = []
        self.archives: list[str] = []
        self.given: set[str] = set()
        self.unknown: list[str] = []

    def read(self, called: str, arguments: list[Argument]) -> InstallCommand:
        queue = iter(arguments)
        for argument in queue:
            text = argument.text
            if text is None:
                self._not_known(argument)
            elif text == "--":
                for rest in queue:
                    self._positional(rest)
            elif text.startswith("--") or (len(text) > 2 and text[0] == "-" and self._is_option(text)):
                name, equals, value = text.partition("=")
                self._option(name, Argument(value) if equals else None, queue)
            elif text.startswith("-") and len(text) > 1:
                self._letters(text, queue)
            else:
                self._positional(argument)
        if self.installer.default and not (self.named.get("requirement") or self.packages or self.projects):
            self.named["requirement"] = [self.installer.default]
        self._environment()
        if self.step.piped:
            self.unknown.append("takes its arguments from xargs")
        return InstallCommand(
            self.installer,
            self.step,
            called,
            {role: tuple(names) for role, names in self.named.items()},
            tuple(self.packages),
            tuple(self.projects),
            tuple(self.archives),
            frozenset(self.given),
            tuple(self.unknown),
        )

    def _is_option(self, text: str) -> bool:
        """Whether a word with one dash is an option of several letters: ``-modcacherw``, ``-dd``."""
        return text.partition("=")[0] in self.installer.options

    def _not_known(self, argument: Argument) -> None:
        raw = argument.word.raw if argument.word is not None else "an argument"
        self.unknown.append(f"has the argument {raw}, which is known only when it runs")

    def _option(self, name: str, value: Argument | None, queue: Iterator[Argument]) -> None:
        self.given.add(name)
        role = self.installer.role(name)
        if role == "flag":
            return
        if role is None:
            if self.installer.proved:
                self.unknown.append(f"has the option {name}, whose meaning is not known")
            elif value is None and name in self.installer.before:
                next(queue, None)
            return
        chosen = next(queue, None) if value is None else value
        if role == "value" or chosen is None:
            return
        if role == "unproved":
            self.unknown.append(f"has the option {name}, whose files are not followed")
        elif chosen.text is None:
            self._not_known(chosen)
        else:
            self._name(role, chosen.text)

    def _name(self, role: str, text: str) -> None:
        """Take in what an option or a variable names."""
        if role == "editable":
            self._editable(text)
        elif role == "index":
            if is_local_index(text):
                self.unknown.append(f"reads the package index {text}, which is not followed")
        else:
            self.named.setdefault(role, []).append(text)

    def _letters(self, text: str, queue: Iterator[Argument]) -> None:
        """A cluster of one-letter options, of which the last may take a value: ``-qr requirements.txt``."""
        for at in range(1, len(text)):
            option = f"-{text[at]}"
            if self.installer.role(option) in (None, "flag"):
                self._option(option, None, queue)
                continue
            rest = text[at + 1 :].removeprefix("=")
            self._option(option, Argument(rest) if rest else None, queue)
            return

    def _editable(self, text: str) -> None:
        local = local_path(text)
        if local is not None or ":" not in text:
            self.projects.append(text)
        else:
            self.named.setdefault("checkout", []).append(text)
            self.packages.append(text)

    def _positional(self, argument: Argument) -> None:
        text = argument.text
        if text is None:
            self._not_known(argument)
            return
        local = None if text.startswith("@") else local_path(text)
        if local is not None and argument.glob and ("*" in local or "?" in local):
            self.unknown.append(f"names files by the wildcard {text}")
        elif self.installer.files:
            self.named.setdefault("requirement", []).append(text)
        elif not self.installer.named:
            return
        elif local is None:
            self.packages.append(text)
        elif is_archive(local):
            self.archives.append(local)
        else:
            self.projects.append(text)

    def _environment(self) -> None:
        for name, role in self.installer.environment.items():
            if not self.step.sets(name):
                continue
            value = self.step.lookup(name)
            if value is None or (value and role == "unproved"):
                self.unknown.append(
                    f"reads {name}, whose {'value is not known' if value is None else 'files are not followed'}"
                )
                continue
            for word in value.split():
                self._name(role, word)


def _distribution(requirement: str) -> str:
    """The normalised name of a requirement, without version, extras and markers."""
    name = requirement
    for at, character in enumerate(requirement):
        if not (character.isalnum() or character in "._-"):
            name = requirement[:at]
            break
    return name.lower().replace("_", "-").replace(".", "-")
