"""The command line: running what is asked for, and the exit status.

Each command is imported when it is asked for, so that none pays for another.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

from prebake.cli.parser import parser

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
    command_line = parser()
    options = command_line.parse_args(arguments)
    if options.command == "server":
        from prebake.cli import server

        return server.run(options.tcp)
    # A short life, many objects that stay: looking for garbage among them costs a tenth of the time, and finds none.
    # (The server lives long: there it would cost 10 MiB of memory.)
    gc.set_threshold(100_000, 50, 50)
    if options.command == "rule":
        from prebake.cli import rule

        status = rule.run(options.code)
    elif options.command == "completion":
        from prebake.cli import completion

        status = completion.run(options.shell, command_line)
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
        from prebake.cli import dockerfiles, replay

        wrong = dockerfiles.context_problem(options)
        if wrong is not None:
            options.parser.error(wrong)
        status = replay.run(options)
    else:
        command_line.print_help(sys.stderr)
        status = 2
    gc.freeze()  # the interpreter looks for garbage once more when it ends
    return status
