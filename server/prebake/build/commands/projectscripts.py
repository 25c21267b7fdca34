"""The commands of a RUN with those of the project's files that it starts: a shell script, or a target of a Makefile."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from prebake.build.build import Build, fact_at
from prebake.build.image import ImageFiles, image_before
from prebake.build.steps import Step, Steps, steps_at, steps_of_script
from prebake.project.starting.recipes import recipe_of
from prebake.records import NamedTuple
from prebake.regex import regex
from prebake.syntax.dockerfile import Instruction
from prebake.syntax.fragment import Fragment
from prebake.syntax.run import SHELLS, script_of_file
from prebake.syntax.shell import Command, Script, split
from prebake.text import Text

_MENTION = regex(r"\bmake\b|(^|[\s;&|\"'(])(\.{0,2}/)?[\w./-]+\.(sh|bash)\b|[\s;&|\"']\./|\b(?:ba|da|z)?sh\s+[\w./]")
_DEPTH = 3
"""Bound on scripts that start scripts."""


class Within(NamedTuple):
    """A file of the project that a command stands in: its path in the image, its text and commands, and the command
    that starts it, of the RUN or of another such file. ``script`` is ``None`` for a Makefile, of which ``line`` is the
    0-based line of the recipe.
    """

    path: str
    text: Text
    script: Script | None
    starter: Step
    line: int = 0


class Ran(NamedTuple):
    """A command that a RUN runs in the end, and the files that it stands in, outermost first."""

    step: Step
    within: tuple[Within, ...] = ()

    @property
    def own(self) -> Step:
        """The command of the RUN itself that it comes from."""
        return self.within[0].starter if self.within else self.step


class Followed(NamedTuple):
    """The commands of a RUN with those of the project's scripts in the place of the scripts; ``problem`` says why they
    are not all understood. ``files`` are paths of the image that are read for it; ``by_make`` is the Makefile, as a
    path of the context, and the 0-based line of the first recipe among them.
    """

    commands: tuple[Ran, ...]
    problem: str | None
    files: tuple[str, ...] = ()
    by_make: tuple[str, int] | None = None

    @property
    def steps(self) -> Steps:
        """The commands alone."""
        return Steps(tuple(ran.step for ran in self.commands), self.problem)


def mentions_script(text: str) -> bool:
    """Whether a RUN may start a script of the project: a cheap test."""
    return _MENTION.search(text) is not None


@fact_at
def followed(build: Build, instruction: Instruction) -> Followed:
    """The commands of a RUN, scripts of the project followed."""
    steps = steps_at(build, instruction)
    own = tuple(map(Ran, steps.steps))
    if not mentions_script(instruction.raw):
        return Followed(own, steps.problem)
    walk = _Walk(image_before(build, instruction))
    if not walk.image.copies:
        return Followed(own, steps.problem)
    found = tuple(walk.expanded(own))
    return Followed(found, steps.problem or walk.problem, tuple(walk.files), walk.by_make)


class _Walk:
    def __init__(self, image: ImageFiles) -> None:
        self.image = image
        self.files: dict[str, None] = {}
        self.by_make: tuple[str, int] | None = None
        self.problem: str | None = None

    def expanded(self, commands: tuple[Ran, ...]) -> Iterator[Ran]:
        for ran in commands:
            inner = None
            if len(ran.within) < _DEPTH and not ran.step.piped and not _redirects(ran.step.command):
                inner = self._recipe(ran) if ran.step.program == "make" else self._script(ran)
            if inner is None:
                yield ran
            else:
                yield from self.expanded(inner)

    def _script(self, ran: Ran) -> tuple[Ran, ...] | None:
        step = ran.step
        words = [item.text for item in step.arguments]
        name = step.path if "/" in step.path else None
        if step.program in SHELLS:
            at = next((at for at, word in enumerate(words) if not (word or "-").startswith(("-", "+"))), len(words))
            name, words = (words[at] if at < len(words) else None), words[at + 1 :]
        path = step.absolute(name) if name else None
        text = self.image.text(path) if path is not None else None
        script = script_of_file(text) if text is not None else None
        if path is None or text is None or script is None or not _is_shell(path, text):
            return None
        self.files[path] = None
        found = steps_of_script(script, step, words)
        if found.problem is not None:
            self.problem = self.problem or _said_of(posixpath.basename(path), found.problem)
        within = (*ran.within, Within(path, text, script, step))
        return tuple(Ran(inner, within) for inner in found.steps)

    def _recipe(self, ran: Ran) -> tuple[Ran, ...] | None:
        step = ran.step
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
            found: list[Ran] = []
            for line in recipe_of(text, targets[0] if targets else None):
                provided = self.image.provider(path)
                self.by_make = self.by_make or (path if provided is None else provided.context, line.number)
                inner = steps_of_script(split(Fragment.whole(line.command)), step._replace(directory=place))
                within = (*ran.within, Within(path, text, None, step, line.number))
                found += (Ran(each, within) for each in inner.steps)
            if not found:
                return None
            self.files[path] = None
            return tuple(found)
        return None


def _said_of(name: str, problem: str) -> str:
    """What is said of the commands of a script, with its name."""
    return f"{name} {problem.removeprefix('it ')}" if problem.startswith("it ") else f"{problem} ({name})"


def _redirects(command: Command) -> bool:
    """Whether the input or output of a command comes from or goes to a file; ``2>&1`` and ``/dev/null`` are none."""
    targets = [None if item.body is not None else item.target.value for item in command.redirections]
    return any(target is None or (target not in ("/dev/null", "-") and not target.isdecimal()) for target in targets)


def _is_shell(path: str, text: Text) -> bool:
    return path.endswith((".sh", ".bash")) or text.content.startswith("#!")
