"""Installs that a RUN starts by way of a file of the project: a shell script, or a target of a Makefile."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from prebake.build.build import Build
from prebake.build.image import ImageFiles, image_before
from prebake.build.steps import Step, Steps, steps_of_script
from prebake.project.recipes import recipe_of
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.fragment import Fragment
from prebake.syntax.run import SHELLS, script_of_file
from prebake.syntax.shell import split
from prebake.text import Text

_MENTION = regex(r"\bmake\b|(^|[\s;&|\"'(])(\.{0,2}/)?[\w./-]+\.(sh|bash)\b|[\s;&|\"']\./")
_DEPTH = 3
"""Bound on scripts that start scripts."""


class Followed(NamedTuple):
    """The commands of a RUN with those of the project's scripts in the place of the scripts. ``files`` are paths of the
    image that are read for it; ``by_make`` is the Makefile, as a path of the context, and the 0-based line of the
    first recipe among them.
    """

    steps: Steps
    files: tuple[str, ...]
    by_make: tuple[str, int] | None = None


def mentions_script(text: str) -> bool:
    """Whether a RUN may start a script of the project: a cheap test."""
    return _MENTION.search(text) is not None


def followed(build: Build, instruction: Instruction, steps: Steps) -> Followed | None:
    """The commands of a RUN, scripts of the project followed; ``None`` where it starts none."""
    walk = _Walk(image_before(build, instruction))
    if not walk.image.copies:
        return None
    found = tuple(walk.expanded(steps.steps, 0))
    if not walk.files:
        return None
    return Followed(Steps(found, steps.problem or walk.problem), tuple(walk.files), walk.by_make)


class _Walk:
    def __init__(self, image: ImageFiles) -> None:
        self.image = image
        self.files: dict[str, None] = {}
        self.by_make: tuple[str, int] | None = None
        self.problem: str | None = None

    def expanded(self, steps: tuple[Step, ...], depth: int) -> Iterator[Step]:
        for step in steps:
            inner = None
            if depth < _DEPTH and not step.command.redirections and not step.piped:
                inner = self._recipe(step) if step.program == "make" else self._script(step)
            if inner is None:
                yield step
                continue
            self.problem = self.problem or inner.problem
            yield from self.expanded(inner.steps, depth + 1)

    def _script(self, step: Step) -> Steps | None:
        name = step.path if "/" in step.path else None
        if step.program in SHELLS and "/" not in (name or ""):
            name = next((item.text for item in step.arguments if not (item.text or "-").startswith(("-", "+"))), None)
        path = step.absolute(name) if name else None
        text = self.image.text(path) if path is not None else None
        script = script_of_file(text) if text is not None else None
        if path is None or script is None or not _is_shell(path, text):
            return None
        self.files[path] = None
        return steps_of_script(script, step)

    def _recipe(self, step: Step) -> Steps | None:
        words = [argument.text or "" for argument in step.arguments]
        if "-f" in words or "--file" in words:
            return None
        folder = words[words.index("-C") + 1] if "-C" in words[:-1] else "."
        targets = [word for word in words if word and not word.startswith("-") and "=" not in word and word != folder]
        place = step.absolute(folder)
        for name in ("GNUmakefile", "makefile", "Makefile"):
            path = None if place is None else posixpath.normpath(posixpath.join(place, name))
            text = self.image.text(path) if path is not None else None
            if path is None or text is None:
                continue
            found: list[Step] = []
            for line in recipe_of(text, targets[0] if targets else None):
                provided = self.image.provider(path)
                self.by_make = self.by_make or (path if provided is None else provided.context, line.number)
                there = step._replace(directory=place)
                found += steps_of_script(split(Fragment.whole(line.command)), there).steps
            if not found:
                return None
            self.files[path] = None
            return Steps(tuple(found))
        return None


def _is_shell(path: str, text: Text | None) -> bool:
    return path.endswith((".sh", ".bash")) or (text is not None and text.content.startswith("#!"))
