"""PB210: a RUN deletes what an earlier layer holds."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from prebake.build.layers.cleanups import Cleanup, Left, cleanups
from prebake.findings import Applicability, Cost, Finding, Fix, Related, Severity
from prebake.rules.base import Rule
from prebake.sizes import human
from prebake.text import shortened

if TYPE_CHECKING:
    from prebake.build.build import Build


class CleanupInALaterLayer(Rule):
    """A command deletes what an earlier layer holds: it is gone from sight, and its bytes stay in the image.

    ## What it does

    Reports a `RUN` that deletes what an instruction above it has written: package lists of `apt-get update`, the cache
    of an installer (`pip cache purge`, `conda clean`, `rm -rf /root/.cache`), a file that `curl`, `wget`, `git clone`,
    `COPY` or `ADD` brought. Files of the build context count from 1 MB. Only layers that ship are looked at.

    A `RUN` that deletes what it wrote itself is right, and is not reported; nor is what may not be there, such as
    `apt-get clean` on the official Debian and Ubuntu images, which keep no archives anyway.

    Dockerfiles of more than 200 instructions are not looked through.

    ## Why it is bad

    A layer never changes. What a later one deletes is only hidden: it is stored, pushed and pulled as before, and can
    be read by everyone who has the image.

    ## Example

    ```dockerfile
    RUN wget https://example.org/model.zip
    RUN unzip model.zip -d /models
    RUN rm model.zip
    ```

    ## Use instead

    ```dockerfile
    RUN wget https://example.org/model.zip && unzip model.zip -d /models && rm model.zip
    ```

    For a file of the build context, a bind mount in place of the `COPY` leaves nothing in the image:

    ```dockerfile
    RUN --mount=type=bind,source=tool.whl,target=/tmp/tool.whl pip install /tmp/tool.whl
    ```

    ## Fix safety

    The fix is *suggested*. Lists and caches are deleted at the end of the `RUN` that made them, and a `RUN` that did
    nothing else goes; its comments stay. For a downloaded file, the instructions that write, use and delete it become
    one, where they follow each other and all of them name the file. Instructions that have nothing to do with it are
    never joined: that would cost their place in the cache.

    There is no fix, and the finding says what to do, for what `COPY` or `ADD` brought, where a command in between still
    needs what is deleted, and where commands are not joined by `&&` alone.

    ## References

    - [Docker: Building best practices, RUN](https://docs.docker.com/build/building/best-practices/#run)
    - [Docker: Storage drivers, images and layers](https://docs.docker.com/engine/storage/drivers/)
    """

    code: ClassVar[str] = "PB210"
    name: ClassVar[str] = "cleanup-in-a-later-layer"
    severity: ClassVar[Severity] = Severity.HINT

    def check(self, build: Build) -> Iterator[Finding]:
        """One finding for each instruction that deletes."""
        for item in cleanups(build):
            first = item.left[0]
            origins = dict.fromkeys(left.written.instruction for left in item.left)
            yield self.finding(
                build.location(item.instruction),
                _message(item),
                key=build.key(item.instruction, _text(first)),
                cost=Cost(*item.size) if item.size is not None else None,
                repair=partial(_repair, build, item),
                related=tuple(Related(build.location(origin), "this layer keeps it") for origin in origins),
            )


def _message(item: Cleanup) -> str:
    first = item.left[0]
    more = len({(left.step.command.start, left.kind) for left in item.left}) - 1
    others = " (and more)" if more > 0 else ""
    size = f": {human(item.size.bytes)} stay" if item.size is not None else ": it stays"
    return f"`{shortened(_text(first))}` deletes {_what(first)}{others}{size} in the image, out of sight"


def _what(left: Left) -> str:
    line = left.written.instruction.line + 1
    command = left.written.command
    if left.kind == "lists":
        return f"the package lists that the layer of line {line} holds"
    if left.kind == "cache":
        return f"the {left.written.path} cache that the layer of line {line} holds"
    if command is not None:
        return f"{left.written.path}, which `{command.program}` wrote in an earlier layer (line {line})"
    return f"what `{shortened(left.written.instruction.raw)}` (line {line}) brought in an earlier layer"


def _text(left: Left) -> str:
    return " ".join(word.raw for word in left.step.command.words)


def _repair(build: Build, item: Cleanup) -> tuple[Fix, ...] | str:
    from prebake.build.layers.cleanupfix import plan_cleanup

    plan = plan_cleanup(build, item)
    if isinstance(plan, str):
        return plan
    lines = ", ".join(str(instruction.line + 1) for instruction in plan.into)
    where = f"line{'s' if len(plan.into) > 1 else ''} {lines}"
    if plan.joined:
        title = f"Join it with the instruction in {where}, so that one layer writes and deletes"
        note = "They share one layer and one place in the cache from then on"
    else:
        title = f"Delete it in the RUN that leaves it ({where})"
        note = "The layer is smaller by what is deleted; the files of the image are the same"
    return (Fix(title, Applicability.SUGGESTED, plan.edits, note),)
