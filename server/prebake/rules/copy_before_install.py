"""PB201: code is copied before dependencies are installed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from prebake.build.builders import builder_of
from prebake.build.installs.misplaced import Extra, Misplaced, installed_above, misplaced, wanted_commands
from prebake.build.installs.wording import title, where
from prebake.findings import Finding, Fix, Related, Severity
from prebake.rules.base import Rule

if TYPE_CHECKING:
    from prebake.build.build import Build
    from prebake.build.installs.installers import InstallCommand
    from prebake.build.installs.manifests import Reading


class CopyBeforeInstall(Rule):
    """Code is copied before dependencies are installed, so that each edit of it installs them again.

    ## What it does

    Reports a `COPY` or `ADD` from the build context that stands above an install of dependencies (`pip install`,
    `uv pip install`, `uv sync`, `poetry install`, `npm ci` and others) and brings files which that install does not
    read. One finding for each such instruction, at the instruction; the installs are related.

    The whole context and folders of sources are warnings. Named source files are a warning above an install that reads
    a manifest, and information above one that names its packages in the Dockerfile.

    An install that a shell script of the project runs (`RUN ./install.sh`), or a recipe of its Makefile, is followed to
    there. Nothing is reported where the dependencies are installed from their manifests first and a later install only
    adds the project (`pip install --no-deps .`, a second `uv sync`), nor for `COPY --from`. `pip install .` alone is
    PB209's.

    ## Why it is slow

    Builders reuse the result of an instruction only while everything above it is unchanged. With the code above the
    install, a change to any file of the code makes BuildKit (and the legacy builder, kaniko and Buildah likewise) run
    the install again on a warm rebuild: minutes and gigabytes for machine-learning packages, for a one-line edit.

    On a machine without a cache from an earlier build (a fresh CI runner without `cache-from`) the order makes no
    difference.

    ## Example

    ```dockerfile
    COPY . /app
    RUN pip install -r requirements.txt
    ```

    ## Use instead

    ```dockerfile
    COPY requirements.txt /app/
    RUN pip install -r requirements.txt
    COPY . /app
    ```

    ## Fix safety

    **The COPY moves.** The fix copies what the install reads (requirement and constraint files with all they include,
    project files and lock files, local archives, the script that installs) with the options of the `COPY`, and moves
    the `COPY`, with its comments, below the install. It is *safe* where the image is proved to stay the same,
    modification times apart: every command on the way is known, none of them reads or changes what is moved, and the
    moved instruction means the same in its new place. This takes for granted that an installer reads no other files
    than its documentation says, and that an unknown base image has no `ONBUILD` triggers.

    It is *suggested* where that holds for the files that are there today only (a destination such as `/`, into which
    installs write as well; a virtual environment that no ignore rule keeps out of the context; a download into the
    destination, of which the context may come to have a copy), where a relative destination has to be written out, or
    where a build argument names what is copied. A lock file that git ignores is named by a wildcard (`poetry.lock*`)
    beside a manifest that is there, as a suggestion; any other file that git ignores is not named at all.

    **The stage is reordered.** Where the `COPY` cannot move below the install, but the install can move above it and
    what works with its files, that is *suggested*.

    **The RUN is split.** Where a later command of the same RUN needs the code (`pip install ... && ./build.sh`), the
    commands that can do without it stay above and the others go below, with the same options. That is *safe* where the
    commands are joined by `&&` alone and nothing that the shell is told counts for the second half; a `cd`, `set -e` or
    `export` at the start is repeated. What empties a cache is done in both halves. A RUN that uninstalls or deletes
    what it made is not split: the files would stay in the first layer. Neither are `;`, `||`, subshells and
    here-documents.

    **Two steps.** Where an install takes in the project as well (`uv sync`, `poetry install`, `pdm install`), the
    dependencies are installed alone first (`--no-install-project`, `--no-root`, `--no-self`), then comes the code and
    the install as it was. This is always *suggested*: the result is the same with a lock file, and may differ without.

    There is no fix, and the finding says why, where an install reads more than manifests (`-e .`, a URL, a variable
    without a value), where an unknown command stands in between, where a manifest is ignored by git, in recipes of
    `make`, and for installers that prebake does not follow.

    ## References

    - [Docker: Optimize cache usage in builds](https://docs.docker.com/build/cache/optimize/)
    - [Docker: Build cache invalidation](https://docs.docker.com/build/cache/invalidation/)
    - [pip: Requirements File Format](https://pip.pypa.io/en/stable/reference/requirements-file-format/)
    """

    code: ClassVar[str] = "PB201"
    name: ClassVar[str] = "copy-before-install"
    severity: ClassVar[Severity] = Severity.WARNING

    def check(self, build: Build) -> Iterator[Finding]:
        for item in misplaced(build):
            instruction = item.copy.instruction
            yield self.finding(
                build.location(instruction),
                _message(build, item),
                key=build.key(instruction),
                severity=_severity(item),
                repair=partial(_repair, build, item),
                related=tuple(
                    Related(build.location(reading.install.instruction), "this install runs again")
                    for reading, _ in item.installs
                ),
            )


def _repair(build: Build, item: Misplaced) -> tuple[Fix, ...] | str:
    from prebake.build.installs.arrangements import Arrangement, arrange, arranged

    instruction = item.copy.instruction
    outcome = arrange(build, instruction)
    if isinstance(outcome, Arrangement):
        return (arranged(outcome),)
    from prebake.build.order.plan import reorder_for

    order = reorder_for(build, instruction, [reading.install.instruction for reading, _ in item.installs])
    return outcome.reason if order is None else (order,)


def _severity(item: Misplaced) -> Severity:
    worst = Severity.INFORMATION
    for reading, extra in item.installs:
        named = any(command.requirements or command.installer.needs for command in reading.install.commands)
        if reading.install.by_make is not None and extra is not Extra.CONTEXT:
            continue  # what a recipe needs of a folder of the project is not known
        if extra >= Extra.SOURCES or (extra is Extra.FILE and named):
            worst = Severity.WARNING
    return worst


def _message(build: Build, item: Misplaced) -> str:
    reading, _ = item.installs[0]
    wanted = wanted_commands(build, reading.install)
    # What an earlier command has installed above the COPY is found there.
    anew = [command for command in wanted if not installed_above(build, reading.install, command, item.copy)] or wanted
    called = anew[0].text if anew else ""
    again = _again(reading) if len(anew) == len(wanted) else _named_again(anew)
    what = "every edit of the code" if item.worst is not Extra.FOLDER else "every change in the folder"
    more = f", and {len(item.installs) - 1} more" if len(item.installs) > 1 else ""
    return (
        f"`{title(item.copy.instruction)}` stands above `{called}` ({where(reading.install)}{more}): {what} makes "
        f"{builder_of(build).name} {again} on a warm rebuild"
    )


def _again(reading: Reading) -> str:
    count = len(reading.packages)
    if not count:
        return "install the dependencies again"
    if count == 1:
        return f"install {reading.packages[0]} again"
    listed = (item for item in reading.manifests if not item.folder and item.image not in reading.install.files)
    names = list(dict.fromkeys(item.provided.context for item in listed))
    named = any(command.packages for command in reading.install.commands)
    source = f" of {names[0]}" if len(names) == 1 and not named else ""
    return f"install the {count} packages{source} again"


def _named_again(commands: Sequence[InstallCommand]) -> str:
    """The same for some of the commands of a RUN."""
    names = list(dict.fromkeys(name for command in commands for name in command.packages))
    if not names or any(command.requirements or command.unknown for command in commands):
        return "install what it names again"
    return f"install {names[0]} again" if len(names) == 1 else f"install the {len(names)} packages again"
