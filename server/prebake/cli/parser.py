"""What can be asked for on the command line.

This is the one description: the help, the manual page and the shells' completion are made from it.
"""

from __future__ import annotations

import argparse
import os
from typing import Any

from prebake import __version__

SHELLS = ("bash", "zsh", "fish")
"""The shells that completion is written for."""


class Parser(argparse.ArgumentParser):
    """A parser whose help has a description and sections behind the options, which are loaded when asked for."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=_Formatter, **settings)

    def format_help(self) -> str:
        """The help text."""
        from textwrap import fill, indent

        from prebake.cli.manual import description, sections

        width = _width()
        self.description = fill(description(self.prog), width)
        self.epilog = "\n\n".join(
            f"{title}:\n" + (text if text.startswith(" ") else indent(fill(text, width - 2), "  "))
            for title, text in sections(self.prog)
        )
        return super().format_help()


class _Formatter(argparse.HelpFormatter):
    """Help as wide as the terminal. Told the width, the formatter does not load slow modules to find it out, which it
    otherwise does for each option that is defined. Descriptions have their lines already.
    """

    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_width())
        self._action_max_length = 14  # the names of the commands, which are indented twice

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text


def _width() -> int:
    try:
        columns = os.get_terminal_size().columns
    except (OSError, ValueError):
        columns = 80
    return min(columns, 120) - 2


def parser() -> Parser:
    """The parser of the whole command line."""
    top = Parser(prog="prebake")
    top.add_argument("--version", action="version", version=f"prebake {__version__}", help="print the version and exit")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", prog="prebake", title="commands")
    _add_check(commands.add_parser("check", help="report, and fix, what is wrong with Dockerfiles"))
    _add_context(commands.add_parser("context", help="show what of a build context is sent to the builder, and why"))
    counts = "count what the last commits would have made run again"
    _add_replay(commands.add_parser("replay", help=counts))
    rule = commands.add_parser("rule", help="explain a rule, or list all")
    rule.add_argument("code", metavar="CODE", nargs="?", help="code or name of a rule, such as PB201")
    _add_server(commands.add_parser("server", help="run the language server"))
    completion = commands.add_parser("completion", help="print a script that completes commands in a shell")
    completion.add_argument("shell", metavar="SHELL", choices=SHELLS, help=f"one of {', '.join(SHELLS)}")
    return top


def _add_check(command: Parser) -> None:
    command.set_defaults(parser=command)
    command.add_argument("paths", metavar="PATH", nargs="*", help="a Dockerfile, a folder, or any file of a project")
    add = command.add_argument_group("what is looked for").add_argument
    add("--select", metavar="RULES", action="append", help="only these: codes, prefixes or names, comma-separated")
    add("--ignore", metavar="RULES", action="append", help="not these: codes, prefixes or names, comma-separated")
    add("--all", action="store_true", help="hints as well: they are shown, and fixed")
    add("--context", metavar="DIR", help="the build context of the Dockerfiles that are checked")
    add("--stdin-filename", metavar="NAME", help="take the text of this file from the standard input")
    add = command.add_argument_group("what is new").add_argument
    add("--baseline", metavar="FILE", help="leave out the findings in this file; it is written where it is missing")
    add("--since", metavar="REF", help="leave out what was found where HEAD left this branch, tag or commit")
    add = command.add_argument_group("fixes").add_argument
    add("--fix", action="store_true", help="apply the safe fixes")
    add("--suggested", action="store_true", help="with --fix or --diff: the suggested fixes as well")
    add("--diff", action="store_true", help="print what --fix would change, and write nothing")
    add = command.add_argument_group("report").add_argument
    formats = ("text", "json", "github", "sarif")
    add("--format", choices=formats, default="text", help="how findings are printed (default: text)")
    severities = ("error", "warning", "information")
    least = "the least severity that makes the exit status 1 (default: warning)"
    add("--fail-on", choices=severities, default="warning", help=least)


def _add_context(command: Parser) -> None:
    command.set_defaults(parser=command)
    add = command.add_argument
    add("paths", metavar="DOCKERFILE", nargs="*", help="the Dockerfile whose build is looked at")
    add("--context", metavar="DIR", help="the build context; else what compose files, workflows and COPY say it is")
    add("-d", "--depth", metavar="N", type=_count, help="show N levels of folders at most")
    add("-n", "--lines", metavar="N", type=_count, help="lines for each list (default: all lists fit on a screen)")
    add("--all", action="store_true", help="show every entry")
    add("--format", choices=("text", "json"), default="text", help="how it is printed (default: text)")


def _add_replay(command: Parser) -> None:
    command.set_defaults(parser=command)
    add = command.add_argument
    add("paths", metavar="DOCKERFILE", nargs="*", help="the Dockerfile whose build is replayed")
    add("-n", "--commits", metavar="N", type=_count, default=200, help="how many commits (default: 200)")
    add("--revision", metavar="REF", default="HEAD", help="the branch, tag or commit they lead to (default: HEAD)")
    add("--suggested", action="store_true", help="compare with the suggested fixes as well, not the safe ones alone")
    add("--context", metavar="DIR", help="the build context; else what compose files, workflows and COPY say it is")
    add("--format", choices=("text", "json"), default="text", help="how it is printed (default: text)")


def _add_server(command: Parser) -> None:
    transport = command.add_mutually_exclusive_group()
    transport.add_argument("--stdio", action="store_true", help="talk over standard input and output (the default)")
    transport.add_argument("--tcp", metavar="HOST:PORT", type=_address, help="wait for one connection instead")


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1_000_000_000:
        raise argparse.ArgumentTypeError(f"expected a number from 1, not {text!r}")
    return int(text)


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise argparse.ArgumentTypeError(f"expected HOST:PORT, not {text!r}")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)
