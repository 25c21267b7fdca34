"""PB202: system packages are installed below project files."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from prebake.build.builders import builder_of
from prebake.build.installs.latepackages import LatePackages, late_packages
from prebake.build.installs.misplaced import Extra
from prebake.build.installs.wording import title
from prebake.findings import Finding, Fix, Related, Severity
from prebake.rules.base import Rule

if TYPE_CHECKING:
    from prebake.build.build import Build


class SystemPackagesAfterProjectFiles(Rule):
    """System packages are installed below project files, so that each edit of these installs them again.

    ## What it does

    Reports a `COPY` or `ADD` from the build context that stands above an install of system packages (`apt-get install`,
    `apk add`, `dnf install` and others) which does not use what it brings. One finding for each such instruction, at
    the instruction; the installs are related.

    The whole context and folders are warnings, named source files information. Nothing is reported for manifests and
    configuration files, for files that a `RUN` on the way uses (a package, a script, a list of sources), for
    `COPY --from`, and where PB201 reports the same instruction: its fix moves it past the system packages, too.

    ## Why it is slow

    Builders reuse the result of an instruction only while everything above it is unchanged. With project files above
    it, a change to any of them makes BuildKit (and the other builders likewise) update the package lists and download
    and unpack the packages again on a warm rebuild: often a minute, for packages that never change.

    On a machine without a cache from an earlier build the order makes no difference.

    ## Example

    ```dockerfile
    FROM python:3.12-slim
    COPY . /app
    RUN apt-get update && apt-get install -y ffmpeg
    ```

    ## Use instead

    ```dockerfile
    FROM python:3.12-slim
    RUN apt-get update && apt-get install -y ffmpeg
    COPY . /app
    ```

    ## Fix safety

    The fix moves the `COPY`, with its comments, below the last install of system packages that it can pass. It is
    *safe* where the image is proved to stay the same, modification times apart: every command on the way is known, none
    of them reads or changes what is moved, and the moved instruction means the same in its new place. This takes for
    granted that package managers read no other files of the project than those that they are given, and that an unknown
    base image has no `ONBUILD` triggers.

    It is *suggested* where that holds for the files that are there today only, such as for a destination that packages
    write into as well, and where the stage has to be put in another order to get there: the system packages move up
    past instructions that work with the copied files. There is no fix, and the finding says why, where an unknown
    command stands in between, and where the `COPY` names its owner, since packages may add users.

    ## References

    - [Docker: Optimize cache usage in builds](https://docs.docker.com/build/cache/optimize/)
    - [Docker: Building best practices, apt-get](https://docs.docker.com/build/building/best-practices/#apt-get)
    """

    code: ClassVar[str] = "PB202"
    name: ClassVar[str] = "system-packages-after-project-files"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        for late in late_packages(build):
            instruction = late.copy.instruction
            yield self.finding(
                build.location(instruction),
                _message(build, late),
                key=build.key(instruction),
                severity=Severity.INFORMATION if late.extra is Extra.FILE else None,
                repair=partial(_repair, build, late),
                related=tuple(
                    Related(build.location(item.instruction), "these packages are installed again")
                    for item in late.installs
                ),
            )


def _message(build: Build, late: LatePackages) -> str:
    first = late.installs[0]
    more = f", and {len(late.installs) - 1} more" if len(late.installs) > 1 else ""
    packages = list(dict.fromkeys(name for item in late.installs for name in item.packages))
    again = "install system packages again"
    if packages:
        names = ", ".join(packages[:4]) + (", ..." if len(packages) > 4 else "")
        again = f"install {len(packages)} system package{'s' if len(packages) > 1 else ''} again ({names})"
    what = "every change in the folder" if late.extra is Extra.FOLDER else "every edit of the code"
    return (
        f"`{title(late.copy.instruction)}` stands above `{first.called}` (line {first.instruction.line + 1}{more}): "
        f"{what} makes {builder_of(build).name} {again} on a warm rebuild"
    )


def _repair(build: Build, late: LatePackages) -> tuple[Fix, ...] | str:
    from prebake.build.installs.latepackages import plan_for
    from prebake.build.installs.sink import Refusal

    outcome = plan_for(build, late)
    if isinstance(outcome, Refusal):
        from prebake.build.order.plan import reorder_for

        order = reorder_for(build, late.copy.instruction, [item.instruction for item in late.installs])
        return outcome.reason if order is None else (order,)
    what = f"`{title(outcome.moved[0])}`" if len(outcome.moved) == 1 else f"{len(outcome.moved)} COPY instructions"
    names = ", ".join(outcome.manifests[:3]) + (" ..." if len(outcome.manifests) > 3 else "")
    first = f"Copy {names} first, and move" if names else "Move"
    move = f"{first} {what} below the system packages in line {outcome.below.line + 1}"
    return (Fix(move, outcome.applicability, outcome.edits(), outcome.explanation),)
