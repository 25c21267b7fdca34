"""PB208: package lists are fetched in a RUN of their own."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from prebake.build.layers.apt import AptRun, apt_runs
from prebake.build.layers.aptlists import leaves_lists_when_joined, readers_of_lists, removal, scripts_below
from prebake.edits import FileEdit, TextEdit
from prebake.findings import Applicability, Finding, Fix, Related, Severity
from prebake.rules.base import Rule

if TYPE_CHECKING:
    from prebake.build.build import Build


class AptUpdateAlone(Rule):
    """Package lists are fetched in a RUN of their own, so that a later install works with old ones.

    ## What it does

    Reports a `RUN` with `apt-get update` that installs nothing, where a later `RUN` installs packages from these lists
    without fetching its own. The installs are related.

    Nothing is reported where every later install fetches lists itself, and where the lists lie in a cache mount.

    ## Why it is bad

    The text of `RUN apt-get update` never changes, so BuildKit and every other builder take its layer from the cache,
    however old it is. When the line with the install is edited weeks later, apt looks for the versions of back then:
    the mirror has removed many of them, and the warm rebuild stops with "404 Not Found", or an outdated version is
    installed. On a machine without a cache the same Dockerfile works, which makes this hard to understand.

    ## Example

    ```dockerfile
    RUN apt-get update
    RUN apt-get install -y --no-install-recommends libgl1
    ```

    ## Use instead

    ```dockerfile
    RUN apt-get update && apt-get install -y --no-install-recommends libgl1 && rm -rf /var/lib/apt/lists/*
    ```

    ## Fix safety

    The fix puts the update in front of each install that has none, and removes the `RUN` that did nothing else; its
    comments stay. Where the lists would be left in a layer of the finished image, it has the last of these instructions
    remove them. It is *suggested*: packages may be newer afterwards.

    There is no fix where a script of which the text is not known may read the lists, and where an install has a form
    in which nothing can be put in front of it (JSON form, a condition, behind `||` or a pipe).

    ## References

    - [Docker: Best practices, apt-get](https://docs.docker.com/build/building/best-practices/#apt-get)
    - [Docker: Build cache invalidation](https://docs.docker.com/build/cache/invalidation/)
    """

    code: ClassVar[str] = "PB208"
    name: ClassVar[str] = "apt-update-alone"
    severity: ClassVar[Severity] = Severity.INFORMATION

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for each RUN that fetches lists for others."""
        for number, run in enumerate(apt_runs(build).values()):
            if not run.updates or run.installs or run.lists_mounted:
                continue
            readers = readers_of_lists(build, run)
            if not any(reader.installs for reader in readers):
                continue
            yield self.finding(
                build.location(run.instruction),
                _message(run, readers),
                key=build.key(run.instruction, str(number)),
                repair=partial(_repair, build, run, readers),
                related=tuple(
                    Related(build.location(reader.instruction), "this install uses the lists of back then")
                    for reader in readers
                ),
            )


def _message(run: AptRun, readers: tuple[AptRun, ...]) -> str:
    reader = next(reader for reader in readers if reader.installs)
    program = run.commands[0].step.program
    more = f" (and {len(readers) - 1} more)" if len(readers) > 1 else ""
    return (
        f"`{program} update` stands apart from the install in line {reader.instruction.line + 1}{more}: BuildKit "
        "takes the package lists from its cache however old they are, so that a warm rebuild after an edit of the "
        f"install fails with 404 or installs old versions. Run `{program} update &&` in the same RUN as the install"
    )


def _repair(build: Build, run: AptRun, readers: tuple[AptRun, ...]) -> tuple[Fix, ...] | str:
    from prebake.build.rewriting.commandedits import CommandEdits

    script = scripts_below(build, run)
    if script is not None:
        return f"line {script.line + 1} runs a script that may read the package lists"
    update = next(command for command in run.commands if command.action == "update")
    text = " ".join(item.text or "" for item in (update.step.arguments))
    words = [word.value for word in update.step.command.words]
    if None in words or any(assignment.value.value is None for assignment in update.step.command.assignments):
        return f"`{text}` has an argument that is known only when it runs"
    command = build.text.content[run.instruction.start :][update.step.command.start : update.step.command.end]
    if run.instruction.json is not None:
        command = " ".join(word for word in words if word is not None)
    if "\n" in command:
        return "the update is written over several lines"
    alone = len(run.steps.steps) == 1 and run.steps.problem is None
    edits: list[TextEdit] = list(_without(build, run, readers[0])) if alone else []
    changed = [(reader, f"{command} && ") for reader in readers]
    if not alone and len(run.commands) > 1:
        changed.append((run, ""))
    for item, prefix in changed:
        own = CommandEdits(item.instruction, build.tree.escape)
        if prefix and item.needs_lists is not None:
            own.prefix(item.state.shell, item.needs_lists.step.command, prefix)
        if leaves_lists_when_joined(build, item):
            own.append(item.state.shell, removal(item))
        if own.problem is not None:
            return f"line {item.instruction.line + 1} cannot be changed in place: {own.problem}"
        edits += own.edits
    where = f"line {readers[0].instruction.line + 1}" if len(readers) == 1 else f"{len(readers)} instructions"
    title = f"Run `{command}` in {where}" + (" instead" if alone else " as well")
    return (Fix(title, Applicability.SUGGESTED, (FileEdit(build.path, build.text, tuple(edits)),)),)


def _without(build: Build, run: AptRun, reader: AptRun) -> Iterator[TextEdit]:
    """Take a RUN out; its comments go to the instruction that does its work from now on."""
    from prebake.build.rewriting.blocks import first_line

    text, tree = build.text, build.tree
    block = tree.comment_block(run.instruction)
    first, last = run.instruction.line, run.instruction.end_line
    if block and reader.instruction.index > run.instruction.index + 1:
        start = text.line_start(block[0].line)
        moved = text.content[start : text.line_start(first)]
        first = block[0].line
        at = text.line_start(first_line(tree, reader.instruction))
        yield TextEdit(text.span(at, at), moved)
        block = ()
    blank_above = not block and not text.line(first - 1).strip()
    while blank_above and last + 1 < text.line_count - 1 and not text.line(last + 1).strip():
        last += 1
    yield TextEdit(text.span(text.line_start(first), text.line_start(last + 1)), "")
