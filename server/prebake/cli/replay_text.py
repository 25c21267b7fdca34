"""A replay as text for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from prebake.build.replay.replay import StepCount
from prebake.cli.output import Output, printable
from prebake.cli.replay_rows import Row, moving, rows
from prebake.files import relative
from prebake.findings import Applicability
from prebake.replaying import Counted, Replayed
from prebake.syntax.dockerfile import Instruction

_MOST_CAUSES = 3
_MOST_FILES = 4
_WIDEST = 100


class ReplayText:
    """Prints replays; paths are shown as seen from ``folder``."""

    def __init__(self, output: Output, folder: str, revision: str) -> None:
        self._output = output
        self._folder = folder
        self._revision = revision

    def print(self, replayed: Replayed) -> None:
        """Print the replay of one Dockerfile."""
        line = self._output.line
        path = printable(relative(replayed.now.build.path, self._folder))
        line(f"{self._output.paint(path, 'bold')}: {self._window(replayed)}")
        for note in self._notes(replayed):
            line(self._output.paint(note, "dim"))
        line()
        if not replayed.now.builds:
            line("Nothing to count: no two of these commits can be built.")
            return
        every = rows(replayed)
        shown = moving(every)
        self._table(replayed, shown)
        quiet = len(every) - len(shown)
        if quiet:
            line(self._output.paint(f"{_number(quiet, 'more step')} never ran again.", "dim"))
        if shown:
            line()
        for text in _causes(replayed.now):
            line(printable(text))
        self._fixes(replayed)

    def _window(self, replayed: Replayed) -> str:
        count = len(replayed.commits)
        if not count:
            return "no commits"
        first, last = (_day(replayed.commits[at].time) for at in (0, -1))
        span = first if first == last else f"{first} to {last}"
        return f"the last {_number(count, 'commit')} of {printable(self._revision)} ({span}), each built once, in order"

    def _notes(self, replayed: Replayed) -> Iterator[str]:
        yield f"{replayed.builder} with a warm cache; today's Dockerfile; only files that git tracks are seen."
        if replayed.now.skipped:
            yield f"{_number(replayed.now.skipped, 'commit')} left out: not all files that COPY names were there."
        if replayed.shallow:
            yield "The repository is shallow: its older commits are not here (git fetch --unshallow)."

    def _table(self, replayed: Replayed, shown: Sequence[Row]) -> None:
        fixed = replayed.fixed is not None
        widths = (6, 12, 12)
        heads = ("line", "runs again", "fixed")[: 3 if fixed else 2]
        if shown:
            head = "".join(f"{text:>{width}}" for text, width in zip(heads, widths, strict=False))
            self._output.line(self._output.paint(f"{head}  step", "dim"))
        for row in shown:
            cells = [str(row.now.instruction.line + 1) if row.now is not None else "new", _count(row.now)]
            cells += [_count(row.fixed)] if fixed else []
            text = "".join(f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=False))
            less = row.now is not None and row.fixed is not None and row.fixed.runs < row.now.runs
            name = _shortened(row.step.instruction)
            self._output.line(f"{self._output.paint(text, 'good') if less else text}  {printable(name)}")

    def _fixes(self, replayed: Replayed) -> None:
        line = self._output.line
        if not replayed.applied:
            return
        line()
        line("Fixed means:")
        for step in replayed.applied:
            line(f"  {step.finding.code}  {printable(step.fix.title)}")
        safe = all(step.fix.applicability is Applicability.SAFE for step in replayed.applied)
        path = printable(relative(replayed.now.build.path, self._folder))
        line(f"To apply: prebake check --fix{'' if safe else ' --suggested'} {path}")


def _count(step: StepCount | None) -> str:
    if step is None:
        return "-"
    if step.always:
        return "always"
    return str(step.runs) if not step.may_run else f"{step.runs} to {step.runs + step.may_run}"


def _causes(counted: Counted) -> Iterator[str]:
    """What made the expensive steps run again: instructions, and the files that they take."""
    by_number = {step.instruction.index: step for step in counted.steps}
    reasons: dict[int, int] = {}
    for step in counted.steps:
        if step.instruction.keyword == "RUN":
            for number, builds in step.causes.items():
                reasons[number] = max(reasons.get(number, 0), builds)
    for number in sorted(reasons, key=lambda number: -reasons[number])[:_MOST_CAUSES]:
        cause = by_number[number]
        files = ", ".join(f"{path} ({builds})" for path, builds in cause.files.most_common(_MOST_FILES))
        rest = len(cause.files) - _MOST_FILES
        more = f" and {rest} more" if rest > 0 else ""
        lines = [
            str(step.instruction.line + 1)
            for step in counted.steps
            if step.instruction.keyword == "RUN" and step.causes.get(number) and step is not cause
        ]
        below = f" made line{'s' if len(lines) > 1 else ''} {', '.join(lines)} run again" if lines else " ran again"
        name = _shortened(cause.instruction)
        yield f"Line {cause.instruction.line + 1}, `{name}`,{below} {_times(reasons[number])}: {files}{more}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _shortened(instruction: Instruction) -> str:
    text = " ".join(instruction.raw.split())
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "\N{HORIZONTAL ELLIPSIS}"


def _number(count: int, name: str) -> str:
    return f"{count:,} {name}{'' if count == 1 else 's'}"


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()
