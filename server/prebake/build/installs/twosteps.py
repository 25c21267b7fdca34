"""Installing the dependencies alone before the project: the RUN that does it, made from the one that does both.

``RUN poetry install`` becomes ``RUN poetry install --no-root`` and, behind the code, the same ``RUN poetry install``.
The readers of the installers know how a command is told so; here its text is written.
"""

from __future__ import annotations

import json
import shlex
from typing import NamedTuple

from prebake.build.build import Build
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.manifests import Reading
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers import FirstStep, first_step
from prebake.build.installs.runchain import RunChain, run_chain
from prebake.syntax.shell import ShellWord


class TwoSteps(NamedTuple):
    """A RUN in two: ``first`` installs the dependencies, the lines of ``rest`` do the rest. ``called`` is the command
    of the first in short.
    """

    first: str
    rest: tuple[str, ...]
    called: str
    doubts: tuple[str, ...]
    facts: tuple[str, ...]


def two_steps(build: Build, reading: Reading) -> TwoSteps | str | None:
    """The two steps of an install that takes in the project; or why there are none, ``None`` where it does not."""
    command = next((item for item in reading.install.commands if _takes_more(item, reading)), None)
    if command is None:
        return None
    step = first_step(Notes(build, reading.install), command)
    return step if isinstance(step, str) else written(reading, command, step)


def _takes_more(command: InstallCommand, reading: Reading) -> bool:
    called = f"`{command.called}` "
    return command.installs_project or any(problem.startswith(called) for problem in reading.problems)


def written(reading: Reading, command: InstallCommand, step: FirstStep) -> TwoSteps | str:
    """The texts of the two steps where ``step`` says how a command of a RUN is spelled first; or why they cannot be
    written.
    """
    instruction = reading.install.instruction
    raw = instruction.raw
    changed = _spelled(command, step, exec_form=instruction.json is not None)
    if isinstance(changed, str):
        return changed
    first_doubts = tuple(f"`{command.called}` {doubt}" for doubt in step.doubts)
    called = _called(command, step)
    facts = (f"`{called}` installs the dependencies only, and the RUN that was there then finds them installed",)
    if len({item.command.start for item, _ in reading.effects}) == 1:
        if not _is_own(command, raw):
            return f"`{command.called}` stands in the text of another shell"
        return TwoSteps(_edited(raw, changed), (raw,), called, first_doubts, facts)
    chain = run_chain(instruction, reading.install.state, reading.effects)
    if isinstance(chain, str):
        return f"its RUN is not split, since {chain}"
    number = chain.unit_of(command.step.command)
    if number is None:
        return f"`{command.called}` stands in the text of another shell"
    return _of_chain(chain, number, changed, called, first_doubts, facts)


def _of_chain(
    chain: RunChain,
    number: int,
    changed: list[tuple[int, int, str]],
    called: str,
    doubts: tuple[str, ...],
    facts: tuple[str, ...],
) -> TwoSteps | str:
    """The first step takes the commands before the install along, the second begins with the install."""
    raw = chain.instruction.raw
    behind = chain.cut(number + 1) if number + 1 < len(chain.units) else None
    if isinstance(behind, str):
        return f"its RUN is not split: {behind}"
    end = chain.units[number].end
    tail = behind.first[end:] if behind is not None else ""
    first = _edited(raw[:end], changed) + tail
    doubts = (*doubts, *(behind.doubts if behind is not None else ()))
    if number <= chain.settings:
        return TwoSteps(first, (raw,), called, doubts, facts)
    before = chain.cut(number)
    if isinstance(before, str):
        return f"its RUN is not split: {before}"
    return TwoSteps(first, (*before.comments, before.second), called, doubts, facts)


def _spelled(command: InstallCommand, step: FirstStep, *, exec_form: bool) -> list[tuple[int, int, str]] | str:
    """The changes of the RUN's text that spell a command as the first step."""
    words = command.step.command.words
    if step.command is not None:
        if exec_form:
            return "its RUN is in exec form"
        return [(words[0].start, words[-1].end, step.command)]
    changed: list[tuple[int, int, str]] = []
    if step.environment:
        if exec_form or command.step.wrappers:
            how = "in exec form" if exec_form else f"started by {command.step.wrappers[0]}"
            return f"`{command.called}` needs {step.environment[0][0]} to be set, and it is {how}"
        named = "".join(f"{name}={shlex.quote(value)} " for name, value in step.environment)
        changed.append((words[0].start, words[0].start, named))
    if step.options:
        at = _subcommand(command)
        if at is None:
            return f"`{command.called}` is not written out in its RUN"
        options = (f", {json.dumps(item)}" if exec_form else f" {shlex.quote(item)}" for item in step.options)
        changed.append((at.end, at.end, "".join(options)))
    return changed


def _subcommand(command: InstallCommand) -> ShellWord | None:
    """The word behind which the options of a command go."""
    last = command.called.split()[-1]
    words = [item.word for item in command.step.arguments if item.text == last and item.word is not None]
    own = [word for word in command.step.command.words if word.value == command.step.path]
    return next(iter(words), None) or next(iter(own), None)


def _called(command: InstallCommand, step: FirstStep) -> str:
    text = step.command if step.command is not None else " ".join((command.called, *step.options))
    text = " ".join(text.replace("\\\n", " ").split())
    return text if len(text) <= 70 else f"{text[:67]}..."


def _is_own(command: InstallCommand, raw: str) -> bool:
    """Whether the words of a command stand where they say in the text of its RUN, not in a text that it is given."""
    return all(raw[word.start : word.end].startswith(word.raw[:1]) for word in command.step.command.words)


def _edited(raw: str, changed: list[tuple[int, int, str]]) -> str:
    for start, end, text in sorted(changed, reverse=True):
        raw = raw[:start] + text + raw[end:]
    return raw
