"""Installing the dependencies alone before the project: the RUN that does it, made from the one that does both.

``RUN poetry install`` becomes ``RUN poetry install --no-root`` and, behind the code, the same ``RUN poetry install``.
The readers of the installers know how a command is told so; here its text is written.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Collection, Iterable, Sequence

from prebake.build.build import Build
from prebake.build.installs.installers import InstallCommand
from prebake.build.installs.manifests import Reading
from prebake.build.installs.notes import Notes
from prebake.build.installs.readers import FirstStep, first_step
from prebake.build.rewriting.runchain import RunChain, run_chain
from prebake.build.steps import Step
from prebake.records import NamedTuple
from prebake.syntax.shell import ShellWord
from prebake.text import shortened


class TwoSteps(NamedTuple):
    """A RUN in two: ``first`` installs the dependencies, the lines of ``rest`` do the rest. ``called`` is the command
    of the first in short.
    """

    first: str
    rest: tuple[str, ...]
    called: str
    doubts: tuple[str, ...]
    facts: tuple[str, ...]


def two_steps(build: Build, reading: Reading, commands: Iterable[InstallCommand]) -> tuple[TwoSteps, ...] | str | None:
    """The two steps of an install that takes in the project, the better ones first; or why there are none, ``None``
    where it does not. ``commands`` are those of its RUN that come into question.
    """
    chosen = next((item for item in commands if _takes_more(item, reading)), None)
    if chosen is None:
        return None
    step = first_step(Notes(build, reading.install), chosen)
    return step if isinstance(step, str) else written(reading, chosen.step, chosen.called, step)


def _takes_more(command: InstallCommand, reading: Reading) -> bool:
    called = f"`{command.called}` "
    if not command.projects and not command.installer.needs:
        return False  # `pip install -r`: it is about no project
    return command.installs_project or any(problem.startswith(called) for problem in reading.problems)


def written(reading: Reading, step: Step, called: str, first: FirstStep) -> tuple[TwoSteps, ...] | str:
    """The texts of the two steps where ``first`` says how a command of a RUN is spelled; or why they cannot be written.

    ``called`` is the command's name for messages.
    """
    instruction = reading.install.instruction
    raw = instruction.raw
    changed = _spelled(step, called, first, exec_form=instruction.json is not None)
    if isinstance(changed, str):
        return changed
    if not _is_own(step, raw):
        return f"`{called}` stands in the text of another shell"
    short = _short(called, first)
    facts = (f"`{short}` installs the dependencies only, and the RUN that was there then finds them installed",)
    if len({item.command.start for item, _ in reading.effects}) == 1:
        return (TwoSteps(_edited(raw, changed), (raw,), short, first.doubts, facts),)
    chain = run_chain(instruction, reading.install.state, reading.effects)
    if isinstance(chain, str):
        return f"its RUN is not split, since {chain}"
    number = chain.unit_of(step.command)
    if number is None:
        return f"`{called}` stands in the text of another shell"
    found = _of_chain(chain, number, changed, short, first.doubts, facts)
    if first.command is None:
        return found if isinstance(found, str) else (found,)
    alone = TwoSteps(
        chain.alone(first.command, number),
        (raw,),
        short,
        (*first.doubts, "what else its RUN does has not been done then"),
        facts,
    )
    return (alone,) if isinstance(found, str) else (found, alone)


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


def _spelled(step: Step, called: str, first: FirstStep, *, exec_form: bool) -> list[tuple[int, int, str]] | str:
    """The changes of the RUN's text that spell a command as the first step."""
    words = step.command.words
    if first.command is not None:
        if exec_form:
            return "its RUN is in exec form"
        return [(words[0].start, words[-1].end, first.command)]
    changed: list[tuple[int, int, str]] = []
    if first.environment:
        if exec_form or step.wrappers:
            how = "in exec form" if exec_form else f"started by {step.wrappers[0]}"
            return f"`{called}` needs {first.environment[0][0]} to be set, and it is {how}"
        named = "".join(f"{name}={shlex.quote(value)} " for name, value in first.environment)
        changed.append((words[0].start, words[0].start, named))
    options = _new(first.options, {argument.text for argument in step.arguments})
    if options:
        at = _subcommand(step, called)
        if at is None:
            return f"`{called}` is not written out in its RUN"
        spelled = [f", {json.dumps(item)}" if exec_form else f" {shlex.quote(item)}" for item in options]
        changed.append((at.end, at.end, "".join(spelled)))
    return changed


def _new(options: Sequence[str], given: Collection[str | None]) -> list[str]:
    """The options that a command does not have yet; one with a value stays."""
    following = [*options, "-"][1:]
    return [
        item
        for item, after in zip(options, following, strict=True)
        if item not in given or not item.startswith("-") or not after.startswith("-")
    ]


def _subcommand(step: Step, called: str) -> ShellWord | None:
    """The word behind which the options of a command go."""
    last = called.split()[-1]
    words = [item.word for item in step.arguments if item.text == last and item.word is not None]
    own = [word for word in step.command.words if word.value == step.path]
    return next(iter(words), None) or next(iter(own), None)


def _short(called: str, first: FirstStep) -> str:
    text = first.command if first.command is not None else " ".join((called, *first.options))
    return shortened(text.replace("\\\n", " "), 70)


def _is_own(step: Step, raw: str) -> bool:
    """Whether the words of a command stand where they say in the text of its RUN, not in a text that it is given."""
    return all(raw[word.start : word.end].startswith(word.raw[:1]) for word in step.command.words)


def _edited(raw: str, changed: list[tuple[int, int, str]]) -> str:
    for start, end, text in sorted(changed, reverse=True):
        raw = raw[:start] + text + raw[end:]
    return raw
