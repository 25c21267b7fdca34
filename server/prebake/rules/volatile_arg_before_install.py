"""PB204: a build argument that changes with each build stands above an install."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from prebake.build.builders import builder_of
from prebake.build.order.arguments import EarlyArgument, early_arguments, move_down
from prebake.findings import Finding, Fix, Location, Related, Severity
from prebake.rules.base import Rule
from prebake.text import Position, Span

if TYPE_CHECKING:
    from prebake.build.build import Build


class VolatileArgBeforeInstall(Rule):
    """A build argument that changes with each build stands above an install, which then runs on each build.

    ## What it does

    Reports an `ARG` whose value changes with each build, or with each commit, and that stands above an install of
    packages which does not use it. What changes is told by the name (`GIT_SHA`, `COMMIT`, `BUILD_DATE`, `BUILD_NUMBER`,
    `CI_COMMIT_SHA`, `VERSION` with a placeholder as default, ...) or by a workflow, Makefile, compose file or script of
    the project that passes the commit, the date or the number of the run.

    Nothing is reported where the `ARG` stands directly above its first use, where it has a real default (a pinned
    version), or for an argument that is there to make the next instruction run again (`CACHEBUST`).

    ## Why it is slow

    For BuildKit a build argument is part of the environment of every `RUN` below its `ARG`, also in stages that are
    built on this one: another value makes all of them run again on a warm rebuild, whether they use it or not. With the
    commit as value, that is every build. The legacy builder does the same. `LABEL`, `COPY` and `WORKDIR` are affected
    only where they name it.

    Where no build passes a value, nothing changes and nothing runs again.

    ## Example

    ```dockerfile
    ARG GIT_SHA
    ENV APP_REVISION=$GIT_SHA
    RUN pip install torch transformers
    COPY . /app
    ```

    ## Use instead

    ```dockerfile
    RUN pip install torch transformers
    ARG GIT_SHA
    ENV APP_REVISION=$GIT_SHA
    COPY . /app
    ```

    ## Fix safety

    The fix moves the `ARG`, with its comments and with the `ENV`, `LABEL` and `ARG` instructions that are made of it,
    to directly above the first instruction that uses it; where there is none, below the last `RUN`. It is *safe* where
    every `RUN` that it passes is known and reads no such variable, and where the image's variables keep their order.

    It is *suggested* where a `RUN` on the way may look at its whole environment, where builds of packages commonly read
    a variable of that name (`VERSION`, `CI`), or where an `ENV` goes past another one. There is no fix, and the finding
    says why, where no instruction names the argument, or where another stage inherits it.

    ## References

    - [Docker: Impact of ARG on build caching](https://docs.docker.com/reference/dockerfile/#impact-on-build-caching)
    - [Docker: Build cache invalidation](https://docs.docker.com/build/cache/invalidation/)
    """

    code: ClassVar[str] = "PB204"
    name: ClassVar[str] = "volatile-arg-before-install"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        for early in early_arguments(build):
            related = [
                Related(build.location(item.instruction), "this install runs again")
                for item in (*early.affected, *early.inherited)
            ]
            if early.passed is not None:
                place = Position(early.passed.line, 0)
                related.append(Related(Location(early.passed.path, Span(place, place)), "here it gets its value"))
            yield self.finding(
                build.location(early.instruction),
                _message(build, early),
                key=build.key(early.instruction, f"ARG {' '.join(pair.name for pair in early.instruction.pairs)}"),
                repair=partial(_repair, build, early),
                related=tuple(related),
            )


def _message(build: Build, early: EarlyArgument) -> str:
    installs = (*early.affected, *early.inherited)
    first, count = installs[0], len(installs)
    more = f", and {count - 1} more" if 1 < count < 10 else ", and many more" if count > 1 else ""
    why = f"`{early.name}` changes with each build, by its name"
    if early.passed is not None:
        place = f"{build.relative(early.passed.path)}:{early.passed.line + 1}"
        why = f"{place} gives `{early.name}` another value on each build"
    builder = builder_of(build).name
    return (
        f"{why}, and its ARG stands above `{first.called}` (line {first.instruction.line + 1}{more}): on a warm "
        f"rebuild another value makes {builder} run {'them' if count > 1 else 'it'} again, used or not"
    )


def _repair(build: Build, early: EarlyArgument) -> tuple[Fix, ...] | str:
    outcome = move_down(build, early)
    if isinstance(outcome, str):
        return outcome
    what = f"`ARG {early.name}`" if len(outcome.moved) == 1 else f"`ARG {early.name}` and what is made of it"
    title = f"Move {what} below the RUN in line {outcome.below.line + 1}"
    facts = "no RUN that it passes reads it, and no variable of the image changes its place"
    return (Fix(title, outcome.applicability, outcome.edits, "; ".join(outcome.doubts) or facts),)
