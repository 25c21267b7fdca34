"""`make docs`: writes docs/prebake.1, the manual page, from the command line's parser and its help.

With --check nothing is written: exit status 1 when the page is out of date.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from prebake.cli.grammar import Argument, Command, Value, grammar
from prebake.cli.manual import description, sections
from prebake.cli.parser import parser

PAGE = Path(__file__).resolve().parent.parent / "docs" / "prebake.1"


def page() -> str:
    """The manual page, in the macros of man(7)."""
    top = grammar(parser())
    return "\n".join(_page(top)) + "\n"


def _page(top: Command) -> Iterator[str]:
    yield '.\\" Made by scripts/generate_manual.py from the help of the command.'
    yield '.TH PREBAKE 1 "" prebake "User Commands"'
    yield ".SH NAME"
    yield "prebake \\- make machine\\-learning images build in seconds instead of minutes"
    yield ".SH SYNOPSIS"
    for command in top.commands:
        yield from (".nf", _synopsis(command), ".fi")
    yield ".SH DESCRIPTION"
    yield _text(description(top.program))
    yield ".SH OPTIONS"
    for option in top.options:
        yield from _argument(option)
    yield ".SH COMMANDS"
    for command in top.commands:
        yield f".SS {_text(command.program)}"
        yield _text(description(command.program))
        for group in command.groups:
            if group.title not in ("options", "positional arguments"):
                yield from (".PP", f"\\fB{_text(group.title.capitalize())}\\fR")
            for argument in group.arguments:
                yield from _argument(argument)
        yield from _sections(command, ".PP")
    yield from _sections(top, ".SH")


def _synopsis(command: Command) -> str:
    options = " [\\fIoptions\\fR]" if any(option.flags[-1] != "--help" for option in command.options) else ""
    given = (f"\\fI{_text(each.metavar)}\\fR{' ...' if each.many else ''}" for each in command.positionals)
    required = command.name == "completion"
    arguments = "".join(f" {each}" if required else f" [{each}]" for each in given)
    return f"\\fB{_text(command.program)}\\fR{options}{arguments}"


def _argument(argument: Argument) -> Iterator[str]:
    name = ", ".join(f"\\fB{_text(flag)}\\fR" for flag in argument.flags) or f"\\fI{_text(argument.metavar)}\\fR"
    if argument.flags and argument.value is not Value.NOTHING:
        name += f" \\fI{_text(argument.placeholder)}\\fR"
    yield from (".TP", name, _text(argument.help))


def _sections(command: Command, macro: str) -> Iterator[str]:
    for title, text in sections(command.program):
        if macro == ".SH":
            yield f".SH {_text(title.upper())}"
        else:
            yield from (".PP", f"\\fB{_text(title.capitalize())}\\fR", ".br")
        if text.startswith(" "):
            yield from (".nf", *map(_text, text.split("\n")), ".fi")
        else:
            yield _text(text)


def _text(text: str) -> str:
    """Text in which nothing is taken for a macro."""
    escaped = text.replace("\\", "\\e").replace("-", "\\-")
    lines = escaped.split("\n")
    return "\n".join(f"\\&{line}" if line[:1] in (".", "'") else line for line in lines)


def is_up_to_date() -> bool:
    """Whether the page is what it should be."""
    return PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()


def main() -> int:
    """Write the page where it is out of date, or say so."""
    options = argparse.ArgumentParser(prog="make docs", description=__doc__)
    options.add_argument("--check", action="store_true", help="write nothing; fail when the page is out of date")
    if is_up_to_date():
        return 0
    if options.parse_args().check:
        print(f"{PAGE.name} is out of date: run `make docs`", file=sys.stderr)
        return 1
    PAGE.write_text(page(), encoding="utf-8")
    print(f"{PAGE.name} written")
    return 0


if __name__ == "__main__":
    sys.exit(main())
