"""``prebake completion``: scripts that complete the command line in a shell, made from what can be asked for."""

from __future__ import annotations

from argparse import ArgumentParser

from prebake.cli.output import standard_output


def run(shell: str, parser: ArgumentParser) -> int:
    """Print the script for a shell; returns the exit status."""
    output = standard_output()
    output.write(script(shell, parser))
    output.flush()
    return 0


def script(shell: str, parser: ArgumentParser) -> str:
    """The script for ``bash``, ``zsh`` or ``fish``."""
    from prebake.cli.completion import bash, fish, zsh
    from prebake.cli.grammar import grammar

    writers = {"bash": bash.script, "zsh": zsh.script, "fish": fish.script}
    return writers[shell](grammar(parser))
