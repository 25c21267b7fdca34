"""PB207: apt installs what packages recommend, or leaves its package lists in the layer."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from prebake.build.layers.apt import AptCommand, AptRun, recommended_for
from prebake.build.layers.aptlists import Kept, kept, removal
from prebake.edits import FileEdit
from prebake.findings import Applicability, Finding, Fix, Severity
from prebake.rules.base import Rule

if TYPE_CHECKING:
    from prebake.build.build import Build
    from prebake.build.rewriting.commandedits import CommandEdits

OPTION = "--no-install-recommends"


class AptRecommendsOrListsKept(Rule):
    """apt installs packages that nobody asked for, or leaves its package lists in the image.

    ## What it does

    Reports a `RUN` with `apt-get install` (or `apt install`) that does not turn recommended packages off, and one with
    `apt-get update` that does not remove the package lists again. Both are said in one finding for each `RUN`. Only
    layers that are in the finished image count: a build stage may keep what it likes.

    Nothing is reported about recommended packages where an earlier instruction sets `APT::Install-Recommends`, and for
    packages that are usually installed for the sake of what they recommend (`python3-pip` brings a compiler that way).
    The lists may stay where they lie in a mount, and where a later `RUN` reads them.

    ## Why it is bad

    Recommended packages are documentation, fonts, sound and desktop libraries more often than not: megabytes that each
    pull of the image moves, and more packages to keep free of vulnerabilities. The lists of Debian 12 take about 20 MB,
    and are out of date the next day. Removing them in a later `RUN` does not make the image smaller: the layer that
    has them is still part of it.

    ## Example

    ```dockerfile
    RUN apt-get update && apt-get install -y libgl1 libglib2.0-0
    ```

    ## Use instead

    ```dockerfile
    RUN apt-get update && apt-get install --no-install-recommends -y libgl1 libglib2.0-0 && rm -rf /var/lib/apt/lists/*
    ```

    ## Fix safety

    The fix adds the option behind `install` and the removal at the end of the `RUN`, in its own style. It is
    *suggested*: the image has fewer packages afterwards, and something that is used without being named may be among
    those that go. Recommended packages that builds often rely on are named instead: `ca-certificates` beside `curl`,
    `wget` and `git`, `libc6-dev` beside `gcc`, `gcc` and `make` beside `cmake`.

    There is no fix where the `RUN` has a form to which no command can be added (JSON form, a subshell or a loop at the
    end, commands joined by `||`).

    ## References

    - [Docker: Best practices, apt-get](https://docs.docker.com/build/building/best-practices/#apt-get)
    - [Debian Policy: Recommends](https://www.debian.org/doc/debian-policy/ch-relationships.html)
    """

    code: ClassVar[str] = "PB207"
    name: ClassVar[str] = "apt-recommends-or-lists-kept"
    severity: ClassVar[Severity] = Severity.HINT

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for each RUN."""
        for item in kept(build):
            instruction = item.run.instruction
            names = " ".join(name for command in item.run.commands for name in command.names)
            yield self.finding(
                build.location(instruction),
                _message(item),
                key=build.key(instruction, names),
                repair=partial(_repair, build, item),
            )


def _message(item: Kept) -> str:
    more = ""
    if item.recommending:
        command = item.recommending[0]
        more = f"`{command.step.program} install` also installs the packages that {_shown(command)} merely recommend"
        more += "" if len(command.names) != 1 else "s"
    if not item.lists:
        return f"{more}: add {OPTION}"
    lists = "the package lists that `apt-get update` fetches stay in this layer (about 20 MB on Debian 12)"
    advice = f"{OPTION}, and remove the lists at the end of the same RUN" if more else "remove them at its end"
    return f"{more}, and {lists}: add {advice}" if more else f"{lists[0].upper()}{lists[1:]}: {advice}"


def _shown(command: AptCommand) -> str:
    names, more = command.names[:3], len(command.names) - 3
    others = f" and {more} other{'s' if more > 1 else ''}" if more > 0 else ""
    return ", ".join(names) + others if names else "its packages"


def _repair(build: Build, item: Kept) -> tuple[Fix, ...] | str:
    from prebake.build.rewriting.commandedits import CommandEdits

    edits = CommandEdits(item.run.instruction, build.tree.escape)
    named: list[str] = []
    for command in item.recommending:
        extra = tuple(name for name in recommended_for(build, item.run, command) if name not in named)
        named += extra
        reason = _without_recommended(edits, item.run, command, extra)
        if reason is not None:
            return reason
    if item.lists:
        edits.append(item.run.state.shell, removal(item.run))
    if edits.problem is not None:
        return f"the RUN cannot be changed in place: {edits.problem}"
    what = [f"Add {OPTION}"] if item.recommending else []
    what += ["remove the package lists in the same RUN"] if item.lists else []
    title = " and ".join(what)
    why = (
        f"{', '.join(named)} {'is' if len(named) == 1 else 'are'} named because builds often rely on it"
        if named
        else ""
    )
    edit = FileEdit(build.path, build.text, tuple(edits.edits))
    return (Fix(title[0].upper() + title[1:], Applicability.SUGGESTED, (edit,), why),)


def _without_recommended(edits: CommandEdits, run: AptRun, command: AptCommand, extra: tuple[str, ...]) -> str | None:
    """Turn recommendations off for one command; what stands in the way, else ``None``."""
    shell, source = run.state.shell, command.step.command
    word = None if command.word is None else edits.place(shell, source, command.word)
    if word is None:
        return "it is not clear where `install` is written"
    edits.behind(word, OPTION)
    if not extra:
        return None
    first = next((item.word for item in command.packages if item.word is not None), None)
    place = None if first is None else edits.place(shell, source, first)
    if place is None:
        return f"{', '.join(extra)} would have to be named as well, and it is not clear where"
    edits.words_before(place, extra)
    return None
