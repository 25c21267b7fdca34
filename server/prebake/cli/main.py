"""The command line: what can be asked for, and the exit status.

Each command is imported when it is asked for, so that none pays for another.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence

from prebake import __version__

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 and the number of the signal, as shells have it."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with the given arguments (those of the process by default).

    Returns the exit status: 0 when nothing at or above ``--fail-on`` remains, 1 when something does, 2 for bad usage, a
    given path that cannot be read or an output that cannot be written, 130 after Ctrl-C. Bad usage leaves through
    :class:`SystemExit`.
    """
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        # A full disk below the standard output, a working directory that is gone.
        from prebake.cli.output import give_up

        give_up(str(error))
        return 2


def _run(arguments: Sequence[str] | None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command == "server":
        from prebake.cli import server

        return server.run(options.tcp)
    # A short life, many objects that stay: looking for garbage among them costs a tenth of the time, and finds none.
    # (The server lives long: there it would cost 10 MiB of memory.)
    gc.set_threshold(100_000, 50, 50)
    if options.command == "rule":
        from prebake.cli import rule

        status = rule.run(options.code)
    elif options.command == "check":
        from prebake.cli import check, usage

        wrong = usage.usage_problem(options)
        if wrong is not None:
            options.parser.error(wrong)
        status = check.run(options)
    elif options.command == "context":
        from prebake.cli import context

        wrong = context.usage_problem(options)
        if wrong is not None:
            options.parser.error(wrong)
        status = context.run(options)
    elif options.command == "replay":
        from prebake.cli import replay

        wrong = replay.usage_problem(options)
        if wrong is not None:
            options.parser.error(wrong)
        status = replay.run(options)
    else:
        parser.print_help(sys.stderr)
        status = 2
    gc.freeze()  # the interpreter looks for garbage once more when it ends
    return status


class _Formatter(argparse.HelpFormatter):
    """Help as wide as the terminal. Told the width, the formatter does not load slow modules to find it out, which it
    otherwise does for each option that is defined.
    """

    def __init__(self, prog: str) -> None:
        try:
            width = os.get_terminal_size().columns
        except (OSError, ValueError):
            width = 80
        super().__init__(prog, width=width - 2)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="prebake",
        description="Finds, explains and repairs what makes machine-learning images slow to build, ship and start.",
        formatter_class=_Formatter,
    )
    parser.add_argument("--version", action="version", version=f"prebake {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog="prebake")
    checks = "report (and fix) what is wrong with Dockerfiles"
    _add_check(commands.add_parser("check", help=checks, formatter_class=_Formatter))
    shows = "show what of a build context is sent to the builder, and why"
    _add_context(commands.add_parser("context", help=shows, formatter_class=_Formatter))
    counts = "count what the last commits would have made run again, with and without the fixes"
    _add_replay(commands.add_parser("replay", help=counts, formatter_class=_Formatter))
    rule = commands.add_parser("rule", help="explain a rule, or list all", formatter_class=_Formatter)
    rule.add_argument("code", metavar="CODE", nargs="?", help="code or name of a rule, such as PB201")
    server = commands.add_parser("server", help="run the language server", formatter_class=_Formatter)
    transport = server.add_mutually_exclusive_group()
    transport.add_argument("--stdio", action="store_true", help="talk over standard input and output (the default)")
    transport.add_argument("--tcp", metavar="HOST:PORT", type=_address, help="wait for one connection instead")
    return parser


def _add_check(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(parser=parser)
    parser.description = (
        "Checks Dockerfiles together with the project around them. PATH is a Dockerfile, a folder (searched for "
        "Dockerfiles), or any file of a project (then the Dockerfiles that it concerns); default: this folder."
    )
    add = parser.add_argument
    add("paths", metavar="PATH", nargs="*", help="what to check")
    add("--fix", action="store_true", help="apply the safe fixes")
    add("--suggested", action="store_true", help="with --fix or --diff: the suggested fixes as well")
    add("--diff", action="store_true", help="print what --fix would change, and write nothing")
    add(
        "--format",
        choices=("text", "json", "github", "sarif"),
        default="text",
        help="how findings are printed (default: text)",
    )
    add("--select", metavar="RULES", action="append", help="codes, prefixes or names, comma-separated: only these")
    add("--ignore", metavar="RULES", action="append", help="codes, prefixes or names, comma-separated: not these")
    add("--all", action="store_true", help="show hints as well (text), and fix them")
    add(
        "--fail-on",
        choices=("error", "warning", "information"),
        default="warning",
        help="the least severity that makes the exit status 1 (default: warning)",
    )
    add("--baseline", metavar="FILE", help="report only findings that are not in this file; it is written if missing")
    add("--since", metavar="REF", help="report only findings that a change brought in, compared with git's REF")
    add("--context", metavar="DIR", help="the build context of the Dockerfiles that are checked")
    add("--stdin-filename", metavar="NAME", help="read the text of this file from standard input")


def _add_context(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(parser=parser)
    parser.description = (
        "Shows what a build sends to the builder, the largest first, and what the ignore file leaves out, with the "
        "pattern that decides. DOCKERFILE is a Dockerfile, a folder (searched for Dockerfiles), or any file of a "
        "project (then the Dockerfiles that it concerns); default: the Dockerfile in this folder, else those below it."
    )
    add = parser.add_argument
    add("paths", metavar="DOCKERFILE", nargs="*", help="the Dockerfile whose build is looked at")
    add("--context", metavar="DIR", help="the build context; else what compose files, workflows and COPY say it is")
    add("-d", "--depth", metavar="N", type=_count, help="show N levels of folders at most")
    add("-n", "--lines", metavar="N", type=_count, help="lines for each list (default: all lists fit on a screen)")
    add("--all", action="store_true", help="show every entry")
    add("--format", choices=("text", "json"), default="text", help="how it is printed (default: text)")


def _add_replay(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(parser=parser)
    parser.description = (
        "Holds a Dockerfile of today against the files of each of the last commits, and counts how often each of its "
        "steps would have run again with a warm cache: as it is, and with its fixes. Nothing is checked out or built. "
        "DOCKERFILE is as for prebake context."
    )
    add = parser.add_argument
    add("paths", metavar="DOCKERFILE", nargs="*", help="the Dockerfile whose build is replayed")
    add("-n", "--commits", metavar="N", type=_count, default=200, help="how many commits (default: 200)")
    add("--revision", metavar="REV", default="HEAD", help="the branch or commit they lead to (default: HEAD)")
    add("--suggested", action="store_true", help="compare with the suggested fixes as well, not the safe ones alone")
    add("--context", metavar="DIR", help="the build context; else what compose files, workflows and COPY say it is")
    add("--format", choices=("text", "json"), default="text", help="how it is printed (default: text)")


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 1_000_000_000:
        raise argparse.ArgumentTypeError(f"expected a number from 1, not {text!r}")
    return int(text)


def _address(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise argparse.ArgumentTypeError(f"expected HOST:PORT, not {text!r}")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)
