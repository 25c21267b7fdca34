"""What git knows about a project, asked from the ``git`` command without running anything of the project's.

Hooks, file-system monitors, pagers, prompts, network transports and lazy fetching are switched off for every call,
since the repository may be hostile. Every function answers "don't know" (``None``) where git is missing, refuses the
folder or takes too long.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable

from prebake.records import NamedTuple

_TIMEOUT_SECONDS = 20.0
_SAFE = (
    "--no-optional-locks",
    "-c", "core.fsmonitor=false",
    "-c", "core.hooksPath=/dev/null",
    "-c", "core.quotePath=false",
    "-c", "protocol.allow=never",
)  # fmt: skip
_ENVIRONMENT = {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "GIT_PAGER": "", "LC_ALL": "C"}
_UNSET = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_EXTERNAL_DIFF", "GIT_SSH_COMMAND")


class TreeEntry(NamedTuple):
    """A file of a git tree: its mode (``0o120000`` is a symbolic link, ``0o160000`` a submodule), object name and size
    in bytes.
    """

    mode: int
    oid: str
    size: int


def _run(root: str, arguments: Iterable[str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes] | None:
    environment = {name: value for name, value in os.environ.items() if name not in _UNSET} | _ENVIRONMENT
    try:
        return subprocess.run(
            ("git", *_SAFE, "-C", root, *arguments),
            input=stdin,
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            env=environment,
            check=False,
        )
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None


def ignored(root: str, paths: Iterable[str]) -> frozenset[str] | None:
    """Those of the absolute ``paths`` below the work tree ``root`` that git ignores and does not track; ``None`` when
    git cannot tell.
    """
    wanted = {os.path.relpath(path, root).replace(os.sep, "/"): path for path in paths}
    if not wanted:
        return frozenset()
    done = _run(root, ("check-ignore", "-z", "--stdin"), b"\0".join(os.fsencode(name) for name in wanted) + b"\0")
    if done is None or done.returncode not in (0, 1):
        return None
    names = (os.fsdecode(name) for name in done.stdout.split(b"\0") if name)
    return frozenset(wanted[name] for name in names if name in wanted)


def tracked(root: str, paths: Iterable[str]) -> frozenset[str] | None:
    """Those of the absolute ``paths`` below the work tree ``root`` that are in git's index; ``None`` when git cannot
    tell.
    """
    wanted = {os.path.relpath(path, root).replace(os.sep, "/"): path for path in paths}
    if not wanted:
        return frozenset()
    done = _run(root, ("--literal-pathspecs", "ls-files", "-z", "--cached", "--", *wanted))
    if done is None or done.returncode != 0:
        return None
    names = (os.fsdecode(name) for name in done.stdout.split(b"\0") if name)
    return frozenset(wanted[name] for name in names if name in wanted)


def tree(root: str, revision: str) -> dict[str, TreeEntry] | None:
    """All files of a commit, by path relative to the repository's top; ``None`` when there is no such commit."""
    done = _run(root, ("ls-tree", "-r", "-l", "-z", "--full-tree", "--end-of-options", revision))
    if done is None or done.returncode != 0:
        return None
    entries: dict[str, TreeEntry] = {}
    for record in done.stdout.split(b"\0"):
        header, _, name = record.partition(b"\t")
        fields = header.split()
        if len(fields) == 4:
            size = int(fields[3]) if fields[3].isdigit() else 0
            entries[os.fsdecode(name)] = TreeEntry(int(fields[0], 8), fields[2].decode("ascii"), size)
    return entries


def blob(root: str, oid: str) -> bytes | None:
    """The content of an object; ``None`` when the repository does not hold it."""
    done = _run(root, ("cat-file", "blob", oid))
    return done.stdout if done is not None and done.returncode == 0 else None
