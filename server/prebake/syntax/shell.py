"""The simple commands of a POSIX shell or bash text, with exact positions."""

from __future__ import annotations

from functools import lru_cache

from prebake.syntax.fragment import Fragment
from prebake.syntax.shell_commands import Reader
from prebake.syntax.shell_nodes import Assignment, Command, Redirection, Script, ShellWord

__all__ = ["Assignment", "Command", "Redirection", "Script", "ShellWord", "split"]


@lru_cache(maxsize=4096)
def split(fragment: Fragment) -> Script:
    """Split a shell text into its simple commands.

    Text that no shell would accept, half-typed text above all, gives what can be read of it and a ``problem``.
    Offsets are those of the fragment's source. Time is linear in the length of the text.
    """
    return Reader(fragment).commands(0, (), False)[0]
