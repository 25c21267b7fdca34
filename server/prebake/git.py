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


def command(root: str, arguments: Iterable[str]) -> tuple[str, ...]:
    """The command that asks git about the work tree ``root``; to be run in :func:`environment`."""
    return ("git", *_SAFE, "-C", root, *arguments)


def environment() -> dict[str, str]:
    """The environment variables to run git with."""
    return {name: value for name, value in os.environ.items() if name not in _UNSET} | _ENVIRONMENT


def _run(root: str, arguments: Iterable[str], stdin: bytes = b"") -> subprocess.CompletedProcess[bytes] | None:
    try:
        return subprocess.run(
            command(root, arguments),
            input=stdin,
            capture_output=True,
            timeout=_TIMEOUT_SECONDS,
            env=environment(),
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


def ignored_below(root: str) -> frozenset[str] | None:
    """The absolute paths of all that git ignores and does not track in the work tree ``root``, a folder that is ignored
    as a whole by its own path alone; ``None`` when git cannot tell.
    """
    done = _run(root, ("ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"))
    if done is None or done.returncode != 0:
        return None
    names = (os.fsdecode(name).rstrip("/") for name in done.stdout.split(b"\0") if name)
    return frozenset(f"{root.rstrip('/')}/{name}" for name in names)


def renames(root: str, revision: str) -> dict[str, str] | None:
    """Which files of a commit have another name in the index: the new path to the old one, both relative to the
    repository's top. Files that were changed as well are recognised as git does. ``None`` when git cannot tell.
    """
    arguments = ("diff-index", "--cached", "-z", "--name-status", "--find-renames", "--diff-filter=R", "--no-ext-diff")
    done = _run(root, (*arguments, "--end-of-options", revision, "--"))
    if done is None or done.returncode != 0:
        return None
    fields = [os.fsdecode(field) for field in done.stdout.split(b"\0")]
    return {new: old for old, new in zip(fields[1::3], fields[2::3], strict=False)}


def commit(root: str, revision: str) -> str | None:
    """The object name of the commit that a revision stands for; ``None`` when there is no such commit."""
    return _line(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")


def merge_base(root: str, one: str, other: str) -> str | None:
    """The newest commit that two commits have in common; ``None`` when there is none."""
    return _line(root, "merge-base", "--", one, other)


def is_shallow(root: str) -> bool:
    """Whether the repository was cloned without all of its history."""
    return _line(root, "rev-parse", "--is-shallow-repository") == "true"


def refusal(root: str) -> str | None:
    """Why git answers nothing for a work tree, in its own words or ours; ``None`` where it does answer."""
    done = _run(root, ("rev-parse", "--git-dir"))
    if done is None:
        return "git is not installed, or does not answer"
    if done.returncode == 0:
        return None
    said = done.stderr.decode("utf-8", "replace").strip().partition("\n")[0]
    return said.removeprefix("fatal: ") or "git refuses to answer"


def _line(root: str, *arguments: str) -> str | None:
    """The one line that git answers with; ``None`` where it has none."""
    done = _run(root, arguments)
    if done is None or done.returncode != 0:
        return None
    return done.stdout.decode("utf-8", "replace").strip() or None


def names(root: str, revision: str) -> dict[str, str] | None:
    """The mode (six octal digits) and object name, a space between, of all files of a commit, by path relative to the
    repository's top; ``None`` when there is no such commit. Unlike :func:`tree` it does without the objects themselves.
    """
    done = _run(root, ("ls-tree", "-r", "-z", "--full-tree", "--end-of-options", revision))
    if done is None or done.returncode != 0:
        return None
    found: dict[str, str] = {}
    for record in done.stdout.split(b"\0"):
        header, _, name = record.partition(b"\t")
        fields = header.split()
        if len(fields) == 3:
            found[os.fsdecode(name)] = f"{fields[0].decode()} {fields[2].decode()}"
    return found


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
