"""The command line as data, read off its parser: for completion scripts and the manual page."""

from __future__ import annotations

import argparse
from enum import Enum

from prebake.records import NamedTuple


class Value(Enum):
    """What an option or argument takes, as far as a shell can help with it."""

    NOTHING = "nothing"
    WORD = "word"
    FILE = "file"
    FOLDER = "folder"
    RULE = "rule"
    RULES = "rules, comma-separated"
    REVISION = "revision"


_BY_METAVAR = {
    "CODE": Value.RULE,
    "COMMAND": Value.WORD,
    "DIR": Value.FOLDER,
    "DOCKERFILE": Value.FILE,
    "FILE": Value.FILE,
    "HOST:PORT": Value.WORD,
    "N": Value.WORD,
    "NAME": Value.FILE,
    "PATH": Value.FILE,
    "REF": Value.REVISION,
    "RULES": Value.RULES,
    "SHELL": Value.WORD,
}


class Argument(NamedTuple):
    """An option, or (without ``flags``) a positional argument. ``choices`` are all it may be, where that is settled."""

    flags: tuple[str, ...]
    metavar: str
    help: str
    value: Value
    choices: tuple[str, ...]
    many: bool

    @property
    def placeholder(self) -> str:
        """What stands for the value in a synopsis."""
        return f"{{{','.join(self.choices)}}}" if self.choices and self.metavar != "SHELL" else self.metavar


class Group(NamedTuple):
    """Arguments under a title."""

    title: str
    arguments: tuple[Argument, ...]


class Command(NamedTuple):
    """A command, or the whole of them: its ``program`` is what is typed, such as ``prebake check``."""

    name: str
    program: str
    help: str
    groups: tuple[Group, ...]
    commands: tuple[Command, ...]

    @property
    def options(self) -> tuple[Argument, ...]:
        """The options of all groups."""
        return tuple(argument for group in self.groups for argument in group.arguments if argument.flags)

    @property
    def positionals(self) -> tuple[Argument, ...]:
        """The arguments that are no options."""
        return tuple(argument for group in self.groups for argument in group.arguments if not argument.flags)


def grammar(parser: argparse.ArgumentParser) -> Command:
    """What a parser understands.

    Raises:
        KeyError: an argument's metavar is new: what a shell can do for it has to be said above.
    """
    return _command("prebake", "", parser)


def _command(name: str, help_text: str, parser: argparse.ArgumentParser) -> Command:
    groups = []
    commands: list[Command] = []
    for group in parser._action_groups:
        arguments = []
        for action in group._group_actions:
            if isinstance(action, argparse._SubParsersAction):
                helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
                commands += [_command(name, helps[name], each) for name, each in action.choices.items()]
            else:
                arguments.append(_argument(action))
        if arguments:
            groups.append(Group(group.title or "", tuple(arguments)))
    return Command(name, parser.prog, help_text, tuple(groups), tuple(commands))


def _argument(action: argparse.Action) -> Argument:
    choices = tuple(map(str, action.choices or ()))
    takes = action.nargs != 0
    metavar = str(action.metavar or action.dest.upper()) if takes else ""
    value = Value.NOTHING if not takes else Value.WORD if choices else _BY_METAVAR[metavar]
    many = action.nargs in ("*", "+") or isinstance(action, argparse._AppendAction)
    return Argument(tuple(action.option_strings), metavar, action.help or "", value, choices, many)


def rules() -> tuple[tuple[str, str], ...]:
    """The codes and names of all rules."""
    from prebake.rules import REGISTRY

    return tuple((entry.code, entry.name) for entry in REGISTRY)
