"""Deleting in the layer that writes: a cleanup moves up into the RUN that made what it deletes."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence

from prebake.build.build import Build
from prebake.build.copies import copies
from prebake.build.layers.apt import apt_runs
from prebake.build.layers.aptlists import readers_of_lists, removal, scripts_below
from prebake.build.layers.cleanups import Cleanup, Left, targets_of
from prebake.build.rewriting.blocks import first_line
from prebake.build.rewriting.commandedits import CommandEdits
from prebake.build.state import states
from prebake.build.steps import Step, steps_at
from prebake.edits import FileEdit, TextEdit
from prebake.records import NamedTuple
from prebake.syntax.dockerfile import Instruction

_MOST_JOINED = 4
_SETTLING = frozenset(("cd", "pushd", "popd", "set", "export", "umask", "exec", "trap", "source", ".", "shopt", "exit"))
"""Commands that change what the commands behind them find."""

_CLEANING = frozenset(("rm", "unlink", "true", ":", "sync"))


class CleanupPlan(NamedTuple):
    """A rewrite: the deleting commands go to the instructions ``into``. ``joined`` says that whole instructions become
    one, the first of ``into``.
    """

    into: tuple[Instruction, ...]
    joined: bool
    edits: tuple[FileEdit, ...]


class _Refused(Exception):
    """Why there is no rewrite, as a sentence without its full stop."""


def plan_cleanup(build: Build, cleanup: Cleanup) -> CleanupPlan | str:
    """The rewrite that answers a cleanup, or the fact that stands in the way."""
    try:
        return _Plan(build, cleanup).make()
    except _Refused as refused:
        return str(refused)


class _Plan:
    def __init__(self, build: Build, cleanup: Cleanup) -> None:
        self._build = build
        self._cleanup = cleanup
        self._own = cleanup.instruction
        self._steps = steps_at(build, cleanup.instruction)

    def make(self) -> CleanupPlan:
        copied = next((item for item in self._cleanup.left if item.kind == "copied"), None)
        if copied is not None:
            raise _Refused(self._advice(copied))
        if self._steps.problem is not None:
            raise _Refused(f"line {self._own.line + 1} is not understood: {self._steps.problem}")
        if any(item.kind == "files" for item in self._cleanup.left):
            return self._join()
        return self._move()

    def _advice(self, left: Left) -> str:
        """How to do without the bytes of a COPY."""
        written = left.written
        copy = copies(self._build)[written.instruction.index]
        if copy.origin is not None:
            mount = f"`RUN --mount=type=bind,from={copy.origin},source=...,target={written.path}`"
            return f"what it copies can be used without being kept: {mount} in place of the COPY (BuildKit)"
        if copy.instruction.keyword == "ADD" and written.contexts is None:
            return "download, use and delete the file in one RUN: what ADD brings stays in its layer"
        context = next(iter(written.contexts or ()), "")
        if copy.broad or any(item.folder and item.context != context for item in copy.mappings):
            return f"keep {context} out of the context with the ignore file, or copy only what is needed"
        target = next((item.image for item in copy.mappings if item.context == context), written.path)
        return (
            f"mount it where it is used, in place of the COPY: `RUN --mount=type=bind,source={context},"
            f"target={target}` (BuildKit) leaves nothing in the image"
        )

    def _move(self) -> CleanupPlan:
        """Each command goes to the end of the instructions that write what it deletes; all of it to one just above."""
        origins = {item.written.instruction.index for item in self._cleanup.left}
        if origins == {self._own.index - 1} and (self._only_cleans() or self._reads_lists()):
            return self._join()
        into: dict[int, list[str]] = {}
        for item in self._cleanup.left:
            origin = item.written.instruction
            self._may_move(item)
            commands = into.setdefault(origin.index, [])
            command = self._command(item)
            commands += [command] if command not in commands else []
        edits = [edit for index, commands in into.items() for edit in self._appended(index, commands)]
        instructions = tuple(self._build.tree.instructions[index] for index in sorted(into))
        if self._only_cleans():
            edits += self._taken_out([self._own], instructions[-1])
        return CleanupPlan(instructions, False, self._file(edits))

    def _file(self, edits: Sequence[TextEdit]) -> tuple[FileEdit, ...]:
        return (FileEdit(self._build.path, self._build.text, tuple(edits)),)

    def _only_cleans(self) -> bool:
        known = [item.step for item in self._cleanup.left]
        return all(
            self._finds_nothing(step) if step.program in _CLEANING else step in known or _empties_nothing(step)
            for step in self._steps.steps
        ) and not any(flag.name != "network" for flag in self._own.flags)

    def _reads_lists(self) -> bool:
        """Whether the cleanup belongs to an install that needs the lists which the instruction above has fetched."""
        return all(item.kind == "lists" for item in self._cleanup.left) and self._own.index in apt_runs(self._build)

    def _finds_nothing(self, step: Step) -> bool:
        """Whether a command of the cleanup has nothing to do besides: every word of it deletes what is left."""
        words = [item.target.word for item in self._cleanup.left]
        return all((argument.text or "").startswith("-") or argument in words for argument in step.arguments)

    def _may_move(self, item: Left) -> None:
        origin = item.written.instruction
        line = f"line {origin.line + 1}"
        if origin.stage != self._own.stage:
            raise _Refused(f"{line} stands in another stage: delete there, in the same RUN")
        if item.kind == "lists":
            run = apt_runs(self._build)[origin.index]
            readers = readers_of_lists(self._build, run)
            if readers:
                raise _Refused(
                    f"line {readers[0].instruction.line + 1} still needs the package lists of {line}: let each RUN "
                    "update, install and remove the lists"
                )
            script = scripts_below(self._build, run)
            if script is not None and script.index < self._own.index:
                raise _Refused(f"line {script.line + 1} may still need the package lists of {line}")
        if states(self._build)[origin.index].user != item.step.state.user:
            raise _Refused(f"{line} runs as another user")

    def _command(self, item: Left) -> str:
        """The text of what is to be run."""
        if item.kind == "lists":
            return removal(apt_runs(self._build)[item.written.instruction.index])
        raw = self._own.raw[item.step.command.start : item.step.command.end]
        word = item.target.word
        if word is not None and word.word is not None and item.step.program == "rm":
            if not word.word.raw.startswith(("/", "~", "$HOME")):
                raise _Refused(f"{word.word.raw} depends on the working directory")
            return f"rm -rf {word.word.raw}"
        if item.step.command.words[0].raw not in raw or "\n" in raw or item.step.wrappers:
            raise _Refused("the command cannot be taken out of its instruction")
        return raw

    def _appended(self, index: int, commands: list[str]) -> list[TextEdit]:
        origin = self._build.tree.instructions[index]
        edits = CommandEdits(origin, self._build.tree.escape)
        for command in commands:
            edits.append(states(self._build)[index].shell, command)
        if edits.problem is not None:
            raise _Refused(f"nothing can be added to line {origin.line + 1}: {edits.problem}")
        return edits.edits

    def _join(self) -> CleanupPlan:
        """The instructions from the one that writes to the one that deletes become one."""
        first = min((item.written.instruction for item in self._cleanup.left), key=lambda item: item.index)
        chain = self._build.tree.instructions[first.index : self._own.index + 1]
        names = {posixpath.basename(item.written.path) for item in self._cleanup.left if item.kind == "files"}
        names |= {posixpath.basename(target.place) for item in self._cleanup.left for target in targets_of(item.step)}
        line = f"line {first.line + 1}"
        if first.stage != self._own.stage:
            raise _Refused(f"{line} stands in another stage: delete there, in the same RUN")
        apart = next(
            (
                item
                for item in chain[1:]
                if item.keyword != "RUN" or (len(chain) > 2 and not any(name and name in item.raw for name in names))
            ),
            None,
        )
        if apart is not None or len(chain) > _MOST_JOINED:
            what = f"line {apart.line + 1} stands in between" if apart is not None else "several stand in between"
            raise _Refused(f"write, use and delete it in one RUN; {what}, so that they are not joined here")
        for item in chain[1:]:
            self._joins(first, item)
        for before in chain[:-1]:
            self._settled(before, chain[before.index - first.index + 1])
        edits = self._appended(first.index, [self._commands(item) for item in chain[1:]])
        edits += self._taken_out(chain[1:], first)
        return CleanupPlan((first,), True, self._file(edits))

    def _joins(self, first: Instruction, item: Instruction) -> None:
        if [self._flags(first), ()] != [self._flags(item), item.heredocs] or item.json is not None:
            raise _Refused(f"line {item.line + 1} has options of its own, or another form")

    @staticmethod
    def _flags(instruction: Instruction) -> list[tuple[str, str | None]]:
        return sorted((flag.name, flag.value or "") for flag in instruction.flags)

    def _settled(self, before: Instruction, item: Instruction) -> None:
        """The commands of one instruction must not change what those of the next find."""
        steps = steps_at(self._build, before).steps
        following = steps_at(self._build, item).steps
        moves = {step.program for step in steps if step.program in _SETTLING or not step.program}
        first = following[0] if following else None
        returns = first is not None and first.program == "cd" and (first.arguments[:1] or [None])[0] is not None
        absolute = returns and first is not None and (first.arguments[0].text or "").startswith("/")
        if moves - {"cd"} or any(step.command.assignments and not step.command.words for step in steps):
            raise _Refused(f"line {before.line + 1} changes what the commands behind it find")
        if "cd" in moves and not absolute:
            raise _Refused(f"line {before.line + 1} changes the working directory")

    def _commands(self, item: Instruction) -> str:
        """The commands of an instruction as they are written."""
        commands = [step.command for step in steps_at(self._build, item).steps]
        plain = all(
            command.before in ("", "&&") and not command.context and not command.negated for command in commands
        )
        if not commands or not plain or item.json is not None:
            raise _Refused(f"the commands of line {item.line + 1} are not joined by && alone")
        start, end = commands[0].start, commands[-1].end
        raw = item.raw[start:end]
        if item.raw[end:].strip() or item.body.text.strip() == "" or commands[0].words[0].raw not in raw:
            raise _Refused(f"line {item.line + 1} cannot be joined as it is written")
        return raw

    def _taken_out(self, instructions: Sequence[Instruction], above: Instruction) -> Iterator[TextEdit]:
        """The lines of instructions are taken out; their comments go above another one."""
        text, tree = self._build.text, self._build.tree
        comments = []
        for item in instructions:
            first = first_line(tree, item)
            comments += [text.line(number) for number in range(first, item.line)]
            last = item.end_line
            blank_above = first > 0 and not text.line(first - 1).strip()
            while blank_above and last + 1 < text.line_count and not text.line(last + 1).strip():
                last += 1
            start, end = text.line_start(first), text.line_start(last + 1)
            if end >= len(text.content) and not text.content.endswith("\n"):
                start = max(start - len(text.newline), 0)
            yield TextEdit(text.span(start, end), "")
        if comments:
            at = text.line_start(above.line)
            yield TextEdit(text.span(at, at), "".join(comment + text.newline for comment in comments))


def _empties_nothing(step: Step) -> bool:
    """Whether it is a cleanup without which nothing is left: apt keeps no archives in the official images."""
    words = [argument.text for argument in step.arguments]
    return step.program in ("apt-get", "apt") and [word for word in words if word != "-y"] in (["clean"], ["autoclean"])
