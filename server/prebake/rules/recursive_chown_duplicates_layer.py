"""PB205: files are written into the image a second time to change their owner or mode."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from prebake.build.layers.recursive import Duplicate, duplicates
from prebake.findings import Applicability, Cost, Finding, Fix, Related, Severity
from prebake.rules.base import Rule
from prebake.sizes import human
from prebake.text import shortened

if TYPE_CHECKING:
    from prebake.build.build import Build
    from prebake.build.layers.written import Written

_MATTERS = 100_000_000


class RecursiveChownDuplicatesLayer(Rule):
    """`chown -R` or `chmod -R` in a later layer writes every file that it changes into the image a second time.

    ## What it does

    Reports `chown -R`, `chgrp -R` and `chmod -R` in a `RUN`, on a folder into which an instruction above has put files:
    a `COPY` or `ADD`, a clone, a download, an install. Only layers that ship are looked at. Where the same `RUN` writes
    the files, nothing is reported: they are in one layer then.

    It is a hint, and information where the files come from the build context and have 100 MB or more there. What `RUN`
    wrote cannot be measured, so the message names no size for it.

    ## Why it is slow

    A layer holds whole files. A new owner or a new mode makes the builder keep the file once more, with all its bytes,
    so that weights of 2 GB make an image of 4 GB; each push and each pull moves them twice. With Docker's overlay2
    storage that is so even where the files have that owner or mode already.

    ## Example

    ```dockerfile
    WORKDIR /app
    COPY . .
    RUN chown -R web:web /app
    ```

    ## Use instead

    ```dockerfile
    WORKDIR /app
    COPY --chown=web:web . .
    RUN chown web:web /app
    ```

    The folder itself is made by `WORKDIR`, which is why it keeps a `chown` of its own. It weighs nothing.

    ## Fix safety

    The fix is *suggested*. The files get their owner or mode from `COPY --chown` or `COPY --chmod`, and the command
    loses its `-R`; folders that `WORKDIR` or `mkdir -p` made below are named in it. `chown -R web` leaves the group of
    the files as it is, while `COPY --chown=web` sets one: the fix writes `--chown=web:0`, which is the group that
    `COPY` gives anyway.

    There is no fix, and the finding says why, where a `RUN` writes below that folder, too (its files need the change as
    well), where the user is made below the `COPY`, where a mode depends on each file's own (`+x`, `g=u`), and where it
    is not known what the instructions on the way do. Files that a `RUN` writes are best changed in that `RUN`.

    ## References

    - [Dockerfile reference: COPY --chown --chmod](https://docs.docker.com/reference/dockerfile/#copy---chown---chmod)
    - [Docker: Storage drivers, copying makes containers efficient](https://docs.docker.com/engine/storage/drivers/)
    """

    code: ClassVar[str] = "PB205"
    name: ClassVar[str] = "recursive-chown-duplicates-layer"
    severity: ClassVar[Severity] = Severity.HINT

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for each command."""
        for item in duplicates(build):
            change = item.change
            matters = item.size is not None and item.size.bytes >= _MATTERS
            yield self.finding(
                build.location(change.instruction, change.place),
                _message(item),
                key=build.key(change.instruction, change.text),
                severity=Severity.INFORMATION if matters else Severity.HINT,
                cost=Cost(*item.size) if item.size is not None else None,
                repair=partial(_repair, build, item),
                related=tuple(Related(build.location(written.instruction), "written here") for written in item.written),
            )


def _message(item: Duplicate) -> str:
    first = item.written[0]
    if len(item.written) == 1:
        source = f"what {_writer(first)} (line {first.instruction.line + 1}) wrote"
    else:
        lines = ", ".join(str(written.instruction.line + 1) for written in item.written[:3])
        source = f"what lines {lines}{' and others' if len(item.written) > 3 else ''} wrote"
    partly = any(written.contexts is None for written in item.written)
    least = "at least " if partly else ""
    size = f": {least}{human(item.size.bytes)} more, in every push and pull" if item.size is not None else ""
    return f"`{shortened(item.change.text)}` writes {source} into the image a second time, in a layer of its own{size}"


def _writer(written: Written) -> str:
    if written.command is None:
        return f"`{shortened(written.instruction.raw)}`"
    words = [written.command.program, *(argument.text or "" for argument in written.command.arguments[:1])]
    return f"`{' '.join(word for word in words if word)}`"


def _repair(build: Build, item: Duplicate) -> tuple[Fix, ...] | str:
    from prebake.build.layers.ownerfix import plan_owner

    plan = plan_owner(build, item)
    if isinstance(plan, str):
        return plan
    lines = [str(instruction.line + 1) for instruction in plan.copies]
    where = f"line{'s' if len(lines) > 1 else ''} {', '.join(lines)}"
    explanation = "; ".join((f"`{plan.flag}` gives the files what the command gave them", *plan.facts))
    title = f"Use COPY {plan.flag} in {where}, and change the folder itself only"
    return (Fix(title, Applicability.SUGGESTED, plan.edits, explanation),)
