"""Symbolic links that commands of a RUN make: by them, one file has several paths."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from prebake.build.build import Build
from prebake.build.commands.effects import Effects
from prebake.build.paths import inside
from prebake.build.state import instructions_above
from prebake.build.steps import Step, steps_at
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction

_DEPTH = 4
"""Bound on links that lead to links."""


class Link(NamedTuple):
    """A link at ``path`` to ``target``, both paths of the image, and the 0-based line of its RUN."""

    path: str
    target: str
    line: int


def is_symbolic(step: Step) -> bool:
    """Whether ``ln`` makes symbolic links."""
    options = [argument.text or "" for argument in step.arguments if (argument.text or "").startswith("-")]
    return any(text == "--symbolic" or (text[:2] != "--" and "s" in text) for text in options)


def links_of(step: Step, line: int) -> Iterator[Link]:
    """The links that a command may make: the last word of ``ln -s`` is one, or the folder that they go into."""
    if step.program != "ln" or not is_symbolic(step):
        return
    words = [item.text or "" for item in step.arguments if not (item.text or "").startswith("-")]
    if not words or "" in words:
        return
    targets, place = (words[:-1], words[-1]) if len(words) > 1 else (words, ".")
    for target in targets:
        own = [place] if len(targets) == 1 and place != "." and not place.endswith("/") else []
        for name in (*own, posixpath.join(place, posixpath.basename(target.rstrip("/")))):
            path = step.absolute(name)
            if path is not None:
                to = target if target.startswith("/") else posixpath.join(posixpath.dirname(path), target)
                yield Link(path, posixpath.normpath(to), line)


def links_above(build: Build, instruction: Instruction, target: Instruction) -> list[Link]:
    """The links that are there before an instruction, seen from the stage of ``target``."""
    return [
        link
        for item in instructions_above(build, instruction, target)
        if item.keyword == "RUN" and "ln" in item.raw
        for step in steps_at(build, item).steps
        for link in links_of(step, item.line)
    ]


def through_links(effects: Effects, links: Sequence[Link]) -> Effects:
    """The effects with each path as the links lead it, too."""
    if not links:
        return effects
    return effects._replace(
        reads=_led(effects.reads, links),
        writes=_led(effects.writes, links),
        roots=_led(effects.roots, links),
        folders=_led(effects.folders, links),
        environments=_led(effects.environments, links),
        enters=_led(effects.enters, links),
    )


def _led(paths: tuple[str, ...], links: Sequence[Link]) -> tuple[str, ...]:
    found = dict.fromkeys(paths)
    ahead = list(paths)
    for _ in range(_DEPTH):
        ahead = [
            posixpath.normpath(posixpath.join(link.target, below))
            for path in ahead
            for link in links
            if (below := inside(_rooted(path), _rooted(link.path))) is not None
        ]
        ahead = [path for path in dict.fromkeys(ahead) if path not in found]
        found.update(dict.fromkeys(ahead))
    return tuple(found)


def _rooted(path: str) -> str:
    """A path below a working directory that is not known as if that were the root: it may be."""
    return path if path.startswith("/") else posixpath.normpath(f"/{path}")
