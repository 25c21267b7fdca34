"""The paths of the build context that a Dockerfile names, as far as its text alone tells them.

:mod:`prebake.build.copies` knows them exactly, but needs a context; this is what the context is found with.
"""

from __future__ import annotations

from collections.abc import Iterator

from prebake.files import Kind, Snapshot, join
from prebake.regex import regex
from prebake.syntax.dockerfile import Dockerfile, Instruction
from prebake.syntax.glob import WILDCARDS, GlobError, clean, wildcard

_REMOTE = regex(r"(https?|ftp|git|ssh)://|git@")
_USERS = frozenset({"COPY", "ADD", "RUN"})
_MOST_ENTRIES = 10_000


def context_sources(tree: Dockerfile) -> tuple[str, ...]:
    """The sources of COPY, ADD and bind mounts that name something in the context, cleaned and relative to its root;
    those with variables are left out, and so is the root itself.
    """
    found: dict[str, None] = {}
    for instruction in tree.instructions:
        inner = instruction.onbuild or instruction
        if inner.keyword not in _USERS:
            continue
        for written in _mounted(inner) if inner.keyword == "RUN" else _copied(inner):
            source = clean("/" + written)[1:]
            if source and source not in ("*", "**") and "$" not in source:
                found[source] = None
    return tuple(found)


def _copied(instruction: Instruction) -> Iterator[str]:
    """The sources of a COPY or ADD, remote ones and here-documents left out."""
    if instruction.flag("from") is not None:
        return
    heredocs = {heredoc.name for heredoc in instruction.heredocs}
    for word in instruction.words[:-1]:
        is_heredoc = bool(heredocs) and word.raw.startswith("<<")
        if not is_heredoc and not (instruction.keyword == "ADD" and _REMOTE.match(word.value)):
            yield word.value


def _mounted(instruction: Instruction) -> Iterator[str]:
    """The sources of a RUN's bind mounts without ``from``."""
    for value in instruction.flag_values("mount"):
        options = mount_options(value)
        if options.get("type", "bind") == "bind" and "from" not in options:
            yield options.get("source", options.get("src", "."))


def mount_options(value: str) -> dict[str, str]:
    """The options of a ``--mount``; flags have an empty value."""
    return {name.strip().lower(): text for name, _, text in (part.partition("=") for part in value.split(","))}


def exists(snapshot: Snapshot, folder: str, source: str) -> bool:
    """Whether a source, wildcards included, is found in a folder."""
    if not WILDCARDS & set(source):
        return snapshot.exists(join(folder, source))
    level = [folder]
    try:
        for part in source.split("/"):
            expression = wildcard(part)
            if expression is None:
                level = [join(place, part) for place in level if snapshot.exists(join(place, part))]
            else:
                level = [
                    join(place, entry.name)
                    for place in level
                    if snapshot.is_dir(place)
                    for entry in snapshot.list(place)[:_MOST_ENTRIES]
                    if entry.kind is not Kind.OTHER and expression.match(entry.name)
                ][:_MOST_ENTRIES]
    except GlobError:
        return False
    return bool(level)
