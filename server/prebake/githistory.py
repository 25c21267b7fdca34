"""The commits of a branch and what each of them changed, read from ``git log`` while it runs."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from typing import IO

from prebake import git
from prebake.records import NamedTuple

_CHUNK = 1 << 18
_NOTHING = "000000"
_FORMAT = "%x01%H %ct %P"


Blob = str
"""What stands at a path in a commit: its mode, six octal digits, a space, and the object's name."""


class Change(NamedTuple):
    """A path, relative to the top of the repository, before and after a commit; ``None`` where nothing is there."""

    path: str
    before: Blob | None
    after: Blob | None


class Commit(NamedTuple):
    """A commit with what it changed against its first parent; ``time`` is the committer's, in seconds since 1970.
    ``parent`` is the first parent's name, ``None`` for a root commit.
    """

    oid: str
    time: int
    parent: str | None
    changes: tuple[Change, ...]


def commits(root: str, revision: str, most: int) -> Iterator[Commit]:
    """The last commits of ``revision`` along first parents, the oldest first; ``root`` is the repository's top folder.

    A branch's merges count as one commit each, with all that they brought.

    Raises:
        LookupError: git is missing, refuses the folder, or has no such revision.
    """
    options = ("--reverse", "--first-parent", "-m", "--raw", "--no-abbrev", "--no-renames", "-z", f"-n{most}")
    plain = ("--no-color", "--no-decorate", "--no-notes", "--no-show-signature", "--no-ext-diff", "--no-textconv")
    arguments = ("log", *options, *plain, f"--format={_FORMAT}", "--end-of-options", revision, "--")
    try:
        process = subprocess.Popen(
            git.command(root, arguments),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=git.environment(),
        )
    except OSError as error:
        raise LookupError(f"git cannot be run: {error}") from error
    with process:
        assert process.stdout is not None and process.stderr is not None
        try:
            yield from _commits(_fields(process.stdout))
            problem = process.stderr.read().decode("utf-8", "replace").strip()
            if process.wait() != 0:
                raise LookupError(problem.partition("\n")[0] or f"git log failed in {root}")
        finally:
            process.kill()


def _fields(stream: IO[bytes]) -> Iterator[bytes]:
    rest = b""
    while chunk := stream.read(_CHUNK):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole
    if rest:
        yield rest


def _commits(fields: Iterator[bytes]) -> Iterator[Commit]:
    header: list[bytes] = []
    changes: list[Change] = []
    for field in fields:
        if field.startswith(b"\x01"):
            if header:
                yield _commit(header, changes)
            header, changes = field[1:].split(), []
            continue
        old_mode, mode, old, new, _ = field.decode("ascii").lstrip("\n:").split(" ")
        before = None if old_mode == _NOTHING else f"{old_mode} {old}"
        after = None if mode == _NOTHING else f"{mode} {new}"
        changes.append(Change(os.fsdecode(next(fields)), before, after))
    if header:
        yield _commit(header, changes)


def _commit(header: list[bytes], changes: list[Change]) -> Commit:
    oid, time, *parents = header
    return Commit(oid.decode(), int(time), parents[0].decode() if parents else None, tuple(changes))
